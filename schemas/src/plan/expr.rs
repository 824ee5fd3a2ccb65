//! Expressions over one row, with SQL three-valued logic: a comparison with null is null, and a
//! predicate counts as holding only where it is true. NaN equals itself and is greater than every other
//! number; rules that mean otherwise ask for NaN.

use serde::{Deserialize, Serialize};

use super::Metric;
use crate::datatype::DataType;
use crate::id::ColumnName;

/// An expression over the columns of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "node", rename_all = "snake_case")]
pub enum Expr {
    /// The value of a column.
    Column {
        /// Its name.
        name: ColumnName,
    },
    /// A constant.
    Literal {
        /// Its typed value.
        value: Literal,
    },
    /// The instant the run started, as a timestamp in UTC.
    Now,
    /// A function of the closed list.
    Call {
        /// Which function.
        function: Function,
        /// Its arguments, in order.
        arguments: Vec<Self>,
    },
    /// A conversion that yields null where the value does not fit the type.
    Cast {
        /// What is converted.
        value: Box<Self>,
        /// The type wanted.
        to: DataType,
        /// A strftime pattern for dates and timestamps in text; `None` means ISO 8601.
        format: Option<String>,
    },
    /// Whether a value is in a set; null when the value is null.
    In {
        /// What is looked up.
        value: Box<Self>,
        /// The set; never holds null.
        set: Vec<Literal>,
    },
    /// Whether text matches a regular expression, as [`crate::pattern::portable`] writes it. Left to the
    /// engine: `\b` is the edge of an ASCII word, `.` and `$` follow RE2's defaults.
    Matches {
        /// The text.
        value: Box<Self>,
        /// The pattern.
        pattern: String,
        /// The whole text must match, not only a part of it.
        whole: bool,
    },
    /// Text with every match of a pattern replaced. The replacement is taken literally but for `\0` to
    /// `\9`, the whole match and its groups, and `\\`, a backslash.
    ReplaceMatches {
        /// The text.
        value: Box<Self>,
        /// The pattern, as that of [`Expr::Matches`].
        pattern: String,
        /// What stands in place of each match.
        replacement: String,
    },
    /// The part of a text that a group of a pattern's first match holds; null where nothing matches or the
    /// group holds nothing.
    Extract {
        /// The text.
        value: Box<Self>,
        /// The pattern, as that of [`Expr::Matches`].
        pattern: String,
        /// The group; 0 is the whole match.
        group: u8,
    },
    /// A text that stands for another, made with a key: equal values have equal pseudonyms, and without the
    /// key nobody can tell which is whose. HMAC-SHA256 over the UTF-8 of the text.
    Pseudonym {
        /// The text.
        value: Box<Self>,
        /// `secret://…` reference of the key.
        secret: String,
        /// What it looks like.
        form: PseudonymForm,
    },
    /// The first branch whose condition is true.
    Case {
        /// Condition and result, in order.
        branches: Vec<(Self, Self)>,
        /// Where no condition is true.
        otherwise: Box<Self>,
    },
    /// A metric over the rows of the dataset, the same for every row. Only checks hold it.
    Figure {
        /// Which one.
        metric: Box<Metric>,
    },
}

/// What a pseudonym looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum PseudonymForm {
    /// 64 hexadecimal digits.
    Hex,
    /// A prefix and 26 characters of RFC 4648's base 32, in lower case: the first 130 bits.
    Token {
        /// What it begins with.
        prefix: String,
    },
    /// The shape of the text: each ASCII digit becomes a digit, each ASCII letter a letter of its case, and
    /// everything else stays. Different texts may come to the same.
    Shape,
}

/// A typed constant. Decimals and instants travel as text, so no digit is lost on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Literal {
    /// Unknown.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number within 2^53 either way.
    Integer(i64),
    /// A binary floating-point number.
    Double(f64),
    /// An exact decimal, as digits with an optional sign and point.
    Decimal(String),
    /// Text.
    Text(String),
    /// A calendar day, `YYYY-MM-DD`.
    Date(String),
    /// An instant without zone, `YYYY-MM-DDTHH:MM:SS[.ffffff]`, read as UTC.
    Timestamp(String),
}

