//! Which objects a location means: one by its key, or those that match a pattern.

use futures_util::TryStreamExt as _;
use globset::{GlobBuilder, GlobMatcher};
use object_store::ObjectMeta;
use object_store::list::PaginatedListOptions;
use object_store::path::Path as Key;

use super::error::{Failure, failure};
use super::location::SPECIAL;
use super::patience::Attempts;
use super::{Error, Object, Remote};

/// Objects that one pattern may match.
const MOST_MATCHES: usize = 100_000;

/// Keys that are looked at for one pattern.
const MOST_KEYS: u64 = 10_000_000;

impl Remote {
    /// The objects that the location means, in the order of their keys.
    ///
    /// `*` and `?` stay within a name, `**` crosses folders, `[]` and `{}` give choices. Names below the
    /// fixed part of a pattern that begin with a dot or an underscore are left out unless the pattern
    /// writes that character, as such objects belong to tools; so are folders, unless they are partitions
    /// (`_day=1`).
    ///
    /// # Errors
    /// Nothing matches, or too much; the pattern is malformed; the service refuses or cannot be reached.
    pub fn list(&self) -> Result<Vec<Object>, Error> {
        self.runtime.block_on(async {
            if self.location.is_pattern() { self.matches().await } else { self.one().await }
        })
    }

    async fn one(&self) -> Result<Vec<Object>, Error> {
        let place = self.location.to_string();
        let key = self.key(self.location.key())?;
        let mut attempts = Attempts::new(&self.patience);
        loop {
            match self.head(&key).await {
                Ok(meta) => return Ok(vec![self.object(&meta)]),
                Err(error) => attempts.after(self.failure(&error, &place)).await?,
            }
        }
    }

    async fn matches(&self) -> Result<Vec<Object>, Error> {
        if self.is_web() {
            return Err(Error::Data(format!(
                "{}: a web server does not list what it has; name each object (a `?` or `[` of a name is written \
                 with `%3F` or `%5B`)",
                self.location
            )));
        }
        let pattern = Pattern::new(self.location.key())
            .map_err(|reason| Error::Data(format!("{}: not a pattern: {reason}", self.location)))?;
        let mut found = match &self.pages {
            Some(_) => self.paged(&pattern).await?,
            None => self.walked(&pattern).await?,
        };
        found.sort_by(|one, other| one.location.as_ref().cmp(other.location.as_ref()));
        // A key that is written as the pattern is, with the characters that patterns use.
        if let Some(exact) = found.iter().position(|meta| meta.location.as_ref() == pattern.text) {
            found = vec![found.swap_remove(exact)];
        }
        if found.is_empty() {
            return Err(Error::Data(format!(
                "{}: no object matches; check the pattern, and that those who ask may list",
                self.location
            )));
        }
        Ok(found.iter().map(|meta| self.object(meta)).collect())
    }

    /// What matches, from a service that lists by the first characters of keys.
    async fn paged(&self, pattern: &Pattern<'_>) -> Result<Vec<ObjectMeta>, Error> {
        let Some(pages) = &self.pages else { return Ok(Vec::new()) };
        let mut found = Found::default();
        let mut token = None;
        loop {
            let mut attempts = Attempts::new(&self.patience);
            let page = loop {
                let options = PaginatedListOptions {
                    delimiter: pattern.is_flat().then_some("/".into()),
                    page_token: token.clone(),
                    ..PaginatedListOptions::default()
                };
                let prefix = Some(pattern.start).filter(|start| !start.is_empty());
                match pages.list_paginated(prefix, options).await {
                    Ok(page) => break page,
                    Err(error) => {
                        attempts.after(self.failure(&error, &self.location.to_string())).await?;
                    }
                }
            };
            for meta in page.result.objects {
                found.add(meta, pattern, self)?;
            }
            match page.page_token {
                // A service that gives the same page for ever would be asked for ever.
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(found.matches),
            }
        }
    }

    /// What matches, in a file system.
    async fn walked(&self, pattern: &Pattern<'_>) -> Result<Vec<ObjectMeta>, Error> {
        let place = self.location.to_string();
        let folder = pattern.start.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = self.key(folder)?;
        let mut found = Found::default();
        let mut stream = self.store.list(Some(&folder));
        while let Some(meta) =
            stream.try_next().await.map_err(|error| self.failure(&error, &place).error)?
        {
            found.add(meta, pattern, self)?;
        }
        Ok(found.matches)
    }

    fn key(&self, text: &str) -> Result<Key, Error> {
        Key::parse(text)
            .map_err(|_| Error::Data(format!("{}: not a key that can be asked for", self.location)))
    }

