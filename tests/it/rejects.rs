//! Rows, cells and lines that a run puts aside: where each stands, what is shown of it, and how the run tells.

use std::io::Write as _;

use assay_testkit::Project;
use serde_json::Value;

/// Row 2 has a line break, and a blank line before it; the record after it is too short.
const PEOPLE: &str = "\
id,name,mail,age
1,Ada,ada@x.org,1

2,\"Bo
b\",b@x.org,two
3,Cy
x4,Di,d@x.org,4
5,E,e@x.org,five
";

/// One that every reader splits alike, so that both engines read it.
const PLAIN: &str = "\
id,name,mail,age
1,Ada,ada@x.org,1
2,\"Bo
b\",b@x.org,two
x4,Di,d@x.org,4
5,E,e@x.org,five
";

fn project() -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write(
        "libraries/schemas/people.yaml",
        "schema_id: people\ncolumns:\n  - { name: id, data_type: integer }\n  \
         - { name: name, data_type: text, classification: personal }\n  \
         - { name: mail, data_type: text }\n  \
         - { name: age, data_type: integer, classification: contact }\n",
    );
    project.write(
        "libraries/rules/rows.yaml",
        "rule_set_id: rows\nrules:\n  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n",
    );
    project.write(
        "libraries/governance/people.yaml",
        "governance_profile_id: people\nclassifications:\n  - { classification: personal, redaction: full }\n  \
         - { classification: contact, redaction: partial }\n",
    );
    project.write(
        "libraries/contracts/people.yaml",
        "contract_id: people\ngovernance_profile: { governance_profile_id: people }\ndatasets:\n  \
         - dataset_contract_id: people\n    schema: { schema_id: people }\n    \
         rule_sets: [{ rule_set_id: rows }]\n    source: { path: \"in/*\", format: csv }\n",
    );
    project.write(
        "libraries/jobs/people.yaml",
        "job_definition_id: people\ndata_contract: { contract_id: people }\n",
    );
    project
}

/// What the view says: file, row, line, column, value, reason.
fn told(project: &Project, results: &[&str]) -> String {
    let query =
        "select file, row_number, line, column_name, value, reason from reject order by all";
    let all = [&["sql", query, "--format", "csv"], results].concat();
    let ran = project.assay(&all).ends(0);
    ran.out.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_reject_is_told_with_its_line_and_without_what_is_hidden() {
    let project = project();
    project.write("in/a.csv", PEOPLE);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(PEOPLE.as_bytes()).expect("it packs");
    project.write("in/b.csv.gz", packed.finish().expect("it packs"));
    project.seal("dev");
    let of = |file: &str| {
        format!(
            "in/{file},2,4,age,t***,`age` is not an integer\n\
             in/{file},3,6,,***,\"malformed line: 4 cells expected, 2 found\"\n\
             in/{file},4,7,id,x4,`id` is not an integer\n\
             in/{file},5,8,age,f***,`age` is not an integer\n"
        )
    };
    for results in [&[][..], &["--results", "one.duckdb"]] {
        project.assay(&[&["run", "people"], results].concat()).ends(0);
        assert_eq!(told(&project, results), of("a.csv") + &of("b.csv.gz"));
    }
}

#[test]
fn both_engines_know_the_lines() {
    let project = project();
    project.write("in/a.csv", PLAIN);
    project.write("in/b.csv", format!("{PLAIN}6,F,f@x.org,6.5\n"));
    project.seal("dev");
    for engine in crate::engines::ENGINES {
        let results = format!("lake-{}", engine.name());
        let ran = project
            .assay(&["run", "people", "--engine", engine.name(), "--results", &results])
            .ends(0);
        assert!(!ran.out.contains("handed"), "{}", ran.out);
        let of = |file: &str| {
            format!(
                "in/{file},2,3,age,t***,`age` is not an integer\n\
                 in/{file},3,5,id,x4,`id` is not an integer\n\
                 in/{file},4,6,age,f***,`age` is not an integer\n"
            )
        };
        let more = "in/b.csv,5,7,age,6***,`age` is not an integer\n";
        let told = told(&project, &["--results", &results]);
        assert_eq!(told, of("a.csv") + &of("b.csv") + more, "{engine:?}");
    }
}

#[test]
fn a_quote_in_the_wrong_place_leaves_lines_unknown() {
    let project = project();
    project.write("in/a.csv", "id,name,mail,age\n1,\"A\"da,a@x.org,1\nx2,\"B\nb\",b@x.org,2\n");
    project.seal("dev");
    project.assay(&["run", "people"]);
    let told = told(&project, &[]);
    assert!(
        told.contains("malformed line: a quote is opened or closed in the wrong place"),
        "{told}"
    );
    assert!(
        told.lines()
            .filter(|line| line.contains("not an integer"))
            .all(|line| line.contains(",,id,")),
        "{told}"
    );
}

#[test]
fn the_terminal_tells_reasons_and_what_to_type() {
    let project = project();
    project.write("in/a.csv", PLAIN);
    project.seal("dev");
    let ran = project.assay(&["run", "people", "--results", "my lake"]).ends(0);
    ran.says("      2 × `age` is not an integer\n").says("      1 × `id` is not an integer\n");
    ran.says("every check passed; 3 rows (75.00 %) were rejected before they were judged");
    ran.says("  assay sql --results 'my lake' \"FROM reject WHERE run_id = '");
    assert!(!ran.out.contains("FROM violation"), "{}", ran.out);
    let next = ran.out.lines().find(|line| line.starts_with("  assay show ")).expect("a command");
    let id = next.split_whitespace().nth(2).expect("a run");
    project.assay(&["show", id, "--results", "my lake"]).ends(0).says("--results 'my lake'");
    project.assay(&["show", "nothing", "--results", "my lake"]).ends(2);
    let record = project.assay(&["show", id, "--results", "my lake", "--format", "json"]).ends(0);
    let record: Value = serde_json::from_str(&record.out).expect("a record");
    assert_eq!(record["outcome"], "success");
}

#[test]
fn emptied_cells_are_told_where_the_row_stays() {
    let project = project();
    project.replace(
        "libraries/schemas/people.yaml",
        "schema_id: people\n",
        "schema_id: people\non_parse_error: set_null\n",
    );
    project.write("in/a.csv", PLAIN);
    project.seal("dev");
    let ran = project.assay(&["run", "people"]).ends(0);
    ran.says("      2 × `age` is not an integer\n").says("FROM reject");
    assert!(!ran.out.contains("were rejected"), "{}", ran.out);
}

#[test]
fn files_that_are_written_anew_keep_their_own_lines() {
    let project = project();
    project.replace("libraries/contracts/people.yaml", "format: csv", "format: ndjson");
    let line = |id: &str, n: &str| {
        format!("{{\"id\": {id}, \"name\": \"A\\nB\", \"mail\": \"m\", \"age\": {n}}}\n")
    };
    project.write(
        "in/a.ndjson",
        [line("1", "1"), "\n".to_owned(), line("\"x2\"", "2"), line("3", "\"two\"")].concat(),
    );
    project.seal("dev");
    for engine in crate::engines::ENGINES {
        let results = format!("lake-{}", engine.name());
        project.assay(&["run", "people", "--engine", engine.name(), "--results", &results]).ends(0);
        let wanted = "in/a.ndjson,2,3,id,x2,`id` is not an integer\n\
                      in/a.ndjson,3,4,age,t***,`age` is not an integer\n";
        assert_eq!(told(&project, &["--results", &results]), wanted, "{engine:?}");
    }
}
