//! What the headings of a sheet mean: the fields of a kind, as a tree of lists.

use assay_schemas::code::Code;
use assay_schemas::library::Kind;
use assay_schemas::library::environment::Environment;
use assay_schemas::problem::nearest;

use super::book::{Book, Cell};
use crate::field::{Field, Types};
use crate::source::LocatedProblem;

/// The types that a cell may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellType {
    pub(crate) types: Types,
    /// Those of the elements, if it may be a list.
    pub(crate) items: Types,
}

impl CellType {
    fn of(field: Field) -> Self {
        let items = field.items().map_or(Types::ANY, Field::types);
        Self { types: field.types(), items }
    }

    fn with(self, other: Self) -> Self {
        Self { types: self.types.with(other.types), items: self.items.with(other.items) }
    }
}

/// A column whose cells are fields of one object.
#[derive(Debug)]
pub(super) struct Column {
    /// Where it stands, from 0.
    pub(super) column: u32,
    /// The field, seen from the object.
    pub(super) path: Vec<String>,
    /// What it may be.
    cell: CellType,
    /// What it may be where another column names a type of rule, step or action.
    units: Vec<(&'static str, CellType)>,
    /// The column that names that type.
    unit_column: Option<u32>,
}

impl Column {
    /// What a cell may be in a row, of which `text_at` gives the text of another cell.
    pub(super) fn cell_type<'a>(&self, text_at: impl Fn(u32) -> Option<&'a str>) -> CellType {
        let unit = self.unit_column.and_then(text_at);
        let known = unit.and_then(|unit| self.units.iter().find(|(name, _)| *name == unit));
        known.map_or(self.cell, |(_, cell)| *cell)
    }
}

/// An object: its own columns, and the lists of objects inside it.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) own: Vec<Column>,
    pub(super) lists: Vec<(Vec<String>, Self)>,
}

impl Level {
    /// The columns of it and of all that is inside it.
    pub(super) fn any(&self, filled: &impl Fn(u32) -> bool) -> bool {
        self.own.iter().any(|own| filled(own.column))
            || self.lists.iter().any(|(_, level)| level.any(filled))
    }

    fn at(&mut self, lists: &[Vec<String>]) -> &mut Self {
        let mut level = self;
        for path in lists {
            let known = level.lists.iter().position(|(other, _)| other == path);
            let index = known.unwrap_or_else(|| {
                level.lists.push((path.clone(), Self::default()));
                level.lists.len() - 1
            });
            level = &mut level.lists[index].1;
        }
        level
    }
}

/// How the rows of a sheet are read.
#[derive(Debug)]
pub(super) struct Plan {
    /// The field that holds the id.
    pub(super) id_field: &'static str,
    /// The column that holds the id.
    pub(super) id_column: u32,
    /// The columns that tell one object from the next: id, version, tenant and environment.
    pub(super) identity: Vec<u32>,
    pub(super) root: Level,
    /// Columns that have a meaning, or are left out on purpose.
    known: Vec<bool>,
}

impl Plan {
    /// The plan of a sheet of the kind, and what is wrong with its headings.
    pub(super) fn of(
        book: &Book,
        header: &[Cell],
        (id_field, kind): (&'static str, Field),
        problems: &mut Vec<LocatedProblem>,
    ) -> Option<Self> {
        let mut root = Level::default();
        let mut known = Vec::new();
        let mut seen: Vec<(Vec<Step>, &Cell)> = Vec::new();
        for cell in header {
            known.resize(cell.column as usize + 1, false);
            known[cell.column as usize] = true;
            let heading = book.text_of(cell).trim();
            if heading.starts_with(['#', '_']) {
                continue;
            }
            match Resolved::of(heading, kind) {
                Ok(resolved) => {
                    if let Some((_, first)) =
                        seen.iter().find(|(steps, _)| *steps == resolved.steps)
                    {
                        let message = format!("the heading `{heading}` stands twice");
                        problems.push(
                            LocatedProblem::new(Code::UnknownHeading, cell.span.clone(), message)
                                .related(first.span.clone(), "it stands here first"),
                        );
                        continue;
                    }
                    seen.push((resolved.steps.clone(), cell));
                    let (lists, path) = split(&resolved.steps);
                    let column = resolved.column(cell.column, path, &seen);
                    root.at(&lists).own.push(column);
                }
                Err((message, hint)) => problems.push(
                    LocatedProblem::new(Code::UnknownHeading, cell.span.clone(), message)
                        .hint(hint),
                ),
            }
        }
        let column_of = |name: &str| {
            root.own
                .iter()
                .find(|column| column.path.len() == 1 && column.path[0] == name)
                .map(|column| column.column)
        };
        let identity = [id_field, "version", "tenant_id", "environment"]
            .into_iter()
            .filter_map(column_of)
            .collect();
        let id_column = column_of(id_field)?;
        Some(Self { id_field, id_column, identity, root, known })
    }

    /// Whether a column has a heading.
    pub(super) fn knows(&self, column: u32) -> bool {
        self.known.get(column as usize).copied().unwrap_or(false)
    }
}

/// One name of a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    key: String,
    /// What follows is a field of the list's elements.
    list: bool,
}

