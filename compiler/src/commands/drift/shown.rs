//! What is found, for people.

use assay_schemas::day::Day;

use super::super::review::short;
use crate::drift::Finding;

/// A paragraph for each class.
pub(super) fn human(found: &[Finding]) -> String {
    if found.is_empty() {
        return "nothing to compare: no bundle is here, and no branch of an environment follows another\n"
            .to_owned();
    }
    let mut text = String::new();
    for finding in found {
        let sign = if finding.state.is_in_order() { "✓" } else { "✗" };
        let (class, words) = (finding.state.class().name(), finding.state.words());
        text.push_str(&format!(
            "{sign} {} {class}: {words}{}\n",
            finding.environment,
            since(finding)
        ));
        for difference in &finding.differences {
            text.push_str(&format!("    {difference}\n"));
        }
    }
    text
}

/// A table with a row for each class.
pub(super) fn markdown(found: &[Finding]) -> String {
    let mut text = "### Assay: drift\n\n| environment | class | state | differences |\n| --- | --- | --- | --- |\n".to_owned();
    for finding in found {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
        let differences: Vec<_> = finding.differences.iter().map(|words| cell(words)).collect();
        text.push_str(&format!(
            "| {} | {} | {}{} | {} |\n",
            finding.environment,
            finding.state.class().name(),
            finding.state.words(),
            since(finding),
            differences.join("<br>")
        ));
    }
    text
}

fn since(finding: &Finding) -> String {
    let Some(since) = &finding.since else { return String::new() };
    let day = Day::of_seconds(since.seconds).map(|day| format!(" of {day}")).unwrap_or_default();
    format!(
        ", since {}{day}",
        since.commit.as_deref().map(|commit| short(Some(commit))).unwrap_or_default()
    )
}
