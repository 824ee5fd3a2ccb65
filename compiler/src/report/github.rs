//! For GitHub: workflow commands, which its runner turns into annotations.

use assay_schemas::code::Level;

use super::{Report, with_hint, word};
use crate::diagnostic::Diagnostic;

pub(super) fn render(report: &Report<'_>) -> String {
    report.diagnostics.iter().map(|diagnostic| one(diagnostic, report)).collect()
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
    for (other, label) in &diagnostic.related {
        let line = report.files.positions(other).map(|(from, _)| format!(":{}", from.line));
        let path = report.repository_path(other);
        message.push_str(&format!("\n{path}{}: {label}", line.unwrap_or_default()));
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
    use super::super::Form;
    use super::super::tests::render;

    #[test]
    fn commands_are_escaped() {
        insta::assert_snapshot!(render(Form::Github), @r#"
        ::error file=data quality/libraries/link.yaml,title=E0101 file cannot be read as text::a symbolic link
        ::warning file=data quality/libraries/rules/core.yaml,line=1,col=5,endLine=1,title=W0601 rule applies to nothing::applies to nothing: 100%25, <all>
        ::error file=data quality/libraries/rules/core.yaml,line=3,col=5,endLine=3,title=E0203 unknown field::unknown field `clumn`%0Ahelp: did you mean `column`?%0Adata quality/libraries/rules/core.yaml:1: in this rule set%0Adata quality/libraries/schemas/orders.json:1: for this schema
        "#);
    }
}
