//! `assay profile` on real files: the figures of another profiler, what the data suggests, and drift.

use assay_testkit::{Project, root};
use serde_json::Value;

fn titanic() -> Project {
    let project = Project::new();
    let folder = root().join("tests/cases/profile");
    std::fs::copy(folder.join("Titanic.csv"), project.path().join("titanic.csv")).expect("copied");
    project
}

fn json(project: &Project, arguments: &[&str]) -> Value {
    let mut all = vec!["profile"];
    all.extend(arguments);
    all.extend(["--format", "json"]);
    let ran = project.assay(&all).ends(0);
    serde_json::from_str(&ran.out).expect("a profile is JSON")
}

fn column<'p>(profile: &'p Value, name: &str) -> &'p Value {
    let columns = profile["columns"].as_array().expect("columns");
    columns.iter().find(|column| column["column"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn close(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what}: {found} is no number"));
    let distance = (found - expected).abs();
    assert!(distance <= 1e-9 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
}

/// A value of a profile as the other profiler writes it.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Compares a profile with one result of the other profiler; gives whether it says anything comparable.
#[expect(clippy::too_many_lines, reason = "an arm for each kind of result")]
fn agrees(profile: &Value, expected: &Value) -> bool {
    let config = &expected["expectation_config"];
    let kind = config["type"].as_str().expect("a type");
    let result = &expected["result"];
    let observed = &result["observed_value"];
    let Some(name) = config["kwargs"]["column"].as_str() else {
        match kind {
            "expect_table_row_count_to_be_between" => assert_eq!(&profile["rows"], observed),
            _ => {
                let columns = profile["columns"].as_array().expect("columns");
                let names: Vec<&Value> = columns.iter().skip(1).map(|c| &c["column"]).collect();
                let theirs: Vec<&Value> =
                    observed.as_array().expect("names").iter().skip(1).collect();
                assert_eq!(names, theirs);
            }
        }
        return true;
    };
    let ours = column(profile, if name == "Unnamed: 0" { "column_1" } else { name });
    let present =
        ours["rows"].as_u64().expect("a count") - ours["nulls"].as_u64().expect("a count");
    if let Some(missing) = result["missing_count"].as_u64() {
        assert_eq!(ours["nulls"].as_u64(), Some(missing), "{name}: {kind}");
        assert_eq!(ours["rows"], result["element_count"], "{name}: {kind}");
    }
    let figure =
        |key: &str| ours[key].as_str().map_or(Value::Null, |text| text.parse().expect("a number"));
    match kind {
        "expect_column_unique_value_count_to_be_between" => assert_eq!(&ours["distinct"], observed),
        "expect_column_proportion_of_unique_values_to_be_between" => {
            let ratio = ours["distinct"].as_f64().expect("a number") / present as f64;
            close(observed, ratio, name);
        }
        "expect_column_values_to_not_be_null" => {
            assert_eq!(ours["nulls"], result["unexpected_count"], "{name}");
        }
        "expect_column_min_to_be_between" => {
            close(&figure("min"), observed.as_f64().expect("a number"), name);
        }
        "expect_column_max_to_be_between" => {
            close(&figure("max"), observed.as_f64().expect("a number"), name);
        }
        "expect_column_mean_to_be_between" => {
            close(&ours["mean"], observed.as_f64().expect("a number"), name);
        }
        "expect_column_median_to_be_between" => {
            close(&ours["deep"]["median"], observed.as_f64().expect("a number"), name);
        }
        "expect_column_quantile_values_to_be_between" => {
            let theirs = observed["values"].as_array().expect("a list");
            let quantiles = ours["quantiles"].as_array().expect("a list");
            assert_eq!(quantiles.len(), theirs.len());
            for (own, other) in quantiles.iter().zip(theirs) {
                close(&own[1], other.as_f64().expect("a number"), name);
            }
        }
        "expect_column_values_to_not_match_regex" => {
            assert_eq!(ours["deep"]["text"]["padded"], result["unexpected_count"], "{name}");
        }
        "expect_column_values_to_be_unique" => assert_eq!(ours["distinct"], ours["rows"], "{name}"),
        "expect_column_distinct_values_to_be_in_set" => {
            let pair =
                |value: &Value, count: &Value| (written(value), count.as_u64().expect("a count"));
            let theirs = result["details"]["value_counts"].as_array().expect("a list");
            let mut theirs: Vec<_> =
                theirs.iter().map(|c| pair(&c["value"], &c["count"])).collect();
            let own = ours["top"].as_array().expect("a list");
            let mut own: Vec<_> = own.iter().map(|top| pair(&top[0], &top[1])).collect();
            theirs.sort();
            own.sort();
            assert_eq!(own, theirs, "{name}");
        }
        "expect_column_kl_divergence_to_be_less_than" => {
            let partition = &result["details"]["observed_partition"];
            let (bins, weights) = (
                partition["bins"].as_array().expect("a list"),
                partition["weights"].as_array().expect("a list"),
            );
            let own = ours["histogram"].as_array().expect("a list");
            assert_eq!(own.len(), weights.len());
            for (at, bin) in own.iter().enumerate() {
                close(&bin[0], bins[at].as_f64().expect("a number"), "the lower end of a bin");
                let share = bin[2].as_f64().expect("a number") / present as f64;
                close(&weights[at], share, "the share of a bin");
            }
        }
        "expect_column_values_to_be_in_type_list" => {
            let theirs = match observed.as_str() {
                Some("int64") => "integer",
                Some("float64") => "double",
                _ => "text",
            };
            assert_eq!(ours["data_type"], theirs, "{name}");
        }
        // Asks for values in an empty set, whatever the data holds.
        "expect_column_values_to_be_in_set" => return false,
        other => panic!("`{other}` is not compared"),
    }
    true
}

#[test]
fn the_titanic_has_the_figures_of_another_profiler_from_text_and_from_parquet() {
    let project = titanic();
    let text = std::fs::read_to_string(root().join("tests/cases/profile/profile_expected.json"));
    let expected: Value = serde_json::from_str(&text.expect("the case is read")).expect("JSON");
    let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
    let sql = format!(
        "COPY (SELECT \"column0\" AS column_1, * EXCLUDE column0 FROM read_csv('{0}/titanic.csv', nullstr = 'NA', \
         names = ['column0', 'Name', 'PClass', 'Age', 'Sex', 'Survived', 'SexCode'], header = true)) \
         TO '{0}/titanic.parquet' (FORMAT parquet)",
        project.path().display()
    );
    database.execute_batch(&sql).expect("the Parquet file is written");
    for arguments in [&["titanic.csv", "--null", "NA"][..], &["titanic.parquet"]] {
        let with_bins = |bins: &'static str| [arguments, &["--bins", bins]].concat();
        let profile = json(&project, &with_bins("18"));
        let results = expected["results"].as_array().expect("results");
        let compared = results.iter().filter(|result| agrees(&profile, result)).count();
        assert_eq!((results.len(), compared), (51, 44), "{arguments:?}");
    }
}

#[test]
fn what_is_suggested_compiles_and_the_data_passes() {
    let project = titanic();
    let arguments = ["profile", "titanic.csv", "--null", "NA", "--suggest", "."];
    project.assay(&arguments).ends(0);
    project.assayc(&["check", "--worktree", "--fail-level", "warning"]).ends(0);
    project.seal("dev");
    let ran = project.assay(&["run", "titanic", "--format", "json"]).ends(0);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    assert_eq!(record["outcome"], "success", "{}", record["reason"]);
    assert!(record["verdicts"].as_array().expect("verdicts").len() >= 12);
    // What a person may have changed since is not written over.
    let again = project.assay(&arguments).ends(2);
    assert!(again.err.contains("is there already"), "{}", again.err);
    // The profile of the run stands beside that of the file.
    let same =
        project.assay(&["profile", "run:latest", "--compare", "titanic.csv", "--null", "NA"]);
    assert!(same.ends(0).out.contains("drift: stable"));
}

#[test]
fn what_is_suggested_of_columns_that_could_be_keys_compiles() {
    let project = Project::new();
    let rows = (0..40).map(|row| {
        let state = ["open", "paid"][row % 2];
        format!("A-{row:03};2026-01-05 08:{row:02}:00;{row}.5;{};{state};\n", row * 7)
    });
    let header = "order_id;ordered at;amount;number;status;never\n".to_owned();
    project.write("orders.csv", header + &rows.collect::<String>());
    project.assay(&["profile", "orders.csv", "--suggest", "."]).ends(0);
    project.assayc(&["check", "--worktree", "--fail-level", "warning"]).ends(0);
    project.seal("dev");
    let ran = project.assay(&["run", "orders", "--format", "json"]).ends(0);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    let unique = |verdict: &&Value| verdict["rule_type"] == "unique";
    let verdicts = record["verdicts"].as_array().expect("verdicts");
    assert!(verdicts.iter().filter(unique).count() >= 2, "{verdicts:?}");
}

#[test]
fn what_is_suggested_of_real_files_compiles_and_they_pass() {
    let files =
        ["cleansing/beers/dirty.csv", "cleansing/febrl/dataset1.csv", "profile/Titanic.csv"];
    for file in files {
        let project = Project::new();
        let from = root().join("tests/cases").join(file);
        std::fs::copy(from, project.path().join("data.csv")).expect("copied");
        project.assay(&["profile", "data.csv", "--suggest", "."]).ends(0);
        project.assayc(&["check", "--worktree", "--fail-level", "warning"]).ends(0);
        project.seal("dev");
        for engine in crate::engines::ENGINES {
            let ran = project.assay(&["run", "data", "--engine", engine.name()]).ends(0);
            assert!(ran.out.contains("every check passed"), "{file}: {}", ran.out);
        }
    }
}

#[test]
fn what_stands_out_is_said_and_drift_has_its_exit_code() {
    let project = Project::new();
    let mut before = "id;day;kind;amount;code\n".to_owned();
    let mut after = "id;day;kind;amount;extra\n".to_owned();
    for row in 0..1000 {
        let kind = ["a", "A ", "b"][row % 3];
        before += &format!(
            "{row};{:02}.03.2024;\"{kind}\";{}.5;00{}\n",
            row % 28 + 1,
            row % 50,
            row % 90
        );
        let amount = if row % 4 == 0 { String::new() } else { format!("{}.5", row % 50 + 40) };
        after += &format!("{row};{:02}.03.2024;\"{kind}\";{amount};1\n", row % 28 + 1);
    }
    project.write("before.csv", before);
    project.write("after.csv", after);
    let profile = json(&project, &["before.csv"]);
    let types: Vec<&str> = profile["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|column| column["data_type"].as_str().expect("a type"))
        .collect();
    // Codes with leading zeros are no numbers.
    assert_eq!(types, ["integer", "date", "text", "double", "text"]);
    assert_eq!(profile["formats"][0][1], "%d.%m.%Y");
    assert_eq!(profile["dialect"]["delimiter"], ";");
    let kinds: Vec<(&str, &str)> = profile["alerts"]
        .as_array()
        .expect("alerts")
        .iter()
        .map(|alert| {
            (alert["column"].as_str().unwrap_or(""), alert["kind"].as_str().expect("a kind"))
        })
        .collect();
    for expected in [("id", "unique"), ("kind", "padded"), ("kind", "dirty_categories")] {
        assert!(kinds.contains(&expected), "{expected:?} is not among {kinds:?}");
    }
    let arguments = ["profile", "before.csv", "--compare", "after.csv", "--fail-on", "major"];
    let ran = project.assay(&arguments).ends(8);
    assert!(ran.out.contains("new columns: extra") && ran.out.contains("gone columns: code"));
    let json = project.assay(&[&arguments[..], &["--format", "json"]].concat()).ends(8);
    let comparison: Value = serde_json::from_str(&json.out).expect("JSON");
    let columns = comparison["comparison"]["columns"].as_array().expect("columns");
    let drift = |name: &str| {
        columns.iter().find(|column| column["column"] == name).expect("the column")["drift"].clone()
    };
    assert_eq!((drift("id"), drift("amount")), ("stable".into(), "major".into()));
}

#[test]
fn what_cannot_be_profiled_is_said() {
    let project = Project::new();
    project.write("empty.csv", "a,b\n");
    let empty = json(&project, &["empty.csv"]);
    assert_eq!(empty["alerts"][0]["kind"], "empty");
    let said = |arguments: &[&str], code: i32| {
        project.assay(&[&["profile"], arguments].concat()).ends(code).err
    };
    assert!(said(&["nowhere.csv"], 43).contains("no such file"));
    project.write("other.json", "{}");
    assert!(said(&["other.json"], 43).contains("not a profile"));
    project.write("page.csv", "<html><body>");
    assert!(said(&["page.csv"], 43).contains("a web page"));
}
