//! The lake: what is recorded is whole, is found again, and nothing half-written is ever seen.

use crate::support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use assay_executor::act;
use assay_executor::deliver::Patience;
use assay_executor::lake::{ClaimRequest, Claimed, DataFiles, Lake, LakeError, MARKER};
use assay_executor::lineage::{Context, events};
use assay_executor::result::RunRecord;
use assay_schemas::plan::{Action, Actions, Connection};
use assay_schemas::verdict::Outcome;
use serde_json::json;
use tempfile::TempDir;

/// A lake of each kind, under a path that is hard to quote.
fn lakes() -> Vec<(TempDir, Lake)> {
    ["lake", "lake.duckdb"]
        .into_iter()
        .map(|name| {
            let folder = TempDir::with_prefix("it's [odd]* ").expect("a folder");
            let lake = Lake::at(folder.path().join(name).to_str().expect("UTF-8"));
            (folder, lake)
        })
        .collect()
}

fn record(number: u32) -> RunRecord {
    let mut record = support::failed();
    record.run_id = format!("01939c1e-6b00-7c3a-9d41-{number:012}");
    record.started_at = format!("2026-11-{:02}T06:00:00.000001Z", number % 28 + 1);
    record
}

fn store(lake: &Lake, record: &RunRecord) {
    lake.store(record, &events(record, &Context::default()), &DataFiles::default())
        .unwrap_or_else(|error| panic!("{}: {error}", record.run_id));
}

fn number(lake: &Lake, sql: &str) -> i64 {
    let answer = lake.views().expect("views").query(sql).expect(sql);
    answer.rows[0][0].as_i64().expect(sql)
}

#[test]
fn an_empty_lake_has_empty_typed_views() {
    for (_folder, lake) in lakes() {
        for table in [
            "run",
            "stage",
            "verdict",
            "figure",
            "score",
            "violation",
            "profile",
            "action",
            "lineage",
            "audit",
        ] {
            assert_eq!(number(&lake, &format!("SELECT count(*) FROM {table}")), 0);
        }
        let answer = lake.views().expect("views").query("SELECT started_at, rows FROM run");
        assert_eq!(answer.expect("an answer").columns, ["started_at", "rows"]);
        assert!(matches!(lake.load("latest"), Err(LakeError::NotFound(_))));
        assert!(lake.leftovers().expect("leftovers").is_empty());
    }
}

#[test]
fn a_recorded_run_is_found_again_as_it_was() {
    for (_folder, lake) in lakes() {
        let (first, second) = (record(1), record(2));
        store(&lake, &first);
        store(&lake, &second);
        for name in ["latest", &second.run_id] {
            let found = lake.load(name).expect("a run");
            assert_eq!(json!(found), json!(second));
        }
        assert!(lake.load("01939c1e").expect_err("two").to_string().contains("several runs"));
        assert_eq!(lake.outcome_of(&first.run_id).expect("an answer"), Some(Outcome::Failed));
        assert_eq!(lake.outcome_of("nobody").expect("an answer"), None);
        assert_eq!(number(&lake, "SELECT count(*) FROM run WHERE rows = 120000"), 2);
        assert_eq!(
            number(&lake, "SELECT sum(violations) FROM verdict WHERE verdict = 'fail'"),
            608
        );
        assert_eq!(
            number(&lake, "SELECT count(*) FROM violation"),
            2 * first.violations.len() as i64
        );
        assert_eq!(number(&lake, "SELECT count(*) FROM lineage WHERE event_type = 'FAIL'"), 2);
        let sql = "SELECT started_at, json_extract_string(quantiles, '$[2][1]') FROM run \
                   JOIN profile USING (run_id) WHERE column_name = 'total_amount' ORDER BY ALL";
        let answer = lake.views().expect("views").query(sql).expect(sql);
        assert_eq!(answer.rows[0][0], "2026-11-02T06:00:00.000001Z");
    }
}

#[test]
fn a_run_is_recorded_once() {
    for (_folder, lake) in lakes() {
        store(&lake, &record(1));
        let again = lake.store(&record(1), &[], &DataFiles::default());
        assert!(again.expect_err("recorded").to_string().contains("already recorded"));
        assert_eq!(number(&lake, "SELECT count(*) FROM run"), 1);
    }
}

#[test]
fn data_files_move_into_the_run() {
    for (folder, lake) in lakes() {
        let cleansed = folder.path().join("work-cleansed.parquet");
        fs::write(&cleansed, b"rows").expect("a file");
        let files = DataFiles { cleansed: Some(cleansed.clone()), ..DataFiles::default() };
        let record = record(1);
        let reserved = lake.reserve(&record, &files).expect("a place");
        let promised = reserved.cleansed().expect("a path");
        assert!(!promised.exists() && !cleansed.exists());
        let stored = reserved.publish(&record, &[]).expect("recorded");
        assert_eq!(stored.cleansed, Some(promised.clone()));
        assert_eq!(stored.rejects, None);
        assert_eq!(fs::read(promised).expect("a file"), b"rows");
    }
}

