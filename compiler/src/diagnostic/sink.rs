//! Gathers diagnostics, and says once what several environments have in common.

use std::collections::BTreeMap;

use assay_schemas::code::{Code, Level};
use assay_schemas::id::EnvironmentName;

use super::Diagnostic;

/// Gathers diagnostics. Each worker fills its own; [`Sink::merge`] joins them in any order.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
}

impl Sink {
    /// Adds one diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds everything that `other` has gathered.
    pub fn merge(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
    }

    /// Adds what was found in each environment, in order of name. What several of them give is one
    /// diagnostic that names them; what all of them give names none.
    pub fn merge_environments(&mut self, found: Vec<(EnvironmentName, Self)>) {
        let all = found.len();
        let mut kept: Vec<Diagnostic> = Vec::new();
        let mut by_place: BTreeMap<(String, Option<u32>, Code), Vec<usize>> = BTreeMap::new();
        for (name, sink) in found {
            for mut diagnostic in sink.diagnostics {
                diagnostic.environments = vec![name.clone()];
                let any = diagnostic.of_any_environment();
                let start = any.primary.span.as_ref().map(|span| span.start);
                let alike =
                    by_place.entry((any.primary.path.clone(), start, any.code)).or_default();
                let same = |index: &usize| kept[*index].of_any_environment() == any;
                let known = alike.iter().copied().find(same);
                match known {
                    // The same twice in one environment is one finding of that environment.
                    Some(index) if kept[index].environments.last() == Some(&name) => {
                        diagnostic.environments.clear();
                        kept[index].absorb(diagnostic);
                    }
                    Some(index) => kept[index].absorb(diagnostic),
                    None => {
                        alike.push(kept.len());
                        kept.push(diagnostic);
                    }
                }
            }
        }
        for mut diagnostic in kept {
            // Words that name one environment must not stand for all.
            let named = all > 1
                && diagnostic.environments.first().is_some_and(|name| {
                    diagnostic.message.contains(&format!("environment `{name}`"))
                });
            if diagnostic.environments.len() == all && !named {
                diagnostic.environments.clear();
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Changes what was gathered so far.
    pub fn amend(&mut self, change: impl FnMut(&mut Diagnostic)) {
        self.diagnostics.iter_mut().for_each(change);
    }

    /// Whether anything gathered so far is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// Everything gathered, in an order that depends on nothing but the diagnostics: by path, span,
    /// code and message. Equal ones are given once.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.diagnostics.dedup();
        self.diagnostics
    }
}

impl Diagnostic {
    /// The same diagnostic as every environment would give it: without the name of its own.
    fn of_any_environment(&self) -> Self {
        let mut any = Self { environments: Vec::new(), related: Vec::new(), ..self.clone() };
        for name in &self.environments {
            let (word, file) = (format!("environment `{name}`"), format!("`environments/{name}."));
            for text in std::iter::once(&mut any.message).chain(&mut any.hint) {
                *text = text.replace(&word, "environment").replace(&file, "`environments/");
            }
        }
        any
    }

    /// Takes in the environments and the related places of one that says the same.
    fn absorb(&mut self, other: Self) {
        self.environments.extend(other.environments);
        for related in other.related {
            if !self.related.contains(&related) {
                self.related.push(related);
            }
        }
    }
}

impl Extend<Diagnostic> for Sink {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.diagnostics.extend(diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    fn at(path: &str, start: u32) -> Place {
        Place::new(path, start..start + 1)
    }

    #[test]
    fn the_order_depends_on_the_diagnostics_alone() {
        let all = [
            Diagnostic::new(Code::BadValue, Place::file("a"), "whole file first"),
            Diagnostic::new(Code::UnknownField, at("a", 2), "x"),
            Diagnostic::new(Code::BadValue, at("a", 2), "x"),
            Diagnostic::new(Code::BadSyntax, at("a", 10), "x"),
            Diagnostic::new(Code::BadSyntax, at("b", 0), "x"),
        ];
        let mut forward = Sink::default();
        forward.extend(all.iter().cloned());
        let mut backward = Sink::default();
        for diagnostic in all.iter().rev().chain(&all) {
            let mut worker = Sink::default();
            worker.push(diagnostic.clone());
            backward.merge(worker);
        }
        assert!(forward.has_errors());
        assert_eq!(backward.finish(), all);
        assert_eq!(forward.finish(), all);
    }

    #[test]
    fn what_environments_have_in_common_is_said_once() {
        let name = |name: &str| EnvironmentName::new(name.to_owned()).expect("a name");
        let sink = |of: &str, also: &[&str]| {
            let mut sink = Sink::default();
            let message = format!("environment `{of}` declares no variable `x`");
            let place = at("libraries/a.yaml", 1);
            sink.push(
                Diagnostic::new(Code::UnknownVariable, place, message)
                    .hint(format!("declare it in `environments/{of}.yaml`")),
            );
            for words in also {
                sink.push(Diagnostic::new(Code::BadValue, at("libraries/b.yaml", 2), *words));
            }
            (name(of), sink)
        };
        let mut all = Sink::default();
        all.merge_environments(vec![sink("dev", &["here", "all"]), sink("prod", &["all"])]);
        let found = all.finish();
        let said: Vec<_> =
            found.iter().map(|found| (found.message.as_str(), found.environment_note())).collect();
        let expected = [
            ("environment `dev` declares no variable `x`", Some("likewise in `prod`".to_owned())),
            ("all", None),
            ("here", Some("in environment `dev`".to_owned())),
        ];
        assert_eq!(said, expected);
    }
}
