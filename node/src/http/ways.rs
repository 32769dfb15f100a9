//! Why another computer cannot be reached, and what to do about it, in plain words: for pages and programs alike.

use crdt_schema::identity::{NodeId, Timestamp};
use engine::view::WayView;
use network::{Trial, Trouble};

use crate::clock;
use crate::handle::Handle;

/// How it stands with the way to one computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) node: NodeId,
    pub(crate) state: State,
    /// What the last attempt came to, address by address.
    pub(crate) tried: Vec<(String, Trouble)>,
    /// Where it was not tried yet.
    pub(crate) untried: Vec<String>,
    pub(crate) last_try: Option<Timestamp>,
    pub(crate) next_try: Option<Timestamp>,
}

/// In one word, how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Connected,
    /// Connected by way of another member's node.
    Relayed,
    /// This node runs no network, or has ended it.
    Offline,
    /// Changes go by way of others.
    ByOthers,
    /// It has never said where it can be reached.
    NotTold,
    /// It can be reached in its own office only.
    OtherOffice,
    /// It is being called for the first time.
    Calling,
    Failed(Trouble),
}

/// Returns how it stands with the way to each computer.
pub(crate) fn ways(handle: &Handle, views: &[WayView]) -> Vec<Way> {
    let trial = |view: &WayView| handle.network.as_ref()?.last_trial(&view.node.0);
    let relayed = handle.network.as_ref().map(|network| network.lines().relayed);
    let is_relayed =
        |view: &WayView| relayed.as_ref().is_some_and(|relayed| relayed.contains(&view.node.0));
    let ways = views.iter().map(|view| {
        let way = way(view, trial(view), relayed.is_some(), clock::now());
        let is_relayed = way.state == State::Connected && is_relayed(view);
        if is_relayed { Way { state: State::Relayed, ..way } } else { way }
    });
    ways.collect()
}

fn way(view: &WayView, trial: Option<Trial>, has_network: bool, now: Timestamp) -> Way {
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let ago = |trial: &Trial| Timestamp(now.0.saturating_sub(millis(trial.ago)));
    let last_try = trial.as_ref().map(ago);
    let tried = trial.map(|trial| trial.tried).unwrap_or_default();
    let worst = tried.iter().map(|(_, trouble)| *trouble).max_by_key(|trouble| telling(*trouble));
    let state = match worst {
        _ if view.connected => State::Connected,
        _ if !has_network => State::Offline,
        Some(trouble) => State::Failed(trouble),
        None if !view.is_told && view.addresses.is_empty() => State::NotTold,
        None if view.addresses.is_empty() => State::OtherOffice,
        None if !view.is_wanted => State::ByOthers,
        None => State::Calling,
    };
    let is_calling = has_network && !view.connected && !view.addresses.is_empty();
    let next = view.next.filter(|_| is_calling && view.is_wanted);
    let is_untried = |address: &&String| tried.iter().all(|(tried, _)| tried != *address);
    Way {
        node: view.node,
        state,
        untried: view.addresses.iter().filter(is_untried).cloned().collect(),
        tried,
        last_try,
        next_try: next.map(|next| Timestamp(now.0.saturating_add(millis(next)))),
    }
}

/// How much a trouble says about why: of several, the most telling one is shown.
const fn telling(trouble: Trouble) -> u8 {
    match trouble {
        Trouble::WrongKey => 9,
        Trouble::NotANode => 8,
        Trouble::HungUp => 7,
        Trouble::Refused => 6,
        Trouble::RelayRefused => 5,
        Trouble::NoLine => 5,
        Trouble::Busy => 5,
        Trouble::TimedOut => 4,
        Trouble::NameUnknown => 3,
        Trouble::NoRoute => 2,
        Trouble::NotCalled => 1,
        Trouble::Other => 0,
    }
}

impl State {
    pub(crate) const fn is_connected(self) -> bool {
        matches!(self, Self::Connected | Self::Relayed)
    }

