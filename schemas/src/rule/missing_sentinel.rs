//! `missing_sentinel`: no value stands for one that is missing.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, parameter, values};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Function};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct MissingSentinel;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// What stands for a missing value, such as `-999` or `n/a`.
    #[schemars(length(min = 1))]
    values: Vec<Scalar>,
    /// Upper and lower case are the same; for text.
    #[serde(default)]
    ignore_case: bool,
}

impl Rule for MissingSentinel {
    type Parameters = Parameters;
    const NAME: &'static str = "missing_sentinel";
    const DOC: Doc = Doc {
        summary: "No value stands for one that is missing.",
        semantics: "A value violates where it is one of `values`; text is compared without the white space \
                    around it, so `\"\"` also finds blank text, and with `ignore_case` after both sides are \
                    brought to lower case. Values are read as the column's type. A null is missing openly: \
                    it is skipped unless `nulls: violate`.",
        good: "rule_id: no-dummies\nrule_type: missing_sentinel\ncolumn: city\nparameters: {values: [\"\", n/a, unknown], ignore_case: true}\n",
        bad: "rule_id: no-dummies\nrule_type: missing_sentinel\ncolumn: city\nparameters: {values: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Column;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let families = [Family::Number, Family::Text, Family::Temporal];
        expect_family(Self::NAME, field, &families, "column".into())?;
        let text = field.data_type == DataType::Text;
        if parameters.ignore_case && !text {
            let message =
                format!("`{}` is of type `{}`, which has no case", field.name, field.data_type);
            return Err(vec![Problem::new(Code::ColumnType, parameter("ignore_case"), message)]);
        }
        let mut set = Vec::new();
        for (index, value) in parameters.values.iter().enumerate() {
            let literal =
                literal::typed(value, field.data_type, Fit::Value).map_err(|message| {
                    let place: Pointer = parameter("values").index(index);
                    vec![Problem::new(Code::BadValue, place, message)]
                })?;
            set.push(literal);
        }
        let value = Expr::column(&field.name);
        let value = if text { Expr::call(Function::Trim, [value]) } else { value };
        let found = literal::is_one_of(value, set, parameters.ignore_case);
        let shown: Vec<_> = parameters.values.iter().map(Scalar::shown).collect();
        let title =
            format!("`{}` is none of {}, which stand for missing", field.name, shown.join(", "));
        Ok(values::lowered(field, target, title, values::not(found)))
    }
}
