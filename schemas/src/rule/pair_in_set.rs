//! `pair_in_set`: the values of several columns are one of a list of combinations.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, columns, expect_family, parameter, values};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Body, Expr, Field, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;
use crate::words::counted;

pub(super) struct PairInSet;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns, two or more.
    columns: Vec<ColumnName>,
    /// The combinations: for each a list with a value for every column, in their order.
    #[schemars(length(min = 1))]
    values: Vec<Vec<Scalar>>,
    /// None of the combinations may stand there.
    #[serde(default)]
    negate: bool,
}

impl Rule for PairInSet {
    type Parameters = Parameters;
    const NAME: &'static str = "pair_in_set";
    const DOC: Doc = Doc {
        summary: "The values of several columns are one of a list of combinations.",
        semantics: "Each value is read as its column's type and compared as `in_set` does. A row with a null in \
                    one of the columns is skipped unless `nulls: violate`. With `negate: true` a row whose \
                    combination is on the list violates.",
        good: "rule_id: vat-rate\nrule_type: pair_in_set\nparameters: {columns: [country, vat], values: [[DE, 19], [DE, 7], [FR, 20]]}\n",
        bad: "rule_id: vat-rate\nrule_type: pair_in_set\nparameters: {columns: [country, vat], values: [[DE, 19], [FR]]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = columns::check(&parameters.columns, 2);
        let wanted = parameters.columns.len();
        for (index, row) in parameters.values.iter().enumerate() {
            if row.len() != wanted {
                let message = format!("{} for {wanted} columns", counted(row.len(), "value"));
                let place = Pointer::from("values").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let fields = columns::find(&parameters.columns, target)?;
        let families = [Family::Boolean, Family::Number, Family::Text, Family::Temporal];
        for (index, field) in fields.iter().enumerate() {
            expect_family(Self::NAME, field, &families, parameter("columns").index(index))?;
        }
        let rows = read(&parameters.values, &fields)?;
        let found = values::any(rows.into_iter().map(|row| {
            let equal = fields.iter().zip(row).map(|(field, value)| {
                let sides = [Expr::column(&field.name), Expr::literal(value)];
                Expr::call(Function::Equal, sides)
            });
            Expr::all(equal)
        }));
        let (holds, word) = match parameters.negate {
            true => (values::not(found), "none"),
            false => (found, "one"),
        };
        let many = parameters.values.len();
        let names = columns::words(&parameters.columns);
        Ok(Lowered {
            title: format!("{names} are {word} of {many} combinations"),
            columns: parameters.columns.clone(),
            body: Body::Rows { evaluated: target.judged(&parameters.columns), holds },
        })
    }
}

fn read(rows: &[Vec<Scalar>], fields: &[&Field]) -> Result<Vec<Vec<Literal>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut read = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut literals = Vec::new();
        for (column, (value, field)) in row.iter().zip(fields).enumerate() {
            match literal::typed(value, field.data_type, Fit::Value) {
                Ok(literal) => literals.push(literal),
                Err(message) => {
                    let place = parameter("values").index(index).index(column);
                    problems.push(Problem::new(Code::BadValue, place, message));
                }
            }
        }
        read.push(literals);
    }
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn every_combination_has_a_fitting_value_for_every_column() {
        let fields = fields(&[("a", "text"), ("b", "integer")]);
        let parameters = |values| json!({"columns": ["a", "b"], "values": values});
        assert_eq!(problems("pair_in_set", parameters(json!([["x"]]))), ["/values/0"]);
        let wrong = lower("pair_in_set", parameters(json!([["x", "y"]])), None, &fields);
        assert_eq!(wrong.unwrap_err()[0].pointer.as_str(), "/parameters/values/0/1");
        assert!(lower("pair_in_set", parameters(json!([["x", 1]])), None, &fields).is_ok());
    }
}
