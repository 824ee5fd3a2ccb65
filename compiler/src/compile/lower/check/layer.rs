//! A rule as it is put together: from a template, the rule or binding that uses it, and an override.

use assay_schemas::id::ColumnName;
use assay_schemas::library::data_contract::{RuleBinding, RuleOverride};
use assay_schemas::library::level::Threshold;
use assay_schemas::library::rule_set::{Nulls, Rule};
use assay_schemas::library::rule_template::RuleTemplate;
use assay_schemas::plan::{Empty, Tolerance};
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::RuleType;
use assay_schemas::verdict::{Dimension, Severity};
use serde_json::{Map, Value};

use super::super::trace::{Hop, Role, Setting};

/// What one place says of a rule.
#[derive(Clone)]
pub(super) struct Layer {
    pub(super) hop: Hop,
    parameters: Map<String, Value>,
    severity: Option<Severity>,
    dimension: Option<Dimension>,
    message: Option<String>,
    tolerance: Tolerance,
    warn: Option<Threshold>,
    fail: Option<Threshold>,
}

impl Layer {
    pub(super) fn new(hop: Hop, parameters: &Map<String, Value>) -> Self {
        Self {
            hop,
            parameters: parameters.clone(),
            severity: None,
            dimension: None,
            message: None,
            tolerance: Tolerance::default(),
            warn: None,
            fail: None,
        }
    }

    pub(super) fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    pub(super) fn of_template(hop: Hop, template: &RuleTemplate) -> Self {
        let RuleTemplate { parameters, severity, dimension, message, .. } = template;
        Self {
            severity: *severity,
            dimension: *dimension,
            message: message.clone(),
            ..Self::new(hop, parameters)
        }
    }

    pub(super) fn of_rule(hop: Hop, rule: &Rule) -> Self {
        Self {
            severity: rule.severity,
            dimension: rule.dimension,
            message: rule.message.clone(),
            tolerance: Tolerance {
                max_violations: rule.max_violations,
                max_violation_ratio: rule.max_violation_ratio,
            },
            warn: rule.warn.clone(),
            fail: rule.fail.clone(),
            ..Self::new(hop, &rule.parameters)
        }
    }

    pub(super) fn of_binding(hop: Hop, binding: &RuleBinding) -> Self {
        Self {
            severity: binding.severity,
            dimension: binding.dimension,
            tolerance: Tolerance {
                max_violations: binding.max_violations,
                max_violation_ratio: binding.max_violation_ratio,
            },
            warn: binding.warn.clone(),
            fail: binding.fail.clone(),
            ..Self::new(hop, &binding.parameters)
        }
    }

    pub(super) fn of_override(hop: Hop, by: &RuleOverride) -> Self {
        Self {
            severity: by.severity,
            tolerance: Tolerance {
                max_violations: by.max_violations,
                max_violation_ratio: by.max_violation_ratio,
            },
            warn: by.warn.clone(),
            fail: by.fail.clone(),
            ..Self::new(hop, &by.parameters)
        }
    }

    /// What it tolerates before the rule fails.
    fn at_fail(&self) -> Tolerance {
        let fail = self.fail.as_ref().and_then(Threshold::tolerance).unwrap_or_default();
        Tolerance {
            max_violations: fail.max_violations.or(self.tolerance.max_violations),
            max_violation_ratio: fail.max_violation_ratio.or(self.tolerance.max_violation_ratio),
        }
    }

    /// Everything that it says, by name.
    fn says(&self) -> Vec<(String, Value)> {
        let mut says: Vec<_> = self
            .parameters
            .iter()
            .map(|(name, value)| (format!("parameters.{name}"), value.clone()))
            .collect();
        let mut add = |name: &str, value: Option<Value>| {
            says.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("severity", self.severity.map(|severity| severity.name().into()));
        add("dimension", self.dimension.and_then(|dimension| serde_json::to_value(dimension).ok()));
        add("max_violations", self.tolerance.max_violations.map(Value::from));
        add("max_violation_ratio", self.tolerance.max_violation_ratio.map(Value::from));
        let level =
            |level: &Option<Threshold>| level.as_ref().and_then(|it| serde_json::to_value(it).ok());
        add("warn", level(&self.warn));
        add("fail", level(&self.fail));
        add("message", self.message.clone().map(Value::from));
        says
    }
}

/// A rule with its type known, ready to be bound.
#[derive(Clone)]
pub(super) struct Use<'a> {
    /// Begins the ids of its checks.
    pub(super) id: String,
    pub(super) rule_type: &'static dyn RuleType,
    /// What is said of it; what comes later goes before what came earlier.
    layers: Vec<Layer>,
    pub(super) filter: Option<&'a str>,
    pub(super) segments: &'a [ColumnName],
    pub(super) nulls: Nulls,
    pub(super) empty: Empty,
    pub(super) via: Option<String>,
    /// Where it was written, then how it comes to the dataset.
    pub(super) hops: Vec<Hop>,
}

