//! Envelopes on their way to another node, without what the receiver can work out.
//!
//! A header repeats most of the one before it, and hashes of things that travel anyway. So each envelope is sent as the
//! difference to one that went before on the same way (`Thin`), and what comes together is compressed. The
//! receiver puts the very same bytes together again: signatures and ids are checked on those, and as strictly.
//!
//! [`Packer`] and [`Unpacker`] stand at the two ends of one ordered way and remember the same few last headers.
//! `docs/protocol.md`, "Packs", is the specification.

mod chunk;
mod thin;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::Arc;

use automerge::ChangeHash;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use minicbor::bytes::ByteVec;
use minicbor::data::Type;
use minicbor::{Decode, Encode};

use crate::codec;
use crate::envelope::{Envelope, Header};
use crate::identity::EnvelopeId;
use crate::limits;
use thin::Thin;

/// How many earlier envelopes both ends remember.
const REMEMBERED: usize = 16;
/// Shorter packs are sent as they are: there is little to win.
const COMPRESSED_FROM: usize = 512;

/// Why a pack cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    #[error("it is not a pack")]
    Malformed,
    #[error("it unpacks to more than allowed")]
    TooLong,
    #[error("it builds on an envelope that was not sent before it")]
    OutOfStep,
}

/// What is remembered of an envelope that went by.
#[derive(Debug)]
struct Past {
    id: EnvelopeId,
    header: Header,
    /// The last of its changes.
    change: Option<ChangeHash>,
}

/// The form of a pack.
#[derive(Debug, Encode, Decode)]
struct Pack {
    /// How many envelopes were sent before these. Zero: a new beginning.
    #[n(0)]
    before: u64,
    /// The envelopes one after the other, each a [`Thin`] or a byte string; compressed (raw deflate) or not.
    #[n(1)]
    body: Body,
}

#[derive(Debug, Encode, Decode)]
enum Body {
    #[n(0)]
    Plain(#[n(0)] ByteVec),
    #[n(1)]
    Deflated(#[n(0)] ByteVec),
}

/// The last envelopes that went one way, newest last.
#[derive(Debug, Default)]
struct Memory {
    past: VecDeque<Arc<Past>>,
    count: u64,
}

impl Memory {
    fn push(&mut self, past: Past) {
        self.past.push_back(Arc::new(past));
        self.count = self.count.saturating_add(1);
    }

    /// Forgets all but the last few; not in the middle of a pack, which may look back to its own beginning.
    fn trim(&mut self) {
        let surplus = self.past.len().saturating_sub(REMEMBERED);
        self.past.drain(..surplus);
    }

    /// Returns the one that is so many before the next.
    fn back(&self, steps: u32) -> Option<&Arc<Past>> {
        let at = self.past.len().checked_sub(usize::try_from(steps).ok()?)?;
        self.past.get(at)
    }
}

/// Packs envelopes for one receiver.
#[derive(Debug, Default)]
pub struct Packer(Memory);

impl Packer {
    /// Packs envelopes. Those of one chain are best given one after the other. What is no envelope, or not the usual
    /// spelling of one, travels as it is.
    #[must_use]
    pub fn pack<'b>(&mut self, envelopes: impl IntoIterator<Item = &'b [u8]>) -> Vec<u8> {
        let before = self.0.count;
        let mut body = Vec::new();
        for bytes in envelopes {
            let thin = Envelope::from_bytes(bytes).ok().and_then(|envelope| {
                let thin = codec::encode(&Thin::of(envelope, &self.0));
                let (again, past) = unthin(&mut minicbor::Decoder::new(&thin), &self.0).ok()?;
                (again == bytes).then_some((thin, past))
            });
            match thin {
                Some((thin, past)) => {
                    body.extend_from_slice(&thin);
                    self.0.push(past);
                }
                None => body.extend_from_slice(&codec::encode(&ByteVec::from(bytes.to_vec()))),
            }
        }
        self.0.trim();
        codec::encode(&Pack { before, body: squeeze(body) })
    }
}

/// Unpacks what a [`Packer`] packed.
#[derive(Debug, Default)]
pub struct Unpacker(Memory);

impl Unpacker {
    /// Returns the envelopes, each in its canonical bytes.
    ///
    /// # Errors
    /// If it is no pack, too long, or not the next one. Nothing after that can be read, up to a new beginning.
    pub fn unpack(&mut self, pack: &[u8]) -> Result<Vec<Vec<u8>>, PackError> {
        let Pack { before, body } =
            codec::decode(pack, limits::FRAME_BYTES).map_err(|_| PackError::Malformed)?;
        if before == 0 {
            self.0 = Memory::default();
        } else if before != self.0.count {
            return Err(PackError::OutOfStep);
        }
        let body = unsqueeze(body)?;
        let mut decoder = minicbor::Decoder::new(&body);
        let (mut envelopes, mut total) = (Vec::new(), 0_usize);
        while decoder.position() < body.len() {
            let is_thin = decoder.datatype().is_ok_and(|datatype| datatype == Type::Map);
            let (bytes, past) = if is_thin {
                let (bytes, past) = unthin(&mut decoder, &self.0)?;
                (bytes, Some(past))
            } else {
                (decoder.bytes().map_err(|_| PackError::Malformed)?.to_vec(), None)
            };
            total = total.saturating_add(bytes.len());
            if bytes.len() > limits::ENVELOPE_BYTES || total > limits::PACK_BYTES {
                return Err(PackError::TooLong);
            }
            if let Some(past) = past {
                self.0.push(past);
            }
            envelopes.push(bytes);
        }
        self.0.trim();
        Ok(envelopes)
    }
}

fn unthin(
    decoder: &mut minicbor::Decoder<'_>,
    memory: &Memory,
) -> Result<(Vec<u8>, Past), PackError> {
    let thin: Thin = decoder.decode().map_err(|_| PackError::Malformed)?;
    thin.whole(memory)
}

fn squeeze(body: Vec<u8>) -> Body {
    if body.len() < COMPRESSED_FROM {
        return Body::Plain(body.into());
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(&body).and_then(|()| encoder.finish()) {
        Ok(small)
            if small.len() < body.len() && body.len() / small.len().max(1) < limits::PACK_RATIO =>
        {
            Body::Deflated(small.into())
        }
        _ => Body::Plain(body.into()),
    }
}

fn unsqueeze(body: Body) -> Result<Vec<u8>, PackError> {
    let small = match body {
        Body::Plain(bytes) => return Ok(bytes.into()),
        Body::Deflated(bytes) => bytes,
    };
    let most = small.len().saturating_mul(limits::PACK_RATIO).min(limits::PACK_BYTES);
    let mut body = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    DeflateDecoder::new(small.as_slice())
        .take(limit)
        .read_to_end(&mut body)
        .map_err(|_| PackError::Malformed)?;
    if body.len() > most { Err(PackError::TooLong) } else { Ok(body) }
}

#[cfg(test)]
mod tests;
