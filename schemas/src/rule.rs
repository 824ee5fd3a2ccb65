//! Rule types: what each demands, how its parameters are checked, and how it lowers to the plan.
//!
//! One file for each type, named after its public id, and one line in [`ALL`].

mod affix;
mod aggregate_match;
mod anomaly;
mod arrivals;
mod bounds;
mod casing;
mod castable;
mod change_between;
mod chi_squared;
mod column_count;
mod column_exist;
mod column_names;
mod column_set;
mod column_types;
mod columns;
mod complete;
mod conditional;
mod correlation;
mod count;
mod dataset_diff;
mod date_format;
mod decreasing;
mod distinct;
mod distinct_contains;
mod distinct_count;
mod distinct_equals;
mod distinct_in_set;
mod distribution;
mod duplicate_row_count;
mod ends_with;
mod entropy;
mod equal;
mod equals;
mod expression;
mod figure;
mod file;
mod file_count;
mod file_freshness;
mod file_name;
mod file_size;
mod file_unique;
pub(crate) mod format;
mod formula;
mod freshness;
mod freshness_anomaly;
mod functional_dependency;
mod in_set;
mod increasing;
mod is_null;
mod json;
mod json_keys;
mod json_schema;
mod keys;
mod kl_divergence;
mod kurtosis;
mod length;
mod like_pattern;
mod matching;
mod max;
mod max_length;
mod mean;
mod mean_length;
mod median;
mod metric_anomaly;
mod min;
mod min_length;
mod missing_consistent;
mod missing_sentinel;
mod moment;
mod most_common;
mod mutual_information;
mod negative_ratio;
mod non_overlapping;
mod not_constant;
mod not_empty_string;
mod not_equals;
mod not_in_future;
mod not_in_set;
mod not_null;
mod null_ratio;
mod older_than;
mod order;
mod other;
mod outliers;
mod pair_compare;
mod pair_in_set;
mod patterns;
mod population_stability;
mod quantile;
mod query;
mod range;
mod reference;
mod regex;
mod row_count;
mod row_count_match;
mod schema_change;
mod schema_match;
mod sequential;
mod set;
mod shape;
mod skewness;
mod standard_deviation;
mod starts_with;
mod structure;
mod sum;
mod sum_equals;
mod target;
mod unique;
mod unique_ratio;
mod unique_within_record;
mod values;
mod variance;
mod volume_anomaly;
mod zero_ratio;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use target::parameter;
pub use target::{Resolve, Target, expect_family, find};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::{Body, Columns};
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;
use crate::verdict::Dimension;

