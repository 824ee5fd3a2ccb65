//! What text is made of and what it could be: characters, other types, known forms, words for what is
//! missing.

use assay_schemas::datatype::DataType;
use duckdb::types::Value;

use super::VALUES;
use super::deep::named;
use crate::engine::duckdb::connection::{Session, as_count, as_number, fault};
use crate::engine::duckdb::fuse::DATASET;
use crate::engine::duckdb::types::Column;
use crate::engine::duckdb::{cast, sql};
use crate::engine::kinds::{BOOLEANS, CANDIDATES, CHARACTERS, FIRST_ROWS, KINDS, Kind, SENTINELS};
use crate::engine::{EngineError, FORMS, Inferred};

/// Names with counts.
type Counted = Vec<(String, u64)>;

/// Whether a value reads as the type without losing anything that it may mean.
fn met(kind: &Kind, value: &str) -> String {
    if kind.data_type == DataType::Boolean {
        let words = BOOLEANS.map(sql::text).join(", ");
        return format!("(lower(trim({value})) IN ({words}))");
    }
    let read = cast::cast(value, Some(DataType::Text), kind.data_type, kind.format);
    match kind.code() {
        Some(code) => format!(
            "(({read}) IS NOT NULL AND NOT regexp_full_match({value}, {}))",
            sql::text(code)
        ),
        None => format!("(({read}) IS NOT NULL)"),
    }
}

