//! `castable`: text can be read as a type.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::plan::Expr;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Castable;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The type: boolean, integer, decimal(p,s), double, date, timestamp or time.
    to: DataType,
}

impl Rule for Castable {
    type Parameters = Parameters;
    const NAME: &'static str = "castable";
    const DOC: Doc = Doc {
        summary: "Every text can be read as a value of a type.",
        semantics: "Read as the cleansing stage reads it, white space around the text left out: whole numbers \
                    of 64 bits, `1.0` among them; decimals with no more digits than the type has; doubles with \
                    `nan`, `inf` and exponents; days, instants and times as ISO 8601; `true`, `t`, `yes`, `y`, \
                    `1` and their opposites in any case. Nulls are skipped unless `nulls: violate`; empty text \
                    is judged and is no value of any type. Other forms of days and times: `date_format`.",
        good: "rule_id: amount-number\nrule_type: castable\ncolumn: amount\nparameters: {to: 'decimal(12,2)'}\n",
        bad: "rule_id: amount-number\nrule_type: castable\ncolumn: amount\nparameters: {to: money}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let family = parameters.to.family();
        if matches!(family, Family::Boolean | Family::Number | Family::Temporal) {
            return Vec::new();
        }
        let message = format!("`{}` is no type that text is read as", parameters.to);
        vec![
            Problem::new(Code::BadValue, Pointer::from("to"), message)
                .hint("for documents there are `json` and `json_schema`"),
        ]
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let value = Box::new(Expr::column(&field.name));
        let cast = Expr::Cast { value, to: parameters.to, format: None };
        let title = format!("`{}` can be read as `{}`", field.name, parameters.to);
        Ok(values::lowered(field, target, title, cast.is_not_null()))
    }
}
