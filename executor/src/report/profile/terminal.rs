//! A profile in the terminal: one line a column with its distribution, and what is worth a look. At most
//! [`WIDTH`] columns wide.

use std::fmt::Write as _;

use crate::profile::compare::{Change, Comparison, Drift};
use crate::profile::drawn::spark;
use crate::profile::{Profile, present, share};
use crate::report::terminal::{Ink, Style, WIDTH, cut, plain, wrap};
use crate::report::{counted, duration, figure, percent, rows, size, thousands};
use crate::result::ProfileRecord;

/// Columns taken by a distribution.
const BARS: usize = 20;

// Writing to a string cannot fail, so the results of `write!` say nothing.
fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

/// The text of a profile.
pub fn render(profile: &Profile, style: Style) -> String {
    let mut out = String::new();
    heading(&mut out, profile, style);
    columns(&mut out, profile, style);
    pairs(&mut out, profile, style);
    alerts(&mut out, profile, style);
    out
}

fn heading(out: &mut String, profile: &Profile, style: Style) {
    let files = match profile.files.as_slice() {
        [only] => only.clone(),
        several => counted(several.len(), "file"),
    };
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let cells = profile.rows * profile.columns.len() as u64;
    line(out, &style.paint(Ink::Bold, &plain(&files)));
    let mut facts = vec![
        rows(profile.rows),
        counted(profile.columns.len(), "column"),
        format!("{} of the cells missing", percent(share(missing, cells))),
    ];
    if let Some(rows) = profile.table.duplicate_rows {
        facts.push(format!("{} duplicate rows", thousands(rows)));
    }
    facts.push(format!("{} of {}", size(profile.bytes), profile.format));
    facts.push(duration(profile.elapsed_ms));
    for part in wrap(&facts.join(" · "), WIDTH) {
        line(out, &style.paint(Ink::Dim, &part));
    }
    line(out, "");
}

fn columns(out: &mut String, profile: &Profile, style: Style) {
    let widest = |text: &dyn Fn(&ProfileRecord) -> usize| {
        profile.columns.iter().map(text).max().unwrap_or(0)
    };
    let name = widest(&|column| column.column.chars().count()).clamp(6, 24);
    let kind = widest(&|column| column.data_type.chars().count()).clamp(4, 13);
    let rest = WIDTH - name - kind - BARS - 25;
    let head = format!(
        "{:<name$}  {:<kind$}  {:>8}  {:>9}  {:<BARS$}  {}",
        "column", "type", "nulls", "distinct", "", "values"
    );
    line(out, &style.paint(Ink::Dim, &head));
    for column in &profile.columns {
        let estimate = if column.distinct_is_estimate { "≈" } else { "" };
        let nulls = format!("{:>8}", percent(share(column.nulls, column.rows)));
        let nulls = match column.nulls {
            0 => style.paint(Ink::Dim, &nulls),
            _ => style.paint(Ink::Soft, &nulls),
        };
        line(
            out,
            &format!(
                "{:<name$}  {}  {nulls}  {:>9}  {:<BARS$}  {}",
                cut(&plain(&column.column), name),
                style.paint(Ink::Dim, &format!("{:<kind$}", cut(&column.data_type, kind))),
                format!("{estimate}{}", thousands(column.distinct)),
                distribution(column),
                cut(&plain(&values(column)), rest),
            ),
        );
    }
    line(out, "");
}

/// The bins of a column, or the shares of its most frequent values where it has few.
fn distribution(column: &ProfileRecord) -> String {
    let bins: Vec<u64> = column.histogram.iter().map(|bin| bin.2).collect();
    if bins.len() > 1 {
        return spark(&bins, BARS);
    }
    let top: Vec<u64> = column.top.iter().map(|(_, count)| *count).collect();
    let repeats = top.first().is_some_and(|count| *count > 1);
    if repeats { spark(&top[..top.len().min(BARS)], BARS) } else { String::new() }
}

/// What a column holds, in a few words.
fn values(column: &ProfileRecord) -> String {
    if present(column) == 0 {
        return "nothing".to_owned();
    }
    if let (Some(mean), Some(min), Some(max)) = (column.mean, &column.min, &column.max) {
        let number = |text: &str| text.parse().map_or_else(|_| text.to_owned(), figure);
        let median = column.deep.as_ref().and_then(|deep| deep.median);
        let middle =
            median.map_or_else(String::new, |median| format!(", median {}", figure(median)));
        return format!("{} to {}, mean {}{middle}", number(min), number(max), figure(mean));
    }
    let total = present(column);
    if column.distinct <= 50 && !column.top.is_empty() {
        let shown = column.top.iter().take(4).map(|(value, count)| {
            let whole = (share(*count, total) * 100.0).round();
            format!("{value} {whole} %")
        });
        let mut text = shown.collect::<Vec<_>>().join(", ");
        if column.distinct > 4 {
            text.push_str(", …");
        }
        return text;
    }
    match (&column.min, &column.max, column.lengths) {
        (Some(min), Some(max), None) => format!("{min} to {max}"),
        (_, _, Some((least, _, most))) => {
            let example = column.top.first().map_or("", |(value, _)| value);
            format!("{least} to {most} characters, as `{example}`")
        }
        _ => String::new(),
    }
}