impl Use<'_> {
    /// A rule of these layers, the weakest first; the last one is where the rule stands.
    pub(super) fn new(id: String, rule_type: &'static dyn RuleType, layers: Vec<Layer>) -> Self {
        let hops = layers.iter().rev().map(|layer| layer.hop.clone()).collect();
        let (nulls, empty) = (Nulls::Skip, Empty::NotEvaluated);
        Self { id, rule_type, layers, filter: None, segments: &[], nulls, empty, via: None, hops }
    }

    /// The object that it stands in.
    pub(super) fn index(&self) -> usize {
        self.hops[0].index
    }

    /// Where it stands there.
    pub(super) fn place(&self) -> &Pointer {
        &self.hops[0].pointer
    }

    /// The same rule with what an override says of it.
    pub(super) fn overridden(&self, hop: Hop, by: &RuleOverride) -> Self {
        let mut rule = self.clone();
        rule.hops.push(hop.clone());
        rule.layers.push(Layer::of_override(hop, by));
        rule
    }

    pub(super) fn parameters(&self) -> Value {
        let mut parameters = Map::new();
        for layer in &self.layers {
            let own = layer.parameters.iter();
            parameters.extend(own.map(|(name, value)| (name.clone(), value.clone())));
            if let Some(fail) = &layer.fail {
                parameters = fail.among(&parameters);
            }
        }
        Value::Object(parameters)
    }

    fn last<T>(&self, of: impl Fn(&Layer) -> Option<T>) -> Option<T> {
        self.layers.iter().rev().find_map(of)
    }

    pub(super) fn severity(&self) -> Severity {
        self.last(|layer| layer.severity).unwrap_or_default()
    }

    pub(super) fn dimension(&self) -> Dimension {
        self.last(|layer| layer.dimension).unwrap_or(self.rule_type.dimension())
    }

    pub(super) fn message(&self) -> Option<String> {
        self.last(|layer| layer.message.clone())
    }

    pub(super) fn tolerance(&self) -> Tolerance {
        Tolerance {
            max_violations: self.last(|layer| layer.at_fail().max_violations),
            max_violation_ratio: self.last(|layer| layer.at_fail().max_violation_ratio),
        }
    }

    pub(super) fn warn(&self) -> Option<&Threshold> {
        self.layers.iter().rev().find_map(|layer| layer.warn.as_ref())
    }

    /// What a place says twice, seen from there.
    pub(super) fn repeated(&self) -> Vec<Problem> {
        let one = |layer: &Layer| {
            let fail = layer.fail.as_ref()?;
            Some(fail.repeated(&layer.parameters, &layer.tolerance))
        };
        let found = self.layers.iter().filter_map(one).flatten();
        found.map(|problem| problem.within(&Pointer::from("fail"))).collect()
    }

    /// Everything that is said of it: who has the last word, and whose word does not count.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let mut settings: Vec<Setting> = Vec::new();
        for layer in &self.layers {
            for (name, value) in layer.says() {
                match settings.iter_mut().find(|setting| setting.name == name) {
                    Some(setting) => {
                        let before = std::mem::replace(&mut setting.value, value);
                        let hop = std::mem::replace(&mut setting.hop, layer.hop.clone());
                        setting.overridden.push((before, hop));
                    }
                    None => settings.push(Setting::new(name, value, layer.hop.clone())),
                }
            }
        }
        settings.retain(|setting| setting.hop.role != Role::Schema);
        settings
    }
}
