//! Waivers: findings that somebody has decided to live with for a while.

use super::{Kind, LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::day::Day;
use crate::impact::Impact;
use crate::problem::{Pointer, Problem, nearest};

kind! {
    /// Turns one finding into a note, until a day. A waiver that waives nothing, or no longer, is an error.
    Waiver {
        id: waiver_id WaiverId,
        /// The finding: a diagnostic code such as `E0505`; or what a change comes to, such as
        /// `verdict.looser`, or the id of such a finding, as `assayc diff` gives them.
        finding: String,
        /// The object that it is found in, as `kind/id` or `kind/id@version`; `environment/prod` too.
        #[serde(default)]
        #[schemars(regex(pattern = r"^[a-z_]+/[^/@\s]+(@[^/@\s]+)?$"))]
        object: Option<String>,
        /// The column or attribute that it concerns.
        #[serde(default)]
        column: Option<String>,
        /// The file that it is found in, relative to the project.
        #[serde(default)]
        path: Option<String>,
        /// Why it may stay.
        #[schemars(length(min = 1), regex(pattern = r"\S"))]
        reason: String,
        /// Who has decided so.
        #[schemars(length(min = 1), regex(pattern = r"\S"))]
        approver: String,
        /// The last day on which it holds.
        expires: Day,
    }
}

impl Waiver {
    /// Whether it is for what a change means, rather than for what is wrong with what is written.
    pub fn is_of_review(&self) -> bool {
        let id = self.finding.len() == 12
            && self.finding.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        id || Impact::named(&self.finding).is_some()
    }

    /// Whether a selector names an object.
    pub fn selects_object(&self, kind: &str, id: &str, version: &str) -> bool {
        self.object.as_deref().is_none_or(|wanted| {
            let (name, wanted_version) = match wanted.split_once('@') {
                Some((name, version)) => (name, Some(version)),
                None => (wanted, None),
            };
            name.split_once('/') == Some((kind, id))
                && wanted_version.is_none_or(|wanted| wanted == version)
        })
    }
}

impl LibraryObject for Waiver {
    common_fields!(waiver_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let place = Pointer::from("finding");
        match Code::ALL.iter().find(|code| code.id() == self.finding) {
            Some(code) if code.can_be_waived() => {}
            Some(code) => {
                let message = format!("`{}` cannot be waived: {}", self.finding, code.title());
                problems.push(Problem::new(Code::NotWaivable, place, message).hint(
                    "only warnings, secrets and what a policy demands can be; the rest would not compile",
                ));
            }
            None if self.is_of_review() => {}
            None => {
                let message = format!("no finding `{}`", self.finding);
                let problem = Problem::new(Code::BadValue, place, message);
                let codes = Code::ALL.iter().map(|code| code.id().to_owned());
                let impacts = Impact::ALL.iter().map(ToString::to_string);
                let known: Vec<_> = codes.chain(impacts).collect();
                problems.push(match nearest(&self.finding, known.iter().map(String::as_str)) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("`assayc explain codes` lists the codes"),
                });
            }
        }
        if self.object.is_none() && self.path.is_none() {
            let message = "the waiver says neither in which object nor in which file";
            problems.push(
                Problem::new(Code::MissingField, Pointer::root(), message)
                    .hint("add `object: rule_set/NAME` or `path: libraries/…`"),
            );
        }
        if let Some(object) = &self.object {
            let name = object.split('/').next().unwrap_or_default();
            if Kind::named(name).is_none() && name != "environment" {
                let known = Kind::ALL.iter().map(|kind| kind.name());
                let problem = Problem::new(
                    Code::BadValue,
                    Pointer::from("object"),
                    format!("no kind `{name}`"),
                );
                problems.push(match nearest(name, known) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("write it as `rule_set/NAME`"),
                });
            }
        }
        problems
    }
}