fn ask(session: &Session, purpose: &str, text: &str) -> Result<Vec<Value>, EngineError> {
    let rows = session.rows(purpose, text).map_err(|error| fault(&error))?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

fn counts(row: &[Value]) -> Vec<u64> {
    row.iter().map(as_count).collect()
}

/// Values that often stand for a missing one.
pub(super) fn sentinels(session: &Session) -> Result<Vec<(String, u64)>, EngineError> {
    let words: Vec<String> = SENTINELS.iter().map(|word| sql::text(word)).collect();
    let text = format!(
        "SELECT v, n FROM {VALUES} WHERE length(v) < 20 AND lower(trim(v)) IN ({}) ORDER BY n DESC, v LIMIT 10",
        words.join(", ")
    );
    Ok(named(&session.rows("words for missing values", &text).map_err(|error| fault(&error))?))
}

/// Mean number of words, code points by what they are, and one in how many values was looked at.
pub(super) fn characters(
    session: &Session,
    distinct: u64,
) -> Result<(f64, Counted, u64), EngineError> {
    const CLASSES: &[(&str, &str)] = &[
        ("letter", r"\P{L}+"),
        ("digit", r"\P{N}+"),
        ("space", r"[^\p{Z}\t\n\r]+"),
        ("punctuation", r"[^\p{P}\p{S}]+"),
        ("latin", r"\P{Latin}+"),
        ("greek", r"\P{Greek}+"),
        ("cyrillic", r"\P{Cyrillic}+"),
        ("han", r"\P{Han}+"),
        ("arabic", r"\P{Arabic}+"),
    ];
    let every = distinct.div_ceil(CHARACTERS).max(1);
    let count = |value: &str| format!("CAST(coalesce(sum(n * length({value})), 0) AS BIGINT)");
    let mut items =
        vec![r"fsum(n * len(string_split_regex(trim(v), '\s+'))) / sum(n)".to_owned(), count("v")];
    items.extend(
        CLASSES.iter().map(|(_, others)| {
            count(&format!("regexp_replace(v, {}, '', 'g')", sql::text(others)))
        }),
    );
    let sample = if every == 1 { String::new() } else { format!(" WHERE hash(v) % {every} = 0") };
    let text = format!("SELECT {}\nFROM {VALUES}{sample}", items.join(",\n  "));
    let row = ask(session, "characters", &text)?;
    let words = row.first().and_then(as_number).unwrap_or(0.0);
    let found = counts(row.get(1..).unwrap_or_default());
    let all = found.first().copied().unwrap_or(0);
    let mut classes: Vec<(String, u64)> = CLASSES
        .iter()
        .zip(found.iter().skip(1))
        .map(|((name, _), count)| ((*name).to_owned(), *count))
        .collect();
    let told: u64 = classes.iter().take(4).map(|(_, count)| count).sum();
    classes.push(("other".to_owned(), all.saturating_sub(told)));
    classes.retain(|(_, count)| *count > 0);
    Ok((words, classes, every))
}

/// Values that read as other types, and values of known forms. A kind that none of a fixed choice of
/// values has is left out.
pub(super) fn found(session: &Session) -> Result<(Counted, Counted), EngineError> {
    let types = KINDS.iter().map(|kind| (kind.name(), met(kind, "v")));
    let forms = FORMS.iter().map(|(name, pattern)| {
        ((*name).to_owned(), format!("regexp_full_match(v, {})", sql::text(pattern)))
    });
    let all: Vec<(String, String)> = types.chain(forms).collect();
    let tried: Vec<String> = all.iter().map(|(_, met)| format!("count_if({met})")).collect();
    let text = format!(
        "SELECT {}\nFROM (SELECT v FROM {VALUES} ORDER BY hash(v) LIMIT {CANDIDATES})",
        tried.join(",\n  ")
    );
    let seen = counts(&ask(session, "kinds that occur", &text)?);
    let occurring: Vec<(usize, &(String, String))> =
        all.iter().enumerate().filter(|(at, _)| seen.get(*at).is_some_and(|n| *n > 0)).collect();
    if occurring.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let items: Vec<String> = occurring
        .iter()
        .map(|(_, (_, met))| format!("CAST(coalesce(sum(n) FILTER ({met}), 0) AS BIGINT)"))
        .collect();
    let text = format!("SELECT {}\nFROM {VALUES}", items.join(",\n  "));
    let counted = counts(&ask(session, "values of each kind", &text)?);
    let mut found = (Vec::new(), Vec::new());
    for ((at, (name, _)), count) in occurring.into_iter().zip(counted) {
        let list = if at < KINDS.len() { &mut found.0 } else { &mut found.1 };
        list.push((name.clone(), count));
    }
    Ok(found)
}

/// The types that the text columns of the rows could have: each is one that every value reads as.
pub(in crate::engine::duckdb) fn infer(
    session: &Session,
    columns: &[Column],
) -> Result<Vec<Inferred>, EngineError> {
    let texts: Vec<&Column> =
        columns.iter().filter(|column| column.data_type == Some(DataType::Text)).collect();
    let wanted: Vec<(usize, usize)> =
        (0..texts.len()).flat_map(|at| (0..KINDS.len()).map(move |kind| (at, kind))).collect();
    let first = format!("(SELECT * FROM {DATASET} LIMIT {FIRST_ROWS})");
    let possible = complete(session, &texts, &wanted, &first)?;
    let certain = complete(session, &texts, &possible, DATASET)?;
    let mut inferred = Vec::new();
    for (at, column) in texts.iter().enumerate() {
        let kinds: Vec<&Kind> = certain
            .iter()
            .filter(|(column, _)| *column == at)
            .map(|(_, kind)| &KINDS[*kind])
            .collect();
        if let Some(kind) = kinds.first() {
            inferred.push(Inferred {
                column: column.name.clone(),
                data_type: kind.data_type,
                format: kind.format.map(str::to_owned),
            });
        }
    }
    Ok(inferred)
}

/// Of these pairs of column and kind, those that every value of the column meets. Columns without a value
/// meet none.
fn complete(
    session: &Session,
    texts: &[&Column],
    pairs: &[(usize, usize)],
    rows: &str,
) -> Result<Vec<(usize, usize)>, EngineError> {
    let mut kept = Vec::new();
    // So many at a time that statements stay of a size that is quick to plan.
    for part in pairs.chunks(200) {
        let items: Vec<String> = part
            .iter()
            .map(|(at, kind)| {
                let name = sql::identifier(&texts[*at].name);
                let holds = met(&KINDS[*kind], &name);
                format!("coalesce(bool_and({holds}) FILTER ({name} IS NOT NULL), false)")
            })
            .collect();
        let text = format!("SELECT {}\nFROM {rows}", items.join(",\n  "));
        let row = ask(session, "types that every value has", &text)?;
        let holds = |cell: &Value| matches!(cell, Value::Boolean(true));
        kept.extend(part.iter().zip(&row).filter(|(_, cell)| holds(cell)).map(|(pair, _)| *pair));
    }
    Ok(kept)
}
