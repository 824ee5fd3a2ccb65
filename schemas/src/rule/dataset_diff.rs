//! `dataset_diff`: the same rows as another dataset.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, find, keys, other, parameter};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::{ColumnName, DatasetContractId};
use crate::plan::{Body, Compared, Difference, Field};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct DatasetDiff;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The `dataset_contract_id` of another dataset of the same contract.
    dataset: DatasetContractId,
    /// The columns that make up the key, here and there.
    #[schemars(length(min = 1))]
    key: Vec<ColumnName>,
    /// The columns of the key there, in the same order, where they are called otherwise.
    #[serde(default)]
    other_key: Vec<ColumnName>,
    /// The columns that are compared; without any, all that both have, beside the key.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Columns that are not compared, where all are.
    #[serde(default)]
    ignore: Vec<ColumnName>,
    /// Rows there that take part, as a condition over its columns.
    #[serde(default)]
    other_where: Option<String>,
    /// How far numbers may lie apart.
    #[serde(default)]
    tolerance: Option<f64>,
    /// The same as a share of the number there: 0.01 is one in a hundred.
    #[serde(default)]
    relative_tolerance: Option<f64>,
    /// Rows that are only there are allowed.
    #[serde(default)]
    subset: bool,
}

impl Rule for DatasetDiff {
    type Parameters = Parameters;
    const NAME: &'static str = "dataset_diff";
    const DOC: Doc = Doc {
        summary: "The rows are those of another dataset, matched by a key.",
        semantics: "Rows are matched by `key`; rows whose key holds a null are not judged. A row violates where \
                    the other dataset has no row of its key, or where a compared column differs: these rows \
                    are marked. A row there whose key is not here is counted as judged and as a violation \
                    unless `subset: true`; it marks nothing. Nulls equal each other. Numbers may lie apart by \
                    `tolerance`, or by `relative_tolerance` as a share of the number there, whichever is \
                    more; everything else must be equal. A key that repeats is compared with every row that \
                    has it. The figures by kind and column stand in the verdict. `where` and `other_where` \
                    choose the rows. One join.",
        good: "rule_id: copied-right\nrule_type: dataset_diff\nparameters: {dataset: source, key: [id], ignore: [loaded_at], tolerance: 0.005}\n",
        bad: "rule_id: copied-right\nrule_type: dataset_diff\nparameters: {dataset: source, key: [id], columns: [amount], ignore: [amount]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, columns) in [
            ("key", &parameters.key),
            ("other_key", &parameters.other_key),
            ("columns", &parameters.columns),
            ("ignore", &parameters.ignore),
        ] {
            problems.extend(keys::check(name, columns));
        }
        let mut fault = |name: &str, message: &str| {
            problems.push(Problem::new(Code::BadValue, Pointer::from(name), message));
        };
        let (here, there) = (parameters.key.len(), parameters.other_key.len());
        if there != 0 && here != there {
            fault("other_key", "the key has more columns on one side than on the other");
        }
        if !parameters.columns.is_empty() && !parameters.ignore.is_empty() {
            fault("ignore", "`columns` says what is compared, so nothing is left to ignore");
        }
        problems.extend(other::check_apart(parameters.tolerance, parameters.relative_tolerance));
        problems.extend(other::check_filter(parameters.other_where.as_deref()));
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "nulls equal each other; add a `not_null` rule")?;
        let declared = other::fields(&parameters.dataset, target)?;
        let other_key = key(parameters, target, &declared)?;
        let columns = compared(parameters, target, &declared)?;
        let tolerance = other::apart(parameters.tolerance, parameters.relative_tolerance);
        let mut shown = parameters.key.clone();
        shown.extend(columns.iter().map(|compared| compared.column.clone()));
        let rows = if parameters.subset { "rows are among" } else { "rows are" };
        Ok(Lowered {
            title: format!(
                "the {rows} those of `{}` by {}{}",
                parameters.dataset,
                keys::words(&parameters.key),
                other::apart_words(&tolerance)
            ),
            columns: shown,
            body: Body::Difference(Difference {
                key: parameters.key.clone(),
                dataset: parameters.dataset.as_str().to_owned(),
                other_key,
                other_filter: other::filter(parameters.other_where.as_deref(), &declared)?,
                columns,
                both_ways: !parameters.subset,
            }),
        })
    }
}

/// The key there; both keys exist and can be equal.
fn key(
    parameters: &Parameters,
    target: &Target<'_>,
    declared: &[Field],
) -> Result<Vec<ColumnName>, Vec<Problem>> {
    let here = keys::fields(&parameters.key, target.fields, &parameter("key"))?;
    let (names, place) = match parameters.other_key.is_empty() {
        true => (&parameters.key, "key"),
        false => (&parameters.other_key, "other_key"),
    };
    let there = keys::fields(names, declared, &parameter(place))
        .map_err(|problems| other::within(&parameters.dataset, problems))?;
    for (index, (here, there)) in here.iter().zip(&there).enumerate() {
        other::equatable(here, there, &parameters.dataset, parameter("key").index(index))?;
    }
    Ok(names.clone())
}

/// The columns that are compared, each with its tolerance.
fn compared(
    parameters: &Parameters,
    target: &Target<'_>,
    declared: &[Field],
) -> Result<Vec<Compared>, Vec<Problem>> {
    let tolerance = other::apart(parameters.tolerance, parameters.relative_tolerance);
    let tolerates = tolerance.absolute > 0.0 || tolerance.relative > 0.0;
    let compare = |here: &Field, there: &Field| Compared {
        column: here.name.clone(),
        other: there.name.clone(),
        tolerance: (tolerates && here.data_type.family() == Family::Number)
            .then(|| tolerance.clone()),
    };
    let mut found = Vec::new();
    if parameters.columns.is_empty() {
        keys::fields(&parameters.ignore, target.fields, &parameter("ignore"))?;
        for here in target.fields {
            let skip =
                parameters.key.contains(&here.name) || parameters.ignore.contains(&here.name);
            let there = declared.iter().find(|there| there.name == here.name);
            if let (false, Some(there)) = (skip, there) {
                other::equatable(here, there, &parameters.dataset, parameter("columns"))?;
                found.push(compare(here, there));
            }
        }
        return Ok(found);
    }
    for (index, name) in parameters.columns.iter().enumerate() {
        let place = parameter("columns").index(index);
        let here = target.field(name, place.clone())?;
        let there = find(declared, name, place.clone())
            .map_err(|problems| other::within(&parameters.dataset, problems))?;
        other::equatable(here, there, &parameters.dataset, place)?;
        found.push(compare(here, there));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn what_both_have_is_compared() {
        let fields = fields(&[("zone_id", "integer"), ("name", "text"), ("extra", "date")]);
        let parameters = json!({"dataset": "zones", "key": ["zone_id"]});
        let lowered = lower("dataset_diff", parameters, None, &fields).unwrap();
        assert_eq!(lowered.title, "the rows are those of `zones` by `zone_id`");
        let Body::Difference(difference) = lowered.body else { panic!("no difference") };
        assert_eq!(difference.columns.len(), 1);
        assert!(difference.both_ways);
        let parameters = json!({"dataset": "zones", "key": ["zone_id"], "columns": ["extra"]});
        let wrong = lower("dataset_diff", parameters, None, &fields).unwrap_err();
        assert_eq!(wrong[0].pointer.as_str(), "/parameters/columns/0");
        let parameters =
            json!({"dataset": "zones", "key": ["a"], "columns": ["b"], "ignore": ["c"]});
        assert_eq!(problems("dataset_diff", parameters), ["/ignore"]);
    }
}
