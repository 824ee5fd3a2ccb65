//! Runs of the real programs on real data.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use assay_testkit::{Project, Ran, copy, root};
use serde_json::Value;

fn taxi() -> Project {
    let project = Project::example();
    project.seal("dev");
    project
}

fn record(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.out, ran.err))
}

fn verdicts(record: &Value) -> BTreeMap<String, (String, i64, i64)> {
    let list = record["verdicts"].as_array().expect("verdicts");
    list.iter()
        .map(|verdict| {
            let count = |name: &str| verdict["measurement"][name].as_i64().unwrap_or(-1);
            let id = verdict["check_id"].as_str().expect("an id").to_owned();
            let name = verdict["verdict"].as_str().expect("a verdict").to_owned();
            (id, (name, count("evaluated"), count("violations")))
        })
        .collect()
}

/// The lines of the two months that ship, split into cells; they hold no quotes.
fn trips() -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for month in ["01", "02"] {
        let file = root().join(format!("data/taxi/yellow_tripdata_sample_2018-{month}.csv.gz"));
        let text = std::process::Command::new("gzip")
            .arg("-dc")
            .arg(file)
            .output()
            .expect("gzip runs")
            .stdout;
        let text = String::from_utf8(text).expect("the data is UTF-8");
        rows.extend(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()));
    }
    rows
}

#[test]
fn the_taxi_job_finds_the_real_faults_of_the_data() {
    let project = taxi();
    let ran = project.assay(&["run", "taxi-trips-monthly", "--format", "json"]);
    let record = record(&ran);
    let rows = trips();
    let number = |row: &Vec<String>, column: usize| row[column].parse::<f64>().expect("a number");
    let count =
        |holds: &dyn Fn(&Vec<String>) -> bool| rows.iter().filter(|row| holds(row)).count() as i64;
    let total = rows.len() as i64;
    assert_eq!((record["rows"].as_i64(), total), (Some(20_000), 20_000));
    let found = verdicts(&record);
    let expect = |id: &str, verdict: &str, evaluated: i64, violations: i64| {
        assert_eq!(
            found.get(id),
            Some(&(verdict.to_owned(), evaluated, violations)),
            "{id}: {found:#?}"
        );
    };
    let negative = count(&|row| number(row, 16) < 0.0);
    expect("trip-catalog/money-not-negative/total_amount", "fail", total, negative);
    let backwards = count(&|row| row[2] < row[1]);
    expect(
        "trip-rules/dropoff-after-pickup",
        if backwards > 0 { "fail" } else { "pass" },
        total,
        backwards,
    );
    let nobody = count(&|row| !(1.0..=6.0).contains(&number(row, 3)));
    assert!(nobody > 0 && negative > 0);
    expect("trip-rules/somebody-on-board", "warn", total, nobody);
    expect("trip-rules/surcharge-filled", "warn", total, total);
    let by_card = count(&|row| row[9] == "1");
    let free = count(&|row| row[9] == "1" && number(row, 16) <= 0.0);
    expect(
        "trip-rules/paid-trips-cost-something",
        if free > 0 { "warn" } else { "pass" },
        by_card,
        free,
    );
    expect("schema/in_set/payment_type", "pass", total, 0);
    assert_eq!(record["outcome"], "partial", "{}", record["reason"]);
    assert_eq!(ran.code, 40);
    let fare = record["profile"]
        .as_array()
        .expect("a profile")
        .iter()
        .find(|c| c["column"] == "total_amount");
    let sum: f64 = rows.iter().map(|row| number(row, 16)).sum();
    let profiled = fare.expect("the column is profiled")["sum"].as_f64().expect("a sum");
    assert!((profiled - sum).abs() < 0.005, "{profiled} is not {sum}");
}

#[test]
fn personal_columns_never_show_a_value() {
    let project = taxi();
    let ran = project.assay(&["run", "taxi-trips-monthly", "--format", "json"]);
    let record = record(&ran);
    let profile = record["profile"].as_array().expect("a profile");
    let place =
        profile.iter().find(|c| c["column"] == "pickup_location_id").expect("it is profiled");
    assert_eq!(place["classification"], "personal_location");
    assert_eq!((&place["min"], &place["max"]), (&Value::Null, &Value::Null));
    for violation in record["violations"].as_array().expect("violations") {
        for part in ["key", "values"] {
            for column in ["pickup_location_id", "dropoff_location_id"] {
                let value = violation[part].get(column).and_then(Value::as_str);
                assert!(
                    value.is_none_or(|value| !value.contains(|c: char| c.is_ascii_digit())),
                    "{violation}"
                );
            }
        }
    }
}

