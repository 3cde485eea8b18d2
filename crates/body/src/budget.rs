//! Memory that requests reserve before they use it.

use std::sync::Arc;
use std::time::Duration;

use model::{Error, ErrorKind, Result};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Memory is counted in pieces of this size: a semaphore counts to 2^29 at least, which is then far
/// more memory than there is.
const PIECE_BYTES: usize = 1_024;
/// How long a refused client waits before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// An amount of memory that requests share.
#[derive(Clone, Debug)]
pub struct Budget {
    pieces: Arc<Semaphore>,
    /// Told when something is given back.
    freed: Arc<Notify>,
    bytes: usize,
}

impl Budget {
    /// A budget of `bytes`.
    pub fn new(bytes: usize) -> Self {
        let pieces = bytes / PIECE_BYTES;
        Self {
            pieces: Arc::new(Semaphore::new(pieces)),
            freed: Arc::default(),
            bytes: pieces * PIECE_BYTES,
        }
    }

    /// All of it, used or not.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What is reserved at present.
    pub fn used(&self) -> usize {
        self.bytes.saturating_sub(self.pieces.available_permits() * PIECE_BYTES)
    }

    /// Reserves `bytes`, waiting for others to let go up to `patience`.
    pub async fn reserve(&self, bytes: usize, patience: Duration) -> Result<Lease> {
        let mut lease = Lease { permit: None, budget: self.clone() };
        lease.grow(bytes, patience).await?;
        Ok(lease)
    }
}

impl Budget {
    /// Waits until so much is free at once. Whoever waits holds nothing meanwhile, so that one that
    /// wants much does not keep out those that want little.
    async fn wait_for(&self, pieces: u32) -> OwnedSemaphorePermit {
        loop {
            let freed = self.freed.notified();
            if let Ok(permit) = Arc::clone(&self.pieces).try_acquire_many_owned(pieces) {
                return permit;
            }
            freed.await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.permit.take().is_some() {
            self.budget.freed.notify_waiters();
        }
    }
}

/// Reserved memory, given back when dropped.
#[derive(Debug)]
pub struct Lease {
    permit: Option<OwnedSemaphorePermit>,
    budget: Budget,
}

impl Lease {
    /// What is reserved.
    pub fn bytes(&self) -> usize {
        self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) * PIECE_BYTES
    }

    /// Reserves `bytes` more, waiting for others to let go up to `patience`.
    pub async fn grow(&mut self, bytes: usize, patience: Duration) -> Result<()> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        if pieces == 0 {
            return Ok(());
        }
        if self.bytes() + bytes > self.budget.bytes {
            return Err(self.never());
        }
        let waited = tokio::time::timeout(patience, self.budget.wait_for(pieces)).await;
        let permit = waited.map_err(|_| self.refusal())?;
        match &mut self.permit {
            Some(held) => held.merge(permit),
            None => self.permit = Some(permit),
        }
        Ok(())
    }

    /// Grows or shrinks to `bytes`.
    pub async fn resize(&mut self, bytes: usize, patience: Duration) -> Result<()> {
        let held = self.bytes();
        if held < bytes {
            return self.grow(bytes - held, patience).await;
        }
        let surplus = (held - bytes) / PIECE_BYTES;
        if let Some(permit) = &mut self.permit
            && surplus > 0
        {
            drop(permit.split(surplus));
            self.budget.freed.notify_waiters();
        }
        Ok(())
    }

    fn never(&self) -> Error {
        let mib = self.budget.bytes >> 20;
        Error::new(
            ErrorKind::TooLarge,
            format!(
                "the request takes more memory than there is for all requests ({mib} MiB): send \
                 less at once, or raise --memory"
            ),
        )
    }

    fn refusal(&self) -> Error {
        Error::throttled(
            RETRY_AFTER,
            format!(
                "the memory for requests ({} MiB) is in use: send less at once, or raise --memory",
                self.budget.bytes >> 20
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    /// Guarantees: what is not there is refused with "try again"; what is dropped is there again.
    #[tokio::test]
    async fn refuses_and_gives_back() {
        let budget = Budget::new(1 << 20);
        let mut first = budget.reserve(700 << 10, SOON).await.unwrap();
        let refused = budget.reserve(400 << 10, SOON).await.unwrap_err();
        assert!(matches!(refused.kind(), model::ErrorKind::Throttled { .. }));
        first.resize(100 << 10, SOON).await.unwrap();
        assert_eq!(budget.used(), 100 << 10);
        let second = budget.reserve(900 << 10, SOON).await.unwrap();
        drop((first, second));
        assert_eq!(budget.used(), 0);
    }

    /// Guarantees: a waiting request goes on as soon as another lets go.
    #[tokio::test]
    async fn waits_for_others() {
        let budget = Budget::new(1 << 20);
        let first = budget.reserve(1 << 20, SOON).await.unwrap();
        let waiting = budget.reserve(1 << 20, Duration::from_secs(60));
        let (second, ()) = tokio::join!(waiting, async { drop(first) });
        assert_eq!(second.unwrap().bytes(), 1 << 20);
    }
}
