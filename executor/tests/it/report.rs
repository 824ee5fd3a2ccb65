//! Reports of a realistic run, as people and machines see them.

use crate::support;

use assay_executor::lineage::{Context, events};
use assay_executor::report::{html, json, junit, terminal};
use assay_executor::result::RunRecord;

const PLACE: &str = "results/runs/tenant=TNT-001/environment=prod/date=2026-11-20/01939c1e";

/// What a page says, without its looks: one line for each piece of text.
fn words(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let skipped = ["style", "title"]
            .iter()
            .find(|tag| rest[start..].starts_with(&format!("<{tag}>")))
            .map(|tag| format!("</{tag}>"));
        let end = skipped.unwrap_or_else(|| ">".into());
        let at = rest[start..].find(&end).expect("tags are closed");
        rest = &rest[start + at + end.len()..];
        text.push('\n');
    }
    text.push_str(rest);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Nothing is known beside the run.
const NOTHING: terminal::Around<'_> = terminal::Around { place: None, options: "" };

fn page(record: &RunRecord) -> String {
    let context = Context { cleansed: Some("results/cleansed.parquet"), ..Context::default() };
    html::render(record, &events(record, &context), Some(PLACE)).expect("a page")
}

#[test]
fn the_terminal_shows_a_failed_run() {
    let around = terminal::Around { place: Some(PLACE), options: " --env prod" };
    let text = terminal::render(&support::failed(), around, terminal::Style::default());
    insta::assert_snapshot!(text);
}

#[test]
fn the_terminal_shows_a_success_and_a_broken_check() {
    let style = terminal::Style::default();
    insta::assert_snapshot!(terminal::render(&support::success(), NOTHING, style));
    insta::assert_snapshot!(terminal::render(&support::broken(), NOTHING, style));
}

#[test]
fn no_line_is_wider_than_the_terminal_and_colours_change_no_text() {
    for mut record in [support::failed(), support::success(), support::broken()] {
        record.reason = "a long reason ".repeat(30);
        record.verdicts[1].check_id = "x".repeat(120);
        record.verdicts[1].title = "y".repeat(300);
        let text = terminal::render(&record, NOTHING, terminal::Style::default());
        for line in text.lines() {
            assert!(line.chars().count() <= terminal::WIDTH, "{line}");
        }
        let coloured = terminal::render(&record, NOTHING, terminal::Style { colour: true });
        let mut bare = coloured;
        for code in ["0", "1", "2", "31", "32", "33"] {
            bare = bare.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(bare, text);
    }
}

#[test]
fn values_from_the_data_cannot_move_the_cursor() {
    let mut record = support::failed();
    record.violations[0].message = "\u{1b}[2Jgone\r\n".into();
    let text = terminal::render(&record, NOTHING, terminal::Style::default());
    assert!(!text.contains('\u{1b}') && !text.contains('\r'));
}

#[test]
fn junit_has_a_failure_for_each_failed_check() {
    let text = junit::render(&support::failed()).expect("XML");
    insta::assert_snapshot!(text);
    let broken = junit::render(&support::broken()).expect("XML");
    assert!(broken.contains("<error "), "{broken}");
}

#[test]
fn the_page_says_everything() {
    insta::assert_snapshot!(words(&page(&support::failed())));
}

#[test]
fn the_page_escapes_what_it_shows_and_fetches_nothing() {
    let mut record = support::failed();
    let evil = "<script>alert('x')</script>";
    record.job_name = evil.into();
    record.violations[0].message = evil.into();
    record.profile[0].figures.top[0].0 = evil.into();
    record.actions[0].detail = evil.into();
    let page = page(&record);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
    for fetched in ["src=", "url(", "@import", "<link", " style=", "http://", "https://"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

#[test]
fn a_run_without_anything_still_has_a_page_and_a_text() {
    let mut record = support::failed();
    record.verdicts.clear();
    record.violations.clear();
    record.profile.clear();
    record.inputs.clear();
    record.stages.clear();
    record.actions.clear();
    record.audit.clear();
    record.hard_failure_rate = None;
    html::render(&record, &[], None).expect("a page");
    terminal::render(&record, NOTHING, terminal::Style::default());
    junit::render(&record).expect("XML");
}

#[test]
fn the_json_is_the_record() {
    let record = support::failed();
    let text = json::render(&record).expect("JSON");
    let read: RunRecord = serde_json::from_str(&text).expect("a record");
    assert_eq!(json::render(&read).expect("JSON"), text);
}

/// Writes the pages for people to look at: `ASSAY_PAGES=folder cargo test pages -- --ignored`.
#[test]
#[ignore = "writes files"]
fn pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("ASSAY_PAGES").expect("a folder"));
    for (name, record) in [
        ("failed", support::failed()),
        ("success", support::success()),
        ("broken", support::broken()),
    ] {
        std::fs::write(folder.join(format!("{name}.html")), page(&record)).expect("a file");
    }
}
