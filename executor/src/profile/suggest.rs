//! A schema, rules, a contract and a job, as the data suggests them: text to be read and changed, with the
//! evidence of each rule in a comment. What is written compiles, and the data it came from passes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Profile, present, share};
use crate::engine::{Deep, FORMS};
use crate::report::{percent, thousands};
use crate::result::ProfileRecord;

/// Values up to which a column is taken for a classification.
const CLASSES: u64 = 20;

/// Writes the files below `folder`, which becomes a project; gives their paths.
///
/// # Errors
/// A file is there already, or cannot be written.
pub fn write(
    profile: &Profile,
    source: &str,
    name: Option<&str>,
    folder: &Path,
) -> Result<Vec<PathBuf>, String> {
    let id = name.map_or_else(|| id_of(source), str::to_owned);
    let mut files = vec![
        (format!("libraries/schemas/{id}.yaml"), schema(profile, &id)),
        (format!("libraries/rules/{id}.yaml"), rules(profile, &id)),
        (format!("libraries/contracts/{id}.yaml"), contract(profile, source, &id, folder)),
        (format!("libraries/jobs/{id}.yaml"), job(&id)),
    ];
    if !folder.join("environments").exists() {
        let text = "environment: dev\nresults: .assay/lake/dev\n".to_owned();
        files.push(("environments/dev.yaml".to_owned(), text));
    }
    if !folder.join(".gitignore").exists() {
        files.push((
            ".gitignore".to_owned(),
            "# What commands compute; none of it is source.\n/.assay/\n".to_owned(),
        ));
    }
    // All or nothing: what a person has changed is never written over.
    for (path, _) in &files {
        let path = folder.join(path);
        if path.exists() {
            return Err(format!("`{}` is there already; take another `--name`", path.display()));
        }
    }
    let mut written = Vec::new();
    for (path, text) in files {
        let path = folder.join(path);
        let told = |error| format!("cannot write `{}`: {error}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(told)?;
        }
        std::fs::write(&path, text).map_err(told)?;
        written.push(path);
    }
    Ok(written)
}

/// An id from the name of a file.
fn id_of(source: &str) -> String {
    let file = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let stem = file.split('.').next().unwrap_or(file).to_lowercase();
    let plain: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let id: String = words.join("-").chars().take(100).collect();
    if id.is_empty() { "data".to_owned() } else { id }
}

/// A value as YAML, which JSON is.
fn yaml(value: &Value) -> String {
    value.to_string()
}

fn text(value: &str) -> String {
    yaml(&json!(value))
}

/// In a comment, a value must not begin a line of its own.
fn comment(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The share of rows for which what held for all `n` seen holds, by the rule of succession.
fn confidence(n: u64) -> String {
    let share = (n as f64 + 1.0) / (n as f64 + 2.0);
    format!("confidence {:.4}", (share * 10_000.0).floor() / 10_000.0)
}

fn deep(column: &ProfileRecord) -> Option<&Deep> {
    column.deep.as_ref()
}

/// Whether a column of a header had no name: it cannot be declared.
fn nameless(profile: &Profile, index: usize, column: &ProfileRecord) -> bool {
    let header = profile.dialect.as_ref().is_some_and(|dialect| dialect.header);
    header && column.column == format!("column_{}", index + 1)
}

/// The columns that can be declared.
fn declared(profile: &Profile) -> impl Iterator<Item = &ProfileRecord> {
    let named = |(index, column): &(usize, &ProfileRecord)| !nameless(profile, *index, column);
    profile.columns.iter().enumerate().filter(named).map(|(_, column)| column)
}

/// Whether no value occurs twice and none is missing, in a column that may name rows.
fn names_rows(column: &ProfileRecord) -> bool {
    column.distinct == column.rows
        && column.rows > 1
        && !column.distinct_is_estimate
        && matches!(column.data_type.as_str(), "integer" | "text")
}

/// The known form that every value has, but for a few where there are many.
fn form(column: &ProfileRecord) -> Option<&'static (&'static str, &'static str)> {
    let text = deep(column)?.text.as_ref()?;
    let present = present(column);
    let all = text.formats.iter().filter(|(_, count)| *count == present && present > 0);
    let found = all.max_by_key(|(_, count)| *count)?;
    FORMS.iter().find(|(name, _)| *name == found.0)
}

/// The values of a classification, where all of them are known and each has rows enough.
fn classes(column: &ProfileRecord) -> Option<Vec<&str>> {
    let kind = matches!(column.data_type.as_str(), "text" | "integer");
    let few = (2..=CLASSES).contains(&column.distinct);
    let often = share(present(column), column.distinct) >= 10.0;
    let known = column.top.len() as u64 == column.distinct;
    (kind && few && often && known)
        .then(|| column.top.iter().map(|(value, _)| value.as_str()).collect())
}