/// Every rule type, in order of name.
pub static ALL: &[&dyn RuleType] = &[
    &Type::<aggregate_match::AggregateMatch>(PhantomData),
    &Type::<arrivals::Arrivals>(PhantomData),
    &Type::<casing::Casing>(PhantomData),
    &Type::<castable::Castable>(PhantomData),
    &Type::<change_between::ChangeBetween>(PhantomData),
    &Type::<chi_squared::ChiSquared>(PhantomData),
    &Type::<column_count::ColumnCount>(PhantomData),
    &Type::<column_exist::ColumnExist>(PhantomData),
    &Type::<column_names::ColumnNames>(PhantomData),
    &Type::<column_set::ColumnSet>(PhantomData),
    &Type::<column_types::ColumnTypes>(PhantomData),
    &Type::<complete::Complete>(PhantomData),
    &Type::<conditional::Conditional>(PhantomData),
    &Type::<correlation::Correlation>(PhantomData),
    &Type::<dataset_diff::DatasetDiff>(PhantomData),
    &Type::<date_format::DateFormat>(PhantomData),
    &Type::<decreasing::Decreasing>(PhantomData),
    &Type::<distinct_contains::DistinctContains>(PhantomData),
    &Type::<distinct_count::DistinctCount>(PhantomData),
    &Type::<distinct_equals::DistinctEquals>(PhantomData),
    &Type::<distinct_in_set::DistinctInSet>(PhantomData),
    &Type::<duplicate_row_count::DuplicateRowCount>(PhantomData),
    &Type::<ends_with::EndsWith>(PhantomData),
    &Type::<entropy::Entropy>(PhantomData),
    &Type::<equals::Equals>(PhantomData),
    &Type::<expression::Expression>(PhantomData),
    &Type::<file_count::FileCount>(PhantomData),
    &Type::<file_freshness::FileFreshness>(PhantomData),
    &Type::<file_name::FileName>(PhantomData),
    &Type::<file_size::FileSize>(PhantomData),
    &Type::<file_unique::FileUnique>(PhantomData),
    &Type::<format::FormatRule>(PhantomData),
    &Type::<freshness::Freshness>(PhantomData),
    &Type::<freshness_anomaly::FreshnessAnomaly>(PhantomData),
    &Type::<functional_dependency::FunctionalDependency>(PhantomData),
    &Type::<in_set::InSet>(PhantomData),
    &Type::<increasing::Increasing>(PhantomData),
    &Type::<is_null::IsNull>(PhantomData),
    &Type::<json::Json>(PhantomData),
    &Type::<json_keys::JsonKeys>(PhantomData),
    &Type::<json_schema::JsonSchemaRule>(PhantomData),
    &Type::<kl_divergence::KlDivergence>(PhantomData),
    &Type::<kurtosis::Kurtosis>(PhantomData),
    &Type::<length::Length>(PhantomData),
    &Type::<like_pattern::LikePattern>(PhantomData),
    &Type::<max::Max>(PhantomData),
    &Type::<max_length::MaxLength>(PhantomData),
    &Type::<mean::Mean>(PhantomData),
    &Type::<mean_length::MeanLength>(PhantomData),
    &Type::<median::Median>(PhantomData),
    &Type::<metric_anomaly::MetricAnomaly>(PhantomData),
    &Type::<min::Min>(PhantomData),
    &Type::<min_length::MinLength>(PhantomData),
    &Type::<missing_consistent::MissingConsistent>(PhantomData),
    &Type::<missing_sentinel::MissingSentinel>(PhantomData),
    &Type::<most_common::MostCommon>(PhantomData),
    &Type::<mutual_information::MutualInformation>(PhantomData),
    &Type::<negative_ratio::NegativeRatio>(PhantomData),
    &Type::<non_overlapping::NonOverlapping>(PhantomData),
    &Type::<not_constant::NotConstant>(PhantomData),
    &Type::<not_empty_string::NotEmptyString>(PhantomData),
    &Type::<not_equals::NotEquals>(PhantomData),
    &Type::<not_in_future::NotInFuture>(PhantomData),
    &Type::<not_in_set::NotInSet>(PhantomData),
    &Type::<not_null::NotNull>(PhantomData),
    &Type::<null_ratio::NullRatio>(PhantomData),
    &Type::<older_than::OlderThan>(PhantomData),
    &Type::<outliers::Outliers>(PhantomData),
    &Type::<pair_compare::PairCompare>(PhantomData),
    &Type::<pair_in_set::PairInSet>(PhantomData),
    &Type::<population_stability::PopulationStability>(PhantomData),
    &Type::<quantile::Quantile>(PhantomData),
    &Type::<query::Query>(PhantomData),
    &Type::<range::Range>(PhantomData),
    &Type::<reference::Reference>(PhantomData),
    &Type::<regex::Regex>(PhantomData),
    &Type::<row_count::RowCount>(PhantomData),
    &Type::<row_count_match::RowCountMatch>(PhantomData),
    &Type::<schema_change::SchemaChange>(PhantomData),
    &Type::<schema_match::SchemaMatch>(PhantomData),
    &Type::<sequential::Sequential>(PhantomData),
    &Type::<skewness::Skewness>(PhantomData),
    &Type::<standard_deviation::StandardDeviation>(PhantomData),
    &Type::<starts_with::StartsWith>(PhantomData),
    &Type::<structure::Structure>(PhantomData),
    &Type::<sum::Sum>(PhantomData),
    &Type::<sum_equals::SumEquals>(PhantomData),
    &Type::<unique::Unique>(PhantomData),
    &Type::<unique_ratio::UniqueRatio>(PhantomData),
    &Type::<unique_within_record::UniqueWithinRecord>(PhantomData),
    &Type::<variance::Variance>(PhantomData),
    &Type::<volume_anomaly::VolumeAnomaly>(PhantomData),
    &Type::<zero_ratio::ZeroRatio>(PhantomData),
];

