//! What is promised of data: entries of `slaProperties`, and the `sla` of a contract or one of its datasets.

use assay_schemas::period::Period;
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::operator::percent;

/// The fields of an `sla`, in the order in which they are written; the standard calls them the same.
const FIELDS: &[(&str, Figure)] = &[
    ("freshness", Figure::Length),
    ("completeness", Figure::Share),
    ("availability", Figure::Share),
    ("retention", Figure::Length),
];

/// What a promise counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    /// A length of time.
    Length,
    /// A share from 0 to 1, which the standard writes in percent.
    Share,
}

/// Units of time: their names, the first of which is written, and the ISO 8601 form around a count.
const UNITS: &[(&[&str], &str, &str)] = &[
    (&["y", "yr", "year", "years"], "P", "Y"),
    (&["months", "month"], "P", "M"),
    (&["weeks", "week", "w"], "P", "W"),
    (&["d", "day", "days"], "P", "D"),
    (&["h", "hr", "hour", "hours"], "PT", "H"),
    (&["minutes", "minute"], "PT", "M"),
    (&["seconds", "second", "s"], "PT", "S"),
];

/// One promise.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Promise {
    /// The id of the dataset; `None` is the whole contract.
    pub(super) dataset: Option<String>,
    /// The field of the `sla`.
    field: &'static str,
    /// Its value there.
    value: Value,
}

/// Promises in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Promises(pub(super) Vec<Promise>);

impl Promises {
    /// Adds the promises of an `sla` as the library has it.
    pub(super) fn add(&mut self, dataset: Option<&str>, sla: &Value) {
        for (field, _) in FIELDS {
            if let Some(value) = sla.get(*field).filter(|value| !value.is_null()) {
                let (dataset, value) = (dataset.map(str::to_owned), value.clone());
                self.0.push(Promise { dataset, field, value });
            }
        }
    }

    /// The `sla` of a dataset or of the contract.
    pub(super) fn of(&self, dataset: Option<&str>) -> Option<Value> {
        let own = self.0.iter().filter(|promise| promise.dataset.as_deref() == dataset);
        let fields: Map<_, _> =
            own.map(|promise| (promise.field.to_owned(), promise.value.clone())).collect();
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    /// The promises of entries: all that can be carried, sorted. Names are those of objects and their datasets.
    pub(super) fn of_entries(read: &[Result<Promise, String>], names: &[(String, String)]) -> Self {
        let mut promises: Vec<_> = read.iter().flatten().cloned().collect();
        promises.sort_by_key(|promise| {
            let dataset = names.iter().position(|(_, id)| Some(id) == promise.dataset.as_ref());
            (dataset, FIELDS.iter().position(|(field, _)| *field == promise.field))
        });
        Self(promises)
    }
}

/// Reads entries; names are those of objects and their datasets, `default` the element of entries without one.
pub(super) fn read(
    entries: &[Value],
    names: &[(String, String)],
    default: Option<&str>,
) -> Vec<Result<Promise, String>> {
    let mut found: Vec<Result<Promise, String>> = Vec::new();
    for entry in entries {
        let promise = promise(entry, names, default);
        let again = promise.as_ref().is_ok_and(|promise| {
            let same =
                |other: &Promise| other.field == promise.field && other.dataset == promise.dataset;
            found.iter().flatten().any(same)
        });
        found.push(if again { Err("it is promised above already".to_owned()) } else { promise });
    }
    found
}

fn promise(
    entry: &Value,
    names: &[(String, String)],
    default: Option<&str>,
) -> Result<Promise, String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let property = text("property").unwrap_or_default();
    let Some((field, figure)) = FIELDS.iter().find(|(name, _)| *name == property) else {
        return Err("promised are freshness, completeness, availability and retention".to_owned());
    };
    if entry.get("valueExt").is_some_and(|value| !value.is_null()) {
        return Err("a promise has one value".to_owned());
    }
    let value = entry.get("value").unwrap_or(&Value::Null);
    let value = match figure {
        Figure::Length => length(value, text("unit"))
            .filter(|period| {
                *field != "freshness" || period.check_length(Pointer::root()).is_none()
            })
            .map(|period| json!(period))
            .ok_or("value and unit are no length of time that the library takes"),
        Figure::Share => {
            share(value, text("unit")).ok_or("value and unit are no percentage from 0 to 100")
        }
    }?;
    let dataset = match text("element").or(default) {
        Some(element) => {
            let found = names.iter().find(|(name, _)| name == object_of(element, names));
            Some(found.ok_or("the element is no object of this contract")?.1.clone())
        }
        None => None,
    };
    Ok(Promise { dataset, field, value })
}

