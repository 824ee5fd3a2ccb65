//! For test dashboards: `JUnit` XML, one test case per diagnostic and per file without one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use assay_schemas::code::Level;

use super::{Report, with_hint};
use crate::diagnostic::Diagnostic;

pub(super) fn render(report: &Report<'_>) -> String {
    let touched: BTreeSet<_> = report.diagnostics.iter().map(|d| d.primary.path.as_str()).collect();
    let mut cases = String::new();
    let mut tests = report.diagnostics.len();
    for diagnostic in report.diagnostics {
        cases.push_str(&case(diagnostic, report));
    }
    let mut clean: Vec<_> = report.files.paths().filter(|path| !touched.contains(path)).collect();
    clean.sort_unstable();
    for path in clean {
        tests += 1;
        let path = escape(path);
        cases.push_str(&format!("    <testcase classname=\"{path}\" name=\"clean\"/>\n"));
    }
    let failures = report.counts().errors;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"assayc\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n  \
         <testsuite name=\"assayc\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" \
         skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(diagnostic: &Diagnostic, report: &Report<'_>) -> String {
    let place = &diagnostic.primary;
    let shown = report.files.shown(place);
    let spot = shown.strip_prefix(&place.path).unwrap_or_default();
    let mut text = format!("{shown}: {}", with_hint(diagnostic));
    for (other, label) in &diagnostic.related {
        let line = report.files.positions(other).map(|(from, _)| format!(":{}", from.line));
        let line = line.or_else(|| report.files.cell(other).map(|cell| format!(":{cell}")));
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{}{}: {label}", other.path, line.unwrap_or_default());
    }
    let code = diagnostic.code;
    let name = escape(&format!("{} {}{}", code.id(), code.title(), spot));
    let (path, text) = (escape(&place.path), escape(&text));
    let body = match diagnostic.level {
        Level::Error => {
            let message = escape(&diagnostic.message);
            format!("<failure type=\"{}\" message=\"{message}\">{text}</failure>", code.id())
        }
        Level::Warning | Level::Note => format!("<system-out>{text}</system-out>"),
    };
    format!("    <testcase classname=\"{path}\" name=\"{name}\">{body}</testcase>\n")
}

/// The text as XML 1.0 takes it in attributes and between tags; characters that XML cannot hold
/// become replacement characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::super::tests::render;
    use super::escape;

    #[test]
    fn each_diagnostic_and_each_clean_file_is_a_case() {
        insta::assert_snapshot!(render(Form::Junit), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="assayc" tests="5" failures="2" errors="0">
          <testsuite name="assayc" tests="5" failures="2" errors="0" skipped="0">
            <testcase classname="libraries/link.yaml" name="E0101 file cannot be read as text"><failure type="E0101" message="a symbolic link">libraries/link.yaml: a symbolic link</failure></testcase>
            <testcase classname="libraries/rules/core.yaml" name="W0601 rule applies to nothing:1:5"><system-out>libraries/rules/core.yaml:1:5: applies to nothing: 100%, &lt;all&gt;</system-out></testcase>
            <testcase classname="libraries/rules/core.yaml" name="E0203 unknown field:3:5"><failure type="E0203" message="unknown field `clumn`">libraries/rules/core.yaml:3:5: unknown field `clumn`&#10;help: did you mean `column`?&#10;libraries/rules/core.yaml:1: in this rule set&#10;libraries/schemas/orders.json:1: for this schema</failure></testcase>
            <testcase classname="libraries/clean.yaml" name="clean"/>
            <testcase classname="libraries/schemas/orders.json" name="clean"/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn nothing_breaks_out_of_the_markup() {
        assert_eq!(escape("</a b=\"&\u{1b}\n"), "&lt;/a b=&quot;&amp;\u{FFFD}&#10;");
    }
}
