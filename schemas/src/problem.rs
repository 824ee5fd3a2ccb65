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
}

impl Problem {
    /// A problem with the value at `pointer`.
    pub fn new(code: Code, pointer: Pointer, message: impl Into<String>) -> Self {
        Self { code, pointer, part: Part::Value, message: message.into(), hint: None }
    }

    /// The same problem with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
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
}