/// The closed list of functions. Unless said otherwise, null in gives null out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `a = b`.
    Equal,
    /// `a <> b`.
    NotEqual,
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessOrEqual,
    /// `a > b`.
    Greater,
    /// `a >= b`.
    GreaterOrEqual,
    /// Three-valued and, any number of arguments; true for none.
    And,
    /// Three-valued or, any number of arguments; false for none.
    Or,
    /// Three-valued not.
    Not,
    /// True or false, never null.
    IsNull,
    /// True or false, never null.
    IsNotNull,
    /// Whether a floating-point number is NaN.
    IsNan,
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// Exact division giving a double; null when `b` is zero.
    Divide,
    /// Remainder with the sign of `a`; null when `b` is zero.
    Modulo,
    /// `-a`.
    Negate,
    /// The absolute value.
    Absolute,
    /// `round(a, digits)`, half away from zero.
    Round,
    /// The smallest of the arguments that are not null.
    Least,
    /// The greatest of the arguments that are not null.
    Greatest,
    /// The first argument that is not null.
    Coalesce,
    /// Null where both arguments are equal, otherwise the first.
    NullIf,
    /// Text without leading and trailing Unicode white space.
    Trim,
    /// Text in lower case.
    Lower,
    /// Text in upper case.
    Upper,
    /// Text with the first letter of each word in upper case and the others in lower case; words end at
    /// anything but letters, digits and apostrophes.
    TitleCase,
    /// `normalize(text, form)`: a Unicode normal form, the literal `nfc`, `nfd`, `nfkc` or `nfkd`.
    Normalize,
    /// `similarity(a, b, method)`: how alike two texts are, by the literal name of a
    /// [`Similarity`](super::Similarity).
    Similarity,
    /// Length in Unicode code points.
    Length,
    /// The arguments as text, one after the other.
    Concat,
    /// Whether text `a` begins with text `b`.
    StartsWith,
    /// Whether text `a` ends with text `b`.
    EndsWith,
    /// Whether text `a` contains text `b`.
    Contains,
    /// `replace(text, from, to)`, every occurrence, literally.
    Replace,
    /// Seconds from instant or day `b` to `a`, as a double.
    SecondsBetween,
    /// `add_seconds(instant, seconds)`: the instant so many whole seconds later.
    AddSeconds,
    /// The year of a day or instant.
    Year,
    /// The month of a day or instant, from 1.
    Month,
    /// The day of the month of a day or instant, from 1.
    Day,
    /// The day of the week of a day or instant: 0 is Sunday.
    DayOfWeek,
    /// The hour of an instant, from 0.
    Hour,
    /// The minute of an instant, from 0.
    Minute,
    /// All arguments as one value, for metrics that tell values apart: equal where every argument is equal,
    /// null being equal to null; never null itself.
    Tuple,
    /// `substring(text, from, length)` in code points; `from` counts from 1. What lies beyond the end is
    /// left out.
    Substring,
    /// `translate(text, from, to)`: every character of `text` that stands in `from` becomes the one at the
    /// same place in `to`, and is left out where `to` is shorter.
    Translate,
    /// Whether text consists of 1 to 24 ASCII digits whose last is the Luhn check digit of the others (ISO/IEC
    /// 7812-1 annex B): with every second digit from the right doubled, and its digits added, the sum is a
    /// multiple of ten.
    Luhn,
    /// Text of 1 to 40 ASCII digits and capital letters as a number modulo 97 (ISO/IEC 7064), where a letter
    /// stands for two digits, `A` for 10 up to `Z` for 35; null for any other text.
    Mod97,
    /// `weighted_sum(text, alphabet, weight, …)`: the sum of the places, from 0, of the text's characters in
    /// the literal `alphabet`, each times the literal weight of its position. Null where the text has another
    /// number of characters than there are weights, or one that is not in the alphabet.
    WeightedSum,
    /// Whether text is a JSON document by RFC 8259.
    JsonValid,
    /// `json_type(text, pointer)`: the type of the value that the literal JSON Pointer (RFC 6901) leads to in a
    /// JSON document: `object`, `array`, `string`, `number`, `boolean` or `null`. Null where it leads to
    /// nothing or the text is no JSON document. Of fields of one name the first counts.
    JsonType,
    /// `json_text(text, pointer)`: the value itself as text: a string without its quotes, anything else as JSON.
    /// Null also where the value is JSON's null. A number may be written otherwise than in the document; only
    /// its value as a double is defined.
    JsonText,
    /// `json_length(text, pointer)`: the number of elements of an array; 0 where the value is something else,
    /// null where there is none.
    JsonLength,
    /// `json_keys_within(text, pointer, name, …)`: whether an object has no fields but those of these literal
    /// names; true where the value is no object, null where there is none.
    JsonKeysWithin,
    /// `json_schema(text, schema)`: whether text is a JSON document of the literal JSON Schema, as
    /// [`DocumentSchema`](crate::document::DocumentSchema) says.
    JsonSchema,
}

