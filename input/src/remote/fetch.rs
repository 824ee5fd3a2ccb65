//! Whole objects, streamed into files.

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

use super::error::{Failure, failure};
use super::part::{Part, hex};
use super::patience::Attempts;
use super::{Budget, Error, Object, Remote};

/// Bytes after which a transfer that breaks again counts as one that gets on.
const PROGRESS: u64 = 1 << 20;

/// An object that lies in a file now. The file belongs to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Its bytes: all of the object.
    pub bytes_read: u64,
    /// SHA-256 of those bytes as they came, in hexadecimal digits.
    pub sha256: String,
    /// The object.
    pub object: Object,
}

/// A transfer under way.
struct Transfer<'a> {
    object: &'a Object,
    part: Part,
    hasher: Sha256,
    /// Bytes that are in the file.
    done: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Remote {
    /// Reads an object into a file in `folder`, which is there when it is whole and not before.
    ///
    /// A connection that breaks is taken up again where it broke. `progress` is told the bytes read and the
    /// bytes of the object, as they come; where a server cannot go on from the middle, it begins again at 0.
    ///
    /// # Errors
    /// The object is larger than what is left of `budget`, was replaced since it was listed, is not there or
    /// not allowed, the server does not answer, or the file cannot be written. No file is left behind.
    pub fn fetch(
        &self,
        object: &Object,
        folder: &Path,
        budget: &Budget,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Fetched, Error> {
        budget.spend(object.size, &object.uri)?;
        let part = Part::new(folder, object)?;
        let mut transfer = Transfer { object, part, hasher: Sha256::new(), done: 0, progress };
        self.runtime.block_on(self.transfer(&mut transfer))?;
        transfer.part.rename()?;
        transfer.part.keep(true);
        Ok(Fetched {
            path: transfer.part.path().to_owned(),
            bytes_read: transfer.done,
            sha256: hex(&transfer.hasher.finalize()),
            object: object.clone(),
        })
    }

    async fn transfer(&self, transfer: &mut Transfer<'_>) -> Result<(), Error> {
        let mut attempts = Attempts::new(&self.patience);
        let mut furthest = 0;
        loop {
            let failure = match self.stream(transfer).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if matches!(failure.error, Error::Whole(_)) && transfer.done > 0 {
                transfer.restart()?;
                let text = format!(
                    "{}: the connection broke, and the server cannot go on from the middle",
                    transfer.object.uri
                );
                attempts.after(Failure::passing(text)).await?;
                continue;
            }
            // To come as far as before, from the beginning, is not to get on.
            if transfer.done.saturating_sub(furthest) >= PROGRESS {
                attempts.progressed();
            }
            furthest = furthest.max(transfer.done);
            attempts.after(failure).await?;
        }
    }

    /// One request for what is not there yet.
    async fn stream(&self, transfer: &mut Transfer<'_>) -> Result<(), Failure> {
        let object = transfer.object;
        let rest = (transfer.done > 0).then_some(transfer.done..object.size);
        let mut stream = self.get(object, rest).await?.into_stream();
        let service = self.location.service.name();
        let met = |error| failure(&error, &object.uri, service);
        while let Some(bytes) = stream.try_next().await.map_err(met)? {
            transfer.add(&bytes)?;
        }
        match transfer.done == object.size {
            true => Ok(()),
            false => Err(Failure::passing(format!(
                "{}: the connection broke after {} of {} bytes",
                object.uri, transfer.done, object.size
            ))),
        }
    }
}

impl Transfer<'_> {
    fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Object { uri, size, .. } = self.object;
        let done = self.done + bytes.len() as u64;
        if done > *size {
            return Err(Error::Data(format!(
                "{uri}: the server sends more than the {size} bytes that it said; run again"
            )));
        }
        self.part.write_at(self.done, bytes)?;
        self.hasher.update(bytes);
        self.done = done;
        (self.progress)(done, *size);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.part.set_length(0)?;
        self.hasher = Sha256::new();
        self.done = 0;
        (self.progress)(0, self.object.size);
        Ok(())
    }
}
