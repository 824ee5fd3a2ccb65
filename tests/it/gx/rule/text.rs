//! Forms of text: patterns, dates, documents.

use serde_json::{Value, json};

use super::values;
use crate::gx::table::Case;

/// Forms of days that a person would take for one.
const DAYS: [&str; 5] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y"];

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let negate = name.contains("_to_not_match_");
    match name.replace("_to_not_match_", "_to_match_").as_str() {
        "column_values_to_match_regex" => regex(case, &[case.text("regex")], negate),
        "column_values_to_match_regex_list" => regex(case, &case.texts("regex_list"), negate),
        "column_values_to_match_like_pattern" => like(case, &[case.text("like_pattern")], negate),
        "column_values_to_match_like_pattern_list" => {
            like(case, &case.texts("like_pattern_list"), negate)
        }
        "column_values_to_match_strftime_format" => {
            values(case, "date_format", json!({ "pattern": case.kwargs["strftime_format"] }))
        }
        "column_values_to_be_dateutil_parseable" | "column_values_to_be_valid_date" => {
            values(case, "date_format", json!({ "patterns": DAYS }))
        }
        "column_values_to_be_json_parseable" | "column_values_to_be_valid_json" => {
            values(case, "json", json!({}))
        }
        "column_values_to_match_json_schema" => {
            values(case, "json_schema", json!({ "schema": case.kwargs["json_schema"] }))
        }
        "column_values_to_be_valid_geojson" => {
            let types = [
                "Feature",
                "FeatureCollection",
                "GeometryCollection",
                "LineString",
                "MultiLineString",
                "MultiPoint",
                "MultiPolygon",
                "Point",
                "Polygon",
            ];
            let schema = json!({ "type": "object", "required": ["type"],
                "properties": { "type": { "enum": types } } });
            values(case, "json_schema", json!({ "schema": schema }))
        }
        _ => None,
    }
}

fn regex(case: &Case, patterns: &[&str], negate: bool) -> Option<Value> {
    // The empty pattern, which matches everywhere, is refused unless it is a group.
    let patterns: Vec<_> =
        patterns.iter().map(|pattern| if pattern.is_empty() { "(?:)" } else { pattern }).collect();
    let on = &case.kwargs["match_on"];
    let parameters = json!({
        "patterns": patterns, "mode": "search", "negate": negate, "match_on": on,
    });
    values(case, "regex", parameters)
}

fn like(case: &Case, patterns: &[&str], negate: bool) -> Option<Value> {
    let on = &case.kwargs["match_on"];
    let parameters = json!({ "patterns": patterns, "negate": negate, "match_on": on });
    values(case, "like_pattern", parameters)
}
