//! How long is waited, how often is tried, and the pauses between.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use super::Error;
use super::error::Failure;

/// How long is waited and how often is tried.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Attempts at most, the first among them. A transfer that gets on begins to count anew.
    pub attempts: u32,
    /// The first pause; each further one is twice as long, and all are cut by chance to between their half
    /// and their whole.
    pub pause: Duration,
    /// No pause is longer.
    pub longest: Duration,
    /// For a connection to be made.
    pub connect: Duration,
    /// For the next bytes of an answer to come.
    pub read: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
        }
    }
}

/// Attempts at one thing.
pub(super) struct Attempts<'a> {
    patience: &'a Patience,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(patience: &'a Patience) -> Self {
        Self { patience, made: 0 }
    }

    /// Waits until the time for another attempt.
    ///
    /// # Errors
    /// The failure lasts, or no attempt is left.
    pub(super) async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        self.made += 1;
        if !failure.passing {
            return Err(failure.error);
        }
        if self.made >= self.patience.attempts {
            return Err(failure.after(self.made));
        }
        tokio::time::sleep(self.pause()).await;
        Ok(())
    }

    /// The thing got on.
    pub(super) fn progressed(&mut self) {
        self.made = 0;
    }

    fn pause(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.made.saturating_sub(1));
        let whole = self.patience.pause.saturating_mul(doubled).min(self.patience.longest);
        // Executors that were refused together must not come back together. A fresh state of the
        // standard hasher is random enough for that.
        let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        whole.mul_f64(0.5 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_their_bounds() {
        let patience = Patience::default();
        for (made, whole) in [(1, 500), (2, 1000), (5, 8000), (7, 20000), (99, 20000)] {
            let pause = Attempts { patience: &patience, made }.pause().as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{made}: {pause}");
        }
    }
}
