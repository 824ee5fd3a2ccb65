//! The same objects in YAML, JSON and Excel are the same objects; bad workbooks are refused in bounded time.

use std::fs;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use assay_compiler::compile::compile;
use assay_compiler::source;
use assay_compiler::write::{Form, Item, write};
use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::library::{Kind, Object};
use assay_testkit::{parts, root, snapshot};
use serde_json::Value;
use zip::write::SimpleFileOptions;

/// Every object of the valid samples, as its author wrote it.
fn objects() -> Vec<(Value, Object)> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let folder = root().join("tests/samples/valid").join(kind.name());
        let files = fs::read_dir(&folder).expect("the samples are listed").flatten();
        for path in files.map(|entry| entry.path()) {
            let bytes = fs::read(&path).expect("the sample is read");
            for node in source::read(&path.to_string_lossy(), &bytes).objects {
                let value = node.to_value();
                // Without its file, an object that takes its id from there is none.
                found.extend(kind.read(&value).ok().map(|object| (value, object)));
            }
        }
    }
    found
}

fn digest(object: &Object) -> Digest {
    Digest::of(&object.to_value())
}

/// The objects of a file, of which the kinds are known.
fn read_back(form: Form, bytes: &[u8], kinds: impl IntoIterator<Item = Kind>) -> Vec<Object> {
    let path = format!("libraries/a.{}", form.extension());
    let nodes = source::read(&path, bytes).complete().unwrap_or_else(|problems| {
        panic!("{problems:#?}\n{}", String::from_utf8_lossy(bytes));
    });
    let read = |(node, kind): (&source::Node, Kind)| {
        let value = node.to_value();
        kind.read(&value).unwrap_or_else(|problems| panic!("{problems:#?}\n{value:#}"))
    };
    nodes.iter().zip(kinds).map(read).collect()
}

#[test]
fn every_object_survives_every_format() {
    let objects = objects();
    let kinds: std::collections::BTreeSet<_> =
        objects.iter().map(|(_, object)| object.kind()).collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "a kind has no sample");
    for (value, object) in &objects {
        for form in [Form::Yaml, Form::Json, Form::Xlsx] {
            let bytes = write(&[Item { value, object }], form)
                .unwrap_or_else(|error| panic!("{error}\n{value:#}"));
            let [found] = read_back(form, &bytes, [object.kind()]).try_into().expect("one object");
            assert_eq!(digest(&found), digest(object), "{form:?}: {value:#}");
        }
    }
}

#[test]
fn all_objects_of_a_kind_share_a_workbook() {
    let mut objects = objects();
    // The same id may stand in several samples; here each is an object of its own.
    for (index, (value, object)) in objects.iter_mut().enumerate() {
        let id = format!("object-{index}");
        *value = object.to_value();
        value[object.kind().id_field()] = Value::from(id);
        *object = object.kind().read(value).expect("another id is as good");
    }
    let items: Vec<_> = objects.iter().map(|(value, object)| Item { value, object }).collect();
    let bytes = write(&items, Form::Xlsx).expect("a workbook");
    assert_eq!(bytes, write(&items, Form::Xlsx).expect("a workbook"), "the same bytes each time");
    // Sheets stand in the order of the kinds, as the samples do.
    let kinds = objects.iter().map(|(_, object)| object.kind());
    let mut found: Vec<_> = read_back(Form::Xlsx, &bytes, kinds).iter().map(digest).collect();
    let mut wanted: Vec<_> = objects.iter().map(|(_, object)| digest(object)).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

/// Texts that one format or another takes for something else.
const ODD: [&str; 34] = [
    "yes",
    "No",
    "~",
    "null",
    "1.10",
    "007",
    "1e3",
    "0x1F",
    "2024-01-31",
    "12:30:00",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "[x]",
    "{x}",
    "\"quoted\"",
    "'x'",
    "",
    " ",
    " a ",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n\n",
    "\n",
    "\ta",
    "a; b",
    "a, b",
    "=1+1",
    "_x0041_",
    "\u{85}\u{2028}\u{feff}",
    "é ü 漢 🎉",
    "true",
    "a\r\nb",
];

#[test]
fn odd_texts_survive_every_format() {
    for text in ODD {
        let value = serde_json::json!({
            "rule_set_id": "odd", "version": "1.0.0", "description": text, "tags": [text],
            "metadata": { "free": text, "list": [text, 1, 1.5, true, null], text: 1, "a.b": { "c": [] } },
            "rules": [
                { "rule_id": "a", "rule_type": "in_set", "column": "x",
                  "parameters": { "values": [text, 9_007_199_254_740_991_u64, 0.1, true] } },
                { "rule_id": "b", "rule_type": "not_null", "columns": ["x", "y"], "message": text,
                  "max_violation_ratio": 1e-7 },
            ],
        });
        let object = Kind::RuleSet.read(&value).unwrap_or_else(|problems| panic!("{problems:?}"));
        for form in [Form::Yaml, Form::Json, Form::Xlsx] {
            let bytes = write(&[Item { value: &value, object: &object }], form)
                .unwrap_or_else(|error| panic!("{error}: {text:?}"));
            let [found] = read_back(form, &bytes, [object.kind()]).try_into().expect("one object");
            assert_eq!(digest(&found), digest(&object), "{form:?}: {text:?}");
        }
    }
}

#[test]
fn yaml_is_pleasant_to_read() {
    let (value, object) = objects()
        .into_iter()
        .find(|(_, object)| object.kind() == Kind::DataContract)
        .expect("a contract");
    let bytes =
        write(&[Item { value: &value, object: &object }], Form::Yaml).expect("it is written");
    insta::assert_snapshot!(String::from_utf8_lossy(&bytes));
}

/// A zip file of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a part");
        writer.write_all(content).expect("a part");
    }
    writer.finish().expect("a zip file").into_inner()
}

