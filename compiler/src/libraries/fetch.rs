//! Fetching a library from a network, by the `git` program and with the user's own access to it.
//!
//! What is fetched lies in a bare repository of the cache, one for each address, and is then read like any
//! other. Only `assayc lock --fetch` comes here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assay_schemas::digest::Digest;
use assay_schemas::library::project::LibraryDeclaration;

/// Where the current branch of the address is kept.
pub(super) const HEAD: &str = "refs/assay/head";

/// The ways in which Git may reach an address. None of them runs a program that the address names.
const PROTOCOLS: &str = "https:http:ssh:git";

/// Fetches what a declaration means, and the commit that it is locked to, into a repository below `cache`.
///
/// # Errors
/// The last line that `git` says, or why it cannot be asked.
pub(super) fn fetch(
    cache: &Path,
    library: &LibraryDeclaration,
    locked: Option<&str>,
) -> Result<PathBuf, String> {
    let address = Digest::of_bytes(library.git.as_bytes());
    let folder = cache.join("repositories").join(format!("{}.git", address.short()));
    if !folder.join("HEAD").exists() {
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        git(&folder, &["init", "--quiet", "--bare", "."])?;
    }
    let everything = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
    let from = |references: &[&str], depth: &[&str]| {
        let options = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--force"];
        let arguments = [&options[..], depth, &["--", &library.git], references].concat();
        git(&folder, &arguments)
    };
    if let Some(commit) = locked {
        // Not every server hands out a commit by its id.
        from(&[commit], &["--depth=1"]).or_else(|_| from(&everything, &[]))?;
        return Ok(folder);
    }
    let LibraryDeclaration { branch, tag, rev, .. } = library;
    let wanted = match (branch, tag, rev) {
        (Some(branch), ..) => format!("+refs/heads/{branch}:refs/heads/{branch}"),
        (_, Some(tag), _) => format!("+refs/tags/{tag}:refs/tags/{tag}"),
        (.., Some(_)) => {
            from(&everything, &[])?;
            return Ok(folder);
        }
        _ => format!("+HEAD:{HEAD}"),
    };
    from(&[&wanted], &["--depth=1"])?;
    Ok(folder)
}

/// Runs `git` in a folder, without asking anybody anything.
fn git(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("git")
        // A server that says nothing for half a minute is given up.
        .args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_DIR", ".")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", PROTOCOLS)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("the program `git` cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(last.unwrap_or("`git fetch` failed").to_owned())
}
