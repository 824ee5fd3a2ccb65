//! Files that commands write: they take the place of nothing that is read, and hold nothing that is kept back.

use assay_testkit::Project;

const DATA: &str = "id,note\n1, a \n2,b\n";
const POLICY: &str = "cleansing_policy_id: p\nsteps:\n  - { step_id: t, step_type: trim }\n";

fn project() -> Project {
    let project = Project::new();
    project.write("in.csv", DATA);
    project.write("more.csv", DATA);
    project.write("p.yaml", POLICY);
    project
}

fn text(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path().join(name)).expect("the file is there")
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let project = project();
    let cases: &[(&[&str], &str)] = &[
        (&["cleanse", "in.csv", "--policy", "p.yaml", "-o", "in.csv"], "Parquet"),
        (&["cleanse", "in.csv", "--policy", "p.yaml", "--changes", "p.yaml"], "is read here"),
        (&["cleanse", "in*", "--policy", "p.yaml", "-o", "./in.csv"], "Parquet"),
        (
            &["cleanse", "in.csv", "--policy", "p.yaml", "--changes", "x", "--rejects", "./x"],
            "two outputs",
        ),
        (
            &["cleanse", "in.csv", "--policy", "p.yaml", "-o", "none/x.parquet"],
            "`none` is not there",
        ),
        (&["profile", "in.csv", "--format", "html", "-o", "in.csv"], "is read here"),
        (&["profile", "*.csv", "--format", "html", "-o", "../*/more.csv"], "is not there"),
        (&["profile", "*.csv", "--format", "html", "-o", "more.csv"], "is read here"),
    ];
    for (arguments, word) in cases {
        let ran = project.assay(arguments).ends(2);
        assert!(ran.err.contains(word), "{arguments:?}: {}", ran.err);
        assert_eq!(text(&project, "in.csv"), DATA, "{arguments:?}");
        assert_eq!(text(&project, "more.csv"), DATA, "{arguments:?}");
        assert_eq!(text(&project, "p.yaml"), POLICY, "{arguments:?}");
    }
    project.assay(&["cleanse", "in.csv", "--policy", "p.yaml"]).ends(0);
    let ran = project.assay(&[
        "cleanse",
        "in.cleansed.parquet",
        "--policy",
        "p.yaml",
        "-o",
        "in.cleansed.parquet",
    ]);
    assert!(ran.ends(2).err.contains("is read here"));
}

#[test]
fn where_no_step_applies_nothing_is_written_and_that_is_said() {
    let project = project();
    project.assay(&["cleanse", "in.csv", "--policy", "p.yaml", "-o", "typed.parquet"]).ends(0);
    project.write("none.yaml", "cleansing_policy_id: none\nsteps: []\n");
    project
        .assay(&["cleanse", "typed.parquet", "--policy", "none.yaml", "-o", "x.parquet"])
        .ends(0)
        .says("x.parquet is not written");
}

#[test]
fn what_was_in_emptied_cells_is_in_the_rejects_alone() {
    for engine in crate::engines::ENGINES {
        let project = Project::new();
        project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
        project.write(
            "libraries/schemas/s.yaml",
            "schema_id: s\non_parse_error: set_null\ncolumns:\n  - { name: id, data_type: integer }\n  \
             - { name: number, data_type: integer }\n",
        );
        project.write(
            "libraries/rules/r.yaml",
            "rule_set_id: r\nrules:\n  - { rule_id: some, rule_type: row_count, parameters: { min: 1 } }\n",
        );
        project.write(
            "libraries/contracts/c.yaml",
            "contract_id: c\ndatasets:\n  - dataset_contract_id: d\n    schema: { schema_id: s }\n    \
             rule_sets: [{ rule_set_id: r }]\n    source: { path: in.csv, format: csv }\n",
        );
        project.write(
            "libraries/jobs/j.yaml",
            "job_definition_id: j\ndata_contract: { contract_id: c }\n",
        );
        project.write("in.csv", "id,number\n1,123-45-6789\n2,7\n");
        project.seal("dev");
        project.assay(&["run", "j", "--engine", engine.name()]);
        let file = find(project.path(), "cleansed.parquet").expect("the rows are there");
        let base = duckdb::Connection::open_in_memory().expect("a base");
        let columns = |sql: &str| -> Vec<String> {
            let mut statement = base.prepare(sql).expect("a query");
            let rows = statement.query_map([], |row| row.get(0)).expect("rows");
            rows.flatten().collect()
        };
        let rows = format!("read_parquet('{}', hive_partitioning = false)", file.display());
        let sql = format!("SELECT column_name FROM (DESCRIBE FROM {rows})");
        assert_eq!(columns(&sql), ["id", "number"], "{engine:?}");
    }
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| match entry.path() {
        path if path.is_dir() => find(&path, name),
        path => Some(path).filter(|path| path.ends_with(name)),
    })
}