    /// Returns a word for programs, which stays the same.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Relayed => "relayed",
            Self::Offline => "offline",
            Self::ByOthers => "by_others",
            Self::NotTold => "no_address",
            Self::OtherOffice => "other_office",
            Self::Calling => "calling",
            Self::Failed(trouble) => code(trouble),
        }
    }

    /// Returns what is the case.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Connected => "This computer is connected.",
            Self::Relayed => {
                "This computer is connected by way of another member's, which passes on what it cannot read."
            }
            Self::Offline => "Your own node is not in touch with anybody.",
            Self::ByOthers => {
                "Your computer does not call this one: in a large workspace, changes reach it by way of others."
            }
            Self::NotTold => "This computer has not told us where it can be reached.",
            Self::OtherOffice => {
                "This computer can only be reached inside its own office network, and yours is not in it."
            }
            Self::Calling => "Your computer is calling this one now.",
            Self::Failed(trouble) => match trouble {
                Trouble::Refused => {
                    "The computer at its address is on, but Fingerpost does not answer there."
                }
                Trouble::TimedOut => "Nothing answers at its address.",
                Trouble::NoRoute => "Your computer has no way to its network.",
                Trouble::NameUnknown => "The name in its address could not be looked up.",
                Trouble::WrongKey => {
                    "Another computer answers at its address, so nothing was sent there."
                }
                Trouble::NotANode => {
                    "Something answers at its address, but it does not speak as Fingerpost does."
                }
                Trouble::HungUp => "Its address was reached, but the connection ended at once.",
                Trouble::NoLine => {
                    "It is reached by way of another member's computer, which has no connection to it just now."
                }
                Trouble::RelayRefused => {
                    "It is reached by way of another computer, which does not pass connections on for yours."
                }
                Trouble::Busy => "Your computer has too many connections just now.",
                Trouble::NotCalled => "It only gave addresses that your computer does not call.",
                Trouble::Other => "It could not be reached, and your computer cannot say why.",
            },
        }
    }

    /// Returns what a person can do; empty if there is nothing to do.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::Connected | Self::Relayed | Self::ByOthers | Self::Calling => "",
            Self::Offline => "Start Fingerpost. If it runs, its disk may be full.",
            Self::NotTold => {
                "Ask them to start Fingerpost while another member is online, or send them a new invite."
            }
            Self::OtherOffice => {
                "One of you must be reachable from outside: whoever looks after one of the two networks can let Fingerpost in."
            }
            Self::Failed(trouble) => match trouble {
                Trouble::Refused => {
                    "Ask them to start Fingerpost there. If it runs, it may have been given another port: it tells its new address as soon as it meets any member."
                }
                Trouble::TimedOut => {
                    "Ask them if the computer is on. If it is, a firewall or router is in the way: ask whoever looks after their network to let Fingerpost in."
                }
                Trouble::NoRoute => {
                    "Look whether your computer is online, and in the network or VPN that you share with them."
                }
                Trouble::NameUnknown => {
                    "Look whether your computer is online. If it is, ask them if the name is still right."
                }
                Trouble::WrongKey => {
                    "Their address may belong to somebody else now, or to a new computer of theirs. Ask them to start Fingerpost: it then tells its new address."
                }
                Trouble::NotANode => {
                    "Something in between, such as a firewall or a sign-in page of the network, may answer in its place. Ask whoever looks after your network, or try from another one."
                }
                Trouble::HungUp => {
                    "They may have too many connections, run another version of Fingerpost, or a firewall cuts the connection. If it stays so, ask whoever looks after the two networks."
                }
                Trouble::NoLine => "Ask them if the computer is on, and online.",
                Trouble::RelayRefused => {
                    "It may pass on too many, or not share a workspace with you. Your computer tries again by itself."
                }
                Trouble::Busy => "Wait a little. Your computer tries again by itself.",
                Trouble::NotCalled | Trouble::Other => {
                    "Ask them to restart Fingerpost, and send whoever looks after your node the technical details below."
                }
            },
        }
    }
}

/// Returns a word for programs, which stays the same.
pub(crate) const fn code(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Refused => "refused",
        Trouble::TimedOut => "timed_out",
        Trouble::NoRoute => "no_route",
        Trouble::NameUnknown => "name_unknown",
        Trouble::WrongKey => "wrong_key",
        Trouble::NotANode => "not_a_node",
        Trouble::HungUp => "hung_up",
        Trouble::NoLine => "no_line",
        Trouble::RelayRefused => "relay_refused",
        Trouble::Busy => "busy",
        Trouble::NotCalled => "not_called",
        Trouble::Other => "other",
    }
}

/// Returns a few words beside an address.
pub(crate) const fn brief(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Refused => "nothing listens at this port",
        Trouble::TimedOut => "no answer",
        Trouble::NoRoute => "no way there",
        Trouble::NameUnknown => "name not found",
        Trouble::WrongKey => "another computer answered",
        Trouble::NotANode => "something else than Fingerpost answered",
        Trouble::HungUp => "hung up",
        Trouble::NoLine => "the relay has no connection to it",
        Trouble::RelayRefused => "the relay did not pass the connection on",
        Trouble::Busy => "too many connections here",
        Trouble::NotCalled => "not an address that is called",
        Trouble::Other => "failed",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn view(addresses: &[&str]) -> WayView {
        WayView {
            node: NodeId([7; 32]),
            connected: false,
            is_wanted: true,
            is_told: true,
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
            next: Some(Duration::from_secs(8)),
        }
    }

    #[test]
    fn the_most_telling_trouble_is_the_one_that_is_shown() {
        let (office, outside) = ("/ip4/192.168.0.7/tcp/1", "/ip4/198.51.100.7/tcp/1");
        let tried =
            vec![(office.to_owned(), Trouble::NoRoute), (outside.to_owned(), Trouble::Refused)];
        let trial = Trial { ago: Duration::from_secs(2), tried };
        let way = way(
            &view(&[office, outside, "/dns4/a.org/tcp/1"]),
            Some(trial),
            true,
            Timestamp(9_000),
        );
        assert_eq!(way.state, State::Failed(Trouble::Refused));
        assert_eq!(way.untried, ["/dns4/a.org/tcp/1"]);
        assert_eq!((way.last_try, way.next_try), (Some(Timestamp(7_000)), Some(Timestamp(17_000))));
    }

    #[test]
    fn what_was_not_tried_says_why_not() {
        let state = |view: &WayView, has_network| way(view, None, has_network, Timestamp(0)).state;
        assert_eq!(state(&view(&[]), true), State::OtherOffice);
        assert_eq!(state(&WayView { is_told: false, ..view(&[]) }, true), State::NotTold);
        assert_eq!(state(&view(&["/ip4/8.8.8.8/tcp/1"]), true), State::Calling);
        let passed_over = WayView { is_wanted: false, ..view(&["/ip4/8.8.8.8/tcp/1"]) };
        assert_eq!(state(&passed_over, true), State::ByOthers);
        assert_eq!(state(&view(&["/ip4/8.8.8.8/tcp/1"]), false), State::Offline);
        assert_eq!(state(&WayView { connected: true, ..view(&[]) }, true), State::Connected);
    }
}
