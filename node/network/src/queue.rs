//! [`Queue`]: the frames that wait for one peer.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::{Notify, watch};

use crate::lock;

/// How far a queue is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Takes frames.
    Open,
    /// Takes no more; what waits is sent.
    Closing,
    /// Nothing more is sent.
    Stopped,
}

/// The frames that wait for one peer, bounded by their bytes.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    limit: usize,
    more: Notify,
    phase: watch::Sender<Phase>,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            limit,
            more: Notify::new(),
            phase: watch::Sender::new(Phase::Open),
        }
    }

    /// Puts a frame at the end. If it does not fit the peer takes too little, and the queue stops.
    pub(crate) fn push(&self, frame: Vec<u8>) {
        if !self.is_open() {
            return;
        }
        {
            let mut waiting = lock(&self.waiting);
            if waiting.bytes.saturating_add(frame.len()) <= self.limit {
                waiting.bytes += frame.len();
                waiting.frames.push_back(frame);
                self.more.notify_one();
                return;
            }
        }
        tracing::warn!("a peer takes too little of what is sent, and is hung up on");
        self.advance(Phase::Stopped);
    }

    /// Waits for the next frame; `None` when the queue is empty and takes no more.
    pub(crate) async fn next(&self) -> Option<Vec<u8>> {
        loop {
            if let Some(frame) = self.pop() {
                return Some(frame);
            }
            if !self.is_open() {
                return None;
            }
            self.more.notified().await;
        }
    }

    /// Takes the next frame if there is one.
    pub(crate) fn pop(&self) -> Option<Vec<u8>> {
        let mut waiting = lock(&self.waiting);
        let frame = waiting.frames.pop_front()?;
        waiting.bytes = waiting.bytes.saturating_sub(frame.len());
        Some(frame)
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.phase.borrow() == Phase::Open
    }

    /// Goes on to a later phase.
    pub(crate) fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let later = phase > *now;
            *now = (*now).max(phase);
            later
        });
        self.more.notify_one();
    }

    /// Waits for a phase.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender lives as long as `self`, so this cannot fail.
        let _never = self.phase.subscribe().wait_for(|now| *now >= phase).await.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closing_queue_gives_what_it_has_and_ends() {
        let queue = Queue::new(10);
        queue.push(vec![1; 4]);
        queue.push(vec![2; 6]);
        queue.advance(Phase::Closing);
        queue.push(vec![3; 1]);
        assert_eq!(queue.next().await, Some(vec![1; 4]));
        assert_eq!(queue.next().await, Some(vec![2; 6]));
        assert_eq!(queue.next().await, None);
    }

    #[tokio::test]
    async fn a_queue_that_overflows_stops() {
        let queue = Queue::new(10);
        queue.push(vec![1; 6]);
        assert!(queue.is_open());
        queue.push(vec![1; 5]);
        queue.reached(Phase::Stopped).await;
        queue.advance(Phase::Closing);
        queue.reached(Phase::Stopped).await;
    }
}