fn schema(profile: &Profile, id: &str) -> String {
    let mut out = format!(
        "# Suggested from {} rows; read it, and change what the data does not know.\nschema_id: {id}\n\
         version: 0.1.0\ncolumns:\n",
        thousands(profile.rows)
    );
    for (index, column) in profile.columns.iter().enumerate() {
        if nameless(profile, index, column) {
            let _ =
                writeln!(out, "  # column {} has no name in the header and is left out", index + 1);
            continue;
        }
        let kind = match column.data_type.as_str() {
            "other" => "text",
            known => known,
        };
        let nested = matches!(kind, "struct" | "list" | "map");
        let _ = write!(
            out,
            "  # {} of {} rows have a value, {} different\n  - {{ name: {}, data_type: {}",
            thousands(present(column)),
            thousands(column.rows),
            thousands(column.distinct),
            text(&column.column),
            text(if nested { "text" } else { kind }),
        );
        if let Some((_, format)) = profile.formats.iter().find(|(name, _)| *name == column.column) {
            let _ = write!(out, ", format: {}", text(format));
        }
        if let Some(kind) = semantic(column) {
            let _ = write!(out, ", semantic_type: {kind}");
        }
        out.push_str(" }\n");
    }
    if let Some(key) = declared(profile).find(|column| names_rows(column)) {
        let _ = writeln!(
            out,
            "# no value of it occurs twice in {} rows\nprimary_key: [{}]",
            thousands(key.rows),
            text(&key.column)
        );
    }
    out
}

/// What kind of value a column holds, as far as values tell.
fn semantic(column: &ProfileRecord) -> Option<&'static str> {
    if let Some((name, _)) = form(column) {
        return Some(name);
    }
    if names_rows(column) {
        return Some("identifier");
    }
    classes(column).map(|_| "category")
}

/// A rule with its evidence.
struct Rule {
    evidence: String,
    id: String,
    body: String,
    /// It judges the dataset, so its body names the columns.
    of_dataset: bool,
}

fn rules(profile: &Profile, id: &str) -> String {
    let mut out = format!(
        "# Suggested from {} rows. Each rule holds for all rows seen; its comment says what it rests on.\n\
         # Confidence is (n + 1) / (n + 2) for n values seen.\nrule_set_id: {id}\nversion: 0.1.0\n\
         rules:\n  - {{ rule_id: some-rows, rule_type: row_count, parameters: {{ min: 1 }} }}\n",
        thousands(profile.rows)
    );
    for (index, column) in profile.columns.iter().enumerate() {
        if nameless(profile, index, column) || present(column) == 0 {
            continue;
        }
        for rule in of_column(column) {
            let _ = writeln!(out, "  # {}", comment(&rule.evidence));
            let of = match rule.of_dataset {
                true => String::new(),
                false => format!("column: {}, ", text(&column.column)),
            };
            let id = format!("{}-{}", id_of_column(index, &column.column), rule.id);
            let _ = writeln!(out, "  - {{ rule_id: {}, {of}{} }}", text(&id), rule.body);
        }
    }
    out
}

/// The name of a column as part of an id; its number where nothing of it may stand in one.
fn id_of_column(index: usize, name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .take(60)
        .collect();
    let plain = plain.trim_matches('-');
    // Names that differ only in what an id does not keep would collide, so such names carry their place.
    if plain.is_empty() || plain != name {
        format!("c{}-{plain}", index + 1)
    } else {
        plain.to_owned()
    }
}

fn of_column(column: &ProfileRecord) -> Vec<Rule> {
    let n = present(column);
    let sure = confidence(n);
    let mut rules = Vec::new();
    let mut add = |id: &str, evidence: String, body: String| {
        rules.push(Rule { evidence, id: id.to_owned(), body, of_dataset: id == "unique" });
    };
    if column.nulls == 0 {
        let evidence = format!("none of {} rows lacks a value; {sure}", thousands(column.rows));
        add("not-null", evidence, "rule_type: not_null, severity: error".to_owned());
    } else {
        let ratio = share(column.nulls, column.rows);
        // Up to twice as many as seen are tolerated.
        let most = ((ratio * 2.0).min(1.0) * 10_000.0).ceil() / 10_000.0;
        let evidence =
            format!("{} of the rows have no value; twice as many are tolerated", percent(ratio));
        let body = format!("rule_type: not_null, severity: warning, max_violation_ratio: {most}");
        add("seldom-null", evidence, body);
    }
    if names_rows(column) {
        let evidence = format!("no value occurs twice in {} rows; {sure}", thousands(column.rows));
        let body = format!(
            "rule_type: unique, severity: error, parameters: {{ columns: [{}] }}",
            text(&column.column)
        );
        add("unique", evidence, body);
    }
    if let Some((name, pattern)) = form(column) {
        let evidence = format!("all {} values have the form `{name}`; {sure}", thousands(n));
        let body = format!(
            "rule_type: regex, severity: warning, parameters: {{ pattern: {} }}",
            text(pattern)
        );
        add(&name.replace('_', "-"), evidence, body);
    } else if let Some(classes) = classes(column) {
        let values: Vec<String> = classes.iter().map(|value| literal(column, value)).collect();
        let rarest = column.top.last().map_or(String::new(), |(value, count)| {
            format!("the rarest, `{value}`, in {} rows", thousands(*count))
        });
        let evidence = format!("{} values, {rarest}; {sure}", classes.len());
        let body = format!(
            "rule_type: in_set, severity: warning, parameters: {{ values: [{}] }}",
            values.join(", ")
        );
        add("known-values", evidence, body);
    } else if let Some((bounds, seen)) = range(column) {
        let body = format!("rule_type: range, severity: warning, parameters: {{ {bounds} }}");
        add("range", format!("seen {seen}, widened by a tenth; {sure}"), body);
    } else if let Some((least, _, most)) = column.lengths.filter(|_| column.data_type == "text") {
        let (low, high) = if least == most { (least, most) } else { (least.min(1), most * 2) };
        let evidence = format!("{least} to {most} characters in {} values; {sure}", thousands(n));
        let body = format!(
            "rule_type: length, severity: warning, parameters: {{ min: {low}, max: {} }}",
            high.max(1)
        );
        add("length", evidence, body);
    }
    rules
}