#[test]
fn the_marker_names_every_file_with_its_digest() {
    let (_folder, lake) = lakes().remove(0);
    store(&lake, &record(1));
    let (place, marker) = lake.markers().expect("markers").remove(0);
    let names: Vec<&str> = marker.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "action.parquet",
            "audit.parquet",
            "cleansing.parquet",
            "figure.parquet",
            "lineage.jsonl",
            "lineage.parquet",
            "profile.parquet",
            "run.parquet",
            "score.parquet",
            "stage.parquet",
            "verdict.parquet",
            "violation.parquet"
        ]
    );
    for file in &marker.files {
        let bytes = fs::read(place.join(&file.name)).expect("a file");
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(file.digest, assay_schemas::digest::Digest::of_bytes(&bytes).to_string());
    }
    let tail = "runs/tenant=TNT-001/environment=prod/date=2026-11-02/";
    assert!(place.to_str().expect("UTF-8").contains(tail), "{}", place.display());
}

#[test]
fn a_run_of_a_version_without_a_table_is_read_with_the_others() {
    let (_folder, lake) = lakes().remove(0);
    store(&lake, &record(1));
    store(&lake, &record(2));
    let violations = number(&lake, "SELECT count(*) FROM violation");
    assert!(violations > 0);
    for (place, _) in lake.markers().expect("markers") {
        fs::remove_file(place.join("figure.parquet")).expect("a table");
    }
    let (place, _) = lake.markers().expect("markers").remove(0);
    fs::remove_file(place.join("violation.parquet")).expect("a table");
    assert_eq!(number(&lake, "SELECT count(*) FROM figure"), 0);
    assert_eq!(number(&lake, "SELECT count(*) FROM violation"), violations / 2);
    assert_eq!(number(&lake, "SELECT count(*) FROM run"), 2);
}

#[test]
fn without_a_marker_a_run_is_not_there() {
    let (_folder, lake) = lakes().remove(0);
    store(&lake, &record(1));
    store(&lake, &record(2));
    let (place, marker) = lake.markers().expect("markers").remove(0);
    fs::remove_file(place.join(MARKER)).expect("a marker");
    assert_eq!(number(&lake, "SELECT count(*) FROM run"), 1);
    assert_eq!(lake.outcome_of(&marker.run_id).expect("an answer"), None);
    let leftovers = lake.leftovers().expect("leftovers");
    assert_eq!(leftovers.iter().map(|left| &left.path).collect::<Vec<_>>(), [&place]);
}

#[test]
fn a_run_that_fails_to_be_recorded_leaves_nothing_visible() {
    for (_folder, lake) in lakes() {
        let mut bad = record(1);
        let reserved = lake.reserve(&bad, &DataFiles::default()).expect("a place");
        bad.finished_at = "yesterday".into();
        assert!(reserved.publish(&bad, &[]).is_err());
        assert_eq!(number(&lake, "SELECT count(*) FROM run"), 0);
        assert!(lake.leftovers().expect("leftovers").is_empty());
        store(&lake, &record(1));
    }
}

#[test]
fn a_process_that_ends_while_recording_leaves_a_leftover_that_nobody_reads() {
    for (_folder, lake) in lakes() {
        let reserved = lake.reserve(&record(1), &DataFiles::default()).expect("a place");
        // What a killed process does: nothing more.
        std::mem::forget(reserved);
        assert_eq!(number(&lake, "SELECT count(*) FROM run"), 0);
        assert_eq!(lake.leftovers().expect("leftovers").len(), 1);
    }
}

#[test]
fn names_that_are_no_names_never_become_paths() {
    let (folder, lake) = lakes().remove(0);
    for tenant in ["../../x", "", "a/b"] {
        let mut record = record(1);
        record.tenant = tenant.into();
        let stored = lake.store(&record, &[], &DataFiles::default());
        assert!(matches!(stored, Err(LakeError::Invalid(_))), "{tenant}");
    }
    assert!(!folder.path().join("x").exists());
}

#[test]
fn many_writers_lose_nothing() {
    for (_folder, lake) in lakes() {
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let lake = &lake;
                scope.spawn(move || {
                    for run in 0..4 {
                        store(lake, &record(writer * 4 + run));
                    }
                });
            }
        });
        assert_eq!(number(&lake, "SELECT count(DISTINCT run_id) FROM run"), 16);
        assert_eq!(number(&lake, "SELECT count(*) FROM verdict"), 16 * 14);
    }
}

