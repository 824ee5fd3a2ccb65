//! `date_format`: text is a day or an instant in a stated form.

use schemars::JsonSchema;
use serde::Deserialize;

use super::patterns::{self, List, MatchOn};
use super::{Lowered, Rule, Subject, Target, expect_family};
use crate::cleanse::format;
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::plan::Expr;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct DateFormat;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The form in the codes of strftime, such as `%d.%m.%Y`.
    #[serde(default)]
    pattern: Option<String>,
    /// Several forms, of which one is enough, instead of `pattern`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    patterns: Vec<String>,
}

impl Rule for DateFormat {
    type Parameters = Parameters;
    const NAME: &'static str = "date_format";
    const DOC: Doc = Doc {
        summary: "Every text is a real day, instant or time in a stated form.",
        semantics: "The codes are those of strftime that every engine reads alike: `%Y %y %m %b %B %d %j %H %I \
                    %p %M %S %f` and `%%`. The text must be a day that there is: the 31st of February \
                    violates, and the 29th outside leap years. A number may lack its leading zeros; white \
                    space around the text is left out. Nulls are skipped unless `nulls: violate`; empty text \
                    violates.",
        good: "rule_id: german-days\nrule_type: date_format\ncolumn: day\nparameters: {pattern: '%d.%m.%Y'}\n",
        bad: "rule_id: german-days\nrule_type: date_format\ncolumn: day\nparameters: {pattern: dd.mm.yyyy}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        patterns::check(parameters.pattern.as_ref(), &parameters.patterns, |pattern| {
            let fault = |message| Problem::new(Code::BadValue, Pointer::root(), message);
            format::check(pattern).map_err(fault)
        })
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let list = List {
            patterns: patterns::all(parameters.pattern.as_ref(), &parameters.patterns),
            match_on: MatchOn::Any,
            negate: false,
            verb: "has the form",
        };
        let lowered = list.lower(field, target, |pattern| {
            let value = Box::new(Expr::column(&field.name));
            let format = Some(pattern.to_owned());
            Ok(Expr::Cast { value, to: DataType::Timestamp, format }.is_not_null())
        });
        lowered.map_err(|problem| vec![problem])
    }
}
