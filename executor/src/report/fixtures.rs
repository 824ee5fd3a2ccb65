//! What fixtures came to: for people here, for machines as JSON and JUnit.

pub mod junit;

use std::fmt::Write as _;

use assay_schemas::verdict::Verdict;

use super::ReportError;
use super::terminal::{Ink, Style, WIDTH, cut, wrap};
use crate::fixture::{Come, Coverage, Fault, FixtureRecord, RowRecord, Tested};

/// The widest cell of a row that is shown.
const CELL: usize = 28;

/// Rows of a fault that are shown.
const ROWS: usize = 12;

/// What to say beyond what went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// How long each fixture took.
    pub timings: bool,
}

/// The whole result, laid out for people who look too.
///
/// # Errors
/// The result holds something that JSON cannot.
pub fn json(tested: &Tested) -> Result<String, ReportError> {
    let text = serde_json::to_string_pretty(tested);
    text.map(|text| text + "\n").map_err(|error| ReportError(error.to_string()))
}

/// The text of a test.
pub fn render(tested: &Tested, detail: Detail, style: Style) -> String {
    let mut out = String::new();
    let mut object = String::new();
    for fixture in &tested.fixtures {
        if fixture.object() != object {
            object = fixture.object();
            line(&mut out, &style.paint(Ink::Bold, &object));
        }
        one(&mut out, fixture, detail, style);
    }
    if let Some(coverage) = &tested.coverage {
        uncovered(&mut out, coverage, style);
    }
    ending(&mut out, tested, style);
    out
}

// Writing to a string cannot fail, so the results of `write!` say nothing.
fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

fn one(out: &mut String, fixture: &FixtureRecord, detail: Detail, style: Style) {
    let (word, ink) = match (&fixture.error, fixture.holds()) {
        (Some(_), _) => ("ERROR", Ink::Bad),
        (None, true) => ("ok   ", Ink::Good),
        (None, false) => ("FAIL ", Ink::Bad),
    };
    let time = match detail.timings {
        true => format!("  {:.1} ms", fixture.elapsed_ms),
        false => String::new(),
    };
    line(
        out,
        &format!(
            "  {} {}{}",
            style.paint(ink, word),
            fixture.fixture_id,
            style.paint(Ink::Dim, &time)
        ),
    );
    if fixture.holds() {
        return;
    }
    if let Some(description) = &fixture.description {
        indented(out, 8, description, |text| style.paint(Ink::Dim, text));
    }
    if let Some(error) = &fixture.error {
        indented(out, 8, &format!("could not be run: {error}"), str::to_owned);
    }
    for fault in &fixture.faults {
        explain(out, fault, style);
    }
}

fn indented(out: &mut String, depth: usize, text: &str, paint: impl Fn(&str) -> String) {
    for part in wrap(text, WIDTH - depth) {
        line(out, &format!("{}{}", " ".repeat(depth), paint(&part)));
    }
}

fn explain(out: &mut String, fault: &Fault, style: Style) {
    let text = sentence(fault);
    indented(out, 8, &text, str::to_owned);
    let place = if fault.implied { "named by no expectation" } else { fault.place.as_str() };
    indented(out, 10, &format!("{} ({place})", fault.message), |text| style.paint(Ink::Dim, text));
    for row in table(fault) {
        line(out, &format!("          {row}"));
    }
}

/// Expected against found, in one sentence.
pub(super) fn sentence(fault: &Fault) -> String {
    let expected = come(&fault.expected);
    // Rows that were not asked for are shown below, not said.
    let found = match &fault.expected.rows {
        Some(_) => come(&fault.found),
        None => fault.found.verdict.name().to_owned(),
    };
    format!("{}: expected {expected}, found {found}", fault.rule)
}

fn come(come: &Come) -> String {
    let verdict = come.verdict.name();
    let Some(rows) = &come.rows else { return verdict.to_owned() };
    let mut listed: Vec<String> = rows.iter().take(12).map(u64::to_string).collect();
    if rows.len() > listed.len() {
        listed.push("…".to_owned());
    }
    match listed.len() {
        0 => format!("{verdict} of no row"),
        1 => format!("{verdict} of row {}", listed.concat()),
        _ => format!("{verdict} of rows {}", listed.join(", ")),
    }
}

