//! What the fuzz targets share: a file of any bytes is compiled as part of a library.
//!
//! The first byte picks the folder, so that one corpus reaches every kind. A compile of any bytes ends
//! with diagnostics or without, never with a panic, and gives the same answer a second time.

use assay_compiler::compile::compile;
use assay_compiler::git::{Snapshot, SourceFile};

/// The folders of a project that hold its configuration.
const FOLDERS: [&str; 11] = [
    "libraries/actions",
    "libraries/catalog",
    "libraries/contracts",
    "libraries/decisions",
    "libraries/governance",
    "libraries/infra",
    "libraries/jobs",
    "libraries/metrics",
    "libraries/rules",
    "libraries/schemas",
    "libraries/workflows",
];

/// Compiles bytes as a file with this ending, twice.
pub fn compile_file(ending: &str, bytes: &[u8]) {
    let Some((pick, content)) = bytes.split_first() else { return };
    let folder = FOLDERS[usize::from(*pick) % FOLDERS.len()];
    let files = vec![
        SourceFile::new("environments/dev.yaml", None, &b"environment: dev\nresults: lake\n"[..]),
        SourceFile::new(format!("{folder}/file.{ending}"), None, content),
    ];
    let snapshot = Snapshot { files, ..Snapshot::default() };
    let first = compile(&snapshot, &|_| true);
    let again = compile(&snapshot, &|_| true);
    assert_eq!(first.diagnostics, again.diagnostics);
    let digests = |bundles: std::collections::BTreeMap<_, assay_compiler::compile::Bundle>| {
        bundles.into_values().map(|bundle| bundle.config.content_digest).collect::<Vec<_>>()
    };
    assert_eq!(digests(first.bundles), digests(again.bundles));
}
