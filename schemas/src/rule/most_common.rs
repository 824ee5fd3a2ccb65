//! `most_common`: the most frequent value of a column is one of a list.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, figure, set};
use crate::doc::Doc;
use crate::library::Reference;
use crate::library::reference::TaxonomyRef;
use crate::library::taxonomy::Scalar;
use crate::plan::{Body, Bounds, Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct MostCommon;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The values; either this or a taxonomy.
    #[serde(default)]
    values: Option<Vec<Scalar>>,
    /// The taxonomy whose codes are the values.
    #[serde(default)]
    taxonomy: Option<TaxonomyRef>,
    /// Where several values are equally frequent, one of them in the list is enough.
    #[serde(default)]
    ties_okay: bool,
}

impl Parameters {
    fn list(&self) -> set::Parameters {
        set::Parameters::exact(self.values.clone(), self.taxonomy.clone())
    }
}

impl Rule for MostCommon {
    type Parameters = Parameters;
    const NAME: &'static str = "most_common";
    const DOC: Doc = Doc {
        summary: "The most frequent value of the column is one of a list.",
        semantics: "Among the rows that pass `where`. The list stands in `values` or is a `taxonomy`. Where \
                    several values are equally frequent the rule fails, unless `ties_okay` is true and one \
                    of them is in the list. Null is no value, NaN is one. The figure is 1 where the rule \
                    holds and 0 where it does not, and the verdict names the most frequent values. Without \
                    any value nothing is evaluated. No row is marked.",
        good: "rule_id: cards-first\nrule_type: most_common\ncolumn: payment\nparameters: {values: [card]}\n",
        bad: "rule_id: cards-first\nrule_type: most_common\ncolumn: payment\nparameters: {ties_okay: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn references(parameters: &Parameters) -> Vec<Reference> {
        parameters.list().references()
    }

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.list().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        let (set, words) = set::literals(&parameters.list(), field, target)?;
        let function = MetricFunction::MostCommonIn { set, ties: parameters.ties_okay };
        let metric = Metric::of(function, Expr::column(&field.name));
        Ok(Lowered {
            title: format!("the most frequent value of `{}` is one of {words}", field.name),
            columns: vec![field.name.clone()],
            body: Body::Metric {
                measure: Measure::Metric { metric },
                bounds: Bounds { min: Some(1.0), ..Bounds::default() },
            },
        })
    }
}