/// The workbook of a rule set, as this program writes it.
fn sample() -> Vec<u8> {
    let (value, object) = objects()
        .into_iter()
        .find(|(_, object)| object.kind() == Kind::RuleSet)
        .expect("a rule set");
    write(&[Item { value: &value, object: &object }], Form::Xlsx).expect("a workbook")
}

#[test]
fn bad_workbooks_are_refused_in_words_and_in_time() {
    let good = sample();
    let mut encrypted = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let bomb = archive(&[("xl/worksheets/sheet1.xml", &vec![b' '; 200 << 20])]);
    let announced = br#"<sst uniqueCount="99999999999999999"></sst>"#;
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("encrypted", encrypted, "password"),
        ("truncated", good[..good.len() / 2].to_vec(), "damaged"),
        ("empty", Vec::new(), "no workbook"),
        ("text", b"rule_set_id: a".to_vec(), "no workbook"),
        ("bomb", bomb, "128 MiB"),
        ("announced", archive(&[("xl/sharedStrings.xml", announced)]), "announces more"),
        ("other zip", archive(&[("readme.txt", b"hello")]), "damaged"),
        ("old", fs::read(root().join("tests/cases/excel/date.xls")).expect("a file"), "Excel 97"),
    ];
    for (name, bytes, words) in cases {
        let started = Instant::now();
        let reading = source::read("libraries/rules/a.xlsx", &bytes);
        let [problem] = reading.problems.as_slice() else {
            panic!("{name}: {:?}", reading.problems)
        };
        assert_eq!(problem.code, Code::BadWorkbook, "{name}");
        assert!(problem.message.contains(words), "{name}: {}", problem.message);
        assert!(
            reading.objects.is_empty() && started.elapsed() < Duration::from_secs(20),
            "{name}"
        );
    }
    let other = source::read("libraries/rules/a.xls", &good);
    assert_eq!(other.problems[0].hint.as_deref(), Some("save it as `.xlsx`"));
}

#[test]
fn a_formula_that_was_never_computed_is_no_empty_cell() {
    let sheet = r#"<worksheet><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>rule_set_id</t></is></c></row>
        <row r="2"><c r="A2"><f>B7</f></c></row></sheetData></worksheet>"#;
    let workbook = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
        <sheets><sheet name="rule_set" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"
        Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"#;
    let package = r#"<Relationships><Relationship Id="rId1" Target="xl/workbook.xml"
        Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"#;
    let bytes = archive(&[
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let problems = source::read("a.xlsx", &bytes).problems;
    assert_eq!(problems[0].code, Code::BadCell, "{problems:?}");
    assert!(problems[0].message.contains("never computed"), "{problems:?}");
}

#[test]
fn damaged_workbooks_never_bring_the_reader_down() {
    let good = sample();
    let (mut refused, mut state) = (0, 0x2545_F491_4F6C_DD1D_u64);
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap_or_default()
    };
    for round in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..=random(8) {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap_or_default();
        }
        if round % 5 == 0 {
            bytes.truncate(random(bytes.len()));
        }
        refused += usize::from(!source::read("a.xlsx", &bytes).problems.is_empty());
    }
    assert!(refused > 200, "only {refused} of 300 damaged workbooks were refused");
}

#[test]
fn odd_workbooks_are_read_as_excel_shows_them() {
    let shown = |name: &str| {
        let bytes =
            fs::read(root().join("tests/cases/excel").join(name)).expect("the workbook is there");
        let mut files = assay_compiler::diagnostic::Files::default();
        files.insert(name, &bytes);
        files.text(name).unwrap_or_default().to_owned()
    };
    let days = shown("date_1904.xlsx");
    assert!(days.contains("2021-01-01") && days.contains("2021-01-02"), "{days}");
    let days = shown("date_iso.xlsx");
    assert!(days.contains("2021-01-01\n") && days.contains("2021-01-01T10:10:10"), "{days}");
    let bytes =
        fs::read(root().join("tests/cases/excel/errors.xlsx")).expect("the workbook is there");
    let problems = source::read("errors.xlsx", &bytes).problems;
    assert_eq!(problems[0].code, Code::UnknownSheet);
}

#[test]
fn codes_of_a_table_are_codes_written_out() {
    let compiled = |files: &str| {
        let base = "=== environments/dev.yaml\nenvironment: dev\nresults: lake\n";
        let snapshot = snapshot(parts(&format!("{base}{files}")));
        let compiled = compile(&snapshot, &|_| true);
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
        let bundles: Vec<_> =
            compiled.bundles.values().map(|bundle| bundle.config.clone()).collect();
        bundles.into_iter().map(|config| config.content_digest).collect::<Vec<_>>()
    };
    let table = "=== libraries/schemas/t.yaml\ntaxonomy_id: t\nvalues_from: { file: ../t.csv, code: iso, label: name }\n\
                 === libraries/t.csv\niso,name,more\n007,\"Bond, \"\"J\"\"\",x\nDE,,\n";
    let written = "=== libraries/schemas/t.yaml\ntaxonomy_id: t\nvalues:\n\
                   - { code: \"007\", label: \"Bond, \\\"J\\\"\" }\n- { code: DE }\n";
    assert_eq!(compiled(table), compiled(written));
}
