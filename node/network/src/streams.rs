//! [`Streams`]: one stream each way on a connection, opened when the room says so.
//!
//! Written here and not taken from `libp2p-stream`, because the room must know which connection a stream belongs to,
//! and because that library drops a stream that comes while another is being accepted.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, NotifyHandler, Stream, StreamProtocol, SubstreamProtocol, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

/// The one protocol that peers speak.
pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/fingerpost/1");

/// What became of a connection's streams.
#[derive(Debug)]
pub(crate) enum Change {
    /// Ours is open.
    Opened(Stream),
    /// The peer's is open.
    Accepted(Stream),
    /// Ours did not open, or the peer opened a second one.
    Failed,
}

/// A change, and where.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) connection: ConnectionId,
    pub(crate) change: Change,
}

/// Opens and accepts streams.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    waiting: VecDeque<ToSwarm<Changed, Open>>,
}

/// Tells a connection to open our stream.
#[derive(Debug)]
pub(crate) struct Open;

impl Streams {
    /// Opens our stream on a connection. Answered by [`Change::Opened`] or [`Change::Failed`].
    pub(crate) fn open(&mut self, peer: PeerId, connection: ConnectionId) {
        let handler = NotifyHandler::One(connection);
        self.waiting.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: Open });
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = Handler;
    type ToSwarm = Changed;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::default())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::default())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        connection: ConnectionId,
        change: THandlerOutEvent<Self>,
    ) {
        self.waiting.push_back(ToSwarm::GenerateEvent(Changed { connection, change }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.waiting.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The streams of one connection.
#[derive(Debug, Default)]
pub(crate) struct Handler {
    must_open: bool,
    has_accepted: bool,
    changes: VecDeque<Change>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Open;
    type ToBehaviour = Change;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    /// The room alone decides which connections end.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        if let Some(change) = self.changes.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(change));
        }
        if std::mem::take(&mut self.must_open) {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ());
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        // libp2p polls again after each call below, so nobody needs to be woken.
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, Open: Self::FromBehaviour) {
        self.must_open = true;
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) => {
                let second = std::mem::replace(&mut self.has_accepted, true);
                self.changes.push_back(if second {
                    Change::Failed
                } else {
                    Change::Accepted(stream)
                });
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                ..
            }) => {
                self.changes.push_back(Change::Opened(stream));
            }
            ConnectionEvent::DialUpgradeError(_) => self.changes.push_back(Change::Failed),
            // What is left is about protocols and addresses, and the enum may grow.
            _ => {}
        }
    }
}
