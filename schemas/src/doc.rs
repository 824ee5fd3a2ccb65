//! Documentation of a unit of the language, written next to what it documents.

/// What a user reads about a rule type, a cleansing step or an action type.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// One line: what it demands or does.
    pub summary: &'static str,
    /// How it treats nulls, bounds and whatever else could be read in two ways.
    pub semantics: &'static str,
    /// YAML of a use that compiles.
    pub good: &'static str,
    /// YAML of a use that does not.
    pub bad: &'static str,
}
