//! Rule types: what each demands, how its parameters are checked, and how it lowers to the plan.
//!
//! One file for each type, named after its public id, and one line in [`ALL`].

mod not_null;

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::Reference;
use crate::library::reference::TaxonomyRef;
use crate::library::rule_set::Nulls;
use crate::library::taxonomy::Taxonomy;
use crate::plan::{Body, Columns, Expr, Field};
use crate::problem::{Pointer, Problem, nearest};
use crate::shape::Shape;
use crate::verdict::Dimension;

/// Every rule type, in order of name.
pub static ALL: &[&dyn RuleType] = &[&Type::<not_null::NotNull>(PhantomData)];

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
        let problem = Problem::new(
            Code::UnknownColumn,
            pointer,
            format!("the dataset has no column `{name}`"),
        );
        vec![match nearest(name.as_str(), fields.iter().map(|field| field.name.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }]
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
