//! `aggregate_match`: a figure agrees with that of another dataset.

use schemars::JsonSchema;
use serde::Deserialize;

use super::matching::{self, Figures};
use super::{Lowered, Rule, Subject, Target, expect_family, find, other, parameter};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::{ColumnName, DatasetContractId};
use crate::plan::{MetricFunction, Relation};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct AggregateMatch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The figure.
    function: Aggregate,
    /// The `dataset_contract_id` of another dataset of the same contract.
    dataset: DatasetContractId,
    /// The column there; without it, the one of the same name.
    #[serde(default)]
    other_column: Option<ColumnName>,
    /// The rows there that count, as a condition over its columns.
    #[serde(default)]
    other_where: Option<String>,
    /// How the figure here stands to the one there.
    #[serde(default)]
    relation: Relation,
    /// What the figure there is multiplied with first; 1 unless said.
    #[serde(default)]
    factor: Option<f64>,
    /// How far the two may lie apart.
    #[serde(default)]
    tolerance: Option<f64>,
    /// The same as a share of the figure there: 0.01 is one in a hundred.
    #[serde(default)]
    relative_tolerance: Option<f64>,
}

/// A figure of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Aggregate {
    /// Values that are not null.
    Count,
    /// Different values.
    CountDistinct,
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
    /// The arithmetic mean.
    Mean,
}

impl Aggregate {
    fn function(self) -> (MetricFunction, &'static str) {
        match self {
            Self::Count => (MetricFunction::Count, "number of values"),
            Self::CountDistinct => (MetricFunction::CountDistinct, "number of different values"),
            Self::Sum => (MetricFunction::Sum, "sum"),
            Self::Min => (MetricFunction::Min, "minimum"),
            Self::Max => (MetricFunction::Max, "maximum"),
            Self::Mean => (MetricFunction::Mean, "mean"),
        }
    }

    /// Whether the figure is of numbers alone.
    fn of_numbers(self) -> bool {
        !matches!(self, Self::Count | Self::CountDistinct)
    }
}

impl Parameters {
    fn matching(&self) -> matching::Parameters {
        matching::Parameters {
            dataset: self.dataset.clone(),
            other_where: self.other_where.clone(),
            relation: self.relation,
            factor: self.factor,
            tolerance: self.tolerance,
            relative_tolerance: self.relative_tolerance,
        }
    }
}

impl Rule for AggregateMatch {
    type Parameters = Parameters;
    const NAME: &'static str = "aggregate_match";
    const DOC: Doc = Doc {
        summary: "A figure of the column agrees with that of another dataset.",
        semantics: "The figure of the rows that pass `where`, after cleansing, is held against the same figure of \
                    the other dataset's rows that pass `other_where`, times `factor`. Nulls take no part. Sum, \
                    minimum, maximum and mean are of numbers, compared as doubles; without any value on one of \
                    the sides nothing is evaluated. Tolerances as with `row_count_match`. No row is marked.",
        good: "rule_id: same-revenue\nrule_type: aggregate_match\ncolumn: amount\nparameters: {function: sum, dataset: ledger, tolerance: 0.01}\n",
        bad: "rule_id: same-revenue\nrule_type: aggregate_match\ncolumn: amount\nparameters: {function: total, dataset: ledger}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.matching().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let declared = other::fields(&parameters.dataset, target)?;
        let (name, place) = match &parameters.other_column {
            Some(name) => (name, parameter("other_column")),
            None => (&field.name, "column".into()),
        };
        let there = find(&declared, name, place.clone())
            .map_err(|problems| other::within(&parameters.dataset, problems))?;
        if parameters.function.of_numbers() {
            expect_family(Self::NAME, field, &[Family::Number], "column".into())?;
            expect_family(Self::NAME, there, &[Family::Number], place)
                .map_err(|problems| other::within(&parameters.dataset, problems))?;
        }
        let (function, words) = parameters.function.function();
        let figures = Figures {
            function,
            here: Some(field.name.clone()),
            there: Some(there.name.clone()),
            words: format!("the {words} of `{}`", field.name),
        };
        matching::lower(Self::NAME, &parameters.matching(), &figures, target)
    }
}
