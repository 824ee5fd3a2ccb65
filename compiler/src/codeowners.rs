//! CODEOWNERS: the text of the file, in the syntax of GitHub or of GitLab.

use crate::compile::FileOwners;

/// Whose syntax is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A line for each file.
    Github,
    /// The same, in a section for each folder.
    Gitlab,
}

const BEGIN: &str = "# assayc: begin";
const END: &str = "# assayc: end";
const HEADER: &str = "# Written by `assayc codeowners` from the owners that the library declares. Lines between these\n\
                      # marks are replaced; write your own outside of them.\n";

/// The lines of all files, between the two marks. `root` is the project's place in its repository.
pub fn block(files: &[FileOwners], root: &str, style: Style) -> String {
    let mut text = format!("{BEGIN}\n{HEADER}");
    let mut section = None;
    for file in files.iter().filter(|file| !file.handles.is_empty()) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if style == Style::Gitlab && section != Some(folder) {
            text.push_str(&format!("\n[{folder}]\n"));
            section = Some(folder);
        }
        let path = match root {
            "" => file.path.clone(),
            root => format!("{root}/{}", file.path),
        };
        let handles: Vec<_> = file.handles.iter().map(String::as_str).collect();
        text.push_str(&format!("/{} {}\n", pattern(&path, style), handles.join(" ")));
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// A pattern that matches this path and no other.
fn pattern(path: &str, style: Style) -> String {
    let mut pattern = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            ' ' | '*' | '?' | '\\' | '#' => {
                pattern.push('\\');
                pattern.push(character);
            }
            // GitHub knows no ranges and no way to write a bracket, so any one character stands for it.
            '[' | ']' if style == Style::Github => pattern.push('?'),
            '[' | ']' => {
                pattern.push('\\');
                pattern.push(character);
            }
            _ => pattern.push(character),
        }
    }
    pattern
}

/// The file with the block in its place, `None` where what is there was written by others and has no marks.
pub fn merged(existing: Option<&str>, block: &str) -> Option<String> {
    let Some(existing) = existing.filter(|text| !text.trim().is_empty()) else {
        return Some(block.to_owned());
    };
    let start = existing.find(BEGIN)?;
    let end = start + existing[start..].find(END)? + END.len();
    let rest = existing[end..].strip_prefix("\r\n").or_else(|| existing[end..].strip_prefix('\n'));
    Some(format!("{}{block}{}", &existing[..start], rest.unwrap_or(&existing[end..])))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn files() -> Vec<FileOwners> {
        let file = |path: &str, handles: &[&str]| FileOwners {
            path: path.to_owned(),
            owners: BTreeSet::new(),
            handles: handles.iter().map(|handle| (*handle).to_owned()).collect(),
        };
        vec![
            file("environments/prod.yaml", &["ops@example.com"]),
            file("libraries/rules/a b*.yaml", &["@z", "@acme/core"]),
            file("libraries/rules/c[1].yaml", &["@z"]),
            file("libraries/rules/nobody.yaml", &[]),
        ]
    }

    #[test]
    fn each_file_has_a_line_that_matches_it_alone() {
        insta::assert_snapshot!(block(&files(), "data", Style::Github), @r"
        # assayc: begin
        # Written by `assayc codeowners` from the owners that the library declares. Lines between these
        # marks are replaced; write your own outside of them.
        /data/environments/prod.yaml ops@example.com
        /data/libraries/rules/a\ b\*.yaml @acme/core @z
        /data/libraries/rules/c?1?.yaml @z
        # assayc: end
        ");
        insta::assert_snapshot!(block(&files(), "", Style::Gitlab), @r"
        # assayc: begin
        # Written by `assayc codeowners` from the owners that the library declares. Lines between these
        # marks are replaced; write your own outside of them.

        [environments]
        /environments/prod.yaml ops@example.com

        [libraries/rules]
        /libraries/rules/a\ b\*.yaml @acme/core @z
        /libraries/rules/c\[1\].yaml @z
        # assayc: end
        ");
    }

    #[test]
    fn what_others_wrote_stays() {
        let block = block(&files(), "", Style::Github);
        assert_eq!(merged(None, &block).as_ref(), Some(&block));
        assert_eq!(merged(Some("* @acme/all\n"), &block), None);
        let old = format!("* @acme/all\n{BEGIN}\nold\n{END}\n/docs @acme/docs\n");
        let new = merged(Some(&old), &block);
        assert_eq!(new, Some(format!("* @acme/all\n{block}/docs @acme/docs\n")));
        assert_eq!(merged(new.as_deref(), &block), new);
    }
}