#[test]
fn rows_add_up_and_the_lake_answers_as_the_run_did() {
    let project = taxi();
    let ran = record(&project.assay(&["run", "taxi-trips-monthly", "--format", "json"]));
    let stage = ran["stages"].as_array().expect("stages").iter().find(|s| s["stage"] == "cleanse");
    let count = |name: &str| stage.expect("a cleanse stage")[name].as_i64().unwrap_or(0);
    assert_eq!(count("rows_in"), count("rows_out") + count("rows_rejected") + count("rows_merged"));
    let shown = record(&project.assay(&["show", "latest", "--format", "json"]).ends(0));
    assert_eq!(shown, ran);
    let query =
        "select count(*) as checks, count(*) filter (verdict = 'fail') as failed from verdict";
    let answer = project.assay(&["sql", query, "--format", "json"]).ends(0);
    let answer: Value = serde_json::from_str(answer.out.trim()).expect("one row");
    let failed = verdicts(&ran).values().filter(|(verdict, ..)| verdict == "fail").count();
    assert_eq!(answer["checks"], ran["verdicts"].as_array().expect("verdicts").len());
    assert_eq!(answer["failed"], failed);
    let page = project.assay(&["report", "latest", "--output", "run.html"]).ends(0);
    assert!(page.out.contains("run.html"));
    let junit = project.assay(&["report", "latest", "--format", "junit"]).ends(0);
    assert!(junit.out.contains("<testsuite"), "{}", junit.out);
    assert!(project.assay(&["runs"]).ends(0).out.contains("taxi-trips-monthly"));
}