/// The object that an element path is about.
fn object_of<'a>(element: &'a str, names: &[(String, String)]) -> &'a str {
    let whole = names.iter().any(|(name, _)| name == element);
    let object = element.split_once('.').map(|(object, _)| object).filter(|_| !whole);
    object.unwrap_or(element)
}

fn length(value: &Value, unit: Option<&str>) -> Option<Period> {
    let written = value.as_str().map(str::trim);
    let Some(unit) = unit else {
        return Period::parse(written.filter(|text| text.starts_with('P'))?).ok();
    };
    let (_, before, behind) = UNITS.iter().find(|(names, ..)| names.contains(&unit))?;
    let count = match written {
        Some(text) => text.parse().ok()?,
        None => value.as_f64().filter(|count| count.fract() == 0.0 && *count <= 1e6)?,
    };
    Period::parse(&format!("{before}{count}{behind}")).ok()
}

fn share(value: &Value, unit: Option<&str>) -> Option<Value> {
    let written = value.as_str().map(str::trim);
    let marked = written.and_then(|text| text.strip_suffix('%'));
    let known = matches!(unit, Some("percent" | "%")) || (unit.is_none() && marked.is_some());
    let percent: f64 = match marked.or(written) {
        Some(text) => text.trim().parse().ok()?,
        None => value.as_f64()?,
    };
    (known && (0.0..=100.0).contains(&percent)).then(|| json!(percent / 100.0))
}

/// The entry that says a promise.
pub(super) fn given(promise: &Promise, names: &[(String, String)]) -> Value {
    let mut entry = Map::from_iter([("property".to_owned(), json!(promise.field))]);
    let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
    match promise.value.as_str() {
        Some(period) => {
            let counted = UNITS.iter().find_map(|(units, before, behind)| {
                let count = period.strip_prefix(before)?.strip_suffix(behind)?.parse::<u32>();
                Some((count.ok()?, units.first()?))
            });
            match counted {
                Some((count, unit)) => {
                    put("value", json!(count));
                    put("unit", json!(unit));
                }
                None => {
                    put("value", json!(period));
                }
            }
        }
        None => {
            put("value", json!(percent(promise.value.as_f64().unwrap_or_default())));
            put("unit", json!("percent"));
        }
    }
    if let Some(dataset) = &promise.dataset {
        let name = names.iter().find(|(_, id)| id == dataset).map_or(dataset, |(name, _)| name);
        put("element", json!(name));
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<(String, String)> {
        vec![("Orders 1".to_owned(), "Orders-1".to_owned())]
    }

    fn one(entry: Value) -> Result<(Option<String>, &'static str, Value), String> {
        promise(&entry, &names(), None).map(|found| (found.dataset, found.field, found.value))
    }

    #[test]
    fn entries_are_promises_where_they_mean_the_same() {
        let entry = |property: &str, value: Value, unit: &str| json!({ "property": property, "value": value, "unit": unit });
        let whole = |field, value: Value| Ok((None, field, value));
        assert_eq!(one(entry("retention", json!(3), "y")), whole("retention", json!("P3Y")));
        assert_eq!(one(entry("freshness", json!("24"), "h")), whole("freshness", json!("PT24H")));
        assert_eq!(
            one(entry("availability", json!("95%"), "%")),
            whole("availability", json!(0.95))
        );
        assert_eq!(
            one(json!({ "property": "retention", "value": "P1Y6M", "element": "Orders 1.day" })),
            Ok((Some("Orders-1".to_owned()), "retention", json!("P1Y6M")))
        );
        for other in [
            entry("latency", json!(4), "d"),
            entry("freshness", json!(1), "months"),
            entry("retention", json!(7.5), "y"),
            entry("retention", json!(3), "m"),
            entry("availability", json!(0.99), "ratio"),
            entry("availability", json!(120), "percent"),
            json!({ "property": "availability", "value": 99.9 }),
            json!({ "property": "retention", "value": 3, "unit": "y", "element": "nobody" }),
        ] {
            assert!(one(other.clone()).is_err(), "{other}");
        }
    }

    #[test]
    fn a_promise_is_given_so_that_it_comes_back() {
        let sla = json!({ "freshness": "PT90M", "completeness": 0.07, "availability": 1.0, "retention": "P1Y6M" });
        let mut promises = Promises::default();
        promises.add(None, &sla);
        promises.add(Some("Orders-1"), &sla);
        let entries: Vec<_> = promises.0.iter().map(|promise| given(promise, &names())).collect();
        let back = Promises::of_entries(&read(&entries, &names(), None), &names());
        assert_eq!(back, promises);
        assert_eq!(entries[0]["unit"], "minutes");
        assert_eq!(entries[1]["value"], json!(7.0));
    }
}
