//! Everything that `assayc new` writes compiles as it stands.

use assay_schemas::library::Kind;
use assay_testkit::Project;

/// A scaffolded project.
fn project() -> Project {
    let project = Project::new();
    let said = project.assayc(&["new", "project", "."]).ends(0).out;
    assert!(said.contains("wrote") && said.contains("next:"), "{said}");
    project
}

#[track_caller]
fn compiles(project: &Project, what: &str) {
    let ran = project.assayc(&["check", "--worktree", "--fail-level", "warning"]);
    assert!(
        ran.code == 0 && ran.out.contains("compile for dev, prod, test"),
        "{what}: {}{}",
        ran.out,
        ran.err
    );
    assert!(ran.out.contains("no errors, no warnings"), "{what}: {}", ran.out);
}

#[test]
fn a_project_compiles_as_it_stands() {
    let project = project();
    compiles(&project, "project");
    project.commit("a project");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    let again = project.assayc(&["new", "project", "."]).ends(2).err;
    assert!(again.contains("already") && again.contains("--force"), "{again}");
    project.assayc(&["new", "project", ".", "--force"]).ends(0);
}

#[test]
fn every_kind_compiles_in_every_format() {
    let project = project();
    for format in ["yaml", "json", "xlsx"] {
        for kind in Kind::ALL {
            let id = format!("new-{}-{format}", kind.name().replace('_', "-"));
            let arguments = ["new", "--kind", kind.name(), "--id", &id, "--format", format];
            let said = project.assayc(&arguments).ends(0).out;
            let path = format!("libraries/{}/{id}.{format}", kind.folder());
            assert!(said.contains(&path), "{said}");
            let again = project.assayc(&arguments).ends(2).err;
            assert!(again.contains("there already"), "{again}");
        }
    }
    // A template is there to be used; a warning says so until it is.
    let rules = ["yaml", "json", "xlsx"].map(|format| {
        format!("  - {{ rule_id: {format}, template: {{ rule_template_id: new-rule-template-{format} }}, column: order_id }}\n")
    });
    let uses = format!("rule_set_id: uses\nrules:\n{}", rules.concat());
    let uses = project.write("libraries/rules/uses.yaml", uses);
    compiles(&project, "all kinds");
    std::fs::remove_file(uses).expect("the rule set goes");
    // What was scaffolded can be written in one workbook, and from there again.
    let export = ["export", "--worktree", "--output", "all.xlsx"];
    let said = project.assayc(&export).ends(0).out;
    assert!(said.contains("all.xlsx"), "{said}");
    project
        .assayc(&[
            "export",
            "--worktree",
            "--env",
            "prod",
            "--kind",
            "rule_set",
            "new-rule-set-xlsx",
        ])
        .ends(0);
}

#[test]
fn jobs_come_from_templates() {
    let project = project();
    for template in ["daily-checks", "file-arrival", "metric"] {
        project.assayc(&["new", "job", "--template", template]).ends(0);
    }
    compiles(&project, "jobs");
}

#[test]
fn an_explained_rule_set_reads_well() {
    let project = Project::new();
    project.assayc(&["new", "--kind", "rule_set", "--id", "returns-rules"]).ends(0);
    let path = project.path().join("libraries/rules/returns-rules.yaml");
    insta::assert_snapshot!(std::fs::read_to_string(path).expect("the file was written"));
    let wrong = project.assayc(&["new", "--kind", "rule_sets"]).ends(2).err;
    assert!(wrong.contains("did you mean `rule_set`?"), "{wrong}");
}

#[test]
fn a_file_names_the_schema_of_its_kind_where_that_is() {
    let scaffolded = project();
    let other = Project::new();
    other.assayc(&["schema", "--output", "quality/schemas/json"]).ends(0);
    other.write("quality/environments/.keep", "");
    let cases: [(&Project, &[&str], &str); 5] = [
        (&scaffolded, &["--id", "a"], "libraries/rules/a.yaml"),
        (&scaffolded, &["--output", "b.yaml"], "b.yaml"),
        (
            &scaffolded,
            &["--output", "libraries/rules/fares/new/c.yaml"],
            "libraries/rules/fares/new/c.yaml",
        ),
        (&other, &["--project", "quality", "--id", "a"], "quality/libraries/rules/a.yaml"),
        (&other, &["--project", "./quality", "--output", "b.yaml"], "b.yaml"),
    ];
    let way = |project: &Project, path: &str| {
        let text = std::fs::read_to_string(project.path().join(path)).expect("it was written");
        let line = text.lines().next().unwrap_or_default();
        line.strip_prefix("# yaml-language-server: $schema=").map(str::to_owned)
    };
    for (project, rest, path) in cases {
        let said = project.assayc(&[&["new", "--kind", "rule_set"], rest].concat()).ends(0);
        let way = way(project, path).expect("it names a schema");
        let file = project.path().join(path);
        let schema = file.parent().expect("it lies in a folder").join(&way);
        let schema = std::fs::read_to_string(schema).unwrap_or_else(|_| panic!("{path}: {way}"));
        assert!(schema.contains("\"urn:assay:schema:rule_set\""), "{path}: {way}");
        let next =
            if path.contains("quality") { "--worktree --project quality`" } else { "--worktree" };
        said.says(next);
    }
    for path in ["libraries/rules/orders-rules.yaml", "environments/dev.yaml"] {
        let way = way(&scaffolded, path).expect("it names a schema");
        let folder = scaffolded.path().join(path);
        assert!(folder.parent().is_some_and(|folder| folder.join(&way).is_file()), "{path}: {way}");
    }
    let none = Project::new();
    for arguments in [&["new", "--kind", "rule_set"][..], &["new", "job", "--template", "metric"]] {
        none.assayc(arguments).ends(0);
    }
    assert_eq!(way(&none, "libraries/rules/rule-set.yaml"), None);
    assert_eq!(way(&none, "libraries/jobs/metric.yaml"), None);
}

#[test]
fn exports_name_what_is_missing() {
    let project = project();
    let wrong = project.assayc(&["export", "--worktree", "orders-rule"]).ends(2).err;
    assert!(wrong.contains("did you mean `orders-rules`?"), "{wrong}");
    let wrong = project.assayc(&["export", "--worktree", "--format", "xlsx"]).ends(2).err;
    assert!(wrong.contains("--output"), "{wrong}");
    let wrong = project.assayc(&["export", "--worktree", "--env", "production"]).ends(2).err;
    assert!(wrong.contains("environments are dev, prod, test"), "{wrong}");
    let one = project
        .assayc(&["export", "--worktree", "rule_set/orders-rules@1.0.0", "--format", "json"])
        .ends(0)
        .out;
    assert!(one.starts_with("{\n  \"rule_set_id\": \"orders-rules\""), "{one}");
}