/// The rows of a fault as lines of a table: `=` as expected, `+` violates unexpectedly, `-` was expected to.
pub(super) fn table(fault: &Fault) -> Vec<String> {
    if fault.rows.is_empty() {
        return Vec::new();
    }
    let text = |cell: &Option<String>| match cell {
        Some(text) => cut(&text.escape_debug().to_string(), CELL),
        None => "null".to_owned(),
    };
    // Those that came out otherwise are what is looked for.
    let mut rows: Vec<&RowRecord> = fault.rows.iter().collect();
    let hidden = rows.len().saturating_sub(ROWS);
    if hidden > 0 {
        rows.sort_by_key(|row| (sign(row) == '=', row.row));
        rows.truncate(ROWS);
        rows.sort_by_key(|row| row.row);
    }
    let mut head = format!("  {:>5}", "row");
    let mut lines: Vec<String> =
        rows.iter().map(|row| format!("{} {:>5}", sign(row), row.row)).collect();
    for (index, name) in fault.columns.iter().enumerate() {
        let cells: Vec<String> =
            rows.iter().map(|row| row.cells.get(index).map_or(String::new(), text)).collect();
        let name = cut(name, CELL);
        let width = cells.iter().chain([&name]).map(|cell| cell.chars().count()).max().unwrap_or(0);
        if head.chars().count() + width + 2 > WIDTH - 12 {
            head.push_str("  …");
            break;
        }
        let _ = write!(head, "  {name:<width$}");
        for (line, cell) in lines.iter_mut().zip(cells) {
            let _ = write!(line, "  {cell:<width$}");
        }
    }
    let lines = lines.into_iter().zip(rows).map(|(line, row)| line + meaning(row));
    let more = (hidden > 0).then(|| format!("  and {hidden} more"));
    let lines = std::iter::once(head).chain(lines).chain(more);
    lines.map(|line| line.trim_end().to_owned()).collect()
}

fn sign(row: &RowRecord) -> char {
    match (row.expected, row.found) {
        (Some(false), true) => '+',
        (Some(true), false) => '-',
        _ => '=',
    }
}

fn meaning(row: &RowRecord) -> &'static str {
    match (row.expected, row.found) {
        (Some(false), true) => "  violates, unexpected",
        (Some(true), false) => "  does not violate",
        _ => "",
    }
}

fn uncovered(out: &mut String, coverage: &Coverage, style: Style) {
    if coverage.uncovered.is_empty() {
        return;
    }
    if !out.is_empty() {
        line(out, "");
    }
    line(out, &style.paint(Ink::Soft, "rules that no fixture makes fail"));
    let mut object = String::new();
    for rule in &coverage.uncovered {
        let holder = format!("{} {} {}", rule.rule.kind, rule.rule.id, rule.rule.version);
        if holder != object {
            line(out, &format!("  {holder}"));
            object = holder;
        }
        let place = style.paint(Ink::Dim, &rule.place);
        line(out, &format!("    {:<40} {place}", rule.rule.rule_id));
    }
}

fn ending(out: &mut String, tested: &Tested, style: Style) {
    if !out.is_empty() {
        line(out, "");
    }
    let count = tested.fixtures.len();
    let faulty = tested.fixtures.iter().filter(|fixture| !fixture.holds()).count();
    let expectations: usize = tested.fixtures.iter().map(|fixture| fixture.expectations).sum();
    let (result, ink) = match (count, faulty) {
        (0, _) => {
            ("no fixture: write some under `fixtures:` of a rule set or a contract", Ink::Soft)
        }
        (_, 0) => ("all hold", Ink::Good),
        (_, 1) => ("1 does not hold", Ink::Bad),
        _ => ("", Ink::Bad),
    };
    let result =
        if result.is_empty() { format!("{faulty} do not hold") } else { result.to_owned() };
    let mut text = match count {
        0 => result.clone(),
        _ => format!(
            "{}, {}: {}",
            counted(count, "fixture"),
            counted(expectations, "expectation"),
            style.paint(ink, &result)
        ),
    };
    if let Some(coverage) = &tested.coverage {
        let covered = coverage.rules - coverage.uncovered.len();
        let _ = write!(text, "; {covered} of {} are made to fail", counted(coverage.rules, "rule"));
    }
    let time = format!("({:.0} ms)", tested.elapsed_ms);
    line(out, &format!("{text} {}", style.paint(Ink::Dim, &time)));
}

fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// Whether a fault is that a check could not run.
pub(super) fn is_error(fault: &Fault) -> bool {
    fault.found.verdict == Verdict::Error
}