/// The rule type of that name.
pub fn named(name: &str) -> Option<&'static dyn RuleType> {
    ALL.iter().copied().find(|rule_type| rule_type.name() == name)
}

/// What a rule type judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One column, named by the rule.
    Column,
    /// The dataset; columns, if any, stand in the parameters.
    Dataset,
}

/// A rule type as its own file states it.
pub trait Rule: Sync + 'static {
    /// The parameters.
    type Parameters: DeserializeOwned + JsonSchema + 'static;
    /// The public name.
    const NAME: &'static str;
    /// What users read.
    const DOC: Doc;
    /// Which quality it speaks of, unless the author says otherwise.
    const DIMENSION: Dimension;
    /// What it judges.
    const SUBJECT: Subject;

    /// References that the parameters hold, seen from the parameters.
    fn references(_parameters: &Self::Parameters) -> Vec<Reference> {
        Vec::new()
    }

    /// What is wrong with parameters that fit their shape, seen from the parameters.
    fn check(_parameters: &Self::Parameters) -> Vec<Problem> {
        Vec::new()
    }

    /// The plan of a use of the rule.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the rule.
    fn lower(parameters: &Self::Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>>;
}

/// What a rule came to.
#[derive(Debug)]
pub struct Lowered {
    /// What must hold, in one line for people.
    pub title: String,
    /// Columns that a violation is about.
    pub columns: Columns,
    /// What is computed.
    pub body: Body,
}

/// A rule type as the rest of the crate sees it.
pub trait RuleType: Sync {
    /// The public name.
    fn name(&self) -> &'static str;
    /// What users read.
    fn doc(&self) -> &'static Doc;
    /// Which quality it speaks of, unless the author says otherwise.
    fn dimension(&self) -> Dimension;
    /// What it judges.
    fn subject(&self) -> Subject;
    /// The shape of its parameters.
    fn shape(&self) -> &'static Shape;
    /// References that the parameters hold; none where they do not fit their shape.
    fn references(&self, parameters: &Map<String, Value>) -> Vec<Reference>;
    /// Everything that is wrong with the parameters, seen from them.
    fn check(&self, parameters: &Value) -> Vec<Problem>;
    /// The plan of a use of the rule.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the rule.
    fn lower(&self, parameters: &Value, target: &Target<'_>) -> Result<Lowered, Vec<Problem>>;
}

struct Type<R>(PhantomData<fn() -> R>);

impl<R: Rule> RuleType for Type<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn doc(&self) -> &'static Doc {
        &R::DOC
    }

    fn dimension(&self) -> Dimension {
        R::DIMENSION
    }

    fn subject(&self) -> Subject {
        R::SUBJECT
    }

    fn shape(&self) -> &'static Shape {
        crate::shape::cached::<R::Parameters>()
    }

    fn references(&self, parameters: &Map<String, Value>) -> Vec<Reference> {
        serde_json::from_value(Value::Object(parameters.clone()))
            .map(|parameters| R::references(&parameters))
            .unwrap_or_default()
    }

    fn check(&self, parameters: &Value) -> Vec<Problem> {
        let problems = self.shape().check(parameters);
        if !problems.is_empty() {
            return problems;
        }
        match crate::shape::take(parameters) {
            Ok(parameters) => R::check(&parameters),
            Err(problems) => problems,
        }
    }

    fn lower(&self, parameters: &Value, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let place = Pointer::from("parameters");
        let problems = self.check(parameters);
        if !problems.is_empty() {
            return Err(problems.into_iter().map(|problem| problem.within(&place)).collect());
        }
        let parameters = crate::shape::take(parameters)?;
        R::lower(&parameters, target)
    }
}
