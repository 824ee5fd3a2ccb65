//! What a run says of its cleansing: the profile before it and after, and how far they are apart.

use assay_testkit::Project;
use serde_json::{Value, json};

/// `age` has a value of another locale and an impossible one, `city` is written in three ways, `mail` is
/// personal, `key` goes and `decade` comes.
const PEOPLE: &str = "\
id,age,city,mail,key
1,31,Oslo,ada@example.org,a
2,\"1.044\",oslo ,bob@example.org,b
3,900,Bergen,cy@example.org,c
4,,OSLO,,d
4,,OSLO,,d
";

const SCHEMA: &str = "\
schema_id: people
columns:
  - { name: id, data_type: integer }
  - { name: age, data_type: double }
  - { name: city, data_type: text }
  - { name: mail, data_type: text, classification: personal }
  - { name: key, data_type: text }
";

const POLICY: &str = "\
cleansing_policy_id: people
steps:
  - { step_id: once, step_type: deduplicate, parameters: { columns: [id] } }
  - { step_id: trim, step_type: trim, parameters: { columns: [city] } }
  - { step_id: small, step_type: change_case, parameters: { columns: [city], to: lower } }
  - { step_id: age, step_type: parse_number, parameters: { columns: [age], decimal: \",\", group: \".\" } }
  - { step_id: most, step_type: clamp, parameters: { column: age, max: 120 } }
  - { step_id: key, step_type: drop, parameters: { columns: [key] } }
  - { step_id: decade, step_type: derive, parameters: { column: decade, type: double, expression: age / 10.0 } }
";

fn project(more_of_job: &str) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write("libraries/schemas/people.yaml", SCHEMA);
    project.write("libraries/rules/people.yaml", POLICY);
    project.write(
        "libraries/rules/rows.yaml",
        "rule_set_id: rows\nrules:\n  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n",
    );
    project.write(
        "libraries/governance/people.yaml",
        "governance_profile_id: people\nclassifications:\n  - { classification: personal, redaction: full }\n",
    );
    project.write(
        "libraries/contracts/people.yaml",
        "contract_id: people\ngovernance_profile: { governance_profile_id: people }\ndatasets:\n  \
         - dataset_contract_id: people\n    schema: { schema_id: people }\n    \
         cleansing_policy: { cleansing_policy_id: people }\n    rule_sets: [{ rule_set_id: rows }]\n    source: { path: people.csv, format: csv }\n",
    );
    project.write(
        "libraries/jobs/people.yaml",
        format!(
            "job_definition_id: people\ndata_contract: {{ contract_id: people }}\n{more_of_job}"
        ),
    );
    project.write("people.csv", PEOPLE);
    project.seal("dev");
    project
}

fn run(project: &Project, arguments: &[&str]) -> Value {
    let all = [&["run", "people", "--format", "json"], arguments].concat();
    let ran = project.assay(&all).ends(0);
    serde_json::from_str(&ran.out).expect("a record")
}

#[test]
fn the_profile_before_cleansing_is_held_against_the_one_after_it() {
    for engine in crate::engines::ENGINES {
        let project = project("");
        let record = run(&project, &["--engine", engine.name()]);
        let before = &record["before"];
        assert_eq!((&before["rows"], &record["rows"]), (&json!(5), &json!(4)), "{engine:?}");
        assert_eq!(before["change"]["removed"], json!(["key"]));
        assert_eq!(before["change"]["added"], json!(["decade"]));
        let of = |list: &Value, column: &str| {
            let columns = list.as_array().expect("columns");
            columns.iter().find(|c| c["column"] == column).expect("the column").clone()
        };
        let (was, is) = (of(&before["profile"], "age"), of(&record["profile"], "age"));
        // What was read as it stands: 1.044 is a little more than one.
        assert_eq!((&was["nulls"], &was["min"]), (&json!(2), &json!("1.044")), "{was}");
        assert_eq!((&is["nulls"], &is["max"]), (&json!(1), &json!("120.0")), "{is}");
        let city = of(&before["change"]["columns"], "city");
        assert_eq!(city["distinct"], json!([4, 2]), "{city}");
        let mail = of(&before["profile"], "mail");
        assert_eq!((&mail["min"], &mail["top"]), (&Value::Null, &json!([])), "{mail}");
        let query = "select column_name, type_before, type_after, nulls_before, nulls_after, drift \
                     from cleansing order by column_name";
        let answer = project.assay(&["sql", query, "--format", "csv"]).ends(0);
        assert_eq!(
            answer.out,
            "column_name,type_before,type_after,nulls_before,nulls_after,drift\n\
             age,double,double,2,1,major\n\
             city,text,text,0,0,major\n\
             decade,,double,,1,\n\
             id,integer,integer,0,0,moderate\n\
             key,text,,0,,\n\
             mail,text,text,2,1,major\n",
            "{engine:?}"
        );
    }
}

#[test]
fn reports_say_what_cleansing_changed() {
    let project = project("");
    project.assay(&["run", "people"]).ends(0).says("cleansing changed").says("distinct 4 → 2");
    project.assay(&["report", "latest", "--output", "run.html"]).ends(0);
    let page = std::fs::read_to_string(project.path().join("run.html")).expect("the page");
    assert!(page.contains("what it did to the columns that were read"));
    project.assay(&["plan", "people"]).ends(0).says("-- before cleansing: ");
}

#[test]
fn nothing_is_profiled_before_where_that_is_not_asked_for() {
    for (job, arguments) in [
        ("profile: { before_cleansing: false }\n", &[] as &[&str]),
        ("stages: { profile: false }\n", &[]),
        ("", &["--no-cleanse"]),
    ] {
        let project = project(job);
        if !arguments.is_empty() {
            // The rules judge columns that cleansing makes: without those steps it can be left out.
            let kept: Vec<&str> = POLICY
                .lines()
                .filter(|line| !line.contains("decade") && !line.contains("key"))
                .collect();
            project.write("libraries/rules/people.yaml", kept.join("\n"));
            project.seal("dev");
        }
        assert_eq!(run(&project, arguments).get("before"), None, "{job}");
    }
}

#[test]
fn the_cleansed_file_has_the_columns_of_the_last_step_and_no_others() {
    let columns = |project: &Project| {
        let file = crate::input::find(project.path(), "cleansed.parquet").expect("the rows");
        let list = format!(
            "select string_agg(column_name || ' ' || column_type, ', ') from (describe from read_parquet('{}', hive_partitioning = false))",
            file.display()
        );
        let rows = format!(
            "select count(id) || ' ' || sum(decade) from read_parquet('{}', hive_partitioning = false)",
            file.display()
        );
        let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
        let of = |sql: &str| database.query_row(sql, [], |row| row.get::<_, String>(0)).expect(sql);
        (of(&list), of(&rows))
    };
    let wanted = "id BIGINT, age DOUBLE, city VARCHAR, mail VARCHAR, decade DOUBLE";
    for engine in crate::engines::ENGINES {
        // Rows end in one policy, so that there are several passes; in the other nothing is put aside either.
        for policy in
            [POLICY.to_owned(), POLICY.replace("  - { step_id: once", "  # - { step_id: once")]
        {
            let project = project("");
            project.write("libraries/rules/people.yaml", &policy);
            project.seal("dev");
            run(&project, &["--engine", engine.name()]);
            let rows = if policy == POLICY { "4 27.1" } else { "5 27.1" };
            let (list, found) = columns(&project);
            assert_eq!((list.as_str(), found.as_str()), (wanted, rows), "{engine:?}");
        }
    }
}
