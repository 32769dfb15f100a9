//! Raw bytes over TCP, for requests that no honest program sends.

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wait;

/// Far more than any answer that the tests ask for.
const ANSWER_BYTES: u64 = 1 << 20;

/// What is done with the sending side once everything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It stays open.
    Listen,
    /// It ends, as of somebody who has nothing more to say.
    End,
}

/// Sends bytes and returns all that comes back until the other side ends.
pub async fn exchange(address: &str, bytes: &[u8], then: Then) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let talk = async {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        let (read, mut write) = stream.into_split();
        // A listener may hang up before it has read everything: what it said first still counts.
        let _hung_up = write.write_all(bytes).await;
        if then == Then::End {
            let _hung_up = write.shutdown().await;
        }
        let _hung_up = read.take(ANSWER_BYTES).read_to_end(&mut answer).await;
        anyhow::Ok(())
    };
    timeout(wait::DEADLINE, talk).await.with_context(|| format!("{address} did not hang up"))??;
    Ok(answer)
}

/// Sends an HTTP request line with headers, and returns the status of the answer with all of its text.
pub async fn http(
    address: &str,
    request: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(u16, String)> {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    // An upgrade is asked for by name; if it is refused, the connection ends as any other.
    let connection = if headers.contains("Upgrade: ") { "Upgrade, close" } else { "close" };
    let text = format!(
        "{request} HTTP/1.1\r\n{headers}Connection: {connection}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = exchange(address, text.as_bytes(), Then::Listen).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.with_context(|| format!("{request}: no status in {answer:?}"))?, answer))
}