/// The paths of the lists that lead to the object, and the path inside it.
fn split(steps: &[Step]) -> (Vec<Vec<String>>, Vec<String>) {
    let mut lists = Vec::new();
    let mut path = Vec::new();
    for step in steps {
        path.push(step.key.clone());
        if step.list {
            lists.push(std::mem::take(&mut path));
        }
    }
    (lists, path)
}

/// A heading that names a field.
struct Resolved {
    steps: Vec<Step>,
    /// The field; several where it depends on the type of a rule, step or action.
    fields: Vec<(Option<&'static str>, Field)>,
    /// The object that has the field.
    parent: Field,
    /// How many steps lead to the object that names that type, and the field that does.
    unit: Option<(usize, &'static str)>,
}

impl Resolved {
    /// The field of a heading, or what is wrong with it and the way out.
    fn of(heading: &str, kind: Field) -> Result<Self, (String, String)> {
        let mut steps: Vec<Step> = Vec::new();
        let mut fields = vec![(None, kind)];
        let mut unit = None;
        let mut parent = kind;
        for name in heading.split('.').map(str::trim) {
            let enters = !steps.is_empty()
                && fields.iter().all(|(_, field)| !field.types().has(Types::OBJECT));
            if enters && fields.iter().any(|(_, field)| field.types().has(Types::LIST)) {
                fields =
                    fields.iter().filter_map(|(of, field)| Some((*of, field.items()?))).collect();
                if let Some(last) = steps.last_mut() {
                    last.list = true;
                }
            }
            let next = |name: &str| -> Vec<_> {
                fields.iter().filter_map(|(of, field)| Some((*of, field.property(name)?))).collect()
            };
            let plain = name.to_lowercase().replace([' ', '-'], "_");
            let (key, mut found) = match next(name) {
                found if found.is_empty() => (plain.as_str(), next(&plain)),
                found => (name, found),
            };
            if found.is_empty() || key.is_empty() {
                return Err(unknown(heading, name, &fields));
            }
            // What parameters are depends on the type beside them.
            if let ("parameters", [(None, parent)]) = (key, fields.as_slice())
                && let Some((type_field, units)) = parent.units()
            {
                unit = Some((steps.len(), type_field));
                found.extend(units.into_iter().map(|(name, shape)| (Some(name), shape)));
            } else if unit.is_some() && found.len() > 1 && found.iter().any(|(of, _)| of.is_some())
            {
                found.retain(|(of, _)| of.is_some());
            } else if unit.is_some_and(|(at, _)| at + 1 == steps.len()) {
                // No type has such a parameter.
                let typed: Vec<_> = fields.iter().filter(|(of, _)| of.is_some()).copied().collect();
                return Err(unknown(heading, name, &typed));
            }
            steps.push(Step { key: key.to_owned(), list: false });
            if let Some((_, field)) = fields.first() {
                parent = *field;
            }
            fields = found;
        }
        Ok(Self { steps, fields, parent, unit })
    }

    fn column(self, column: u32, path: Vec<String>, seen: &[(Vec<Step>, &Cell)]) -> Column {
        let units: Vec<_> = self
            .fields
            .iter()
            .filter_map(|(of, field)| Some(((*of)?, CellType::of(*field))))
            .collect();
        let all = self.fields.iter().map(|(_, field)| CellType::of(*field)).reduce(CellType::with);
        let cell = all.unwrap_or(CellType { types: Types::ANY, items: Types::ANY });
        let unit_column = self.unit.and_then(|(at, type_field)| {
            let of_unit = |steps: &[Step]| {
                steps.len() == at + 1
                    && steps[..at] == self.steps[..at]
                    && steps[at].key == type_field
            };
            seen.iter().find(|(steps, _)| of_unit(steps)).map(|(_, cell)| cell.column)
        });
        Column { column, path, cell, units, unit_column }
    }
}

/// What a heading says of its column.
#[derive(Debug)]
pub(crate) struct Heading {
    /// What its cells may be.
    pub(crate) cell: CellType,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// The texts that its cells take, where they are listed.
    pub(crate) choices: Vec<&'static str>,
}

/// The meaning of a heading of a kind, where it has one; that of a parameter for a type of rule, step or
/// action, if one is named.
pub(crate) fn heading(kind: Field, heading: &str, unit: Option<&str>) -> Option<Heading> {
    let resolved = Resolved::of(heading, kind).ok()?;
    let of_unit = |(of, _): &&(Option<&'static str>, Field)| of.is_some() && *of == unit;
    let fields: Vec<_> = match resolved.fields.iter().find(of_unit) {
        Some((_, field)) => vec![*field],
        None => resolved.fields.iter().map(|(_, field)| *field).collect(),
    };
    let cell = fields.iter().map(|field| CellType::of(*field)).reduce(CellType::with)?;
    let last = resolved.steps.last()?;
    let units = resolved.parent.units().filter(|(name, _)| *name == last.key);
    let mut choices = match units {
        Some((_, units)) => units.into_iter().map(|(name, _)| name).collect(),
        // Listed where every type that has the parameter lists its values.
        None if fields.iter().all(|field| !field.choices().is_empty()) => {
            let mut all: Vec<_> = fields.iter().flat_map(|field| field.choices()).collect();
            all.sort_unstable();
            all.dedup();
            if fields.len() == 1 { fields[0].choices() } else { all }
        }
        None => Vec::new(),
    };
    if cell.types.only(Types::BOOLEAN) {
        choices = vec!["TRUE", "FALSE"];
    }
    let description = fields.iter().find_map(|field| field.description()).map(str::to_owned);
    Some(Heading { cell, description, choices })
}

fn unknown(
    heading: &str,
    name: &str,
    fields: &[(Option<&'static str>, Field)],
) -> (String, String) {
    let mut known: Vec<_> =
        fields.iter().flat_map(|(_, field)| field.properties()).map(|(name, _)| name).collect();
    known.sort_unstable();
    known.dedup();
    let message = format!("the heading `{heading}` names no field: there is no `{name}` here");
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "begin the heading with `#` if the column is for people".to_owned()
        }
        None => format!("fields here are {}", known.join(", ")),
    };
    (message, hint)
}

/// The kind that a sheet is named after, with its id field: `rule_set`, `Rule Sets`, `rule_set (2)`.
pub(super) fn kind_of(sheet: &str) -> Result<(&'static str, Field), Option<&'static str>> {
    let bare = match sheet.split_once('(') {
        Some((bare, rest)) if rest.ends_with(')') => bare,
        _ => sheet,
    };
    let name = bare.trim().to_lowercase().replace([' ', '-'], "_");
    let singular = name
        .strip_suffix("ies")
        .map(|stem| format!("{stem}y"))
        .or_else(|| name.strip_suffix('s').map(str::to_owned));
    let is = |kind: &str| kind == name || singular.as_deref() == Some(kind);
    if is("environment") {
        return Ok(("environment", Field::of(Environment::shape())));
    }
    match Kind::ALL.iter().find(|kind| is(kind.name())) {
        Some(kind) => Ok((kind.id_field(), Field::of(kind.shape()))),
        None => Err(nearest(&name, Kind::ALL.iter().map(|kind| kind.name()))),
    }
}
