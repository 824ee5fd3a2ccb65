//! Constants in their order.

use std::cmp::Ordering;
use std::mem::discriminant;

use crate::plan::{Expr, Literal};

/// A constant other than null and NaN. Only points of one kind have an order that means something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A truth value.
    Boolean(bool),
    /// An exact number.
    Number(Exact),
    /// A binary floating-point number.
    Double(Double),
    /// Text.
    Text(String),
    /// A day, as its midnight, or an instant, in canonical text.
    Instant(String),
    /// A time of day, in canonical text.
    Time(String),
}

/// An exact decimal: `mantissa` divided by ten to the `scale`, without superfluous zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    pub(super) mantissa: i128,
    pub(super) scale: u32,
}

/// A floating-point number that is not NaN; zero has one sign.
#[derive(Clone, Copy, Debug)]
pub struct Double(f64);

impl Point {
    /// The constant as a point; `None` for null, NaN and what has more digits than 38.
    pub fn of(literal: &Literal) -> Option<Self> {
        Some(match literal {
            Literal::Null => return None,
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value) => Self::Number(Exact::new(i128::from(*value), 0)),
            Literal::Decimal(text) => Self::Number(Exact::read(text)?),
            Literal::Double(value) => Self::Double(Double::new(*value)?),
            Literal::Text(text) => Self::Text(text.clone()),
            Literal::Date(day) => Self::Instant(format!("{day}T00:00:00")),
            Literal::Timestamp(instant) => Self::Instant(instant.clone()),
        })
    }

    /// The constant that an expression is; a time of day is one by its conversion from text.
    pub fn of_expr(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Literal { value } => Self::of(value),
            Expr::Cast { value, to: crate::datatype::DataType::Time, format: None } => {
                match &**value {
                    Expr::Literal { value: Literal::Text(text) } => Some(Self::Time(text.clone())),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A whole number.
    pub fn whole(value: i128) -> Self {
        Self::Number(Exact::new(value, 0))
    }

    /// A floating-point number; `None` for NaN.
    pub fn double(value: f64) -> Option<Self> {
        Double::new(value).map(Self::Double)
    }

    /// Whether the two have an order.
    pub fn comparable(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other)
    }
}

impl Exact {
    pub(super) fn new(mut mantissa: i128, mut scale: u32) -> Self {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// Reads digits with an optional sign and point.
    fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= 38)?;
        Some(Self::new(format!("{whole}{fraction}").parse().ok()?, scale))
    }

    /// The number times ten to the `scale`, rounded down, and whether that is exact.
    pub(super) fn floor(self, scale: u32) -> Option<(i128, bool)> {
        if self.scale <= scale {
            let factor = 10_i128.checked_pow(scale - self.scale)?;
            return Some((self.mantissa.checked_mul(factor)?, true));
        }
        let divisor = 10_i128.checked_pow(self.scale - scale)?;
        Some((self.mantissa.div_euclid(divisor), self.mantissa % divisor == 0))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.mantissa.cmp(&other.mantissa);
        }
        // Scales stay within 38, so that these powers and the products below fit.
        let parts = |number: &Self| {
            let unit = 10_i128.pow(number.scale);
            (number.mantissa.div_euclid(unit), number.mantissa.rem_euclid(unit))
        };
        let ((whole, rest), (other_whole, other_rest)) = (parts(self), parts(other));
        let scale = self.scale.max(other.scale);
        whole.cmp(&other_whole).then_with(|| {
            let lift = |rest: i128, own: u32| rest * 10_i128.pow(scale - own);
            lift(rest, self.scale).cmp(&lift(other_rest, other.scale))
        })
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Double {
    fn new(value: f64) -> Option<Self> {
        // Adding zero turns -0 into 0.
        (!value.is_nan()).then_some(Self(value + 0.0))
    }
}

impl PartialEq for Double {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Double {}

impl Ord for Double {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Double {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
