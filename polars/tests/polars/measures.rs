//! Tests of measures.

mod across;
mod figures;
mod keys;
mod rows;
mod shown;

use std::collections::BTreeMap;

use assay_engine::{FileNote, Measured, Request, Violation};
use assay_polars::measure::{Bad, Ground, beyond, measure};
use assay_polars::rows::{FILE, ROW, Rows};
use assay_polars::types::{Column, kept};
use assay_polars::violations::violations;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Check, CsvDialect, DatasetPlan, Format, Source};
use assay_schemas::verdict::Measurement;
use polars::prelude::{AnyValue, DataFrame, IntoLazy as _, Series, TimeUnit};
use serde_json::{Value, json};

/// 2024-01-10T00:00:00Z in microseconds.
const NOW: i64 = 1_704_844_800_000_000;

/// A cell as its column keeps it.
fn cell(value: &Value, data_type: DataType) -> AnyValue<'static> {
    let text = value.as_str();
    match (value, data_type) {
        (Value::Null, _) => AnyValue::Null,
        (_, DataType::Boolean) => AnyValue::Boolean(value.as_bool().unwrap()),
        (_, DataType::Integer) => AnyValue::Int64(
            text.map_or_else(|| value.as_i64().unwrap(), |text| text.parse().unwrap()),
        ),
        (_, DataType::Double) => AnyValue::Float64(
            text.map_or_else(|| value.as_f64().unwrap(), |text| text.parse().unwrap()),
        ),
        (_, DataType::Decimal(precision, scale)) => {
            let (whole, rest) = text.unwrap().split_once('.').unwrap_or((text.unwrap(), ""));
            let digits = format!("{whole}{rest:0<width$}", width = usize::from(scale));
            AnyValue::Decimal(digits.parse().unwrap(), precision.into(), scale.into())
        }
        // Days since 1970 and microseconds of instants are given as they are kept.
        (_, DataType::Date) => AnyValue::Date(i32::try_from(value.as_i64().unwrap()).unwrap()),
        (_, DataType::Timestamp) => {
            AnyValue::Datetime(value.as_i64().unwrap(), TimeUnit::Microseconds, None)
        }
        _ => AnyValue::StringOwned(text.unwrap().into()),
    }
}

fn rows(columns: &[(&str, DataType)], cells: &Value) -> Rows {
    let cells = cells.as_array().unwrap();
    let mut found = Vec::new();
    for (index, (name, data_type)) in columns.iter().enumerate() {
        let values: Vec<_> = cells.iter().map(|row| cell(&row[index], *data_type)).collect();
        let series =
            Series::from_any_values_and_dtype((*name).into(), &values, &kept(*data_type), true);
        found.push(series.unwrap().into());
    }
    let numbers: Vec<i64> = (1..).take(cells.len()).collect();
    found.push(polars::prelude::Column::new(ROW.into(), numbers));
    found.push(polars::prelude::Column::new(FILE.into(), vec![0_i64; cells.len()]));
    let columns = columns
        .iter()
        .map(|(name, data_type)| Column { name: (*name).to_owned(), data_type: Some(*data_type) });
    let frame = DataFrame::new(cells.len(), found).unwrap().lazy();
    Rows { frame, columns: columns.collect() }
}

/// A plan with a check for each body; `with` is what the checks have beside the defaults.
fn plan(checks: &[Value]) -> DatasetPlan {
    let checks = checks.iter().enumerate().map(|(index, given)| {
        let mut check = json!({
            "check_id": format!("c{index}"), "rule_type": "r", "title": "t", "message": null,
            "severity": "error", "dimension": "validity", "columns": [],
            "origin": { "kind": "k", "id": "i", "version": "1", "via": null },
            "digest": format!("sha256:{}", "0".repeat(64)), "filter": null,
            "tolerance": { "max_violations": null, "max_violation_ratio": null },
            "empty": "not_evaluated",
        });
        for (name, value) in given.as_object().unwrap() {
            check[name] = value.clone();
        }
        serde_json::from_value::<Check>(check).unwrap()
    });
    DatasetPlan {
        dataset_contract_id: "main".to_owned(),
        catalog_entity_id: None,
        source: Source::of(Format::Csv(CsvDialect::default())),
        reads: None,
        fields: Vec::new(),
        primary_key: Vec::new(),
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks: checks.collect(),
    }
}

