//! The architecture, tested: arrows, sizes, lists, and nothing forgotten.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_schemas::{action, cleanse, rule};
use assay_testkit::{program, root};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("the source is read");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn manifest(krate: &str) -> String {
    fs::read_to_string(root().join(krate).join("Cargo.toml")).expect("the manifest is read")
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

#[test]
fn arrows_point_one_way() {
    for (krate, forbidden) in [
        ("schemas", &["assay-compiler", "assay-executor", "gix", "duckdb", "tokio"][..]),
        ("registry", &["assay-compiler", "assay-executor", "gix", "duckdb"]),
        ("compiler", &["assay-executor", "duckdb", "oci-client", "polars", "reqwest", "tokio"]),
        ("executor", &["assay-compiler", "gix", "granit-parser", "jsonc-parser", "oci-client"]),
    ] {
        let manifest = manifest(krate);
        for name in forbidden {
            assert!(!manifest.contains(&format!("{name}.workspace")), "{krate} names {name}");
        }
    }
}

#[test]
fn a_vendor_crate_is_named_in_its_room_only() {
    for (krate, vendor, rooms) in [
        ("compiler/src", "gix::", &["compiler/src/git"][..]),
        ("compiler/src", "granit_parser::", &["compiler/src/source/yaml"]),
        ("compiler/src", "jsonc_parser::", &["compiler/src/source/json"]),
        ("compiler/src", "annotate_snippets::", &["compiler/src/report/human"]),
        ("executor/src", "duckdb::", &["executor/src/engine/duckdb", "executor/src/lake"]),
        ("executor/src", "reqwest::", &["executor/src/deliver"]),
        ("executor/src", "minijinja::", &["executor/src/report/html"]),
    ] {
        for (path, text) in sources(krate) {
            let name = name(&path);
            // Our own module of the engine has the vendor's name.
            let text = text
                .replace("engine::duckdb::", "")
                .replace("crate::engine::duckdb", "")
                .replace("super::duckdb::", "");
            let inside = rooms.iter().any(|room| name.starts_with(room));
            assert!(inside || !text.contains(vendor), "{name} names {vendor}");
        }
    }
}

#[test]
fn the_compiler_links_no_engine() {
    let bytes = fs::read(program("assayc")).expect("the program is read");
    for symbol in [&b"duckdb_open"[..], b"duckdb_connect", b"polars_core"] {
        let found = bytes.windows(symbol.len()).any(|window| window == symbol);
        assert!(!found, "assayc holds {}", String::from_utf8_lossy(symbol));
    }
    let bytes = fs::read(program("assay")).expect("the program is read");
    assert!(
        bytes.windows(11).any(|window| window == b"duckdb_open"),
        "the test looks for the wrong symbol"
    );
}

#[test]
fn files_stay_within_400_lines() {
    let long: Vec<_> = ["schemas/src", "compiler/src", "executor/src", "tests"]
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|(path, text)| (name(&path), text.lines().count()))
        .filter(|(_, lines)| *lines > 400)
        .collect();
    assert!(long.is_empty(), "split by idea: {long:?}");
}

#[test]
fn nothing_is_left_open() {
    for (path, text) in
        ["schemas/src", "compiler/src", "executor/src"].iter().flat_map(|f| sources(f))
    {
        for word in ["todo!(", "unimplemented!(", "TODO", "FIXME"] {
            assert!(!text.contains(word), "{} holds {word}", name(&path));
        }
    }
}

#[test]
fn lists_are_sorted_and_every_unit_has_its_file_and_its_case() {
    let lists: [(&str, Vec<&str>); 3] = [
        ("rule", rule::ALL.iter().map(|unit| unit.name()).collect()),
        ("cleanse", cleanse::ALL.iter().map(|unit| unit.name()).collect()),
        ("action", action::ALL.iter().map(|unit| unit.name()).collect()),
    ];
    for (folder, names) in lists {
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted, "{folder}: sort the list");
        for name in names {
            let file = format!("schemas/src/{folder}/{}.rs", name.to_lowercase());
            assert!(root().join(&file).exists(), "{file} is missing");
            let case = match folder {
                "rule" => format!("tests/engines/{name}.yaml"),
                "cleanse" => format!("tests/engines/steps/{name}.yaml"),
                _ => continue,
            };
            assert!(root().join(&case).exists(), "{case} is missing");
        }
    }
}

#[test]
fn documents_name_only_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(document)).expect("the document is read");
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = word.ends_with(".rs") || word.ends_with(".md") || word.ends_with(".yaml");
            if is_path && word.contains('/') && !word.contains(['<', '*', ' ', '…']) {
                let rooms = ["", "schemas/src", "engine/src", "compiler/src", "executor/src"];
                let exists = rooms.iter().any(|room| root().join(room).join(word).exists());
                assert!(exists, "{document} names `{word}`");
            }
        }
    }
}

#[test]
fn help_texts_show_examples() {
    for (program_name, verbs) in [
        ("assayc", &["check", "build", "show", "diff", "verify", "explain", "schema"][..]),
        ("assay", &["run", "plan", "runs", "show", "report", "sql", "test"]),
    ] {
        let mut text = String::new();
        for verb in verbs {
            let output = Command::new(program(program_name))
                .args([verb, "--help"])
                .env("COLUMNS", "100")
                .output();
            let help = String::from_utf8(output.expect("it runs").stdout).expect("help is text");
            assert!(help.contains("Examples:"), "{program_name} {verb} shows no example");
            text += &format!("$ {program_name} {verb} --help\n{help}\n");
        }
        insta::assert_snapshot!(format!("help-{program_name}"), text);
    }
}

#[test]
fn the_tables_of_the_lake_are_documented_as_they_are() {
    let text = fs::read_to_string(root().join("docs/lake.md")).expect("the document is read");
    let line = |column: &assay_executor::lake::tables::Column| {
        format!("| `{}` | {} | {} |\n", column.name, column.kind.sql(), column.doc)
    };
    use assay_executor::lake::tables::{REJECT, TABLES};
    for table in TABLES.iter().chain([&REJECT]) {
        let heading = format!("### `{}`: {}", table.name, table.doc);
        let (_, section) =
            text.split_once(&heading).unwrap_or_else(|| panic!("docs/lake.md lacks `{heading}`"));
        let section = section.split("\n### ").next().unwrap_or_default();
        for column in table.own {
            assert!(section.contains(&line(column)), "docs/lake.md lacks: {}", line(column));
        }
    }
    for column in assay_executor::lake::tables::COMMON {
        assert!(text.contains(&line(column)), "docs/lake.md lacks: {}", line(column));
    }
}