fn pairs(out: &mut String, profile: &Profile, style: Style) {
    if profile.table.pairs.is_empty() && profile.table.null_patterns.is_empty() {
        return;
    }
    let mut pairs: Vec<_> = profile.table.pairs.iter().collect();
    pairs.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    if !pairs.is_empty() {
        line(out, &style.paint(Ink::Bold, "columns together"));
    }
    for pair in pairs.iter().take(10) {
        let measure = serde_json::to_value(pair.measure);
        let measure = measure.ok().and_then(|v| v.as_str().map(|s| s.replace('_', " ")));
        let text = format!(
            "  {:>8}  {:<9}  {} and {}",
            figure(pair.value),
            measure.unwrap_or_default(),
            pair.left,
            pair.right
        );
        line(out, &cut(&plain(&text), WIDTH));
    }
    for pattern in profile.table.null_patterns.iter().filter(|pattern| pattern.columns.len() > 1) {
        let text =
            format!("  null together in {}: {}", rows(pattern.rows), pattern.columns.join(", "));
        line(out, &cut(&plain(&text), WIDTH));
    }
    line(out, "");
}

fn alerts(out: &mut String, profile: &Profile, style: Style) {
    if profile.alerts.is_empty() {
        line(out, &style.paint(Ink::Good, "nothing stands out"));
        return;
    }
    line(out, &style.paint(Ink::Bold, "worth a look"));
    let mut alerts: Vec<_> = profile.alerts.iter().collect();
    alerts.sort_by_key(|alert| alert.kind.is_note());
    for alert in alerts {
        let ink = if alert.kind.is_note() { Ink::Dim } else { Ink::Soft };
        let column = alert.column.as_deref().map_or(String::new(), |column| format!("{column}: "));
        let parts = wrap(&format!("{column}{}", alert.message), WIDTH - 20);
        for (at, part) in parts.iter().enumerate() {
            let word = if at == 0 { alert.kind.name() } else { "" };
            line(out, &format!("  {} {part}", style.paint(ink, &format!("{word:<16}"))));
        }
    }
}

/// The text of a comparison.
pub fn comparison(found: &Comparison, names: (&str, &str), style: Style) -> String {
    let mut out = String::new();
    line(&mut out, &style.paint(Ink::Bold, &plain(&format!("{} → {}", names.0, names.1))));
    let both = format!("{} → {}", thousands(found.rows.0), rows(found.rows.1));
    line(&mut out, &style.paint(Ink::Dim, &both));
    line(&mut out, "");
    let widest = found.columns.iter().map(|change| change.column.chars().count()).max();
    let name = widest.unwrap_or(0).clamp(6, 28);
    let head = format!(
        "{:<name$}  {:<8}  {:>6}  {:>6}  {:>17}  {}",
        "column", "drift", "PSI", "KL", "nulls", "mean or new values"
    );
    line(&mut out, &style.paint(Ink::Dim, &head));
    let mut columns: Vec<&Change> = found.columns.iter().collect();
    columns.sort_by_key(|change| std::cmp::Reverse(change.drift));
    for change in columns {
        changed(&mut out, change, name, style);
    }
    for (names, word) in [(&found.added, "new"), (&found.removed, "gone")] {
        if !names.is_empty() {
            let text = format!("{word} columns: {}", names.join(", "));
            for part in wrap(&text, WIDTH) {
                line(&mut out, &style.paint(Ink::Soft, &part));
            }
        }
    }
    line(&mut out, "");
    line(&mut out, &format!("drift: {}", found.drift().name()));
    out
}

fn changed(out: &mut String, change: &Change, name: usize, style: Style) {
    let ink = match change.drift {
        Drift::Stable => Ink::Good,
        Drift::Moderate => Ink::Soft,
        Drift::Major => Ink::Bad,
    };
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let (before, after) = change.null_ratio;
    let nulls = match before == after {
        true => percent(before),
        false => format!("{} → {}", percent(before), percent(after)),
    };
    let mut notes = Vec::new();
    if change.data_type.0 != change.data_type.1 {
        notes.push(format!("{} → {}", change.data_type.0, change.data_type.1));
    }
    if let Some((before, after)) = change.mean {
        notes.push(format!("{} → {}", figure(before), figure(after)));
    }
    if !change.new_values.is_empty() {
        notes.push(format!("new: {}", change.new_values.join(", ")));
    }
    let text = format!(
        "{:<name$}  {}  {:>6}  {:>6}  {nulls:>17}  {}",
        cut(&plain(&change.column), name),
        style.paint(ink, &format!("{:<8}", change.drift.name())),
        number(change.psi),
        number(change.kl),
        cut(&plain(&notes.join("; ")), WIDTH - name - 47),
    );
    line(out, &text);
}
