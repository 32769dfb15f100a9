//! [`Trouble`]: why an address led nowhere, found in the many errors that can say so.

use std::error::Error;
use std::io::{self, ErrorKind};

use libp2p::core::transport::timeout::TransportTimeoutError;
use libp2p::core::upgrade::NegotiationError;
use libp2p::swarm::DialError;
use libp2p::{Multiaddr, TransportError, dns, noise, quic, relay};

use crate::address;

/// Why an address led nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The computer is there, and nothing listens at the port.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// This computer knows no way there.
    NoRoute,
    /// The name could not be looked up.
    NameUnknown,
    /// Somebody with another key answered.
    WrongKey,
    /// What answered does not speak as a node does.
    NotANode,
    /// It answered and hung up before frames could flow.
    HungUp,
    /// The relay has no line to it just now, or could not be reached.
    NoLine,
    /// The relay does not pass connections on for this node, or has too many.
    RelayRefused,
    /// This node has too many connections.
    Busy,
    /// It is no address that this node calls.
    NotCalled,
    /// Something else.
    Other,
}

/// A transport's error. What libp2p builds on transports tells the cause of an error in place of the error itself: this
/// has the error as its cause.
#[derive(Debug, thiserror::Error)]
#[error("the address was not reached")]
pub(crate) struct NotReached<E: Error + 'static>(#[source] pub(crate) E);

/// How deep causes are looked for.
const DEPTH: usize = 16;

/// Returns what became of each address of a dial that failed.
pub(crate) fn of_dial(error: &DialError) -> Vec<(String, Trouble)> {
    let one = |address: &Multiaddr, trouble| vec![(address::text(address), trouble)];
    match error {
        DialError::WrongPeerId { address, .. } | DialError::LocalPeerId { address } => {
            one(address, Trouble::WrongKey)
        }
        DialError::Transport(errors) => {
            let each = errors.iter().map(|(address, error)| (address::text(address), of(error)));
            each.collect()
        }
        DialError::Denied { .. } => vec![(String::new(), Trouble::Busy)],
        DialError::Aborted => vec![(String::new(), Trouble::HungUp)],
        DialError::NoAddresses | DialError::DialPeerConditionFalse(_) => Vec::new(),
    }
}

fn of(error: &TransportError<io::Error>) -> Trouble {
    match error {
        TransportError::MultiaddrNotSupported(_) => Trouble::NotCalled,
        TransportError::Other(error) => find(error).unwrap_or(Trouble::Other),
    }
}

/// Looks through an error's causes for one that says why.
fn find(error: &(dyn Error + 'static)) -> Option<Trouble> {
    let mut next = Some(error);
    for _ in 0..DEPTH {
        let error = next?;
        if let Some(trouble) = says(error) {
            return Some(trouble);
        }
        // An `io::Error` tells of what is in it as if it were that itself: its own cause is one deeper.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn says(error: &(dyn Error + 'static)) -> Option<Trouble> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return of_system(error.kind());
    }
    if let Some(TransportTimeoutError::Timeout) =
        error.downcast_ref::<TransportTimeoutError<io::Error>>()
    {
        return Some(Trouble::TimedOut);
    }
    if let Some(error) = error.downcast_ref::<dns::Error<io::Error>>() {
        return match error {
            dns::Error::ResolveError(_) | dns::Error::TooManyLookups => Some(Trouble::NameUnknown),
            dns::Error::MultiaddrNotSupported(_) => Some(Trouble::NotCalled),
            // One for each address that the name stands for; its own cause leaves out what a lookup says.
            dns::Error::Dial(errors) => errors.iter().find_map(|error| find(error)),
            dns::Error::Transport(_) => None,
        };
    }
    if let Some(error) = error.downcast_ref::<quic::Error>() {
        return match error {
            quic::Error::HandshakeTimedOut => Some(Trouble::TimedOut),
            quic::Error::Connection(_) => Some(Trouble::HungUp),
            // The enum may grow.
            _ => None,
        };
    }
    if let Some(error) = error.downcast_ref::<relay::client::transport::Error>() {
        return of_relay(error);
    }
    if let Some(error) = error.downcast_ref::<NegotiationError>() {
        return Some(match error {
            // Also what a connection says that ends before anything came.
            NegotiationError::Failed => Trouble::HungUp,
            NegotiationError::ProtocolError(error) => {
                error.source().and_then(find).unwrap_or(Trouble::NotANode)
            }
        });
    }
    if let Some(error) = error.downcast_ref::<noise::Error>() {
        // It speaks for the error in it, whose cause is not it.
        let inner = match error {
            noise::Error::Io(error) => find(error),
            _ => None,
        };
        return Some(inner.unwrap_or(Trouble::NotANode));
    }
    None
}

fn of_relay(error: &relay::client::transport::Error) -> Option<Trouble> {
    use relay::client::transport::Error;
    use relay::outbound::hop::ConnectError;

    match error {
        Error::Connect(ConnectError::NoReservation | ConnectError::ConnectionFailed)
        | Error::ResponseFromBehaviourCanceled(_) => Some(Trouble::NoLine),
        Error::Connect(
            ConnectError::PermissionDenied
            | ConnectError::ResourceLimitExceeded
            | ConnectError::Unsupported,
        ) => Some(Trouble::RelayRefused),
        // The enum may grow; what else there is says so itself.
        _ => None,
    }
}

fn of_system(kind: ErrorKind) -> Option<Trouble> {
    match kind {
        ErrorKind::ConnectionRefused => Some(Trouble::Refused),
        ErrorKind::TimedOut => Some(Trouble::TimedOut),
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => Some(Trouble::NoRoute),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(Trouble::HungUp),
        ErrorKind::InvalidData => Some(Trouble::NotANode),
        // Most that is left wraps something else, and the enum may grow.
        _ => None,
    }
}
