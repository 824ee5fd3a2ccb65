//! What is wrong inside one object: a [`Problem`] has a pointer, not yet a place in a file.

use std::fmt;

use crate::code::Code;

/// A JSON Pointer (RFC 6901) into one authored object; the empty pointer is the object itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The pointer one key deeper.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{escaped}", self.0))
    }

    /// The pointer one list element deeper; counts from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// This pointer with `tail` appended.
    #[must_use]
    pub fn join(&self, tail: &Self) -> Self {
        Self(format!("{}{}", self.0, tail.0))
    }

    /// The pointer of the object or list that holds this one; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|cut| Self(self.0[..cut].to_owned()))
    }

    /// The text form, as RFC 6901 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The unescaped tokens from the root down.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
    }
}

impl From<&str> for Pointer {
    /// Takes the text form; a text without a leading `/` is one key.
    fn from(text: &str) -> Self {
        if text.is_empty() || text.starts_with('/') {
            Self(text.to_owned())
        } else {
            Self::root().key(text)
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which token of a field a problem concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The name of the field.
    Key,
    /// Its value.
    Value,
}

/// A change of the one token that a problem points at, safe enough to be made by a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fix {
    /// The token is the text `was` and should be the text `now`.
    Rename {
        /// What stands there.
        was: String,
        /// What was meant.
        now: String,
    },
    /// The token is meant as a text and should stand in quotes.
    Quote,
}

/// One thing that is wrong (or suspicious) in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable code; its severity and explanation are in [`Code`].
    pub code: Code,
    /// Where in the object.
    pub pointer: Pointer,
    /// Key or value of that field.
    pub part: Part,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// The way out, where one is known.
    pub hint: Option<String>,
    /// The way out as a change that a program can make, where one is safe.
    pub fix: Option<Fix>,
}

impl Problem {
    /// A problem with the value at `pointer`.
    pub fn new(code: Code, pointer: Pointer, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, pointer, part: Part::Value, message, hint: None, fix: None }
    }

    /// The same problem with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem with a change that puts it right.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same problem with the known name nearest to `name`, the text that the problem points at, as
    /// its way out; unchanged where none is near. A name without a rival is a change that a program can make.
    #[must_use]
    pub fn did_you_mean<'a, I>(mut self, name: &str, known: I) -> Self
    where
        I: IntoIterator<Item = &'a str> + Clone,
    {
        if let Some(now) = slip(name, known.clone()) {
            self.fix = Some(Fix::Rename { was: name.to_owned(), now: now.to_owned() });
        }
        match nearest(name, known) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The same problem with this way out, unless it has one.
    #[must_use]
    pub fn or_hint(self, hint: impl FnOnce() -> String) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint()) }
    }

    /// The same problem, pointing at the field's name.
    #[must_use]
    pub fn at_key(mut self) -> Self {
        self.part = Part::Key;
        self
    }

    /// The same problem, seen from the object that holds this one at `base`.
    #[must_use]
    pub fn within(mut self, base: &Pointer) -> Self {
        self.pointer = base.join(&self.pointer);
        self
    }
}

/// The known name nearest to `name`, if near enough to be a slip of the pen.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let reach = (length / 3).clamp(1, 4);
    known
        .into_iter()
        // Names that differ that much in length are no slip, and there may be very many of them.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= reach)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The nearest known name, if it is sure to be the one that was meant: no other is as near, and both have
/// the same digits, which tell names apart rather than being mistyped.
fn slip<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let known: Vec<_> = known.into_iter().collect();
    let near = nearest(name, known.iter().copied())?;
    let least = strsim::damerau_levenshtein(name, near);
    let rival =
        |other: &&&str| **other != near && strsim::damerau_levenshtein(name, other) <= least;
    let alone = known.iter().find(rival).is_none();
    (alone && digits(name) == digits(near)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_and_gives_back_its_tokens() {
        let pointer = Pointer::root().key("a/b~c").index(3);
        assert_eq!(pointer.as_str(), "/a~1b~0c/3");
        assert_eq!(pointer.tokens().collect::<Vec<_>>(), ["a/b~c", "3"]);
        assert_eq!(pointer.parent(), Some(Pointer::from("/a~1b~0c")));
    }

    #[test]
    fn nearest_takes_slips_and_leaves_strangers() {
        assert_eq!(nearest("colum", ["column", "columns"]), Some("column"));
        assert_eq!(nearest("zebra", ["column", "columns"]), None);
    }

    #[test]
    fn only_a_name_without_a_rival_is_a_change() {
        let fix = |name: &str, known: &[&str]| {
            Problem::new(Code::UnknownField, Pointer::root(), "x")
                .did_you_mean(name, known.iter().copied())
        };
        let rename =
            |was: &str, now: &str| Some(Fix::Rename { was: was.to_owned(), now: now.to_owned() });
        assert_eq!(fix("colum", &["column", "columns"]).fix, rename("colum", "column"));
        assert_eq!(fix("colum", &["column", "column"]).fix, rename("colum", "column"));
        let tied = fix("fara", &["fare", "farm"]);
        assert_eq!((tied.fix, tied.hint.is_some()), (None, true));
        assert_eq!(fix("amount_1", &["amount_2"]).fix, None, "digits are no slips");
        assert_eq!(fix("zebra", &["column"]).or_hint(|| "x".to_owned()).hint.as_deref(), Some("x"));
    }
}
