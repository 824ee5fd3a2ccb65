//! What a demand is about, and which values it can have at all.

use std::collections::{BTreeMap, BTreeSet};

use super::point::Exact;
use super::ranges::Cut;
use super::{Domain, Point, Ranges};
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::plan::{Expr, Field, Function};

/// What a demand is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// The value of an expression.
    Value(Expr),
    /// How the first value stands to the second: -1, 0 or 1; null where either is.
    Order(Expr, Expr),
    /// A figure over all rows that pass a filter, by its identity.
    Figure {
        /// What is computed.
        key: String,
        /// It is a number of rows, which is never null.
        rows: bool,
    },
}

/// The types of a dataset's columns.
#[derive(Debug)]
pub struct Types<'a>(BTreeMap<&'a str, DataType>);

/// The values that a term can have at all.
#[derive(Clone, Debug)]
pub struct Universe {
    all: Domain,
    grid: Grid,
}

/// Where values lie.
#[derive(Clone, Copy, Debug)]
enum Grid {
    /// Anywhere.
    Dense,
    /// On multiples of ten to the minus `scale`.
    Decimal(u32),
    /// On midnights.
    Days,
    /// On false and true.
    Truths,
}

impl<'a> Types<'a> {
    /// The types of these columns.
    pub fn of(fields: &'a [Field]) -> Self {
        Self(fields.iter().map(|field| (field.name.as_str(), field.data_type)).collect())
    }

    fn get(&self, name: &ColumnName) -> Option<DataType> {
        self.0.get(name.as_str()).copied()
    }
}

impl Term {
    /// The order of two values, and whether they stand the other way round in it.
    pub fn order(left: &Expr, right: &Expr) -> (Self, bool) {
        if key_of(left) <= key_of(right) {
            (Self::Order(left.clone(), right.clone()), false)
        } else {
            (Self::Order(right.clone(), left.clone()), true)
        }
    }

    /// Its identity: equal terms have equal keys.
    pub fn key(&self) -> String {
        match self {
            Self::Value(expr) => key_of(expr),
            Self::Order(left, right) => format!("order {} {}", key_of(left), key_of(right)),
            Self::Figure { key, .. } => format!("figure {key}"),
        }
    }

    /// The column, where it is the value of one.
    pub fn column(&self) -> Option<&ColumnName> {
        match self {
            Self::Value(Expr::Column { name }) => Some(name),
            _ => None,
        }
    }

    /// Whether it is the length of something.
    pub fn is_length(&self) -> bool {
        matches!(self, Self::Value(Expr::Call { function: Function::Length, .. }))
    }

    /// The one column that its value depends on; `None` where there are none or more.
    pub fn only_column(&self) -> Option<ColumnName> {
        let mut found: Option<ColumnName> = None;
        let mut others = false;
        let mut visit = |name: &ColumnName| match &found {
            Some(first) => others |= first != name,
            None => found = Some(name.clone()),
        };
        match self {
            Self::Value(expr) => expr.columns(&mut visit),
            Self::Order(left, right) => {
                left.columns(&mut visit);
                right.columns(&mut visit);
            }
            Self::Figure { .. } => {}
        }
        found.filter(|_| !others)
    }

    /// The columns that it reads.
    pub(super) fn columns(&self) -> BTreeSet<String> {
        let mut read = BTreeSet::new();
        let mut take = |name: &ColumnName| {
            read.insert(name.as_str().to_owned());
        };
        match self {
            Self::Value(expr) => expr.columns(&mut take),
            Self::Order(left, right) => {
                left.columns(&mut take);
                right.columns(&mut take);
            }
            Self::Figure { .. } => {}
        }
        read
    }

    /// Null wherever one of its columns is.
    pub fn carries_null(&self) -> bool {
        match self {
            Self::Value(expr) => carries_null(expr),
            Self::Order(left, right) => carries_null(left) && carries_null(right),
            Self::Figure { .. } => false,
        }
    }

