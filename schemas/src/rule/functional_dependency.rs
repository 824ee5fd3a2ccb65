//! `functional_dependency`: some columns decide others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, parameter};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::Body;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct FunctionalDependency;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that decide.
    #[schemars(length(min = 1))]
    determinants: Vec<ColumnName>,
    /// The columns that are decided by them.
    #[schemars(length(min = 1))]
    dependents: Vec<ColumnName>,
    /// Rows that hold a null are judged too, null being a value like others and equal to itself.
    #[serde(default)]
    nulls_equal: bool,
}

impl Rule for FunctionalDependency {
    type Parameters = Parameters;
    const NAME: &'static str = "functional_dependency";
    const DOC: Doc = Doc {
        summary: "Rows that agree in some columns agree in others.",
        semantics: "Of the rows that agree in all `determinants`, those with the most frequent values of \
                    `dependents` are right and the minority violates. Where several values are equally \
                    frequent, those that stand first in the input are right. A row with a null in any of \
                    the columns is not judged, unless `nulls_equal: true`. One grouping by all of the \
                    columns.",
        good: "rule_id: zip-has-one-city\nrule_type: functional_dependency\nparameters: {determinants: [zip], dependents: [city]}\n",
        bad: "rule_id: zip-has-one-city\nrule_type: functional_dependency\nparameters: {determinants: [zip], dependents: [zip]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = keys::check("determinants", &parameters.determinants);
        problems.extend(keys::check("dependents", &parameters.dependents));
        for (index, column) in parameters.dependents.iter().enumerate() {
            if parameters.determinants.contains(column) {
                let message = format!("`{column}` is among the determinants: it decides itself");
                let place = Pointer::from("dependents").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "set `nulls_equal: true`, or add a `not_null` rule")?;
        let Parameters { determinants, dependents, nulls_equal } = parameters;
        keys::fields(determinants, target.fields, &parameter("determinants"))?;
        keys::fields(dependents, target.fields, &parameter("dependents"))?;
        Ok(Lowered {
            title: format!("{} decides {}", keys::words(determinants), keys::words(dependents)),
            columns: determinants.iter().chain(dependents).cloned().collect(),
            body: Body::Dependency {
                determinants: determinants.clone(),
                dependents: dependents.clone(),
                nulls_equal: *nulls_equal,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn no_column_decides_itself() {
        let fields = fields(&[("zip", "text"), ("city", "text")]);
        let parameters = json!({"determinants": ["zip"], "dependents": ["city"]});
        let lowered = lower("functional_dependency", parameters, None, &fields).unwrap();
        assert_eq!(lowered.title, "`zip` decides `city`");
        assert_eq!(lowered.columns.len(), 2);
        let parameters = json!({"determinants": ["zip"], "dependents": ["zip"]});
        assert_eq!(problems("functional_dependency", parameters), ["/dependents/0"]);
        let parameters = json!({"determinants": [], "dependents": ["zip"]});
        assert_eq!(problems("functional_dependency", parameters), ["/determinants"]);
    }
}
