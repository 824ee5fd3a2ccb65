//! Relationships: keys that are found in another dataset of the contract.

use serde_json::{Map, Value, json};

use super::super::loss::Home;
use super::super::rest::Rest;
use super::rules::{Rules, Work};
use super::{Dataset, Known};

/// What a reference leads to: a dataset and a column of it, by their places.
type Target = (usize, usize);

/// Adds a rule for each relationship; those that no rule states stay, by their number. `column` is the
/// column of a relationship that stands below a property, which does not name it.
pub(super) fn rules(
    column: Option<&[String]>,
    holder: &mut Rest,
    home: &Home,
    work: &mut Work<'_>,
) {
    let at = holder.at().key("relationships");
    let mut left = Map::new();
    for (index, value) in holder.take_list("relationships").into_iter().enumerate() {
        let mut rest = Rest::new(&value, at.index(index));
        match rule(&value, column, &mut work.rules) {
            Ok((id, parameters)) => {
                // The notation stays: a reference may name by id or by name.
                for key in ["from", "to"] {
                    if let Some(reference) = rest.take(key) {
                        rest.keep(key, reference);
                    }
                }
                rest.keep("column", json!(column.and_then(<[String]>::first)));
                rest.keep("said", parameters);
                work.keep_relationship(&id, rest);
            }
            Err(why) => {
                let number = index.to_string();
                let home = home.key("relationships").key(&number);
                work.losses.kept(at.index(index), why, home);
                left.insert(number, value);
            }
        }
    }
    if !left.is_empty() {
        holder.keep("relationships", Value::Object(left));
    }
}

fn rule(
    value: &Value,
    column: Option<&[String]>,
    rules: &mut Rules<'_>,
) -> Result<(String, Value), String> {
    let known = rules.known();
    let here = match column {
        Some(columns) => columns.to_vec(),
        None => {
            let own = |dataset: &Dataset| dataset.dataset_id == rules.dataset();
            let (dataset, columns) = columns(known, value.get("from"))?;
            if !own(dataset) {
                return Err("a relationship begins at the object that it stands below".to_owned());
            }
            columns
        }
    };
    let (other, there) = columns(known, value.get("to"))?;
    let name = format!("{}-in-{}", here.join("-"), other.dataset_id);
    let mut parameters = json!({ "columns": here, "dataset": other.dataset_id });
    if here != there {
        parameters["other_columns"] = json!(there);
    }
    let id = rules.add(&name, json!({ "rule_type": "reference", "parameters": parameters }))?;
    Ok((id, parameters))
}

/// The dataset and the columns of a reference or a list of them.
fn columns<'a>(
    known: &'a Known,
    value: Option<&Value>,
) -> Result<(&'a Dataset, Vec<String>), String> {
    let references: Vec<&str> = match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut targets = Vec::new();
    for reference in &references {
        targets.push(target(known, reference).ok_or_else(|| {
            format!("`{reference}` leads to no property of this contract's objects")
        })?);
    }
    let Some((first, _)) = targets.first().copied() else {
        return Err("the relationship names no property".to_owned());
    };
    if targets.iter().any(|(dataset, _)| *dataset != first) {
        return Err("the properties of a key lie in one object".to_owned());
    }
    let dataset = &known.datasets[first];
    let columns = targets.iter().map(|(_, at)| dataset.fields[*at].name.to_string()).collect();
    Ok((dataset, columns))
}

/// `object.property` by name, or `schema/<id>/properties/<id>` by stable id.
fn target(known: &Known, reference: &str) -> Option<Target> {
    let by_name = |(object, property): (&str, &str)| {
        let dataset = known.datasets.iter().position(|d| d.name == object)?;
        let of = |(name, _): &(String, Option<String>)| name == property;
        Some((dataset, known.datasets[dataset].properties.iter().position(of)?))
    };
    if let Some(found) = reference.split_once('.').and_then(by_name) {
        return Some(found);
    }
    let parts: Vec<_> = reference.strip_prefix('/').unwrap_or(reference).split('/').collect();
    let ["schema", object, "properties", property] = parts.as_slice() else { return None };
    let is = |id: &Option<String>, name: &str, wanted: &str| {
        id.as_deref() == Some(wanted) || (id.is_none() && name == wanted)
    };
    let dataset = known.datasets.iter().position(|d| is(&d.stable_id, &d.name, object))?;
    let of = |(name, id): &(String, Option<String>)| is(id, name, property);
    Some((dataset, known.datasets[dataset].properties.iter().position(of)?))
}
