//! Rule sets: rules that are reviewed, versioned and bound together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fixture::{self, Fixture};
use super::level::Threshold;
use super::reference::{Collector, RuleTemplateRef};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::expression;
use crate::id::{AttributeId, ColumnName, EntityId, RuleId};
use crate::plan::Empty;
use crate::problem::{Pointer, Problem};
use crate::rule::{self, RuleType, Subject};
use crate::verdict::{Dimension, Severity};

kind! {
    /// Rules for one dataset or, through the catalog, for every dataset of an entity.
    RuleSet {
        id: rule_set_id RuleSetId,
        /// The entity whose attributes the rules name by `catalog_attribute_id`.
        #[serde(default)]
        catalog_entity_id: Option<EntityId>,
        /// The rules.
        rules: Vec<Rule>,
        /// Unit tests of the rules; run by `assay test`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fixtures: Vec<Fixture>,
    }
}

/// A rule: a type or a template, bound to columns or to a catalog attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Names the rule within its set.
    pub rule_id: RuleId,
    /// Why the rule exists.
    #[serde(default)]
    pub description: Option<String>,
    /// The rule type; either this or a template.
    #[serde(default)]
    pub rule_type: Option<String>,
    /// The template; either this or a rule type.
    #[serde(default)]
    pub template: Option<RuleTemplateRef>,
    /// The column it judges, for rule types that judge one column.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// Several columns, each judged alone: one check for each.
    #[serde(default)]
    pub columns: Vec<ColumnName>,
    /// The catalog attribute whose mapped columns it judges.
    #[serde(default)]
    pub catalog_attribute_id: Option<AttributeId>,
    /// Parameters of the type.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Judge only rows where this holds, such as `payment_type == 1`.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// How bad a violation is.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Which quality it speaks of; each rule type has its own.
    #[serde(default)]
    pub dimension: Option<Dimension>,
    /// Said of a violating row, in the author's words.
    #[serde(default)]
    pub message: Option<String>,
    /// What null means to a rule that judges values: skipped, or a violation.
    #[serde(default)]
    pub nulls: Nulls,
    /// What it means that nothing was evaluated.
    #[serde(default)]
    pub empty: Empty,
    /// Violating rows tolerated.
    #[serde(default)]
    pub max_violations: Option<u64>,
    /// Share of violating rows tolerated, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_violation_ratio: Option<f64>,
    /// Beyond this, but not beyond what fails, the verdict is `warn`.
    #[serde(default)]
    pub warn: Option<Threshold>,
    /// Beyond this the rule fails; says the same as `max_violations` and as bounds among the parameters.
    #[serde(default)]
    pub fail: Option<Threshold>,
    /// Columns whose values divide the rows into segments. Each is judged alone, and the worst one decides.
    #[serde(default)]
    pub segments: Vec<ColumnName>,
}

/// What null means to a rule that judges values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Nulls are not judged.
    #[default]
    Skip,
    /// A null violates.
    Violate,
}

impl Rule {
    /// References of the rule, seen from the rule.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        found.add(Pointer::from("template"), self.template.as_ref());
        if let Some(rule_type) = &self.rule_type {
            let parameters = parameter_references(rule_type, &self.parameters);
            found.extend(&Pointer::from("parameters"), parameters);
        }
        found.finish()
    }

    /// What is wrong with the rule, seen alone; `pointer` is where it stands.
    pub(crate) fn check(&self, pointer: &Pointer) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(text) = &self.filter
            && let Err(error) = expression::names(text)
        {
            problems.push(error.problem(text, pointer.key("where")));
        }
        match (&self.rule_type, &self.template) {
            (Some(name), None) => match check_type(name, pointer) {
                Ok(rule_type) => self.check_as(rule_type, pointer, &mut problems),
                Err(problem) => problems.push(problem),
            },
            (None, Some(_)) => {}
            (None, None) => problems.push(
                Problem::new(
                    Code::MissingField,
                    pointer.clone(),
                    "a rule needs `rule_type` or `template`",
                )
                .hint("write `rule_type: not_null`, or `template: {rule_template_id: …}`"),
            ),
            (Some(_), Some(_)) => problems.push(
                Problem::new(
                    Code::BadValue,
                    pointer.key("template"),
                    "a rule has a `rule_type` or a `template`, not both",
                )
                .at_key(),
            ),
        }
        problems
    }

    fn check_as(&self, rule_type: &dyn RuleType, pointer: &Pointer, problems: &mut Vec<Problem>) {
        let place = pointer.key("parameters");
        let parameters = match &self.fail {
            Some(fail) => fail.among(&self.parameters),
            None => self.parameters.clone(),
        };
        let parameters = Value::Object(parameters);
        problems
            .extend(rule_type.check(&parameters).into_iter().map(|problem| problem.within(&place)));
        let targets = usize::from(self.column.is_some())
            + usize::from(!self.columns.is_empty())
            + usize::from(self.catalog_attribute_id.is_some());
        match rule_type.subject() {
            Subject::Column if targets != 1 => problems.push(
                Problem::new(
                    if targets == 0 { Code::MissingField } else { Code::BadValue },
                    pointer.clone(),
                    format!(
                        "`{}` judges one column: give exactly one of `column`, `columns`, `catalog_attribute_id`",
                        rule_type.name()
                    ),
                )
                .hint("write `column: name_of_the_column`"),
            ),
            Subject::Dataset if targets != 0 => problems.push(
                Problem::new(
                    Code::BadValue,
                    pointer.clone(),
                    format!("`{}` judges the dataset; its columns stand in `parameters`", rule_type.name()),
                )
                .hint("remove `column`, `columns` and `catalog_attribute_id`"),
            ),
            Subject::Column | Subject::Dataset => {}
        }
    }
}

/// The rule type of that name, or a problem at `rule_type` below `pointer`.
pub(crate) fn check_type(name: &str, pointer: &Pointer) -> Result<&'static dyn RuleType, Problem> {
    rule::named(name).ok_or_else(|| {
        let known = rule::ALL.iter().map(|rule_type| rule_type.name());
        let problem = Problem::new(
            Code::UnknownRuleType,
            pointer.key("rule_type"),
            format!("no rule type `{name}`"),
        );
        problem
            .did_you_mean(name, known)
            .or_hint(|| "`assayc explain rules` lists the rule types".to_owned())
    })
}

/// References that stand in the parameters of a rule; none where the type is unknown.
pub(crate) fn parameter_references(
    rule_type: &str,
    parameters: &Map<String, Value>,
) -> Vec<Reference> {
    rule::named(rule_type).map_or_else(Vec::new, |found| found.references(parameters))
}

impl LibraryObject for RuleSet {
    common_fields!(rule_set_id);

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        for (index, rule) in self.rules.iter().enumerate() {
            found.extend(&Pointer::from("rules").index(index), rule.references());
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let ids = self.rules.iter().map(|rule| rule.rule_id.as_str());
        let mut problems = super::unique_ids("rules", "rule_id", ids);
        for (index, rule) in self.rules.iter().enumerate() {
            let pointer = Pointer::from("rules").index(index);
            problems.extend(rule.check(&pointer));
            if rule.catalog_attribute_id.is_some() && self.catalog_entity_id.is_none() {
                problems.push(
                    Problem::new(
                        Code::MissingField,
                        pointer.key("catalog_attribute_id"),
                        "the rule set names no `catalog_entity_id` for this attribute",
                    )
                    .hint("add `catalog_entity_id: …` to the rule set"),
                );
            }
        }
        problems.extend(fixture::check(&self.fixtures, true));
        problems
    }
}