#[test]
fn a_duckdb_file_holds_the_same_tables() {
    let project = Project::example();
    project.seal("test");
    let first =
        project.assay(&["run", "taxi-trips-monthly", "--env", "test", "--format", "json"]).ends(40);
    let second =
        project.assay(&["run", "taxi-trips-monthly", "--env", "test", "--format", "json"]).ends(40);
    assert!(project.path().join(".assay/lake/test.duckdb").is_file());
    let id = record(&first)["run_id"].clone();
    let shown =
        project.assay(&["show", id.as_str().expect("an id"), "--env", "test", "--format", "json"]);
    assert_eq!(record(&shown.ends(0)), record(&first));
    let answer = project
        .assay(&["sql", "select count(*) as n from run", "--env", "test", "--format", "json"])
        .ends(0);
    assert_eq!(answer.out.trim(), r#"{"n":2}"#);
    assert_ne!(record(&second)["run_id"], id);
}

#[test]
fn writers_to_one_duckdb_file_wait_for_each_other_and_lose_nothing() {
    let project = Project::example();
    project.seal("test");
    let children: Vec<_> = (0..4)
        .map(|_| {
            project
                .command("assay", &["run", "taxi-trips-monthly", "--env", "test"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("assay starts")
        })
        .collect();
    for mut child in children {
        assert_eq!(child.wait().expect("assay ends").code(), Some(40));
    }
    let answer = project
        .assay(&["sql", "select count(*) as n from run", "--env", "test", "--format", "csv"])
        .ends(0);
    assert_eq!(answer.out, "n\n4\n");
}

#[test]
fn the_same_file_is_judged_once() {
    let project = taxi();
    let first = project.assay(&["run", "taxi-trips-arrival", "--format", "json"]);
    let second = project.assay(&["run", "taxi-trips-arrival", "--format", "json"]);
    let (ran, skipped) = (record(&first), record(&second));
    assert_eq!(skipped["outcome"], "skipped");
    assert_eq!(skipped["first_run_id"], ran["run_id"]);
    assert_eq!(second.code, first.code, "asking again must not turn a failure into a success");
    let forced = project.assay(&["run", "taxi-trips-arrival", "--force", "--format", "json"]);
    assert_eq!(record(&forced)["outcome"], ran["outcome"]);
}

#[test]
fn the_same_request_twice_at_once_runs_once() {
    let project = taxi();
    let children: Vec<_> = (0..2)
        .map(|_| {
            project
                .command("assay", &["run", "taxi-trips-arrival", "--format", "json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("assay starts")
        })
        .collect();
    let records: Vec<_> = children
        .into_iter()
        .map(|child| record(&Ran::from(child.wait_with_output().expect("assay ends"))))
        .collect();
    let skipped: Vec<_> = records.iter().filter(|record| record["outcome"] == "skipped").collect();
    let ran: Vec<_> = records.iter().filter(|record| record["outcome"] != "skipped").collect();
    assert_eq!((skipped.len(), ran.len()), (1, 1), "{records:#?}");
    assert_eq!(skipped[0]["first_run_id"], ran[0]["run_id"]);
}

#[test]
fn a_run_killed_in_the_middle_leaves_nothing_visible() {
    let project = taxi();
    // Killed at several moments; whatever the moment, a run is there as a whole or not at all.
    for wait in [20, 120, 250, 400] {
        let mut child = project
            .command("assay", &["run", "taxi-trips-monthly"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("assay starts");
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        let _ = child.wait();
        let runs = "select (select count(*) from run) as runs, \
                    (select count(distinct run_id) from verdict) as judged, \
                    (select count(distinct run_id) from profile) as profiled";
        let answer = project.assay(&["sql", runs, "--format", "json"]).ends(0);
        let answer: Value = serde_json::from_str(answer.out.trim()).expect("one row");
        assert_eq!(answer["runs"], answer["judged"]);
        assert_eq!(answer["runs"], answer["profiled"]);
    }
    project.assay(&["run", "taxi-trips-monthly"]).ends(40);
}

#[test]
fn the_billing_job_runs_as_it_is_printed() {
    let project = Project::new();
    copy(&root().join("examples/billing"), project.path());
    let checked = project.assayc(&["check", "--worktree"]).ends(0);
    assert!(checked.out.contains("W0602"), "{}", checked.out);
    project.seal("prod");
    let ran = project
        .assay(&["run", "billing-daily-checks", "--env", "prod", "--format", "json"])
        .ends(40);
    let record = record(&ran);
    assert_eq!(record["tenant"], "TNT-001");
    assert_eq!(record["severity_threshold"], "hard_failure_rate<0.01");
    let found = verdicts(&record);
    assert_eq!(found["billing-rules/amount-not-negative"], ("fail".to_owned(), 500, 1));
    assert_eq!(found["billing-rules/currency-known"], ("pass".to_owned(), 500, 0));
    assert_eq!(found["billing-rules/due-after-invoice"], ("warn".to_owned(), 500, 1));
    assert_eq!(found["billing-rules/contact-is-an-address"], ("warn".to_owned(), 500, 1));
    // Within the threshold: 1 of 500 rows is 0.2 %.
    assert_eq!(record["hard_failure_rate"], 0.002);
    let actions: Vec<_> =
        record["actions"].as_array().expect("actions").iter().map(|a| &a["action_type"]).collect();
    assert_eq!(actions, ["STORE_RESULTS"]);
    let text = serde_json::to_string(&record).expect("JSON");
    assert!(!text.contains("not-an-address"), "a classified value is shown");
    let again = project.assay(&["run", "billing-daily-checks", "--env", "prod"]).ends(40);
    assert!(again.out.contains("SKIPPED"), "{}", again.out);
}

#[test]
fn what_a_person_sees() {
    let project = taxi();
    let ran = project.assay(&["run", "taxi-trips-monthly"]).ends(40);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(< )?\b\d+(\.\d+)? (ms|s|min)\b", "[time]");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[run]");
    settings.add_filter(r"\b[0-9a-f]{8,64}\b", "[hex]");
    settings.add_filter(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[instant]");
    settings.add_filter(r"date=\d{4}-\d{2}-\d{2}", "date=[day]");
    settings.add_filter(r" +\[time\]", " [time]");
    settings.bind(|| {
        insta::assert_snapshot!("run-taxi", ran.out);
        let plan = project.assay(&["plan", "taxi-trips-monthly", "--no-sql"]).ends(0);
        insta::assert_snapshot!("plan-taxi", plan.out);
        let tree = project.assayc(&["show", "--env", "dev", "--job", "taxi-trips-arrival"]).ends(0);
        insta::assert_snapshot!("show-job", tree.out);
    });
}