    /// Null only where one of its columns is.
    pub(super) fn makes_no_null(&self) -> bool {
        match self {
            Self::Value(expr) => makes_no_null(expr),
            Self::Order(left, right) => makes_no_null(left) && makes_no_null(right),
            Self::Figure { .. } => false,
        }
    }

    /// The values that it can have.
    pub fn universe(&self, types: &Types<'_>) -> Universe {
        match self {
            Self::Value(expr) => of_value(expr, types),
            Self::Order(..) => {
                Universe { all: Domain::of(between(-1, 1)).or_null(), grid: Grid::Decimal(0) }
            }
            Self::Figure { rows: true, .. } => Universe {
                all: Domain::of(
                    Point::double(0.0).map_or_else(Ranges::all, |zero| Ranges::from(zero, true)),
                ),
                grid: Grid::Dense,
            },
            Self::Figure { rows: false, .. } => Universe::unknown(),
        }
    }
}

/// The identity of an expression.
fn key_of(expr: &Expr) -> String {
    match expr {
        Expr::Column { name } => format!("column {name}"),
        other => crate::canonical::text(other),
    }
}

fn between(min: i128, max: i128) -> Ranges {
    Ranges::from(Point::whole(min), true).meet(&Ranges::up_to(Point::whole(max), true))
}

fn of_value(expr: &Expr, types: &Types<'_>) -> Universe {
    match expr {
        Expr::Column { name } => match types.get(name) {
            Some(data_type) => Universe::of(data_type),
            None => Universe::unknown(),
        },
        Expr::Call { function: Function::Length, .. } => Universe {
            all: Domain::of(Ranges::from(Point::whole(0), true)).or_null(),
            grid: Grid::Decimal(0),
        },
        Expr::Call { function: Function::Lower | Function::Upper | Function::Trim, .. } => {
            Universe::of(DataType::Text)
        }
        _ if is_condition(expr) => Universe::of(DataType::Boolean),
        _ => Universe::unknown(),
    }
}

/// Whether an expression is true, false or null by its outermost node.
pub(super) fn is_condition(expr: &Expr) -> bool {
    use Function as F;
    match expr {
        Expr::In { .. } | Expr::Matches { .. } => true,
        Expr::Call { function, .. } => matches!(
            function,
            F::Equal
                | F::NotEqual
                | F::Less
                | F::LessOrEqual
                | F::Greater
                | F::GreaterOrEqual
                | F::And
                | F::Or
                | F::Not
                | F::IsNull
                | F::IsNotNull
                | F::IsNan
                | F::StartsWith
                | F::EndsWith
                | F::Contains
                | F::Luhn
                | F::JsonValid
                | F::JsonKeysWithin
                | F::JsonSchema
        ),
        _ => false,
    }
}

impl Universe {
    fn unknown() -> Self {
        Self { all: Domain::all(), grid: Grid::Dense }
    }

    fn of(data_type: DataType) -> Self {
        let numbers = |digits: u8, scale: u8| {
            let edge = 10_i128.checked_pow(u32::from(digits)).map(|edge| edge - 1);
            let at = |edge: i128| Point::Number(Exact::new(edge, u32::from(scale)));
            edge.map_or_else(Ranges::all, |edge| {
                Ranges::from(at(-edge), true).meet(&Ranges::up_to(at(edge), true))
            })
        };
        let (values, nan, grid) = match data_type {
            DataType::Boolean => {
                let truths = Ranges::points([Point::Boolean(false), Point::Boolean(true)]);
                (truths, false, Grid::Truths)
            }
            DataType::Integer => {
                (between(i64::MIN.into(), i64::MAX.into()), false, Grid::Decimal(0))
            }
            DataType::Decimal(digits, scale) => {
                (numbers(digits, scale), false, Grid::Decimal(scale.into()))
            }
            DataType::Double => (Ranges::all(), true, Grid::Dense),
            DataType::Date => (Ranges::all(), false, Grid::Days),
            DataType::Text
            | DataType::Timestamp
            | DataType::Time
            | DataType::Binary
            | DataType::Struct
            | DataType::List
            | DataType::Map => (Ranges::all(), false, Grid::Dense),
        };
        Self { all: Domain { null: true, nan, values }, grid }
    }

