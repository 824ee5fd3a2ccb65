//! Whether a service answers and lets those in who ask, without reading what it has.

use std::time::Duration;

use object_store::list::PaginatedListOptions;

use super::error::failure;
use super::{Error, Remote};

impl Remote {
    /// Asks once for what an object is, or for one page of a listing. A bucket that has no such object is one that
    /// answers.
    ///
    /// # Errors
    /// The service refuses, has no such bucket, or does not answer within the time.
    pub fn probe(&self, time: Duration) -> Result<(), Error> {
        let place = self.location.to_string();
        let asked =
            self.runtime.block_on(async { tokio::time::timeout(time, self.answer()).await });
        match asked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failure(&error, &place, self.location.service.name()).error),
            Err(_) => {
                let words = format!("{place}: no answer within {} s", time.as_secs_f64());
                Err(Error::Temporary(words))
            }
        }
    }

    async fn answer(&self) -> Result<(), object_store::Error> {
        if self.location.is_pattern()
            && let Some(pages) = &self.pages
        {
            let options = PaginatedListOptions {
                delimiter: Some("/".into()),
                max_keys: Some(1),
                ..PaginatedListOptions::default()
            };
            return pages.list_paginated(None, options).await.map(|_| ());
        }
        let Ok(key) = object_store::path::Path::parse(self.location.key()) else { return Ok(()) };
        match self.head(&key).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
