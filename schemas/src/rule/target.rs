//! What a rule is bound to, and what it may ask of it.

use crate::code::Code;
use crate::datatype::Family;
use crate::id::ColumnName;
use crate::library::reference::TaxonomyRef;
use crate::library::rule_set::Nulls;
use crate::library::taxonomy::Taxonomy;
use crate::plan::{Expr, Field};
use crate::problem::{Pointer, Problem};

/// What a rule is bound to.
pub struct Target<'a> {
    /// The declared columns of the dataset.
    pub fields: &'a [Field],
    /// The column that the rule names; always there for [`Subject::Column`].
    pub column: Option<&'a Field>,
    /// What null means to the rule.
    pub nulls: Nulls,
    /// Looks up other objects.
    pub resolve: &'a dyn Resolve,
}

/// Looks up the objects that a rule refers to.
pub trait Resolve {
    /// The taxonomy, if it exists.
    fn taxonomy(&self, reference: &TaxonomyRef) -> Option<&Taxonomy>;

    /// The declared columns of another dataset of the contract.
    fn dataset(&self, dataset_contract_id: &str) -> Option<Vec<Field>>;
}

impl<'a> Target<'a> {
    /// The column that the rule names.
    ///
    /// # Errors
    /// The rule names none; for a rule type of [`Subject::Column`] only a template bound wrongly does.
    pub fn the_column(&self) -> Result<&'a Field, Vec<Problem>> {
        self.column.ok_or_else(|| {
            vec![Problem::new(Code::MissingField, Pointer::root(), "the rule names no `column`")]
        })
    }

    /// The declared column of that name; `pointer` is where the rule names it.
    ///
    /// # Errors
    /// No such column is declared.
    pub fn field(&self, name: &ColumnName, pointer: Pointer) -> Result<&'a Field, Vec<Problem>> {
        find(self.fields, name, pointer)
    }

    /// Demands that the rule leaves `nulls` alone, because its type gives nulls a meaning of its own.
    ///
    /// # Errors
    /// The rule sets `nulls`; `instead` says what to do.
    pub(super) fn takes_no_nulls(&self, rule: &str, instead: &str) -> Result<(), Vec<Problem>> {
        if self.nulls == Nulls::Skip {
            return Ok(());
        }
        let message = format!("`nulls: violate` means nothing to `{rule}`");
        Err(vec![Problem::new(Code::BadValue, Pointer::from("nulls"), message).hint(instead)])
    }

    /// Rows that a rule about these values judges: those without a null, unless nulls violate.
    pub fn judged<'n>(&self, columns: impl IntoIterator<Item = &'n ColumnName>) -> Option<Expr> {
        match self.nulls {
            Nulls::Violate => None,
            Nulls::Skip => Some(Expr::all(
                columns.into_iter().map(|column| Expr::column(column).is_not_null()),
            )),
        }
    }
}

/// The place of a parameter, seen from the rule.
pub(super) fn parameter(name: &str) -> Pointer {
    Pointer::from("parameters").key(name)
}

/// The column of that name among `fields`; `pointer` is where it is named.
///
/// # Errors
/// No such column is declared; the nearest one that is becomes the hint.
pub fn find<'a>(
    fields: &'a [Field],
    name: &ColumnName,
    pointer: Pointer,
) -> Result<&'a Field, Vec<Problem>> {
    fields.iter().find(|field| field.name == *name).ok_or_else(|| {
        let known = fields.iter().map(|field| field.name.as_str());
        let message = format!("the dataset has no column `{name}`");
        let problem = Problem::new(Code::UnknownColumn, pointer, message);
        vec![problem.did_you_mean(name.as_str(), known)]
    })
}

/// Demands that a column is of one of the families.
///
/// # Errors
/// It is of another.
pub fn expect_family(
    rule: &str,
    field: &Field,
    families: &[Family],
    pointer: Pointer,
) -> Result<(), Vec<Problem>> {
    if families.contains(&field.data_type.family()) {
        return Ok(());
    }
    let words: Vec<_> = families.iter().map(|family| family.word()).collect();
    Err(vec![Problem::new(
        Code::ColumnType,
        pointer,
        format!(
            "`{rule}` takes columns of {}, but `{}` is of type `{}`",
            words.join(" or "),
            field.name,
            field.data_type
        ),
    )])
}
