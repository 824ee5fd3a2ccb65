//! Cleansing steps: what each does, how its parameters are checked, and how it lowers to the plan.
//!
//! One file for each type of step, named after its public id, and one line in [`ALL`].

mod agree;
mod cast;
mod change_case;
mod clamp;
mod collapse_whitespace;
mod convert_units;
mod countries;
mod deduplicate;
mod default;
mod derive;
mod drop;
pub mod format;
mod fuzzy_deduplicate;
mod hash;
mod impute;
mod keep;
mod lookup;
mod map_values;
mod mask;
mod merge;
mod normalize_unicode;
mod null_tokens;
mod parse_boolean;
mod parse_date;
mod parse_number;
mod policy;
mod reject_rows;
mod rename;
mod replace;
mod round;
mod say;
mod select;
mod site;
mod split;
mod standardize_country;
mod standardize_currency;
mod standardize_email;
mod standardize_phone;
mod strip_control;
mod survive;
mod tokenize;
mod trim;
mod zone;

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::reference::TaxonomyRef;
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;
pub use policy::{Ground, Planned, plan_steps};
pub use site::{Lowered, Site, Target};

/// Every type of step, in order of name.
pub static ALL: &[&dyn StepType] = &[
    &Type::<agree::Agree>(PhantomData),
    &Type::<cast::Cast>(PhantomData),
    &Type::<change_case::ChangeCase>(PhantomData),
    &Type::<clamp::Clamp>(PhantomData),
    &Type::<collapse_whitespace::CollapseWhitespace>(PhantomData),
    &Type::<convert_units::ConvertUnits>(PhantomData),
    &Type::<deduplicate::Deduplicate>(PhantomData),
    &Type::<default::Default>(PhantomData),
    &Type::<derive::Derive>(PhantomData),
    &Type::<drop::Drop>(PhantomData),
    &Type::<fuzzy_deduplicate::FuzzyDeduplicate>(PhantomData),
    &Type::<hash::Hash>(PhantomData),
    &Type::<impute::Impute>(PhantomData),
    &Type::<lookup::Lookup>(PhantomData),
    &Type::<map_values::MapValues>(PhantomData),
    &Type::<mask::Mask>(PhantomData),
    &Type::<merge::Merge>(PhantomData),
    &Type::<normalize_unicode::NormalizeUnicode>(PhantomData),
    &Type::<null_tokens::NullTokens>(PhantomData),
    &Type::<parse_boolean::ParseBoolean>(PhantomData),
    &Type::<parse_date::ParseDate>(PhantomData),
    &Type::<parse_number::ParseNumber>(PhantomData),
    &Type::<reject_rows::RejectRows>(PhantomData),
    &Type::<rename::Rename>(PhantomData),
    &Type::<replace::Replace>(PhantomData),
    &Type::<round::Round>(PhantomData),
    &Type::<select::Select>(PhantomData),
    &Type::<split::Split>(PhantomData),
    &Type::<standardize_country::StandardizeCountry>(PhantomData),
    &Type::<standardize_currency::StandardizeCurrency>(PhantomData),
    &Type::<standardize_email::StandardizeEmail>(PhantomData),
    &Type::<standardize_phone::StandardizePhone>(PhantomData),
    &Type::<strip_control::StripControl>(PhantomData),
    &Type::<survive::Survive>(PhantomData),
    &Type::<tokenize::Tokenize>(PhantomData),
    &Type::<trim::Trim>(PhantomData),
];

/// The type of step of that name.
pub fn named(name: &str) -> Option<&'static dyn StepType> {
    ALL.iter().copied().find(|step_type| step_type.name() == name)
}