impl Expr {
    /// The column `name`.
    pub fn column(name: &ColumnName) -> Self {
        Self::Column { name: name.clone() }
    }

    /// A constant.
    pub fn literal(value: Literal) -> Self {
        Self::Literal { value }
    }

    /// A call of `function`.
    pub fn call(function: Function, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Call { function, arguments: arguments.into_iter().collect() }
    }

    /// Whether all hold; a single argument stays as it is.
    pub fn all(arguments: impl IntoIterator<Item = Self>) -> Self {
        let mut arguments: Vec<_> = arguments.into_iter().collect();
        match (arguments.pop(), arguments.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                arguments.push(last);
                Self::call(Function::And, arguments)
            }
            (None, _) => Self::call(Function::And, []),
        }
    }

    /// `self is not null`.
    #[must_use]
    pub fn is_not_null(self) -> Self {
        Self::call(Function::IsNotNull, [self])
    }

    /// Calls `visit` with every column that the expression reads.
    pub fn columns(&self, visit: &mut impl FnMut(&ColumnName)) {
        match self {
            Self::Column { name } => visit(name),
            Self::Literal { .. } | Self::Now => {}
            Self::Call { arguments, .. } => arguments.iter().for_each(|a| a.columns(visit)),
            Self::Cast { value, .. }
            | Self::In { value, .. }
            | Self::Matches { value, .. }
            | Self::ReplaceMatches { value, .. }
            | Self::Extract { value, .. }
            | Self::Pseudonym { value, .. } => value.columns(visit),
            Self::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    condition.columns(visit);
                    result.columns(visit);
                }
                otherwise.columns(visit);
            }
            Self::Figure { metric } => {
                for expression in metric.expressions() {
                    expression.columns(visit);
                }
            }
        }
    }

    /// Adds the references of the keys that the expression needs.
    pub(super) fn secrets<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Pseudonym { value, secret, .. } => {
                found.push(secret);
                value.secrets(found);
            }
            Self::Cast { value, .. }
            | Self::In { value, .. }
            | Self::Matches { value, .. }
            | Self::ReplaceMatches { value, .. }
            | Self::Extract { value, .. } => value.secrets(found),
            Self::Call { arguments, .. } => arguments.iter().for_each(|one| one.secrets(found)),
            Self::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    condition.secrets(found);
                    result.secrets(found);
                }
                otherwise.secrets(found);
            }
            Self::Column { .. } | Self::Literal { .. } | Self::Now | Self::Figure { .. } => {}
        }
    }

    /// Lets every figure in the expression be computed over the rows where `filter` is true.
    pub fn restrict_figures(&mut self, filter: &Self) {
        match self {
            Self::Column { .. } | Self::Literal { .. } | Self::Now => {}
            Self::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| argument.restrict_figures(filter));
            }
            Self::Cast { value, .. }
            | Self::In { value, .. }
            | Self::Matches { value, .. }
            | Self::ReplaceMatches { value, .. }
            | Self::Extract { value, .. }
            | Self::Pseudonym { value, .. } => value.restrict_figures(filter),
            Self::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    condition.restrict_figures(filter);
                    result.restrict_figures(filter);
                }
                otherwise.restrict_figures(filter);
            }
            Self::Figure { metric } => {
                if let Some(value) = &mut metric.value {
                    value.restrict_figures(filter);
                }
                let own = metric.filter.take();
                metric.filter = Some(Self::all(own.into_iter().chain([filter.clone()])));
            }
        }
    }
}
