//! Mapping templates: how the columns of sources are called, and what they mean in the catalog.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::{Collector, EntityRef};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::id::{AttributeId, ColumnName};
use crate::problem::{Pointer, Problem};

kind! {
    /// Names that columns go by, each with the catalog attribute that it means. A dataset contract that
    /// uses it need not map its columns one by one.
    MappingTemplate {
        id: mapping_template_id MappingTemplateId,
        /// The entity whose attributes are mapped to.
        catalog_entity: EntityRef,
        /// The mappings. An exact name goes before an alias, an alias before a pattern.
        #[schemars(length(min = 1))]
        mappings: Vec<Mapping>,
        /// `Fare_Amount` and `fare_amount` are the same name.
        #[serde(default)]
        ignore_case: bool,
    }
}

/// What columns of these names mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The attribute of the entity.
    pub catalog_attribute_id: AttributeId,
    /// The usual name of the column.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// Other names that it goes by.
    #[serde(default)]
    pub aliases: Vec<ColumnName>,
    /// A regular expression that matches further names as a whole.
    #[serde(default)]
    pub pattern: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// How a name was found in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Column,
    Alias,
    Pattern,
}

/// A template that can be asked for names, its patterns compiled.
#[derive(Debug)]
pub struct Matcher<'a> {
    template: &'a MappingTemplate,
    patterns: Vec<Option<regex::Regex>>,
}

impl<'a> Matcher<'a> {
    /// The mappings of the column, by number: one, or several where names of the same rank fit.
    pub fn find(&self, column: &ColumnName) -> Vec<(usize, &'a Mapping)> {
        let mut best: Option<Rank> = None;
        let mut found = Vec::new();
        for (index, mapping) in self.template.mappings.iter().enumerate() {
            let Some(rank) = self.rank(index, mapping, column.as_str()) else { continue };
            if best.is_none_or(|best| rank < best) {
                best = Some(rank);
                found.clear();
            }
            if best == Some(rank) {
                found.push((index, mapping));
            }
        }
        found
    }

    fn rank(&self, index: usize, mapping: &Mapping, column: &str) -> Option<Rank> {
        let same = |name: &ColumnName| {
            let name = name.as_str();
            name == column
                || (self.template.ignore_case && name.to_lowercase() == column.to_lowercase())
        };
        let pattern = self.patterns.get(index).and_then(Option::as_ref);
        if mapping.column.as_ref().is_some_and(same) {
            Some(Rank::Column)
        } else if mapping.aliases.iter().any(same) {
            Some(Rank::Alias)
        } else if pattern.is_some_and(|pattern| pattern.is_match(column)) {
            Some(Rank::Pattern)
        } else {
            None
        }
    }
}

impl MappingTemplate {
    /// The template, ready to be asked for names.
    pub fn matcher(&self) -> Matcher<'_> {
        let flags = if self.ignore_case { "(?i)" } else { "" };
        let compiled = |mapping: &Mapping| {
            let pattern = crate::pattern::portable(mapping.pattern.as_ref()?).ok()?;
            regex::Regex::new(&format!("^{flags}(?:{pattern})$")).ok()
        };
        let patterns = self.mappings.iter().map(compiled).collect();
        Matcher { template: self, patterns }
    }

    /// Names that stand in two mappings.
    fn check_names(&self) -> Vec<Problem> {
        let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        let mut problems = Vec::new();
        for (index, mapping) in self.mappings.iter().enumerate() {
            let place = Pointer::from("mappings").index(index);
            let column = mapping.column.iter().map(|name| (name, place.key("column")));
            let aliases = mapping.aliases.iter().enumerate();
            let aliases = aliases.map(|(number, name)| (name, place.key("aliases").index(number)));
            for (name, place) in column.chain(aliases) {
                let text = name.as_str();
                let key = if self.ignore_case { text.to_lowercase() } else { text.to_owned() };
                if let Some(first) = seen.insert(key, index) {
                    let message =
                        format!("the name `{name}` stands in mapping number {} too", first + 1);
                    let problem = Problem::new(Code::AmbiguousMapping, place, message);
                    problems.push(problem.hint("leave it in one of the two"));
                }
            }
        }
        problems
    }
}

impl LibraryObject for MappingTemplate {
    common_fields!(mapping_template_id);

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        found.add(Pointer::from("catalog_entity"), Some(&self.catalog_entity));
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.check_names();
        for (index, mapping) in self.mappings.iter().enumerate() {
            let place = Pointer::from("mappings").index(index);
            if mapping.column.is_none() && mapping.aliases.is_empty() && mapping.pattern.is_none() {
                let message = "a mapping needs `column`, `aliases` or `pattern`";
                problems.push(Problem::new(Code::MissingField, place.clone(), message));
            }
            if let Some(Err(error)) = mapping.pattern.as_deref().map(crate::pattern::portable) {
                let problem = Problem::new(Code::BadValue, place.key("pattern"), error.message);
                problems.push(match error.hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
            }
        }
        problems
    }
}
