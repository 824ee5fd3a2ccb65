//! What changed: files between two snapshots, lines between a revision and a snapshot, and between two texts.

use std::collections::BTreeMap;
use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, InternedInput};

use super::{Error, Repository, Snapshot, SourceFile};

/// The lines of the newer side that a change added or altered, by path. Lines count from 1; where lines
/// were only taken away, the one that follows counts as altered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    lines: BTreeMap<String, Vec<Range<usize>>>,
}

/// Lines of one text that stand in the place of lines of another; both count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines before.
    pub before: Range<usize>,
    /// The lines after.
    pub after: Range<usize>,
}

impl Touched {
    /// Whether the change touched the file at all.
    pub fn file(&self, path: &str) -> bool {
        self.lines.contains_key(path)
    }

    /// Whether the change touched the line.
    pub fn line(&self, path: &str, line: usize) -> bool {
        self.lines.get(path).is_some_and(|lines| lines.iter().any(|range| range.contains(&line)))
    }

    #[cfg(test)]
    pub(crate) fn of(path: &str, lines: Range<usize>) -> Self {
        Self { lines: BTreeMap::from([(path.to_owned(), vec![lines])]) }
    }

    fn add(&mut self, path: &str, before: &[u8], after: &[u8]) {
        let changed = hunks(before, after)
            .into_iter()
            .map(|hunk| hunk.after.start + 1..hunk.after.end.max(hunk.after.start + 1) + 1);
        self.lines.insert(path.to_owned(), changed.collect());
    }
}

impl Snapshot {
    /// The files that another snapshot does not have as they are here.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let known: BTreeMap<&str, &SourceFile> =
            other.files.iter().map(|file| (file.path.as_str(), file)).collect();
        let own = self.files.iter().filter(|file| {
            known.get(file.path.as_str()).is_none_or(|other| match (&file.blob, &other.blob) {
                (Some(own), Some(other)) => own != other,
                _ => file.bytes != other.bytes,
            })
        });
        Self { files: own.cloned().collect(), ..Self::default() }
    }
}

impl Repository {
    /// The lines of `snapshot`, taken of the project in the folder `root`, that differ from the revision in
    /// which its history left that of `base`; `head` is the revision that the snapshot is of or based on.
    ///
    /// # Errors
    /// Those of [`Repository::snapshot`].
    pub fn touched(
        &self,
        base: &str,
        head: &str,
        root: &str,
        snapshot: &Snapshot,
    ) -> Result<Touched, Error> {
        let (base, _) = self.resolve(base)?;
        // Where the fork lies beyond a shallow clone, the base itself is what can be compared with.
        let fork = self
            .resolve(head)
            .ok()
            .and_then(|(head, _)| self.repository.merge_base(head, base).ok().flatten())
            .map_or(base, |fork| fork.detach());
        let before = match self.snapshot(&fork.to_string(), root) {
            // The project did not exist then, so all of it is new.
            Err(Error::NoRoot { .. }) => Snapshot::default(),
            other => other?,
        };
        let old: BTreeMap<_, _> =
            before.files.iter().map(|file| (file.path.as_str(), &**file.bytes())).collect();
        let mut touched = Touched::default();
        for file in &snapshot.files {
            match old.get(file.path.as_str()) {
                Some(bytes) if **bytes == **file.bytes() => {}
                Some(bytes) => touched.add(&file.path, bytes, file.bytes()),
                None => touched.add(&file.path, b"", file.bytes()),
            }
        }
        Ok(touched)
    }
}

/// What differs between two texts, in order.
pub fn hunks(before: &[u8], after: &[u8]) -> Vec<Hunk> {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let lines = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Hunk { before: lines(hunk.before), after: lines(hunk.after) }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::SourceFile;
    use super::super::tests::{FILE, commit};
    use super::*;

    type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

    #[test]
    fn changed_lines_are_counted_from_the_fork() -> Result<()> {
        let dir = tempfile::tempdir()?;
        gix::init(dir.path())?;
        let path = "libraries/a.yaml";
        let fork = commit(dir.path(), &[(path, FILE, b"a: 1\nb: 2\nc: 3\n")], &[])?;
        // The base has moved on in a line that the head left alone.
        let base = commit(dir.path(), &[(path, FILE, b"a: 9\nb: 2\nc: 3\n")], &[fork])?;
        gix::open(dir.path())?
            .find_reference("refs/heads/main")?
            .set_target_id(fork, "back to the fork")?;
        let entries =
            [(path, FILE, &b"a: 1\nb: 4\nc: 3\nd: 5\n"[..]), ("libraries/b.yaml", FILE, b"x")];
        commit(dir.path(), &entries, &[fork])?;
        let repository = Repository::discover(dir.path())?;
        let mut snapshot = repository.snapshot("main", "")?;
        let touched = repository.touched(&base.to_string(), "main", "", &snapshot)?;
        let lines: Vec<_> = (1..=5).filter(|line| touched.line(path, *line)).collect();
        assert_eq!(lines, [2, 4]);
        assert!(touched.file("libraries/b.yaml") && touched.line("libraries/b.yaml", 1));
        assert!(!touched.file("libraries/c.yaml"));
        snapshot.files[0] = SourceFile::new(path, None, &b"a: 1\nc: 3\n"[..]);
        let touched = repository.touched(&base.to_string(), "main", "", &snapshot)?;
        assert!(touched.line(path, 2) && !touched.line(path, 1), "the line behind what went away");
        let unknown = repository.touched("nowhere", "main", "", &snapshot);
        assert!(matches!(unknown, Err(Error::UnknownRevision { .. })));
        Ok(())
    }
}
