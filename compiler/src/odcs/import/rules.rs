//! Quality checks, unique properties and options of types: the rule set of a dataset.
//!
//! Each rule is lowered against the columns before it is taken, as the compiler will do it, so that what
//! is made compiles; one that does not fit stays where it came from, with the compiler's reason.

use assay_schemas::id::ColumnName;
use assay_schemas::library::reference::TaxonomyRef;
use assay_schemas::library::rule_set::Rule;
use assay_schemas::library::taxonomy::Taxonomy;
use assay_schemas::library::{Kind, Object};
use assay_schemas::plan::Field;
use assay_schemas::rule::{self, Resolve, Subject, Target};
use serde_json::{Map, Value, json};

use super::super::ids::Ids;
use super::super::loss::{Home, Losses};
use super::super::rest::Rest;
use super::schema::{ColumnDraft, Draft, Keys};
use super::{Head, Known, keep, options, relationship};
use crate::odcs::check::{self, Level, rule_of};

/// Rules of one dataset.
pub(super) struct Rules<'a> {
    fields: Vec<Field>,
    known: &'a Known,
    dataset: &'a str,
    ids: Ids,
    list: Vec<Value>,
}

impl<'a> Rules<'a> {
    /// The datasets of the contract.
    pub(super) fn known(&self) -> &'a Known {
        self.known
    }

    /// The id of the dataset that the rules judge.
    pub(super) fn dataset(&self) -> &'a str {
        self.dataset
    }

    /// Adds a rule under the id nearest to a name, and gives the id.
    ///
    /// # Errors
    /// Why the rule does not compile for these columns.
    pub(super) fn add(&mut self, name: &str, mut rule: Value) -> Result<String, String> {
        self.fits(&rule)?;
        let id = self.ids.unique(name);
        rule["rule_id"] = json!(id);
        self.list.push(rule);
        Ok(id)
    }

    /// Whether a rule, its id aside, compiles for these columns.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn fits(&self, value: &Value) -> Result<(), String> {
        let mut value = value.clone();
        value["rule_id"] = json!("rule");
        let words = |problems: Vec<assay_schemas::problem::Problem>| {
            problems.first().map_or_else(String::new, |problem| problem.message.clone())
        };
        let set = json!({ "rule_set_id": "x", "rules": [value] });
        let Object::RuleSet(set) = Kind::RuleSet.read(&set).map_err(words)? else {
            return Err(String::new());
        };
        let Some(rule) = set.rules.first() else { return Err(String::new()) };
        let lookup = Lookup { known: self.known, dataset: self.dataset };
        lowers(rule, &self.fields, &lookup).map_err(words)
    }
}

fn lowers(
    rule: &Rule,
    fields: &[Field],
    resolve: &dyn Resolve,
) -> Result<(), Vec<assay_schemas::problem::Problem>> {
    let Some(rule_type) = rule.rule_type.as_deref().and_then(rule::named) else { return Ok(()) };
    let parameters = Value::Object(rule.parameters.clone());
    let columns: Vec<&ColumnName> = rule.column.iter().chain(&rule.columns).collect();
    let lower = |column: Option<&Field>| {
        let target = Target { fields, column, nulls: rule.nulls, resolve };
        rule_type.lower(&parameters, &target).map(|_| ())
    };
    match rule_type.subject() {
        Subject::Dataset => lower(None),
        Subject::Column => columns
            .into_iter()
            .try_for_each(|name| lower(Some(rule::find(fields, name, "column".into())?))),
    }
}

struct Lookup<'a> {
    known: &'a Known,
    dataset: &'a str,
}

impl Resolve for Lookup<'_> {
    fn taxonomy(&self, _: &TaxonomyRef) -> Option<&Taxonomy> {
        None
    }

    fn dataset(&self, wanted: &str) -> Option<Vec<Field>> {
        let others = self.known.datasets.iter().filter(|other| other.dataset_id != self.dataset);
        others
            .into_iter()
            .find(|other| other.dataset_id == wanted)
            .map(|other| other.fields.clone())
    }
}