/// A type of step as its own file states it.
pub trait StepRule: Sync + 'static {
    /// The parameters.
    type Parameters: DeserializeOwned + JsonSchema + 'static;
    /// The public name.
    const NAME: &'static str;
    /// What users read.
    const DOC: Doc;
    /// Whether the step works on the text of a column before it is converted to its declared type.
    const ON_TEXT: bool;

    /// What is wrong with parameters that fit their shape, seen from the parameters.
    fn check(_parameters: &Self::Parameters) -> Vec<Problem> {
        Vec::new()
    }

    /// Columns that the step reads or changes; empty means all.
    fn columns(parameters: &Self::Parameters) -> Vec<ColumnName>;

    /// Columns that the step sets and that need not be there before it.
    fn makes(_parameters: &Self::Parameters) -> Vec<ColumnName> {
        Vec::new()
    }

    /// The taxonomy that the step reads, and where it is named.
    fn taxonomy(_parameters: &Self::Parameters) -> Option<(Pointer, TaxonomyRef)> {
        None
    }

    /// The plan of a use of the step at a place.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the parameters.
    fn lower(parameters: &Self::Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>>;
}

/// A type of step as the rest of the crate sees it.
pub trait StepType: Sync {
    /// The public name.
    fn name(&self) -> &'static str;
    /// What users read.
    fn doc(&self) -> &'static Doc;
    /// Whether the step works on text before it is converted.
    fn on_text(&self) -> bool;
    /// The shape of its parameters.
    fn shape(&self) -> &'static Shape;
    /// Everything that is wrong with the parameters, seen from them.
    fn check(&self, parameters: &Value) -> Vec<Problem>;
    /// Columns that the step reads or changes; empty means all.
    ///
    /// # Errors
    /// The parameters do not fit their shape.
    fn columns(&self, parameters: &Value) -> Result<Vec<ColumnName>, Vec<Problem>>;
    /// Columns that the step sets and that need not be there before it; none where the parameters do not
    /// fit their shape.
    fn makes(&self, parameters: &Value) -> Vec<ColumnName>;
    /// The taxonomy that the step reads, and where it is named, seen from the parameters.
    fn taxonomy(&self, parameters: &Value) -> Option<(Pointer, TaxonomyRef)>;
    /// The plan of a use of the step at a place.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the step.
    fn lower(&self, parameters: &Value, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>>;
}

struct Type<S>(PhantomData<fn() -> S>);

impl<S: StepRule> StepType for Type<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn doc(&self) -> &'static Doc {
        &S::DOC
    }

    fn on_text(&self) -> bool {
        S::ON_TEXT
    }

    fn shape(&self) -> &'static Shape {
        crate::shape::cached::<S::Parameters>()
    }

    fn check(&self, parameters: &Value) -> Vec<Problem> {
        let problems = self.shape().check(parameters);
        if !problems.is_empty() {
            return problems;
        }
        match crate::shape::take(parameters) {
            Ok(parameters) => S::check(&parameters),
            Err(problems) => problems,
        }
    }

    fn columns(&self, parameters: &Value) -> Result<Vec<ColumnName>, Vec<Problem>> {
        crate::shape::take(parameters).map(|parameters| S::columns(&parameters))
    }

    fn makes(&self, parameters: &Value) -> Vec<ColumnName> {
        crate::shape::take(parameters).map(|parameters| S::makes(&parameters)).unwrap_or_default()
    }

    fn taxonomy(&self, parameters: &Value) -> Option<(Pointer, TaxonomyRef)> {
        crate::shape::take(parameters).ok().and_then(|parameters| S::taxonomy(&parameters))
    }

    fn lower(&self, parameters: &Value, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let parameters = crate::shape::take(parameters)?;
        let place = Pointer::from("parameters");
        S::lower(&parameters, site).map_err(|problems| {
            problems.into_iter().map(|problem| problem.within(&place)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_documented() {
        let names: Vec<_> = ALL.iter().map(|step_type| step_type.name()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for step_type in ALL {
            let doc = step_type.doc();
            let name = step_type.name();
            for text in [doc.summary, doc.semantics, doc.good, doc.bad] {
                assert!(!text.trim().is_empty(), "{name}");
            }
            assert!(doc.good.contains(&format!("step_type: {name}\n")), "{name}");
            assert_ne!(doc.good, doc.bad, "{name}");
            let fields = step_type.shape().schema()["properties"].as_object();
            for (field, shape) in fields.into_iter().flatten() {
                assert!(
                    shape.get("description").is_some(),
                    "{name}.{field} says nothing of itself"
                );
            }
        }
    }
}
