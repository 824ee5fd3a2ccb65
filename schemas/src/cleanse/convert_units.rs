//! `convert_units`: quantities with a unit become numbers of one unit.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function, Literal, Otherwise};
use crate::problem::{Pointer, Problem};

pub(super) struct ConvertUnits;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// The unit of the numbers afterwards.
    to: String,
    /// The unit of numbers that do not say theirs; without one they are no quantity.
    #[serde(default)]
    from: Option<String>,
    /// Further words for units, each with the unit that it means.
    #[serde(default)]
    also: BTreeMap<String, String>,
    /// Text after the unit does not count.
    #[serde(default)]
    ignore_rest: bool,
    /// Digits after the point that a converted number is rounded to.
    #[serde(default = "six")]
    #[schemars(range(min = 0, max = 15))]
    digits: u8,
    /// What becomes of a value that is none.
    #[serde(default)]
    otherwise: Otherwise,
}

fn six() -> u8 {
    6
}

/// A unit: so many of the unit that its quantity is measured in here, after something is added.
struct Unit {
    quantity: &'static str,
    /// The name that authors use, and other words for it, in lower case.
    names: &'static [&'static str],
    factor: f64,
    offset: f64,
}

const fn unit(quantity: &'static str, factor: f64, names: &'static [&'static str]) -> Unit {
    Unit { quantity, names, factor, offset: 0.0 }
}

/// Factors by the international definitions (yard and pound of 1959, US gallon of 231 cubic inches).
const UNITS: &[Unit] = &[
    unit("mass", 1e-3, &["mg", "milligram", "milligrams"]),
    unit("mass", 1.0, &["g", "gram", "grams", "gramme", "grammes"]),
    unit("mass", 1e3, &["kg", "kilo", "kilos", "kilogram", "kilograms"]),
    unit("mass", 1e6, &["t", "tonne", "tonnes"]),
    unit("mass", 28.349_523_125, &["oz", "ounce", "ounces"]),
    unit("mass", 453.592_37, &["lb", "lbs", "pound", "pounds"]),
    unit("mass", 6_350.293_18, &["st", "stone"]),
    unit("length", 1e-3, &["mm", "millimetre", "millimetres", "millimeter", "millimeters"]),
    unit("length", 1e-2, &["cm", "centimetre", "centimetres", "centimeter", "centimeters"]),
    unit("length", 1.0, &["m", "metre", "metres", "meter", "meters"]),
    unit("length", 1e3, &["km", "kilometre", "kilometres", "kilometer", "kilometers"]),
    unit("length", 0.0254, &["in", "inch", "inches", "\""]),
    unit("length", 0.3048, &["ft", "foot", "feet", "'"]),
    unit("length", 0.9144, &["yd", "yard", "yards"]),
    unit("length", 1_609.344, &["mi", "mile", "miles"]),
    unit("area", 1.0, &["m2", "m²", "sqm"]),
    unit("area", 1e4, &["ha", "hectare", "hectares"]),
    unit("area", 1e6, &["km2", "km²"]),
    unit("area", 4_046.856_422_4, &["acre", "acres", "ac"]),
    unit("area", 0.092_903_04, &["sqft", "ft2", "ft²", "sq ft"]),
    unit("volume", 1e-3, &["ml", "millilitre", "millilitres", "milliliter", "milliliters"]),
    unit("volume", 1e-2, &["cl", "centilitre", "centilitres", "centiliter", "centiliters"]),
    unit("volume", 1e-1, &["dl", "decilitre", "decilitres", "deciliter", "deciliters"]),
    unit("volume", 1.0, &["l", "litre", "litres", "liter", "liters"]),
    unit("volume", 1e3, &["m3", "m³"]),
    unit(
        "volume",
        0.029_573_529_562_5,
        &["floz", "fl oz", "fl. oz", "fluid ounce", "fluid ounces"],
    ),
    unit("volume", 0.473_176_473, &["pint", "pints", "pt"]),
    unit("volume", 0.946_352_946, &["quart", "quarts", "qt"]),
    unit("volume", 3.785_411_784, &["gallon", "gallons", "gal"]),
    unit("volume", 158.987_294_928, &["barrel", "barrels", "bbl"]),
    unit("duration", 1e-3, &["ms", "millisecond", "milliseconds"]),
    unit("duration", 1.0, &["s", "sec", "secs", "second", "seconds"]),
    unit("duration", 60.0, &["min", "mins", "minute", "minutes"]),
    unit("duration", 3_600.0, &["h", "hr", "hrs", "hour", "hours"]),
    unit("duration", 86_400.0, &["d", "day", "days"]),
    unit("duration", 604_800.0, &["week", "weeks", "wk"]),
    Unit { quantity: "temperature", names: &["c", "°c", "celsius"], factor: 1.0, offset: 273.15 },
    Unit {
        quantity: "temperature",
        names: &["f", "°f", "fahrenheit"],
        factor: 5.0 / 9.0,
        offset: 459.67,
    },
    Unit { quantity: "temperature", names: &["k", "kelvin"], factor: 1.0, offset: 0.0 },
];

impl Unit {
    fn named(name: &str) -> Option<&'static Self> {
        UNITS.iter().find(|unit| unit.names[0] == name)
    }
}

