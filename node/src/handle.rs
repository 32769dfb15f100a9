//! [`Handle`]: how pages, programs and commands reach the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Command, Done, Event, Input, Reader, Refused};
use network::{Lines, Network, Trouble};
use storage::Store;
use tokio::sync::{broadcast, mpsc, oneshot};

/// What can be asked of the runtime.
#[expect(clippy::large_enum_variant, reason = "few wait, and most are the large ones")]
pub(crate) enum Work {
    Act(Box<Command>, oneshot::Sender<Result<Done, Refused>>),
    Read(Box<dyn FnOnce(&mut Reader<'_>) + Send>),
    Happened(Input),
    Stop,
}

/// Reaches the engine; cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) work: mpsc::Sender<Work>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) network: Option<Arc<Network>>,
    pub(crate) store: Store,
}

/// The node has stopped: it was told to, or its disk refused to keep something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has stopped")]
pub(crate) struct Stopped;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ActError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the node has stopped, so this was not saved")]
    Stopped,
}

impl Handle {
    /// Does something. What was done is durable when this returns.
    pub(crate) async fn act(&self, command: Command) -> Result<Done, ActError> {
        let (answer, done) = oneshot::channel();
        self.work
            .send(Work::Act(Box::new(command), answer))
            .await
            .map_err(|_| ActError::Stopped)?;
        Ok(done.await.map_err(|_| ActError::Stopped)??)
    }

    /// Reads something. What is read is durable.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (answer, done) = oneshot::channel();
        let read = Box::new(move |reader: &mut Reader<'_>| {
            // Whoever asked may have gone.
            let _gone = answer.send(read(reader));
        });
        self.work.send(Work::Read(read)).await.map_err(|_| Stopped)?;
        done.await.map_err(|_| Stopped)
    }

    /// Hears what changes from now on. Who is too slow misses some and asks anew.
    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Returns what relays do for this node, and what it does as one.
    pub(crate) fn lines(&self) -> Lines {
        self.network.as_ref().map(|network| network.lines()).unwrap_or_default()
    }

    /// Returns how often calling an address came to nothing, by why.
    pub(crate) fn failed_calls(&self) -> BTreeMap<Trouble, u64> {
        self.network.as_ref().map(|network| network.failed_calls()).unwrap_or_default()
    }

    /// Returns the payload bytes sent and received over libp2p connections.
    pub(crate) fn network_bytes(&self) -> (u64, u64) {
        self.network.as_ref().map_or((0, 0), |network| network.bytes())
    }
}
