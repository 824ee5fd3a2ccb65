//! Two revisions beside each other: of each, only what the change between them can reach is compiled.
//!
//! What neither reaches is the same on both sides, in files, names and meaning, so what the change means is told by
//! the rest alone.

use std::collections::BTreeSet;

use super::reach::Reach;
use super::{Cache, Request, WORTHWHILE, advance, always_needed, changed, is_told, needed_of};
use crate::compile::{self, Basis, Compiled, Goal};
use crate::git::{Error, Snapshot};

/// Two revisions, as far as the change between them reaches.
#[derive(Debug)]
pub struct Both {
    /// The one that the change starts from.
    pub base: (Snapshot, Compiled),
    /// The one with the change.
    pub head: (Snapshot, Compiled),
}

/// Compiles what the change from `base` to the revision of the request can reach, from what an earlier check left;
/// `None` where that does not do, and everything is to be compiled. Only the head is judged by `basis`.
///
/// # Errors
/// Those of [`Repository::snapshot`](crate::git::Repository::snapshot).
pub fn both(
    cache: &Cache,
    request: &Request<'_>,
    base: &str,
    basis: &Basis<'_>,
) -> Result<Option<Both>, Error> {
    let Some(mut state) = cache.load() else { return Ok(None) };
    let (repository, revision) = (request.repository, request.revision);
    let listings = [base, revision].map(|rev| repository.listing(rev, repository.prefix()));
    let [before, after] = listings;
    let (before, after) = (before?, after?);
    let (Some(old), Some(new)) = (changed(&state, &before), changed(&state, &after)) else {
        return Ok(None);
    };
    let warned = state.warned.iter().map(String::as_str);
    let open: BTreeSet<&str> = old.iter().chain(&new).copied().chain(warned).collect();
    let reach = Reach::of(&state.files, &open);
    if reach.needed.len() * WORTHWHILE > state.files.len() {
        return Ok(None);
    }
    let side = |rev: &str, basis: &Basis<'_>, changed: &BTreeSet<&str>| {
        let needed = |path: &str| always_needed(path) || reach.needed.contains(path);
        let Some(snapshot) = needed_of(request, rev, &needed)? else { return Ok(None) };
        let mut compiled = compile::compile_to(Goal::Review, basis, &snapshot, request.wanted);
        // Days and commits may matter to what is not looked at, too.
        let told = !compiled.by_circumstance && is_told(&state, &mut compiled, &reach, changed);
        Ok::<_, Error>(told.then_some((snapshot, compiled)))
    };
    let Some(base) = side(base, &Basis::default(), &old)? else { return Ok(None) };
    let Some(mut head) = side(revision, basis, &new)? else { return Ok(None) };
    head.1.objects = state.objects;
    head.1.sources = after.len();
    let new: BTreeSet<String> = new.into_iter().map(str::to_owned).collect();
    if !new.is_empty() {
        advance(cache, &mut state, (&new, &after), &head.1);
    }
    Ok(Some(Both { base, head }))
}
