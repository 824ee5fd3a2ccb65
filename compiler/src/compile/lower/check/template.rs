//! Rules that a template stands behind.

use assay_schemas::code::Code;
use assay_schemas::library::Object;
use assay_schemas::library::rule_template::RuleTemplate;
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::{self, RuleType};

use super::super::target;
use super::super::trace::Role;
use super::Checks;
use super::layer::Layer;

impl<'a> Checks<'a, '_> {
    pub(super) fn template_layer(&self, index: usize, template: &RuleTemplate) -> Layer {
        let id = template.rule_template_id.as_str();
        let hop = self.hop(Role::Template, index, Pointer::from("rule_template_id"), id);
        Layer::of_template(hop, template)
    }

    /// The rule type of a template; one for cleansing judges nothing, which is reported.
    pub(super) fn judging(
        &mut self,
        template: &RuleTemplate,
        index: usize,
        place: &Pointer,
    ) -> Option<&'static dyn RuleType> {
        if template.rule_type.is_none() {
            let message =
                format!("template `{}` is one of a cleansing step", template.rule_template_id);
            let problem = Problem::new(Code::BadValue, place.key("template"), message);
            self.report(index, problem.hint("use it in a cleansing policy, or name another"));
        }
        rule::named(template.rule_type.as_deref()?)
    }

    pub(super) fn template(
        &self,
        index: usize,
        place: &Pointer,
    ) -> Option<(usize, &'a RuleTemplate)> {
        match target(self.resolved, index, &place.key("template"))? {
            (at, Object::RuleTemplate(template)) => Some((at, template)),
            _ => None,
        }
    }
}
