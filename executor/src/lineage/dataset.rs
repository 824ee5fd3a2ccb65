//! Names of datasets as OpenLineage writes them: a namespace for the store, a name within it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{facet, schema};
use crate::result::RunRecord;

/// A dataset's place.
pub(super) struct Place {
    pub(super) namespace: String,
    pub(super) name: String,
    data_source: Value,
}

impl Place {
    /// The place of a path or URL.
    pub(super) fn of(record: &RunRecord, path: &str) -> Self {
        let (namespace, name) = match path.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
                (format!("{scheme}://{authority}"), name.to_owned())
            }
            None => ("file".to_owned(), path.to_owned()),
        };
        let uri = if namespace == "file" {
            let root = if path.starts_with('/') { "file://" } else { "file:" };
            format!("{root}{}", percent_encoded(path))
        } else {
            format!("{namespace}/{}", percent_encoded(&name))
        };
        let body = json!({"name": namespace, "uri": uri});
        let data_source = facet(record, &schema("DatasourceDatasetFacet", "1-0-1"), body);
        Self { namespace, name, data_source }
    }

    /// The facet that says where the dataset is.
    pub(super) fn data_source(&self) -> Value {
        self.data_source.clone()
    }
}

/// The dataset that a run read: one file, or the folder that its files share.
pub(super) fn inputs(record: &RunRecord) -> Vec<Place> {
    match record.inputs.as_slice() {
        [] => Vec::new(),
        [(path, ..)] => vec![Place::of(record, path)],
        [(first, ..), rest @ ..] => {
            let folder =
                |path: &str| path.rsplit_once('/').map_or(String::new(), |p| p.0.to_owned());
            let mut shared = folder(first);
            for (path, ..) in rest {
                while !shared.is_empty() && !path.starts_with(&format!("{shared}/")) {
                    shared = folder(&shared);
                }
            }
            // Without a folder in common the dataset's own name has to do.
            let name = if shared.is_empty() { record.dataset.as_str() } else { &shared };
            vec![Place::of(record, name)]
        }
    }
}

/// A path with everything encoded that a URI cannot hold.
fn percent_encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'=' => {
                text.push(byte.into());
            }
            // Writing to a string cannot fail.
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}