fn quantity(value: &Expr, to: &Unit, parameters: &Parameters) -> Expr {
    let branches = UNITS.iter().filter(|unit| unit.quantity == to.quantity).map(|unit| {
        let form = form(unit, parameters);
        let number = say::extracted(value.clone(), &format!("^{form}$"), 1);
        (say::matches(value.clone(), &form), converted(number, unit, to, parameters.digits))
    });
    say::cases(branches.collect())
}

/// The whole value, with the number as its group.
fn form(unit: &Unit, parameters: &Parameters) -> String {
    let own = parameters.also.iter().filter(|(_, name)| *name == unit.names[0]);
    let names = unit.names.iter().copied().chain(own.map(|(word, _)| word.as_str()));
    let names: Vec<_> = names.map(say::literally).collect();
    let blank = format!("{}*", say::SPACE);
    let bare = parameters.from.as_deref() == Some(unit.names[0]);
    let written = format!(r"(?i:{})\.?", names.join("|"));
    // What does not count begins with something that cannot be part of a word.
    let rest = if parameters.ignore_rest { r"(?:[^\p{L}\p{N}](?s:.*))?" } else { "" };
    let written = format!("{written}{blank}{rest}");
    // Where the unit may be left out, nothing else may follow the number.
    let written = if bare { format!("(?:{written})?") } else { written };
    format!(r"{blank}([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)){blank}{written}")
}

/// A number in text, of another unit.
fn converted(number: Expr, from: &Unit, to: &Unit, digits: u8) -> Expr {
    let value = if from.names[0] == to.names[0] {
        number
    } else {
        let literal = |value: f64| Expr::literal(Literal::Double(value));
        let double = say::cast(number, DataType::Double, None);
        let shifted = Expr::call(Function::Add, [double, literal(from.offset)]);
        let scaled = Expr::call(Function::Multiply, [shifted, literal(from.factor / to.factor)]);
        let result = Expr::call(Function::Subtract, [scaled, literal(to.offset)]);
        let rounded = Expr::call(Function::Round, [result, say::integer(digits.into())]);
        // A decimal is written without an exponent.
        let decimal = say::cast(rounded, DataType::Decimal(38, digits), None);
        say::cast(decimal, DataType::Text, None)
    };
    // `12.50` and `12.0` are written as `12.5` and `12`.
    let short = say::replaced(value, r"(\.[0-9]*?)0+$", r"\1");
    say::replaced(short, r"\.$", "")
}

impl StepRule for ConvertUnits {
    type Parameters = Parameters;
    const NAME: &'static str = "convert_units";
    const DOC: Doc = Doc {
        summary: "Makes numbers of one unit out of quantities with a unit.",
        semantics: "A quantity is a number, white space if any, and a unit, whatever its case, with or \
                    without a point at its end; the result is the number alone, as text that the conversion \
                    to the declared type reads. A number that is in the unit already keeps its digits, but \
                    for zeros at the end of its fraction; others are converted in double precision and \
                    rounded. Known are units of mass (mg, g, kg, t, oz, lb, st), length (mm, cm, m, km, in, \
                    ft, yd, mi), area (m2, ha, km2, acre, sqft), volume (ml, cl, dl, l, m3, floz, pint, \
                    quart, gallon, barrel, all of the US), duration (ms, s, min, h, d, week) and temperature \
                    (c, f, k), by these names and the usual words for them. What is no quantity stays as it \
                    was, or with `otherwise` becomes null or sends its row to the rejects.",
        good: "step_id: kilograms\nstep_type: convert_units\nparameters: {columns: [weight], to: kg, from: g}\n",
        bad: "step_id: kilograms\nstep_type: convert_units\nparameters: {columns: [weight], to: kg, from: m}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let unknown = |place: Pointer, name: &str| {
            let message = format!("no unit `{name}`");
            let known = UNITS.iter().map(|unit| unit.names[0]);
            let problem = Problem::new(Code::BadValue, place, message);
            problem
                .did_you_mean(name, known.clone())
                .or_hint(|| format!("known are {}", known.collect::<Vec<_>>().join(", ")))
        };
        let Some(to) = Unit::named(&parameters.to) else {
            return vec![unknown("to".into(), &parameters.to)];
        };
        let mut problems = Vec::new();
        let from = parameters.from.iter().map(|name| (Pointer::from("from"), name));
        let also = parameters.also.iter();
        let also = also.map(|(word, name)| (Pointer::from("also").key(word), name));
        for (place, name) in from.chain(also) {
            match Unit::named(name) {
                None => problems.push(unknown(place, name)),
                Some(unit) if unit.quantity != to.quantity => {
                    let message =
                        format!("{name} is a unit of {}, not of {}", unit.quantity, to.quantity);
                    problems.push(Problem::new(Code::BadValue, place, message));
                }
                Some(_) => {}
            }
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let Some(to) = Unit::named(&parameters.to) else { return Ok(Vec::new()) };
        let set = columns.into_iter().flat_map(|column| {
            let value = Expr::column(&column.name);
            let title = format!("convert `{}` to one unit", column.name);
            let reason = format!("`{}` is not a quantity with a known unit", column.name);
            site::settled(
                column,
                title,
                (quantity(&value, to, parameters), parameters.otherwise),
                reason,
            )
        });
        Ok(set.collect())
    }
}