    fn failure(&self, error: &object_store::Error, place: &str) -> Failure {
        failure(error, place, self.location.service.name())
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    matches: Vec<ObjectMeta>,
    looked_at: u64,
    /// The last empty object, which the next one may show to be the mark of a folder.
    empty: Option<usize>,
}

impl Found {
    fn add(&mut self, meta: ObjectMeta, pattern: &Pattern<'_>, of: &Remote) -> Result<(), Error> {
        self.looked_at += 1;
        let too = |what: String| {
            Err(Error::Data(format!("{}: the pattern {what}; narrow it", of.location)))
        };
        if self.looked_at > MOST_KEYS {
            return too(format!("has more than {MOST_KEYS} keys below its fixed part"));
        }
        let key = meta.location.as_ref();
        // Consoles write an empty object for a folder; it is listed just before what lies in it.
        if let Some(empty) = self.empty {
            let mark = self.matches[empty].location.as_ref();
            if key.strip_prefix(mark).is_some_and(|rest| rest.starts_with('/')) {
                self.matches.remove(empty);
                self.empty = None;
            }
        }
        if pattern.matches(key) {
            if self.matches.len() == MOST_MATCHES {
                return too(format!("matches more than {MOST_MATCHES} objects"));
            }
            if meta.size == 0 {
                self.empty = Some(self.matches.len());
            }
            self.matches.push(meta);
        }
        Ok(())
    }
}

/// A pattern of keys.
struct Pattern<'t> {
    text: &'t str,
    /// What comes before its first special character.
    start: &'t str,
    matcher: GlobMatcher,
}

impl<'t> Pattern<'t> {
    fn new(text: &'t str) -> Result<Self, String> {
        let special = text.find(SPECIAL).unwrap_or(text.len());
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        let matcher = glob.map_err(|error| error.kind().to_string())?.compile_matcher();
        Ok(Self { text, start: &text[..special], matcher })
    }

    /// Whether all that matches lies in one folder, so that those below need not be listed.
    fn is_flat(&self) -> bool {
        let rest = &self.text[self.start.len()..];
        !rest.contains('/') && !rest.contains("**")
    }

    fn matches(&self, key: &str) -> bool {
        key == self.text || (self.matcher.is_match(key) && !self.is_hidden(key))
    }

    /// Whether a name or a folder, below the fixed part, is set apart by its first character.
    fn is_hidden(&self, key: &str) -> bool {
        let folders = self.start.matches('/').count();
        let mut parts = key.split('/').skip(folders).peekable();
        while let Some(part) = parts.next() {
            let Some(first @ ('.' | '_')) = part.chars().next() else { continue };
            let is_folder = parts.peek().is_some();
            let written = match is_folder {
                true => self.text.split('/').skip(folders).any(|part| part.starts_with(first)),
                false => self.text.rsplit('/').next().is_some_and(|name| name.starts_with(first)),
            };
            if !(written || is_folder && part.contains('=')) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_those_of_files_do() {
        let matched = |pattern: &str| {
            let pattern = Pattern::new(pattern).unwrap();
            [
                "d/a.csv",
                "d/_SUCCESS.csv",
                "d/.x.csv",
                "d/e/b.csv",
                "d/_log/c.csv",
                "d/_day=1/d.csv",
                "d/odd[1].csv",
            ]
            .into_iter()
            .filter(|key| pattern.matches(key))
            .collect::<Vec<_>>()
        };
        assert_eq!(matched("d/*.csv"), ["d/a.csv", "d/odd[1].csv"]);
        assert_eq!(matched("d/_*.csv"), ["d/_SUCCESS.csv"]);
        let deep = ["d/a.csv", "d/e/b.csv", "d/_day=1/d.csv", "d/odd[1].csv"];
        assert_eq!(matched("d/**/*.csv"), deep);
        assert_eq!(matched("d/_log/*.csv"), ["d/_log/c.csv"]);
        assert_eq!(matched("d/_*/*.csv"), ["d/_log/c.csv", "d/_day=1/d.csv"]);
        assert_eq!(matched("d/{a,b}.csv"), ["d/a.csv"]);
        assert_eq!(matched("d/?.csv"), ["d/a.csv"]);
        assert_eq!(matched("d/odd[1].csv"), ["d/odd[1].csv"]);
        assert!(Pattern::new("d/[").is_err());
        assert!(Pattern::new("d/*.csv").unwrap().is_flat());
        assert!(!Pattern::new("d/**").unwrap().is_flat());
        assert_eq!(Pattern::new("d/2024-*/a").unwrap().start, "d/2024-");
    }
}