/// A value of a set as an author writes it.
fn literal(column: &ProfileRecord, value: &str) -> String {
    match column.data_type.as_str() {
        "integer" => value.to_owned(),
        _ => text(value),
    }
}

/// Bounds of numbers, beyond what was seen by a tenth of the range; nothing becomes negative that was not.
fn range(column: &ProfileRecord) -> Option<(String, String)> {
    let (min, max) = (column.min.as_ref()?, column.max.as_ref()?);
    let odd = |count: Option<u64>| count.unwrap_or(0) > 0;
    if deep(column).is_some_and(|deep| odd(deep.nans) || odd(deep.infinities)) {
        return None;
    }
    let whole = column.data_type == "integer";
    if !whole && column.data_type != "double" && !column.data_type.starts_with("decimal") {
        return None;
    }
    let (low, high) = (min.parse::<f64>().ok()?, max.parse::<f64>().ok()?);
    if !low.is_finite() || !high.is_finite() || low.abs().max(high.abs()) > 1e15 {
        return None;
    }
    let tenth = (high - low) / 10.0;
    let lower = if low >= 0.0 { (low - tenth).max(0.0) } else { low - tenth };
    let upper = if high <= 0.0 { (high + tenth).min(0.0) } else { high + tenth };
    // Rounded outwards to digits that people read.
    let step = if whole { 1.0 } else { 10_f64.powf((tenth.max(1e-9)).log10().floor() - 1.0) };
    let shown = |value: f64| {
        let digits = if step >= 1.0 { 0 } else { (-step.log10()).ceil().min(12.0) as usize };
        format!("{value:.digits$}")
    };
    let (lower, upper) = ((lower / step).floor() * step, (upper / step).ceil() * step);
    let quoted = |value: f64| match whole {
        true => shown(value),
        false => format!("\"{}\"", shown(value)),
    };
    let quoted = |value: f64| match column.data_type.as_str() {
        "double" => shown(value),
        _ => quoted(value),
    };
    Some((format!("min: {}, max: {}", quoted(lower), quoted(upper)), format!("{min} to {max}")))
}

fn contract(profile: &Profile, source: &str, id: &str, folder: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (path, root) = (absolute(Path::new(source)), absolute(folder));
    let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
    let mut described = format!("path: {}, format: {}", text(&path), profile.format);
    if let Some(dialect) = &profile.dialect {
        let plain = assay_schemas::plan::CsvDialect::default();
        let mut csv = Vec::new();
        let mut say = |name: &str, value: Value, usual: Value| {
            if value != usual {
                csv.push(format!("{name}: {}", yaml(&value)));
            }
        };
        say("delimiter", json!(dialect.delimiter), json!(plain.delimiter));
        say("header", json!(dialect.header), json!(plain.header));
        say("null_tokens", json!(dialect.null_tokens), json!(plain.null_tokens));
        say("encoding", json!(dialect.encoding), json!(plain.encoding));
        if !csv.is_empty() {
            let _ = write!(described, ", csv: {{ {} }}", csv.join(", "));
        }
    }
    format!(
        "contract_id: {id}\nversion: 0.1.0\ndatasets:\n  - dataset_contract_id: {id}\n    \
         schema: {{ schema_id: {id} }}\n    source: {{ {described} }}\n    rule_sets: [{{ rule_set_id: {id} }}]\n"
    )
}

fn job(id: &str) -> String {
    format!("job_definition_id: {id}\nversion: 0.1.0\ndata_contract: {{ contract_id: {id} }}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids() {
        assert_eq!(id_of("data/Taxi trips (2018).csv.gz"), "taxi-trips-2018");
        assert_eq!(id_of("*.csv"), "data");
        assert_eq!(id_of_column(2, "Größe"), "c3-gr--e");
        assert_eq!(id_of_column(2, "fare_2"), "fare_2");
    }

    #[test]
    fn confidence_never_becomes_certainty() {
        assert_eq!(confidence(8), "confidence 0.9000");
        assert_eq!(confidence(1_000_000), "confidence 0.9999");
    }
}
