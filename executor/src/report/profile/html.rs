//! A profile as one self-contained page: no script, nothing fetched, light and dark.

use serde_json::{Value, json};

use crate::profile::{Profile, share};
use crate::report::html::{fill, profile as columns};
use crate::report::{ReportError, counted, duration, figure, percent, size, thousands};

const PAGE: &str = include_str!("../profile.html.j2");

/// Pairs of columns shown.
const PAIRS: usize = 30;

/// The page.
///
/// # Errors
/// The page cannot be put together.
pub fn render(profile: &Profile) -> Result<String, ReportError> {
    let name = match profile.files.as_slice() {
        [only] => only.rsplit(['/', '\\']).next().unwrap_or(only).to_owned(),
        several => counted(several.len(), "file"),
    };
    let page = json!({
        "head": {
            "name": name,
            "files": profile.files,
            "format": profile.format,
            "engine": profile.engine,
            "why_engine": profile.why_engine,
            "time": duration(profile.elapsed_ms),
            "version": env!("CARGO_PKG_VERSION"),
        },
        "tiles": tiles(profile),
        "alerts": alerts(profile),
        "columns": columns::columns(&profile.columns),
        "pairs": pairs(profile),
        "patterns": patterns(profile),
    });
    fill(PAGE, page)
}

fn tiles(profile: &Profile) -> Vec<Value> {
    let tile = |label: &str, value: String, note: String, tone: &str| json!({"label": label, "value": value, "note": note, "tone": tone});
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let cells = profile.rows * profile.columns.len() as u64;
    let kinds: std::collections::BTreeSet<&str> =
        profile.columns.iter().map(|column| column.data_type.as_str()).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let tone = |bad: bool| if bad { "warn" } else { "none" };
    let files = profile.files.len();
    let of_files = format!("in {files} {}", if files == 1 { "file" } else { "files" });
    let mut tiles = vec![
        tile("Rows", thousands(profile.rows), of_files, "none"),
        tile("Columns", thousands(profile.columns.len() as u64), kinds.join(", "), "none"),
        tile(
            "Missing cells",
            percent(share(missing, cells)),
            format!("{} of {}", thousands(missing), thousands(cells)),
            tone(missing > 0),
        ),
    ];
    if let Some(rows) = profile.table.duplicate_rows {
        let note = percent(share(rows, profile.rows));
        tiles.push(tile("Duplicate rows", thousands(rows), note, tone(rows > 0)));
    }
    if profile.malformed > 0 {
        let note = "cannot be split".to_owned();
        tiles.push(tile("Malformed lines", thousands(profile.malformed), note, "bad"));
    }
    tiles.push(tile("Size", size(profile.bytes), profile.format.clone(), "none"));
    tiles
}

fn alerts(profile: &Profile) -> Vec<Value> {
    let mut alerts: Vec<_> = profile.alerts.iter().collect();
    alerts.sort_by_key(|alert| alert.kind.is_note());
    alerts
        .into_iter()
        .map(|alert| {
            json!({
                "kind": alert.kind.name(),
                "tone": if alert.kind.is_note() { "none" } else { "warn" },
                "column": alert.column.as_deref().unwrap_or_default(),
                "message": alert.message,
            })
        })
        .collect()
}

fn pairs(profile: &Profile) -> Vec<Value> {
    let mut pairs: Vec<_> = profile.table.pairs.iter().collect();
    pairs.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    pairs
        .into_iter()
        .take(PAIRS)
        .map(|pair| {
            let measure = serde_json::to_value(pair.measure).unwrap_or_default();
            json!({
                "left": pair.left,
                "right": pair.right,
                "measure": measure.as_str().unwrap_or_default().replace('_', " "),
                "value": figure(pair.value),
                "bar": format!("{:.2}", (pair.value.abs() * 100.0).min(100.0)),
            })
        })
        .collect()
}

fn patterns(profile: &Profile) -> Vec<Value> {
    let pattern = |pattern: &crate::engine::NullPattern| {
        json!({
            "columns": pattern.columns,
            "rows": thousands(pattern.rows),
            "share": percent(share(pattern.rows, profile.rows)),
        })
    };
    profile.table.null_patterns.iter().map(pattern).collect()
}
