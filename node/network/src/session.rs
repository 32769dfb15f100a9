//! One peer's frames, from when they can flow until they cannot any more.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::queue::{Phase, Queue};
use crate::{FRAME_BYTES, Key, NetworkEvent, Shared, lock};

/// How long what waits may take to be sent when we hang up.
const DRAIN: Duration = Duration::from_secs(2);
/// Protects whoever takes the events: frames that are read from one peer in each [`PACE`].
const FRAMES: u32 = 1_000;
const PACE: Duration = Duration::from_millis(250);

/// Bytes that went through one connection. Shared with the room, which takes them for signs of life.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
}

/// Where a session's events and figures go.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) key: Key,
    pub(crate) queue: Arc<Queue>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) events: mpsc::Sender<NetworkEvent>,
}

/// Carries frames until one side hangs up. Tells of it before and after: nobody else says that a peer is up or down.
pub(crate) async fn run(
    theirs: impl AsyncRead + Unpin + Send,
    ours: impl AsyncWrite + Unpin + Send,
    ends: Ends,
) {
    lock(&ends.shared.queues).insert(ends.key, Arc::clone(&ends.queue));
    // An error means that nobody takes events any more: then there is nobody to carry frames for either.
    if ends.events.send(NetworkEvent::Up(ends.key)).await.is_ok() {
        carry(theirs, ours, &ends).await;
    }
    ends.queue.advance(Phase::Stopped);
    lock(&ends.shared.queues).remove(&ends.key);
    let _nobody_listens = ends.events.send(NetworkEvent::Down(ends.key)).await.is_err();
}

async fn carry(
    theirs: impl AsyncRead + Unpin + Send,
    ours: impl AsyncWrite + Unpin + Send,
    ends: &Ends,
) {
    let reading = read(theirs, ends);
    let writing = async {
        let outcome = write(ours, ends).await;
        if outcome.is_ok() {
            // All is sent. The peer hangs up when it has read it, or the time is over.
            std::future::pending::<()>().await;
        }
        outcome
    };
    let hung_up = async {
        ends.queue.reached(Phase::Closing).await;
        sleep(DRAIN).await;
    };
    tokio::select! {
        outcome = reading => log("reading from", outcome),
        outcome = writing => log("writing to", outcome),
        () = ends.queue.reached(Phase::Stopped) => {}
        () = hung_up => {}
    }
}

fn log(what: &str, outcome: io::Result<()>) {
    match outcome {
        Ok(()) => tracing::debug!("a peer hung up"),
        Err(error) => tracing::debug!(%error, "{what} a peer failed"),
    }
}

/// Reads frames until the peer ends its stream.
async fn read(mut stream: impl AsyncRead + Unpin, ends: &Ends) -> io::Result<()> {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for count in 1_u32.. {
        let mut prefix = [0; 4];
        match stream.read_exact(&mut prefix).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
        if length == 0 || length > FRAME_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a frame of {length} bytes"),
            ));
        }
        let frame = read_frame(&mut stream, length, ends).await?;
        ends.shared.received.fetch_add((prefix.len() + length) as u64, Ordering::Relaxed);
        if ends.events.send(NetworkEvent::Frame(ends.key, frame)).await.is_err() {
            return Ok(());
        }
        if count.is_multiple_of(FRAMES) {
            pace.tick().await;
        }
    }
    Ok(())
}

/// Reads one frame. Memory is taken as bytes arrive, not as they are announced.
async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
    length: usize,
    ends: &Ends,
) -> io::Result<Vec<u8>> {
    let mut frame = Vec::new();
    let mut part = [0; 16 * 1024];
    while frame.len() < length {
        let room = part.len().min(length - frame.len());
        let read = stream.read(part.get_mut(..room).unwrap_or_default()).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        frame.extend_from_slice(part.get(..read).unwrap_or_default());
        ends.progress.received.fetch_add(read as u64, Ordering::Relaxed);
    }
    Ok(frame)
}

/// Writes what waits until the queue ends, then ends the stream.
async fn write(mut stream: impl AsyncWrite + Unpin, ends: &Ends) -> io::Result<()> {
    while let Some(frame) = ends.queue.next().await {
        write_frame(&mut stream, &frame, ends).await?;
        // One flush for all that waits.
        while let Some(frame) = ends.queue.pop() {
            write_frame(&mut stream, &frame, ends).await?;
        }
        stream.flush().await?;
    }
    stream.close().await
}

async fn write_frame(
    stream: &mut (impl AsyncWrite + Unpin),
    frame: &[u8],
    ends: &Ends,
) -> io::Result<()> {
    let prefix = u32::try_from(frame.len()).map_err(io::Error::other)?.to_be_bytes();
    stream.write_all(&prefix).await?;
    let mut rest = frame;
    while !rest.is_empty() {
        let written = stream.write(rest).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(written..).unwrap_or_default();
        ends.progress.sent.fetch_add(written as u64, Ordering::Relaxed);
    }
    ends.shared.sent.fetch_add((prefix.len() + frame.len()) as u64, Ordering::Relaxed);
    Ok(())
}
