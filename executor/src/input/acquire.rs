//! The files of a dataset, brought to where an engine can read them: local ones stay, remote ones are fetched,
//! Parquet only as far as the plan needs it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{DatasetPlan, Format, StorageAccess};
use serde::Serialize;

use super::{groups, resolve, table};
use crate::engine::EngineError;
use crate::secret;
use assay_input::remote::{Access, Budget, Credentials, Error, Location, Object, Remote};

/// Bytes that a run fetches at most, unless it is told otherwise: 64 GiB.
pub const FETCH_LIMIT: u64 = 64 << 30;

/// A file that an engine can read, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Where it lies on this machine.
    pub path: PathBuf,
    /// Its path as it was named, or its URI.
    pub name: String,
    /// Where it was fetched from; `None` for a file that lay here.
    pub origin: Option<Origin>,
    /// The row groups of the original, where the file has lost some of them; in order.
    pub groups: Vec<Group>,
}

/// A row group of a Parquet file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its rows.
    pub rows: u64,
    /// The local file has it.
    pub kept: bool,
}

/// A remote object, and what of it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Where it lies.
    pub uri: String,
    /// Its bytes.
    pub size: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
    /// What changes with its content, as the service says it.
    pub etag: Option<String>,
    /// Its version, where the service keeps several.
    pub version: Option<String>,
    /// Row groups of a Parquet object that were read, and how many there are, where some were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_groups: Option<(usize, usize)>,
    /// SHA-256 of what was read, as `sha256:…`; of a part, in the form of
    /// [`SparseFile::digest`](assay_input::remote::SparseFile::digest).
    pub digest: String,
}

impl InputFile {
    /// A file that lies on this machine.
    pub fn local(path: PathBuf) -> Self {
        let name = path.display().to_string();
        Self { path, name, origin: None, groups: Vec::new() }
    }
}

/// Where files are looked for and fetched to.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Relative paths start here.
    pub root: &'a Path,
    /// Fetched files go here; the folder is made where it is needed.
    pub folder: &'a Path,
    /// What may still be fetched.
    pub budget: &'a Budget,
}