    /// All values.
    pub fn all(&self) -> &Domain {
        &self.all
    }

    /// The part of a domain that can be.
    #[must_use]
    pub fn confine(&self, domain: &Domain) -> Domain {
        let mut confined =
            if domain.comparable(&self.all) { domain.meet(&self.all) } else { domain.clone() };
        confined.values = match self.grid {
            Grid::Dense => confined.values,
            Grid::Decimal(scale) => confined.values.snapped(|cut| decimal_behind(cut, scale)),
            Grid::Days => confined.values.snapped(day_behind),
            Grid::Truths => confined.values.snapped(truth_behind),
        };
        confined
    }
}

fn decimal_behind(cut: &Cut, scale: u32) -> Option<Point> {
    let Point::Number(number) = &cut.point else { return None };
    let (floor, exact) = number.floor(scale)?;
    let next = if exact && !cut.after { floor } else { floor.checked_add(1)? };
    Some(Point::Number(Exact::new(next, scale)))
}

fn day_behind(cut: &Cut) -> Option<Point> {
    let Point::Instant(text) = &cut.point else { return None };
    let (day, time) = text.split_once('T')?;
    if time == "00:00:00" && !cut.after {
        return Some(cut.point.clone());
    }
    let next = day.parse::<jiff::civil::Date>().ok()?.tomorrow().ok()?;
    Some(Point::Instant(format!("{next}T00:00:00")))
}

fn truth_behind(cut: &Cut) -> Option<Point> {
    // Behind true there is nothing, so that cut stays.
    match (&cut.point, cut.after) {
        (Point::Boolean(false), true) => Some(Point::Boolean(true)),
        _ => None,
    }
}

fn carries_null(expr: &Expr) -> bool {
    use Function as F;
    match expr {
        Expr::Column { .. } | Expr::Literal { .. } | Expr::Now => true,
        Expr::In { value, .. }
        | Expr::Matches { value, .. }
        | Expr::Cast { value, .. }
        | Expr::ReplaceMatches { value, .. }
        | Expr::Extract { value, .. }
        | Expr::Pseudonym { value, .. } => carries_null(value),
        Expr::Call { function, arguments } => match function {
            // `concat` is left out: engines differ in what it makes of null.
            F::And
            | F::Or
            | F::IsNull
            | F::IsNotNull
            | F::Least
            | F::Greatest
            | F::Coalesce
            | F::NullIf
            | F::Concat
            | F::Tuple => false,
            _ => arguments.iter().all(carries_null),
        },
        Expr::Case { .. } | Expr::Figure { .. } => false,
    }
}

fn makes_no_null(expr: &Expr) -> bool {
    use Function as F;
    match expr {
        Expr::Column { .. } | Expr::Now => true,
        Expr::Literal { value } => *value != crate::plan::Literal::Null,
        Expr::In { value, .. }
        | Expr::Matches { value, .. }
        | Expr::ReplaceMatches { value, .. }
        | Expr::Pseudonym { value, .. } => makes_no_null(value),
        Expr::Call { function, arguments } => match function {
            F::Divide
            | F::Modulo
            | F::NullIf
            | F::Mod97
            | F::WeightedSum
            | F::JsonType
            | F::JsonText
            | F::JsonLength
            | F::JsonKeysWithin => false,
            _ => arguments.iter().all(makes_no_null),
        },
        Expr::Cast { .. } | Expr::Extract { .. } | Expr::Case { .. } | Expr::Figure { .. } => false,
    }
}