/// The rule set of a dataset; none where nothing of it can be judged.
pub(super) fn rule_set(
    head: &Head,
    draft: &mut Draft,
    known: &Known,
    losses: &mut Losses,
) -> Option<Map<String, Value>> {
    let dataset = draft.dataset_id.clone();
    let fields = draft.fields();
    let rules = Rules { fields, known, dataset: &dataset, ids: Ids::default(), list: Vec::new() };
    let home = Home::of("rule_set", &draft.object_id);
    let keys = Keys::default();
    let checks = Map::new();
    let relationships = Map::new();
    let mut work = Work { rules, home: &home, checks, relationships, keys, losses };
    let homes: Vec<_> = draft.columns.iter().map(|c| draft.home_of(&c.column)).collect();
    let object_home = draft.home();
    let names: Vec<_> =
        draft.columns.iter().map(|c| (c.property.clone(), c.column.clone())).collect();
    for (column, column_home) in draft.columns.iter_mut().zip(&homes) {
        work.unique(column);
        options::rules(column, &mut work.rules);
        let level = Level { column: Some(&column.column), names: &names };
        if let Some(values) = work.checks(&level, &mut column.rest, column_home) {
            column.fields.insert("enum".to_owned(), Value::Array(values));
        }
        let here = [column.column.clone()];
        relationship::rules(Some(&here), &mut column.rest, (column_home, &object_home), &mut work);
    }
    let level = Level { column: None, names: &names };
    work.checks(&level, &mut draft.rest, &object_home);
    relationship::rules(None, &mut draft.rest, (&object_home, &object_home), &mut work);
    draft.keys = std::mem::take(&mut work.keys);
    if work.rules.list.is_empty() {
        return None;
    }
    let mut set = head.object("rule_set_id", &draft.object_id);
    set.insert("rules".to_owned(), Value::Array(std::mem::take(&mut work.rules.list)));
    keep(&mut set, work.kept());
    Some(set)
}

/// A rule set in the making.
pub(super) struct Work<'a> {
    pub(super) rules: Rules<'a>,
    /// Where what is left of checks and relationships is kept.
    home: &'a Home,
    /// What is left of checks that became rules, by the id of the rule.
    checks: Map<String, Value>,
    /// The same of relationships.
    relationships: Map<String, Value>,
    /// The keys of the schema.
    pub(super) keys: Keys,
    pub(super) losses: &'a mut Losses,
}

impl Work<'_> {
    /// A property that is unique is a key of the schema.
    fn unique(&mut self, column: &mut ColumnDraft) {
        if column.rest.take("unique").is_none() {
            return;
        }
        let key = vec![column.column.clone()];
        let rule = json!({ "rule_type": "unique", "parameters": { "columns": key } });
        match self.rules.fits(&rule) {
            Ok(()) => self.keys.unique.push(key),
            Err(why) => column.rest.put_back("unique", json!(true), &why),
        }
    }

    /// Keeps what is left of the relationship that became a foreign key.
    pub(super) fn keep_foreign_key(&mut self, key: Value, rest: Rest, object_home: &Home) {
        let number = self.keys.foreign.len().to_string();
        let home = object_home.key("foreign_keys").key(&number);
        self.keys.foreign.push(key);
        let left = rest.settle(&home, self.losses);
        if !left.is_empty() {
            self.keys.relationships.insert(number, Value::Object(left));
        }
    }

    /// Keeps what is left of the relationship that became a rule.
    pub(super) fn keep_relationship(&mut self, rule_id: &str, rest: Rest) {
        let left = rest.settle(&self.home.key("relationships").key(rule_id), self.losses);
        self.relationships.insert(rule_id.to_owned(), Value::Object(left));
    }

    fn kept(self) -> Map<String, Value> {
        let parts = [("quality", self.checks), ("relationships", self.relationships)];
        parts
            .into_iter()
            .filter(|(_, part)| !part.is_empty())
            .map(|(key, part)| (key.to_owned(), Value::Object(part)))
            .collect()
    }

    /// The quality checks of a property or an object. Those that no rule states stay, by their number; the
    /// first that does no more than list the values of a property is given back as these.
    fn checks(&mut self, level: &Level<'_>, holder: &mut Rest, home: &Home) -> Option<Vec<Value>> {
        let at = holder.at().key("quality");
        let mut left = Map::new();
        let mut listed: Option<Vec<Value>> = None;
        for (index, value) in holder.take_list("quality").into_iter().enumerate() {
            let mut rest = Rest::new(&value, at.index(index));
            if listed.is_none()
                && let Some((rule, values)) = check::enumeration(&value, level)
                && self.rules.fits(&rule).is_ok()
            {
                // An export writes the values first, and in this way, where nothing else is kept.
                if index > 0 || value != check::enumerated(level, &values) {
                    check::keep_enumeration(&mut rest, &values);
                    let number = index.to_string();
                    let kept = rest.settle(&home.key("quality").key(&number), self.losses);
                    left.insert(number, Value::Object(kept));
                }
                listed = Some(values);
                continue;
            }
            let added = rule_of(&value, level).and_then(|(rule, name)| {
                let rule = check::annotated(rule, &mut rest);
                let id = self.rules.add(&name, rule.clone())?;
                Ok((id, rule))
            });
            match added {
                Ok((id, rule)) => {
                    check::leave_unsaid(&rule, level, &mut rest);
                    let home = self.home.key("quality").key(&id);
                    self.checks.insert(id, Value::Object(rest.settle(&home, self.losses)));
                }
                Err(why) => {
                    let number = index.to_string();
                    self.losses.kept(at.index(index), why, home.key("quality").key(&number));
                    left.insert(number, value);
                }
            }
        }
        if !left.is_empty() {
            holder.keep("quality", Value::Object(left));
        }
        listed
    }
}
