//! Names for findings that stay the same while lines move, so that a host can tell new ones from old.

use std::collections::BTreeMap;

use assay_schemas::digest::Digest;

use super::Report;

/// The name of each diagnostic: made of what it says and of which field, not of the line; where several say
/// the same, they are counted.
pub(super) fn fingerprints(report: &Report<'_>) -> Vec<String> {
    let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let each = report.diagnostics.iter().map(|found| {
        let path = report.repository_path(&found.primary);
        let object = found.object.as_deref().unwrap_or_default();
        let pointer = found.pointer.as_ref().map_or("", |pointer| pointer.as_str());
        let parts = [found.code.id(), &path, object, pointer, &found.message];
        // No part holds a NUL byte, so that no two lists of parts are alike when joined.
        let text = parts.join("\0").into_bytes();
        let times = seen.entry(text.clone()).or_default();
        *times += 1;
        let text = [&text[..], b"\0", times.to_string().as_bytes()].concat();
        Digest::of_bytes(&text).hex()
    });
    each.collect()
}
