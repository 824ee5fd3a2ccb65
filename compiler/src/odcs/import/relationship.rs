//! Relationships: keys that are found in another dataset of the contract.

use assay_schemas::plan::Field;
use serde_json::{Map, Value, json};

use super::super::loss::Home;
use super::super::rest::Rest;
use super::super::word::shorthand;
use super::rules::{Rules, Work};
use super::schema::Draft;
use super::{Dataset, Known};

/// What a reference leads to: a dataset and a column of it, by their places.
type Target = (usize, usize);

/// Makes each relationship a foreign key of the schema, or a rule where schemas would refer to each other in
/// a circle; those that neither states stay, by their number. `column` is the column of a relationship that
/// stands below a property, which does not name it; `home` is where the holder and where the object is kept.
pub(super) fn rules(
    column: Option<&[String]>,
    holder: &mut Rest,
    (home, object_home): (&Home, &Home),
    work: &mut Work<'_>,
) {
    let at = holder.at().key("relationships");
    let mut left = Map::new();
    for (index, value) in holder.take_list("relationships").into_iter().enumerate() {
        let mut rest = Rest::new(&value, at.index(index));
        let related = related(&value, column, &work.rules).and_then(|related| {
            work.rules.fits(&related.rule())?;
            Ok(related)
        });
        match related {
            Ok(related) => {
                if related.in_circle || column.is_none() || rest.text("to") != related.plain() {
                    // The notation stays: a reference may name by id or by name.
                    for key in ["from", "to"] {
                        if let Some(reference) = rest.take(key) {
                            rest.keep(key, reference);
                        }
                    }
                    rest.keep("column", json!(column.and_then(<[String]>::first)));
                    rest.keep("said", related.parameters());
                } else {
                    rest.take("to");
                }
                if related.in_circle {
                    let name = format!("{}-in-{}", related.here.join("-"), related.other);
                    if let Ok(id) = work.rules.add(&name, related.rule()) {
                        work.keep_relationship(&id, rest);
                    }
                } else {
                    work.keep_foreign_key(related.foreign_key(), rest, object_home);
                }
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

/// A relationship that leads to another dataset of the contract.
struct Related {
    /// The columns here and there.
    here: Vec<String>,
    there: Vec<String>,
    /// The id of the other dataset.
    other: String,
    /// The reference to its schema.
    schema: Value,
    /// Whether the schema there leads back here.
    in_circle: bool,
    /// The reference as an export writes it, where it is of one property.
    plain: Option<String>,
}

impl Related {
    fn plain(&self) -> Option<&str> {
        self.plain.as_deref()
    }

    fn parameters(&self) -> Value {
        let mut parameters = json!({ "columns": self.here, "dataset": self.other });
        if self.here != self.there {
            parameters["other_columns"] = json!(self.there);
        }
        parameters
    }

    fn rule(&self) -> Value {
        json!({ "rule_type": "reference", "parameters": self.parameters() })
    }

    fn foreign_key(&self) -> Value {
        let mut key = json!({ "columns": self.here, "references": self.schema });
        if self.here != self.there {
            key["other_columns"] = json!(self.there);
        }
        key
    }
}

fn related(value: &Value, column: Option<&[String]>, rules: &Rules<'_>) -> Result<Related, String> {
    let known = rules.known();
    let here = match column {
        Some(columns) => columns.to_vec(),
        None => {
            let (dataset, columns) = columns(known, value.get("from"))?;
            if dataset.dataset_id != rules.dataset() {
                return Err("a relationship begins at the object that it stands below".to_owned());
            }
            columns
        }
    };
    let (other, there) = columns(known, value.get("to"))?;
    if other.dataset_id == rules.dataset() {
        return Err("a key that leads to rows of the same object is not judged".to_owned());
    }
    let property = |(column, (name, _)): (&Field, &(String, _))| {
        let shorthand = || shorthand(&other.name, name);
        (there.len() == 1 && column.name.as_str() == there[0]).then(shorthand).flatten()
    };
    let plain = other.fields.iter().zip(&other.properties).find_map(property);
    Ok(Related {
        plain,
        here,
        there,
        in_circle: known.leads(&other.dataset_id, rules.dataset()),
        other: other.dataset_id.clone(),
        schema: other.schema.clone(),
    })
}

/// Which datasets each relationship of an object leads to, whether or not it can be carried.
pub(super) fn leads_to(known: &Known, draft: &Draft) -> Vec<String> {
    let holders = draft.columns.iter().map(|column| &column.rest).chain([&draft.rest]);
    let relationships =
        holders.filter_map(|rest| rest.get("relationships").and_then(Value::as_array)).flatten();
    let other = |relationship: &Value| columns(known, relationship.get("to")).ok();
    relationships.filter_map(other).map(|(dataset, _)| dataset.dataset_id.clone()).collect()
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
