//! The columns of a dataset while a policy is planned: they come, change their types and names, and go.

use super::Ground;
use crate::cleanse::site::{Made, Target};
use crate::code::Code;
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::plan::{Field, Projected, Redaction};
use crate::problem::{Pointer, Problem};

/// The columns at a point of the policy.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) list: Vec<Current>,
    /// The declared columns that are read from the files.
    reads: Vec<Field>,
    /// The declared columns that steps make.
    awaited: Vec<Field>,
    /// A step has said which columns there are, in which order.
    projected: bool,
}

/// A column at a point of the policy.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) target: Target,
    /// It still holds text that its declared type wants converted.
    pub(super) raw: bool,
    /// The column of the schema that it goes back to; its own name where there is none.
    pub(super) origin: ColumnName,
    /// What results may show of it.
    field: Field,
    /// The step that last gave it a type.
    typed_at: Option<Pointer>,
}

impl Columns {
    /// The columns as they are read, without those that steps make.
    pub(super) fn of(ground: &Ground<'_>, made: &[ColumnName]) -> Self {
        let (awaited, reads): (Vec<Field>, Vec<Field>) =
            ground.fields.iter().cloned().partition(|field| made.contains(&field.name));
        let current = |field: &Field| Current {
            target: Target {
                name: field.name.clone(),
                now: if ground.raw_text { DataType::Text } else { field.data_type },
                declared: field.data_type,
            },
            raw: ground.raw_text && field.data_type != DataType::Text,
            origin: field.name.clone(),
            field: field.clone(),
            typed_at: None,
        };
        Self { list: reads.iter().map(current).collect(), reads, awaited, projected: false }
    }

    pub(super) fn position(&self, name: &ColumnName) -> Option<usize> {
        self.list.iter().position(|column| column.target.name == *name)
    }

    pub(super) fn target(&self, index: usize) -> Option<Target> {
        self.list.get(index).map(|column| column.target.clone())
    }

    /// There is no column of that name at this point.
    pub(super) fn unknown(&self, name: &ColumnName, place: Pointer) -> Problem {
        let known = self.list.iter().map(|column| column.target.name.as_str());
        Problem::new(Code::UnknownColumn, place, format!("the dataset has no column `{name}`"))
            .did_you_mean(name.as_str(), known)
    }

    /// Notes a conversion that a step asks for, which takes the place of the one to the declared type;
    /// whether the declared pattern is meant where the step names none.
    pub(super) fn converts(&mut self, name: &ColumnName, to: DataType, place: &Pointer) -> bool {
        let Some(index) = self.position(name) else { return false };
        let Some(column) = self.list.get_mut(index) else { return false };
        let as_declared = column.target.now == DataType::Text && to == column.target.declared;
        column.target.now = to;
        column.raw = false;
        column.typed_at = Some(place.key("parameters").key("to"));
        as_declared
    }

    /// Notes a column that a step sets.
    pub(super) fn make(&mut self, made: &Made, filtered: bool, place: &Pointer) {
        let sources: Vec<Field> = self
            .list
            .iter()
            .filter(|column| made.from.contains(&column.target.name))
            .map(|column| column.field.clone())
            .collect();
        let typed_at = Some(place.clone());
        match self.position(&made.name).and_then(|index| self.list.get_mut(index)) {
            Some(column) => {
                // Rows that a filter leaves out keep their values, and so the column its type.
                if !filtered || column.target.now == made.data_type {
                    column.raw = made.data_type == DataType::Text
                        && column.target.declared != DataType::Text;
                    column.target.now = made.data_type;
                    column.typed_at = typed_at;
                }
                guard(&mut column.field, &sources);
            }
            None => self.list.push(self.made(made, &sources, typed_at)),
        }
    }

    /// A column that was not there before.
    fn made(&self, made: &Made, sources: &[Field], typed_at: Option<Pointer>) -> Current {
        let awaited = self.awaited.iter().find(|field| field.name == made.name);
        let mut field = awaited.cloned().unwrap_or_else(|| Field {
            name: made.name.clone(),
            data_type: made.data_type,
            optional: false,
            catalog_attribute: None,
            classification: None,
            redaction: Redaction::None,
        });
        guard(&mut field, sources);
        let declared = field.data_type;
        Current {
            target: Target { name: made.name.clone(), now: made.data_type, declared },
            raw: made.data_type == DataType::Text && declared != DataType::Text,
            origin: made.name.clone(),
            field,
            typed_at,
        }
    }

    /// Notes which columns stay, and their names.
    pub(super) fn project(&mut self, columns: &[Projected]) {
        self.projected = true;
        let before = std::mem::take(&mut self.list);
        for projected in columns {
            let found = before.iter().find(|column| column.target.name == projected.from);
            let Some(mut column) = found.cloned() else { continue };
            column.target.name = projected.to.clone();
            column.field.name = projected.to.clone();
            self.list.push(column);
        }
    }

    /// Columns that the steps leave with another type than the schema declares, on which the checks rely.
    pub(super) fn not_as_declared(&self) -> Vec<Problem> {
        let changed = self.list.iter().filter(|column| column.target.now != column.target.declared);
        changed
            .filter_map(|column| {
                let Target { name, now, declared } = &column.target;
                let message = format!(
                    "`{name}` is declared as `{declared}`, but the steps leave it as `{now}`"
                );
                let problem = Problem::new(Code::ColumnType, column.typed_at.clone()?, message);
                Some(problem.hint("declare that type in the schema, or convert the column back"))
            })
            .collect()
    }

    /// The columns that are read, and those after the last step.
    pub(super) fn fields(self, ground: &Ground<'_>) -> (Vec<Field>, Vec<Field>) {
        let after = self
            .list
            .into_iter()
            .map(|column| Field { data_type: column.target.now, ..column.field });
        let mut after: Vec<Field> = after.collect();
        // Where nothing but values changed, the order of the schema is that of the columns anyway.
        if !self.projected && after.len() == ground.fields.len() {
            let place = |field: &Field| {
                ground.fields.iter().position(|declared| declared.name == field.name)
            };
            if after.iter().all(|field| place(field).is_some()) {
                after.sort_by_key(place);
            }
        }
        (self.reads, after)
    }
}

/// What is made of guarded values is guarded as well as the best guarded of them.
fn guard(field: &mut Field, sources: &[Field]) {
    for source in sources {
        if source.redaction > field.redaction {
            field.redaction = source.redaction;
            field.classification.clone_from(&source.classification);
        }
    }
}
