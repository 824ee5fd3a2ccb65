//! Every example of an authored object that the documents print loads unchanged, is sealed, and is found
//! in the bundle. `tests/samples/seeds/manifest.yaml` says what each is.

use std::fs;
use std::path::Path;

use assay_compiler::compile::compile;
use assay_compiler::source;
use assay_schemas::bundle::{Entry, Folder, Reader};
use assay_schemas::library::Kind;
use assay_testkit::{root, snapshot};
use serde_json::Value;

/// An example as the manifest lists it.
struct Example {
    file: String,
    kind: Kind,
    ids: Vec<String>,
    /// The type of trigger; the file is then one element of a workflow.
    trigger: Option<String>,
}

impl Example {
    fn of(line: &Value) -> Self {
        let text = |field: &str| line[field].as_str().map(str::to_owned);
        let file = text("file").expect("an example has a file");
        let trigger = text("trigger");
        let stem = file.split('.').next().unwrap_or_default().to_owned();
        let ids = line["ids"].as_array().map(|ids| {
            ids.iter().map(|id| id.as_str().expect("an id is text").to_owned()).collect()
        });
        let kind = text("kind").unwrap_or_else(|| "workflow".to_owned());
        Self {
            kind: Kind::named(&kind).expect("the manifest names a kind"),
            ids: ids.unwrap_or_else(|| vec![stem]),
            file,
            trigger,
        }
    }

    /// Its file in a library: as printed, or around it what makes a trigger a workflow.
    fn source(&self) -> (String, String) {
        let path = root().join("tests/samples/seeds/examples").join(&self.file);
        let printed = fs::read_to_string(path).expect("the example is there");
        let path = format!("libraries/{}/{}", self.kind.folder(), self.file);
        match (&self.trigger, self.ids.as_slice()) {
            (Some(_), [id]) => {
                (path, format!("{{ \"workflow_id\": \"{id}\", \"on_success\": [\n{printed}] }}"))
            }
            _ => (path, printed),
        }
    }
}

fn examples() -> Vec<Example> {
    let path = root().join("tests/samples/seeds/manifest.yaml");
    let reading = source::read("manifest.yaml", &fs::read(path).expect("the manifest is there"));
    assert_eq!(reading.problems, []);
    reading.objects.iter().map(|line| Example::of(&line.to_value())).collect()
}

/// The files of the project that the examples stand in.
fn project(folder: &Path, at: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the project is there").flatten() {
        let name = format!("{at}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            project(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, fs::read_to_string(entry.path()).expect("a file is read")));
        }
    }
}

#[test]
fn every_printed_example_is_sealed() {
    let examples = examples();
    let mut files = Vec::new();
    project(&root().join("tests/samples/seeds/project"), "", &mut files);
    files.extend(examples.iter().map(Example::source));
    let compiled = compile(&snapshot(files), &|_| true);
    assert!(compiled.diagnostics.is_empty(), "{:#?}", compiled.diagnostics);
    let (_, bundle) = compiled.bundles.first_key_value().expect("a bundle");
    let folder = tempfile::tempdir().expect("a folder");
    for file in &bundle.files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders are made");
        fs::write(path, &*file.bytes).expect("files are written");
    }
    let reader = Reader::open(Folder(folder.path().to_owned())).expect("the bundle opens");
    let mut sealed: Vec<(Entry, Value)> = Vec::new();
    for section in reader.sections() {
        for entry in reader.entries(section).expect("the index is read") {
            let record = reader.record(section, &entry).expect("the record is read");
            sealed.push((entry, record));
        }
    }
    for example in &examples {
        for id in &example.ids {
            let found = sealed
                .iter()
                .find(|(entry, _)| entry.kind == example.kind.name() && entry.id == *id);
            let Some((_, record)) = found else { panic!("{}: no `{id}`", example.file) };
            if let Some(trigger) = &example.trigger {
                let first = &record["object"]["on_success"][0];
                assert_eq!(first["type"].as_str(), Some(trigger.as_str()), "{}", example.file);
            }
        }
    }
}

#[test]
fn every_printed_example_passes_its_published_schema() {
    let documents = assay_schemas::json::documents();
    for example in examples() {
        let name = example.kind.name();
        let (_, text) = documents.iter().find(|(kind, _)| kind == name).expect("a schema");
        let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is valid");
        let (path, text) = example.source();
        let documents = source::documents(&path, text.as_bytes());
        for node in documents.roots {
            let value = node.to_value();
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", example.file);
        }
    }
}

/// The digest of the sealed object of an action type written so.
fn action_type(path: &str, text: &str) -> Value {
    let mut files = Vec::new();
    project(&root().join("tests/samples/seeds/project"), "", &mut files);
    files.retain(|(path, _)| path.starts_with("environments") || path.contains("catalog"));
    files.push((path.to_owned(), text.to_owned()));
    let compiled = compile(&snapshot(files), &|_| true);
    assert!(compiled.diagnostics.is_empty(), "{:#?}", compiled.diagnostics);
    let (_, bundle) = compiled.bundles.first_key_value().expect("a bundle");
    serde_json::to_value(&bundle.config).expect("a config is JSON")
}

#[test]
fn another_spelling_is_the_same_object() {
    let printed = Example::of(&serde_json::json!({
        "file": "approve_expense.json", "kind": "action_type", "ids": ["approve_expense"]
    }));
    let (path, text) = printed.source();
    let camel = action_type(&path, &text);
    let snake = action_type(
        "libraries/actions/another-name.yaml",
        "executor_key: system.log_message\n\
         action_type_id: approve_expense\n\
         display_name: Approve Expense\n\
         target_object_type_api_name: expense\n\
         parameters: { message: { data_type: string, display_name: Message } }\n\
         submission_criteria:\n\
         - description: only pending\n  \
           rule_logic: \"target_object['properties']['status']=='PENDING'\"\n",
    );
    assert_eq!(camel, snake);
}
