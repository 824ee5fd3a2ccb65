//! Where a step stands: the columns at that point, and what its plan is made of.

use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::id::ColumnName;
use crate::plan::{Expr, Field, Function, Otherwise, StepBody};
use crate::problem::{Pointer, Problem};
use crate::rule::Resolve;

/// A place in a policy.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The columns that the step names, with their types at this point; all where it names none.
    pub columns: &'a [Target],
    /// The columns that the schema declares.
    pub fields: &'a [Field],
    /// Looks up taxonomies and other datasets.
    pub resolve: &'a dyn Resolve,
}

/// A column that a step reads or changes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: ColumnName,
    /// Its type at this point; text before its conversion.
    pub now: DataType,
    /// Its declared type.
    pub declared: DataType,
}

/// What a step came to, for one column or for the row.
#[derive(Debug)]
pub struct Lowered {
    /// What is done, in one line for people.
    pub title: String,
    /// What is done.
    pub body: StepBody,
    /// Columns that are there from here on, or have another type: with it, and the columns that their
    /// values come from.
    pub makes: Vec<Made>,
}

/// A column that a step makes.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its name.
    pub name: ColumnName,
    /// Its type.
    pub data_type: DataType,
    /// Where its values come from.
    pub from: Vec<ColumnName>,
}

impl Lowered {
    /// A step that makes no column.
    pub(super) fn new(title: String, body: StepBody) -> Self {
        Self { title, body, makes: Vec::new() }
    }

    /// A column set to a value of the type that it has.
    pub(super) fn set(title: String, column: &ColumnName, value: Expr) -> Self {
        Self::new(title, StepBody::Set { column: column.clone(), value })
    }

    /// A column set to a value, whether it is there already or not.
    pub(super) fn make(
        title: String,
        column: &ColumnName,
        value: Expr,
        data_type: DataType,
    ) -> Self {
        let mut from = Vec::new();
        value.columns(&mut |name| {
            if !from.contains(name) {
                from.push(name.clone());
            }
        });
        let made = Made { name: column.clone(), data_type, from };
        Self { makes: vec![made], ..Self::set(title, column, value) }
    }
}

impl<'a> Site<'a> {
    /// The column of that name; `pointer` is where it is named.
    ///
    /// # Errors
    /// There is no such column; the nearest one that is becomes the hint.
    pub(super) fn find(
        &self,
        name: &ColumnName,
        pointer: Pointer,
    ) -> Result<&'a Target, Vec<Problem>> {
        self.columns.iter().find(|column| column.name == *name).ok_or_else(|| {
            let message = format!("the dataset has no column `{name}`");
            let known = self.columns.iter().map(|column| column.name.as_str());
            let problem = Problem::new(Code::UnknownColumn, pointer, message);
            vec![problem.did_you_mean(name.as_str(), known)]
        })
    }

    /// The columns that a step on text changes: those named, or every column that is text at this point.
    ///
    /// # Errors
    /// A named column is not text at this point.
    pub(super) fn text_columns(
        &self,
        step: &str,
        named: &[ColumnName],
    ) -> Result<Vec<&'a Target>, Vec<Problem>> {
        self.of_family(step, named, Family::Text)
    }

    /// The columns that a step changes: those named, or every column whose values are of the family at this
    /// point.
    ///
    /// # Errors
    /// A named column is of another one.
    pub(super) fn of_family(
        &self,
        step: &str,
        named: &[ColumnName],
        family: Family,
    ) -> Result<Vec<&'a Target>, Vec<Problem>> {
        let other = self.columns.iter().find(|column| column.now.family() != family);
        match other.filter(|_| !named.is_empty()) {
            None => {
                Ok(self.columns.iter().filter(|column| column.now.family() == family).collect())
            }
            Some(other) => {
                let index = named.iter().position(|name| *name == other.name).unwrap_or(0);
                let place = Pointer::from("columns").index(index);
                Err(vec![not_of(step, other, family, place)])
            }
        }
    }

    /// The only column of a step, which is text at this point.
    ///
    /// # Errors
    /// It is not there or not text.
    pub(super) fn text_column(
        &self,
        step: &str,
        name: &ColumnName,
    ) -> Result<&'a Target, Vec<Problem>> {
        let column = self.find(name, "column".into())?;
        match column.now {
            DataType::Text => Ok(column),
            _ => Err(vec![not_of(step, column, Family::Text, "column".into())]),
        }
    }
}

fn not_of(step: &str, column: &Target, family: Family, place: Pointer) -> Problem {
    let wanted = if family == Family::Text { "text" } else { family.word() };
    let message = format!(
        "`{step}` works on {wanted}, but `{}` is of type `{}` at this point",
        column.name, column.now
    );
    let hint = match family {
        Family::Text => "move the step before the one that needs the converted values",
        _ => "declare the column as such, or convert it with `cast` first",
    };
    Problem::new(Code::ColumnType, place, message).hint(hint)
}

/// Each column set by itself; `title` is what is done to it, as `trim {}`.
pub(super) fn each(
    columns: Vec<&Target>,
    title: &str,
    value: impl Fn(Expr) -> Expr,
) -> Vec<Lowered> {
    let set = |column: &&Target| {
        let named = format!("`{}`", column.name);
        let value = value(Expr::column(&column.name));
        Lowered::set(title.replace("{}", &named), &column.name, value)
    };
    columns.iter().map(set).collect()
}

/// A column set to a value that is null where the old one does not fit; `otherwise` says what becomes of
/// those, and `reason` why their row is rejected.
pub(super) fn settled(
    column: &Target,
    title: String,
    (value, otherwise): (Expr, Otherwise),
    reason: String,
) -> Vec<Lowered> {
    let old = || Expr::column(&column.name);
    match otherwise {
        Otherwise::Keep => {
            let kept = Expr::call(Function::Coalesce, [value, old()]);
            vec![Lowered::set(title, &column.name, kept)]
        }
        Otherwise::SetNull => vec![Lowered::set(title, &column.name, value)],
        Otherwise::RejectRow => {
            let misses = Expr::call(Function::IsNull, [value.clone()]);
            let reject = StepBody::Reject {
                when: Expr::all([old().is_not_null(), misses]),
                reason,
                column: Some(column.name.clone()),
            };
            let rejected = format!("reject rows whose `{}` does not fit", column.name);
            vec![Lowered::new(rejected, reject), Lowered::set(title, &column.name, value)]
        }
    }
}

/// Problems with columns that stand twice in a list of that name.
pub(super) fn repeated(field: &str, columns: &[ColumnName]) -> Vec<Problem> {
    let twice =
        columns.iter().enumerate().filter(|(index, column)| columns[..*index].contains(column));
    let problem = |(index, column): (usize, &ColumnName)| {
        let message = format!("`{column}` stands here for the second time");
        Problem::new(Code::BadValue, Pointer::from(field).index(index), message)
    };
    twice.map(problem).collect()
}

/// A share or likeness between 0 and 1.
pub(super) fn share(field: &str, value: Option<f64>) -> Option<Problem> {
    let value = value.filter(|value| !(0.0..=1.0).contains(value))?;
    let message = format!("{value} is not between 0 and 1");
    Some(Problem::new(Code::BadValue, field.into(), message))
}

/// The columns that an expression names; none where it cannot be read, which `check` says.
pub(super) fn named_in(expression: &str) -> Vec<ColumnName> {
    let names = crate::expression::names(expression).unwrap_or_default();
    names.into_iter().filter_map(|name| ColumnName::new(name).ok()).collect()
}
