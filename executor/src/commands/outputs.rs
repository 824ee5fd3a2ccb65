//! Files that a command is asked to write: none of them may be one that it reads, or another that it writes.

use std::path::{Path, PathBuf};

use super::CommandError;
use crate::input;

/// What a command reads.
pub(super) struct Read<'a> {
    /// Paths and patterns of data.
    pub(super) patterns: &'a [String],
    /// Other files: policies, taxonomies.
    pub(super) files: &'a [PathBuf],
}

/// Refuses outputs that would take the place of something.
///
/// # Errors
/// One is also read, or written twice, or its folder is not there.
pub(super) fn check(outputs: &[&Path], read: &Read<'_>) -> Result<(), CommandError> {
    // What cannot be found is told when it is read.
    let data =
        read.patterns.iter().filter_map(|pattern| input::resolve(pattern, Path::new("")).ok());
    let inputs: Vec<PathBuf> =
        data.flatten().chain(read.files.iter().cloned()).filter_map(|path| place(&path)).collect();
    let mut places = Vec::new();
    for output in outputs {
        let name = output.display();
        let Some(place) = place(output) else {
            let folder = output.parent().unwrap_or(output).display();
            return Err(CommandError::Usage(format!("{name}: the folder `{folder}` is not there")));
        };
        if inputs.contains(&place) {
            let text =
                format!("{name}: the file is read here, and is not written over; name another");
            return Err(CommandError::Usage(text));
        }
        if places.contains(&place) {
            return Err(CommandError::Usage(format!("{name}: two outputs cannot be one file")));
        }
        places.push(place);
    }
    Ok(())
}

/// Where a file is or would be, however it is named; `None` where its folder is not there.
fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(place) = path.canonicalize() {
        return Some(place);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
}
