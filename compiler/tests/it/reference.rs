//! The generated reference is what the language says now, and its links lead somewhere.

use std::fs;

use assay_compiler::commands::helps;
use assay_compiler::reference::pages;
use assay_testkit::{Project, root};

#[test]
fn the_reference_is_up_to_date() {
    for (name, text) in pages(&helps()) {
        let path = root().join("docs/reference").join(name);
        let found = fs::read_to_string(&path).unwrap_or_default();
        let how = "`just fix`, or `assayc docs --output docs/reference`";
        assert!(found == text, "{} is stale: run {how}", path.display());
    }
}

#[test]
fn links_of_the_reference_lead_somewhere() {
    let pages = pages(&helps());
    let mut links = 0;
    for (name, text) in &pages {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = root().join("docs/reference").join(folder).join(file);
            assert!(file.is_empty() || path.exists(), "{name}: no {link}");
            if file.is_empty() {
                let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase();
                let found =
                    text.lines().any(|line| line.starts_with("## ") && heading(line) == anchor);
                assert!(found, "{name}: no heading for {link}");
            }
        }
    }
    assert!(links > 100, "{links} links");
}

#[test]
fn tables_are_whole() {
    for (name, text) in pages(&helps()) {
        let mut columns = 0;
        for line in text.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            let in_table = line.starts_with('|');
            assert!(!in_table || columns == 0 || cells == columns, "{name}: {line}");
            columns = if in_table { cells } else { 0 };
        }
        assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{name}");
    }
}

#[test]
fn lists_on_a_terminal_are_of_whole_sentences() {
    for topic in ["kinds", "rules", "steps", "actions"] {
        let listed = Project::new().assayc(&["explain", topic]).ends(0).out;
        assert!(listed.lines().count() > 1, "{topic}: {listed}");
        assert!(listed.lines().all(|line| line.ends_with('.')), "{topic}: {listed}");
    }
}