struct Answer {
    measured: Measured,
    bad: Bad,
    violations: Vec<Violation>,
}

fn answer(rows: &Rows, others: &[(&str, &Rows)], plan: &DatasetPlan) -> Answer {
    let columns: BTreeMap<_, _> =
        others.iter().map(|(id, rows)| ((*id).to_owned(), rows.columns.clone())).collect();
    assert_eq!(beyond(plan, &rows.columns, &columns, &BTreeMap::new()), None);
    let lookups = others.iter().map(|(id, rows)| ((*id).to_owned(), Ok((*rows).clone()))).collect();
    let ground = Ground { rows, lookups: &lookups, now: NOW, keys: &BTreeMap::new() };
    let (measured, bad) = measure(ground, plan, &Request::default()).unwrap();
    let files = [FileNote::default()];
    let violations = violations(ground, plan, &files, (&measured, &bad), 1000).unwrap();
    Answer { measured, bad, violations }
}

impl Answer {
    fn of(&self, id: &str) -> &Measurement {
        &self.measured.checks[id]
    }

    fn rows(&self, id: &str) -> Vec<u64> {
        let found = self.violations.iter().filter(|row| row.check_id == id);
        let mut rows: Vec<u64> = found.map(|row| row.row).collect();
        rows.sort_unstable();
        rows
    }

    #[track_caller]
    fn judged(&self, id: &str, evaluated: u64, violating: &[u64]) {
        let violations = violating.len() as u64;
        assert_eq!(self.of(id), &Measurement::Rows { evaluated, violations }, "{id}");
        assert_eq!(self.rows(id), violating, "{id}");
    }

    #[track_caller]
    fn figure(&self, id: &str, wanted: Option<f64>) {
        let Measurement::Figure { value, .. } = self.of(id) else {
            panic!("{id}: {:?}", self.of(id))
        };
        match (value, wanted) {
            (None, None) => {}
            (Some(value), Some(wanted)) if value.is_nan() && wanted.is_nan() => {}
            (Some(value), Some(wanted)) => {
                let near = (value - wanted).abs() <= 1e-12 * wanted.abs().max(1e-300);
                assert!(near || *value == wanted, "{id}: {value} is not {wanted}");
            }
            other => panic!("{id}: {other:?}"),
        }
    }

    fn names(&self, id: &str) -> Vec<String> {
        match self.of(id) {
            Measurement::Figure { names, .. } => names.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn column(name: &str) -> Value {
    json!({ "node": "column", "name": name })
}

fn integer(value: i64) -> Value {
    json!({ "node": "literal", "value": { "type": "integer", "value": value } })
}

fn call(function: &str, arguments: &[Value]) -> Value {
    json!({ "node": "call", "function": function, "arguments": arguments })
}

fn metric(function: Value, value: Value, filter: Value) -> Value {
    let mut metric = json!({ "value": value, "filter": filter });
    for (name, of) in function.as_object().unwrap() {
        metric[name] = of.clone();
    }
    let bounds =
        json!({ "min": null, "max": null, "exclusive_min": false, "exclusive_max": false });
    json!({ "body": {
        "check": "metric", "measure": { "measure": "metric", "metric": metric }, "bounds": bounds,
    } })
}

fn simple(function: &str, name: &str) -> Value {
    metric(json!({ "function": function }), column(name), Value::Null)
}

fn holds(holds: Value) -> Value {
    json!({ "body": { "check": "rows", "evaluated": null, "holds": holds } })
}

fn unique(columns: &[&str], nulls_equal: bool) -> Value {
    json!({ "body": { "check": "unique", "columns": columns, "nulls_equal": nulls_equal } })
}

const I: DataType = DataType::Integer;
const D: DataType = DataType::Double;
const T: DataType = DataType::Text;
