//! For GitHub: workflow commands, which its runner turns into annotations.
//!
//! The runner keeps ten annotations of a kind for each step and drops the rest without a word. So the most
//! useful ten of each kind are annotations (those on lines of the change first), all others stand in the log,
//! and one notice says how many they are.

use std::fmt::Write as _;

use assay_schemas::code::Level;

use super::{Report, counted, with_hint, word};
use crate::diagnostic::Diagnostic;

/// How many annotations of one kind the runner keeps for a step.
const KEPT: usize = 10;

pub(super) fn render(report: &Report<'_>) -> String {
    let mut order: Vec<&Diagnostic> = report.diagnostics.iter().collect();
    // Stable, so that within a rank the order is that of every report.
    order.sort_by_key(|found| report.distance(found));
    let mut text = String::new();
    let (mut errors, mut warnings, mut notes) = (0, 0, 0);
    let mut rest = Vec::new();
    for found in order {
        let count = match found.level {
            Level::Error => &mut errors,
            Level::Warning => &mut warnings,
            Level::Note => &mut notes,
        };
        *count += 1;
        // One notice is left for the summary.
        let kept = if found.level == Level::Note { KEPT - 1 } else { KEPT };
        if *count > kept {
            rest.push(found);
        } else {
            text.push_str(&one(found, report));
        }
    }
    if !rest.is_empty() {
        text.push_str(&summary(&rest, report));
    }
    text
}

/// What is no annotation: a notice of how much it is, and all of it in the log.
fn summary(rest: &[&Diagnostic], report: &Report<'_>) -> String {
    let of = |level| rest.iter().filter(|found| found.level == level).count();
    let counts = [
        counted(of(Level::Error), "error"),
        counted(of(Level::Warning), "warning"),
        counted(of(Level::Note), "note"),
    ];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "::notice title=assayc::{counts} more than the annotations show; the log of this step has them all\n\
         ::group::{counts} more\n"
    );
    for found in rest {
        let path = report.repository_path(&found.primary);
        let line = report.line(&found.primary).map(|line| format!(":{line}")).unwrap_or_default();
        let (level, code) = (word(found.level), found.code.id());
        let message = with_hint(found).replace('\n', "; ");
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{path}{line}: {level} {code}: {message}");
    }
    text.push_str("::endgroup::\n");
    text
}

fn one(diagnostic: &Diagnostic, report: &Report<'_>) -> String {
    let place = &diagnostic.primary;
    let mut properties = vec![format!("file={}", property(&report.repository_path(place)))];
    if let Some((from, to)) = report.files.positions(place) {
        // A place that ends with its line ends, as people count, on that line.
        let end_line = if to.column == 1 { to.line.saturating_sub(1) } else { to.line };
        properties.push(format!("line={}", from.line));
        properties.push(format!("col={}", from.column));
        properties.push(format!("endLine={}", end_line.max(from.line)));
    }
    let title = format!("{} {}", diagnostic.code.id(), diagnostic.code.title());
    properties.push(format!("title={}", property(&title)));
    let mut message = with_hint(diagnostic);
    // An annotation of a workbook has no line, so its words name the cell.
    if let Some(cell) = report.files.cell(place) {
        message.insert_str(0, &format!("{cell}: "));
    }
    for (other, label) in &diagnostic.related {
        let line = report.line(other).map(|line| format!(":{line}"));
        let spot = line.or_else(|| report.files.cell(other).map(|cell| format!(":{cell}")));
        let path = report.repository_path(other);
        message.push_str(&format!("\n{path}{}: {label}", spot.unwrap_or_default()));
    }
    let command = match diagnostic.level {
        Level::Note => "notice",
        level => word(level),
    };
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

/// Escapes the text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use assay_schemas::code::Code;

    use super::super::Form;
    use super::super::tests::render;
    use super::*;
    use crate::diagnostic::{Files, Place};
    use crate::git::Touched;

    #[test]
    fn commands_are_escaped() {
        insta::assert_snapshot!(render(Form::Github), @r#"
        ::error file=data quality/libraries/link.yaml,title=E0101 file cannot be read as text::a symbolic link
        ::warning file=data quality/libraries/rules/core.yaml,line=1,col=5,endLine=1,title=W0601 rule applies to nothing::applies to nothing: 100%25, <all>
        ::error file=data quality/libraries/rules/core.yaml,line=3,col=5,endLine=3,title=E0203 unknown field::unknown field `clumn`%0Ahelp: did you mean `column`?%0Adata quality/libraries/rules/core.yaml:1: in this rule set%0Adata quality/libraries/schemas/orders.json:1: for this schema
        "#);
    }

    #[test]
    fn ten_of_a_kind_are_annotations_and_those_of_the_change_come_first() {
        let mut files = Files::default();
        files.insert("libraries/a.yaml", "x\n".repeat(30).as_bytes());
        files.insert("libraries/b.yaml", "x\n".repeat(30).as_bytes());
        let mut found = Vec::new();
        for path in ["libraries/a.yaml", "libraries/b.yaml"] {
            for line in 0..8_u32 {
                let place = Place::new(path, line * 2..line * 2 + 1);
                found.push(Diagnostic::new(Code::BadValue, place, format!("number {line}")));
            }
        }
        let place = Place::new("libraries/a.yaml", 0..1);
        found.push(Diagnostic::new(Code::UnusedRule, place, "a warning"));
        let touched = Touched::of("libraries/b.yaml", 7..9);
        let report = Report { touched: Some(&touched), ..Report::new(&found, &files) };
        insta::assert_snapshot!(report.render(Form::Github), @r#"
        ::error file=libraries/b.yaml,line=7,col=1,endLine=7,title=E0206 value not allowed::number 6
        ::error file=libraries/b.yaml,line=8,col=1,endLine=8,title=E0206 value not allowed::number 7
        ::error file=libraries/b.yaml,line=1,col=1,endLine=1,title=E0206 value not allowed::number 0
        ::error file=libraries/b.yaml,line=2,col=1,endLine=2,title=E0206 value not allowed::number 1
        ::error file=libraries/b.yaml,line=3,col=1,endLine=3,title=E0206 value not allowed::number 2
        ::error file=libraries/b.yaml,line=4,col=1,endLine=4,title=E0206 value not allowed::number 3
        ::error file=libraries/b.yaml,line=5,col=1,endLine=5,title=E0206 value not allowed::number 4
        ::error file=libraries/b.yaml,line=6,col=1,endLine=6,title=E0206 value not allowed::number 5
        ::error file=libraries/a.yaml,line=1,col=1,endLine=1,title=E0206 value not allowed::number 0
        ::error file=libraries/a.yaml,line=2,col=1,endLine=2,title=E0206 value not allowed::number 1
        ::warning file=libraries/a.yaml,line=1,col=1,endLine=1,title=W0601 rule applies to nothing::a warning
        ::notice title=assayc::6 errors more than the annotations show; the log of this step has them all
        ::group::6 errors more
        libraries/a.yaml:3: error E0206: number 2
        libraries/a.yaml:4: error E0206: number 3
        libraries/a.yaml:5: error E0206: number 4
        libraries/a.yaml:6: error E0206: number 5
        libraries/a.yaml:7: error E0206: number 6
        libraries/a.yaml:8: error E0206: number 7
        ::endgroup::
        "#);
    }
}