/// What patterns mean now, each with what changes when its content does: a digest of local files, what the
/// service says of remote ones. Nothing is fetched.
///
/// # Errors
/// Nothing matches, or a location cannot be reached.
pub fn identities(
    storage: Option<&StorageAccess>,
    patterns: &[String],
    root: &Path,
) -> Result<Vec<(String, String)>, EngineError> {
    let mut found = Vec::new();
    let local = |pattern: &str, found: &mut Vec<(String, String)>| {
        let read = super::Digests::start(&resolve(pattern, root)?)?.finish()?;
        found.extend(read.into_iter().map(|file| (file.path, file.digest)));
        Ok::<(), EngineError>(())
    };
    for pattern in patterns {
        if !is_uri(pattern) {
            local(pattern, &mut found)?;
            continue;
        }
        let location = Location::parse(pattern).map_err(told)?;
        if let Some(path) = location.local() {
            local(&path, &mut found)?;
            continue;
        }
        let remote = Remote::open(&location, &access(storage)?).map_err(told)?;
        for object in remote.list().map_err(told)? {
            let written = object.last_modified.map(|at| at.to_string()).unwrap_or_default();
            let tag = object.etag.unwrap_or(written);
            found.push((object.uri, format!("{tag} {}", object.size)));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether the service that a URI leads to answers, and lets those in who ask. Nothing is fetched.
///
/// # Errors
/// It does not answer within the time, refuses, or a secret is not there.
pub fn probe(
    storage: Option<&StorageAccess>,
    uri: &str,
    time: Duration,
) -> Result<(), EngineError> {
    let location = Location::parse(uri).map_err(told)?;
    if location.local().is_some() {
        return Ok(());
    }
    Remote::open(&location, &access(storage)?).and_then(|remote| remote.probe(time)).map_err(told)
}

/// Whether a pattern names something that is not a path.
pub fn is_uri(pattern: &str) -> bool {
    pattern.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// The files that patterns mean for a dataset, in the order of their names. `whole_rows` says that every column
/// is kept.
///
/// # Errors
/// Nothing matches, a location cannot be reached or may not be read, or there is no room.
pub fn acquire(
    dataset: &DatasetPlan,
    patterns: &[String],
    whole_rows: bool,
    place: Place<'_>,
) -> Result<Vec<InputFile>, EngineError> {
    let mut files = Vec::new();
    for pattern in patterns {
        if !is_uri(pattern) {
            files.extend(resolve(pattern, place.root)?.into_iter().map(InputFile::local));
            continue;
        }
        let location = Location::parse(pattern).map_err(told)?;
        match location.local() {
            Some(path) => {
                files.extend(resolve(&path, place.root)?.into_iter().map(InputFile::local));
            }
            None => files.extend(fetched(dataset, (pattern, &location), whole_rows, place)?),
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files.dedup_by(|one, other| one.name == other.name);
    Ok(files)
}

fn fetched(
    dataset: &DatasetPlan,
    (pattern, location): (&str, &Location),
    whole_rows: bool,
    place: Place<'_>,
) -> Result<Vec<InputFile>, EngineError> {
    std::fs::create_dir_all(place.folder)
        .map_err(|error| EngineError::Resource(format!("{}: {error}", place.folder.display())))?;
    let access = access(dataset.source.storage.as_ref())?;
    if dataset.source.format == Format::Parquet {
        table::refuse_remote(pattern, &access)?;
    }
    let remote = Remote::open(location, &access).map_err(told)?;
    let mut files = Vec::new();
    for object in remote.list().map_err(told)? {
        let needed = dataset.needed(whole_rows);
        let part = match (&dataset.source.format, needed) {
            (Format::Parquet, Some(needed)) => {
                match part((&remote, &object), dataset, &needed, place) {
                    Err(Error::Whole(_)) => None,
                    other => Some(other.map_err(told)?),
                }
            }
            _ => None,
        };
        files.push(match part {
            Some(part) => part,
            None => whole(&remote, &object, place).map_err(told)?,
        });
    }
    Ok(files)
}

/// An object as a file of its own.
fn whole(remote: &Remote, object: &Object, place: Place<'_>) -> Result<InputFile, Error> {
    let fetched = remote.fetch(object, place.folder, place.budget, &mut |_, _| {})?;
    Ok(input(&fetched.path, object, fetched.bytes_read, &fetched.sha256))
}

/// The footer of an object and the chunks of some columns, at their places in a sparse file; of the row groups
/// only those that a check may look at. What is no Parquet file is fetched whole, and the engine says what is
/// wrong with it.
fn part(
    (remote, object): (&Remote, &Object),
    dataset: &DatasetPlan,
    columns: &BTreeSet<ColumnName>,
    place: Place<'_>,
) -> Result<InputFile, Error> {
    let sparse = remote.footer(object, place.folder, place.budget)?;
    let there = sparse.columns()?;
    let wanted: Vec<&str> = columns
        .iter()
        .filter(|wanted| !dataset.source.partitions.contains(wanted))
        .map(|wanted| wanted.as_str())
        .filter(|wanted| there.iter().any(|name| name.eq_ignore_ascii_case(wanted)))
        .collect();
    let groups = match groups::are_needless_ones(dataset) {
        true => groups::needed(dataset, &object.uri, &sparse.row_groups()?),
        false => Vec::new(),
    };
    if groups.iter().all(|group| group.kept) {
        let ranges = sparse.ranges(&wanted, None)?;
        let sparse = remote.fill(sparse, &ranges, place.budget)?;
        return Ok(input(sparse.path(), object, sparse.bytes_read(), &sparse.digest()));
    }
    let kept: Vec<usize> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.kept)
        .map(|(number, _)| number)
        .collect();
    let ranges = sparse.ranges(&wanted, Some(&kept))?;
    let sparse = remote.fill(sparse, &ranges, place.budget)?.keep(&kept)?;
    let mut file = input(sparse.path(), object, sparse.bytes_read(), &sparse.digest());
    if let Some(origin) = &mut file.origin {
        origin.row_groups = Some((kept.len(), groups.len()));
    }
    Ok(InputFile { groups, ..file })
}

fn input(path: &Path, object: &Object, bytes_read: u64, digest: &str) -> InputFile {
    if let (Some(at), Ok(file)) =
        (object.last_modified, std::fs::File::options().append(true).open(path))
    {
        // How old the data is tells the time of the object; where it cannot be set, the file is as new as it is.
        let _ = file.set_modified(std::time::SystemTime::from(at));
    }
    InputFile {
        path: path.to_owned(),
        name: object.uri.clone(),
        origin: Some(Origin {
            uri: object.uri.clone(),
            size: object.size,
            bytes_read,
            etag: object.etag.clone(),
            version: object.version.clone(),
            row_groups: None,
            digest: format!("sha256:{digest}"),
        }),
        groups: Vec::new(),
    }
}

/// How a connection of the plan is used; without one, as the environment says.
fn access(storage: Option<&StorageAccess>) -> Result<Access, EngineError> {
    let Some(storage) = storage else { return Ok(Access::default()) };
    let mut secrets = std::collections::BTreeMap::new();
    for (name, reference) in &storage.secrets {
        let secret = secret::resolve(reference).map_err(|error| {
            EngineError::Resource(format!("connection {}: {error}", storage.conn_id))
        })?;
        secrets.insert(name.clone(), secret);
    }
    Ok(Access {
        endpoint: Some(storage.url.clone()),
        region: storage.region.clone(),
        account: storage.account.clone(),
        allow_http: storage.url.starts_with("http://"),
        credentials: Credentials::named(secrets).map_err(told)?,
        ..Access::default()
    })
}

fn told(error: Error) -> EngineError {
    match error {
        Error::Data(text) | Error::Whole(text) => EngineError::Data(text),
        Error::Temporary(text) | Error::Resource(text) => EngineError::Resource(text),
    }
}
