//! The different values of a column against a list, as `distinct_contains`, `distinct_equals` and
//! `distinct_in_set` share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Target, figure, set};
use crate::library::Reference;
use crate::library::reference::TaxonomyRef;
use crate::library::taxonomy::Scalar;
use crate::plan::{Body, Bounds, Expr, Literal, Measure, Metric, MetricFunction};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The values; either this or a taxonomy.
    #[serde(default)]
    values: Option<Vec<Scalar>>,
    /// The taxonomy whose codes are the values.
    #[serde(default)]
    taxonomy: Option<TaxonomyRef>,
}

impl Parameters {
    fn list(&self) -> set::Parameters {
        set::Parameters::exact(self.values.clone(), self.taxonomy.clone())
    }

    pub(super) fn references(&self) -> Vec<Reference> {
        self.list().references()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        self.list().check()
    }
}

/// The plan of a rule whose `faults`, metrics of the column over the list, add up to none; `verb` stands in
/// the title between the values of the column and those of the list.
pub(super) fn lower(
    rule: &str,
    verb: &str,
    faults: impl Fn(Vec<Literal>) -> Vec<MetricFunction>,
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    let field = figure::column(rule, figure::SINGLE, target)?;
    let (mut set, words) = set::literals(&parameters.list(), field, target)?;
    // Two spellings of one value, such as 1 and 1.0, are one member.
    let mut known = std::collections::BTreeSet::new();
    set.retain(|literal| known.insert(crate::canonical::text(literal)));
    let terms = faults(set)
        .into_iter()
        .map(|function| (1.0, Metric::of(function, Expr::column(&field.name))))
        .collect();
    Ok(Lowered {
        title: format!("the values of `{}` {verb} {words}", field.name),
        columns: vec![field.name.clone()],
        body: Body::Metric {
            measure: Measure::Linear { constant: 0.0, terms },
            bounds: Bounds { max: Some(0.0), ..Bounds::default() },
        },
    })
}
