//! How the driver reaches samod's server: over TCP, with every byte counted, and so that the connection can be cut.

use std::convert::Infallible;
use std::net::{Shutdown, TcpStream as Plain};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use samod::{DialError, Dialer, Transport, Url};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

static BYTES: AtomicU64 = AtomicU64::new(0);
static MADE: AtomicU64 = AtomicU64::new(0);

/// Bytes of all connections of this process, both ways.
pub fn bytes() -> u64 {
    BYTES.load(Ordering::Relaxed)
}

/// Connections made so far.
pub fn made() -> u64 {
    MADE.load(Ordering::Relaxed)
}

/// Waits until no byte moved for a while; returns when the last one did.
pub async fn still(quiet: u64) -> Instant {
    let (mut seen, mut last) = (bytes(), Instant::now());
    while last.elapsed() < Duration::from_millis(quiet) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if bytes() != seen {
            (seen, last) = (bytes(), Instant::now());
        }
    }
    last
}

/// Dials the server, again and again if need be.
#[derive(Clone)]
pub struct Line {
    pub port: u16,
    held: Arc<Mutex<Option<Plain>>>,
}

impl Line {
    pub fn to(port: u16) -> Self {
        Self { port, held: Arc::default() }
    }

    /// Cuts the connection that stands.
    pub fn cut(&self) {
        if let Some(plain) = self.held.lock().unwrap().take() {
            plain.shutdown(Shutdown::Both).unwrap();
        }
    }
}

impl Dialer for Line {
    type Error = Infallible;

    fn url(&self) -> Url {
        Url::parse(&format!("tcp://127.0.0.1:{}", self.port)).unwrap()
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Infallible>>> {
        let line = self.clone();
        Box::pin(async move {
            let plain = Plain::connect(("127.0.0.1", line.port)).map_err(DialError::transient)?;
            plain.set_nodelay(true).map_err(DialError::transient)?;
            plain.set_nonblocking(true).map_err(DialError::transient)?;
            *line.held.lock().unwrap() = Some(plain.try_clone().map_err(DialError::transient)?);
            let stream = TcpStream::from_std(plain).map_err(DialError::transient)?;
            MADE.fetch_add(1, Ordering::Relaxed);
            Ok(Transport::from_tokio_io(Counted(stream)))
        })
    }
}

struct Counted(TcpStream);

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.0).poll_read(context, buffer);
        BYTES.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.0).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &polled {
            BYTES.fetch_add(*count as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
