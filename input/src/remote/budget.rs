//! Bytes that may be read from remote locations, all objects together.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;

/// Bytes that may be read, and how many are left. It may be shared by threads.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// At most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: AtomicU64::new(0) }
    }

    /// Bytes that were taken out so far. Bytes that are sent twice, after a connection broke, count once.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `bytes` out, for what lies at `place`, before they are asked for.
    pub(super) fn spend(&self, bytes: u64, place: &str) -> Result<(), Error> {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(|_| ()).map_err(|used| {
            let before = match used {
                0 => String::new(),
                used => format!(", of which {used} are used"),
            };
            Error::Resource(format!(
                "{place}: {bytes} bytes would have to be read, and the limit is {} bytes{before}; raise the \
                 limit, or narrow the input",
                self.limit
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_beyond_is_not_taken_and_both_numbers_are_said() {
        let budget = Budget::new(10);
        budget.spend(7, "s3://b/a").unwrap();
        let said = budget.spend(4, "s3://b/c").unwrap_err().to_string();
        assert!(said.starts_with("s3://b/c: 4 bytes would"), "{said}");
        assert!(said.contains("limit is 10 bytes, of which 7 are used"), "{said}");
        budget.spend(3, "s3://b/d").unwrap();
        assert!(budget.spend(u64::MAX, "s3://b/e").is_err());
        assert_eq!(budget.used(), 10);
    }
}