#[test]
fn a_file_in_use_is_waited_for_and_then_said_to_be_busy() {
    let (_folder, lake) = lakes().remove(1);
    store(&lake, &record(1));
    let reader = lake.views().expect("views");
    let hasty = lake.clone().with_patience(Duration::from_millis(40));
    let refused = hasty.store(&record(2), &[], &DataFiles::default());
    assert!(matches!(refused, Err(LakeError::Busy(_))), "{refused:?}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store(&lake, &record(2)));
        std::thread::sleep(Duration::from_millis(60));
        drop(reader);
        waiting.join().expect("recorded");
    });
    assert_eq!(number(&lake, "SELECT count(*) FROM run"), 2);
}

#[test]
fn results_can_be_read_and_nothing_else() {
    for (folder, lake) in lakes() {
        store(&lake, &record(1));
        let secret = folder.path().join("secret.csv");
        fs::write(&secret, "a\n1\n").expect("a file");
        let views = lake.views().expect("views");
        let path = secret.display().to_string().replace('\'', "''");
        for sql in [
            "DROP VIEW run",
            "CREATE TABLE x (a INT)",
            "COPY (SELECT 1) TO 'x.csv'",
            "SET enable_external_access = true",
            "SELECT 1; SELECT 2",
            "",
            &format!("SELECT * FROM read_csv('{path}')"),
            "ATTACH 'other.duckdb'",
            "SELECT getenv('HOME')",
        ] {
            assert!(views.query(sql).is_err(), "{sql}");
        }
        let answer = views.query("FROM (DESCRIBE verdict) LIMIT 1").expect("an answer");
        assert_eq!(answer.rows[0][0], "run_id");
        let wrong = views.query("SELEC 1").expect_err("no SQL").to_string();
        assert!(wrong.starts_with("not SQL"), "{wrong}");
    }
}

fn request<'a>(run_id: &'a str, force: bool) -> ClaimRequest<'a> {
    let lease = Duration::from_secs(3600);
    ClaimRequest { run_id, job: "j", bundle_digest: "b", scope_key: "s", lease, force }
}

#[test]
fn an_answered_request_is_not_run_again_unless_forced_or_broken() {
    for (_folder, lake) in lakes() {
        let mut first = record(1);
        first.outcome = Outcome::Error;
        let Ok(Claimed::Granted(claim)) = lake.claim(&request(&first.run_id, false)) else {
            panic!("nobody else asked");
        };
        store(&lake, &first);
        claim.keep();

        let second = record(2);
        let Ok(Claimed::Granted(claim)) = lake.claim(&request(&second.run_id, false)) else {
            panic!("an error is no answer");
        };
        store(&lake, &second);
        claim.keep();

        let answer = lake.claim(&request("r3", false)).expect("an answer");
        let Claimed::Answered { run_id, outcome } = answer else { panic!("a failure stands") };
        assert_eq!((run_id, outcome), (second.run_id, Outcome::Failed));
        let forced = lake.claim(&request("r3", true)).expect("an answer");
        assert!(matches!(forced, Claimed::Granted(_)));
        let other = lake.claim(&request("r4", true)).expect("an answer");
        assert!(matches!(other, Claimed::UnderWay { run_id, .. } if run_id == "r3"));
    }
}

#[test]
fn actions_are_carried_out_and_none_stops_another() {
    let action = |id: &str, kind: &str, parameters: serde_json::Value| Action {
        action_id: id.into(),
        action_type: kind.into(),
        parameters: parameters.as_object().cloned().unwrap_or_default(),
        connection: None::<Connection>,
    };
    let actions = Actions {
        on_success: vec![action("s", "STORE_RESULTS", json!({}))],
        on_failure: vec![
            action("a", "NO_SUCH_TYPE", json!({})),
            action("b", "STORE_RESULTS", json!({})),
            action("c", "STORE_RESULTS", json!({})),
        ],
        on_anomaly: vec![action("d", "STORE_RESULTS", json!({"file": "anomaly.json"}))],
    };
    for (_folder, lake) in lakes() {
        let mut record = record(1);
        record.anomaly = true;
        let lineage = events(&record, &Context::default());
        let reserved = lake.reserve(&record, &DataFiles::default()).expect("a place");
        let means = act::Means { reserved: &reserved, patience: Patience::default() };
        record.actions = act::carry_out(&actions, &record, &lineage, &means);
        let status: Vec<(&str, &str)> = record
            .actions
            .iter()
            .map(|action| (action.action_id.as_str(), action.status.as_str()))
            .collect();
        assert_eq!(
            status,
            [("a", "failed"), ("b", "success"), ("c", "failed"), ("d", "success")],
            "{:#?}",
            record.actions
        );
        let written = record.actions[1].detail.strip_prefix("written to ").expect("a path");
        reserved.publish(&record, &lineage).expect("recorded");
        let text = fs::read_to_string(Path::new(written)).expect("the summary");
        let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(summary["counts"]["fail"], 3);
        assert!(summary.get("violations").is_none() && summary.get("profile").is_none());
        assert_eq!(number(&lake, "SELECT count(*) FROM action WHERE status = 'failed'"), 2);
    }
}
