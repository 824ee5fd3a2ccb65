//! Waivers: findings that become notes until a day, and waivers that waive nothing or no longer.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::{Code, Level};
use assay_schemas::day::Day;
use assay_schemas::library::waiver::Waiver;
use assay_schemas::library::{Kind, Object, Status};
use assay_schemas::problem::{Pointer, Problem};
use serde_json::Value;

use super::super::link::Linked;
use super::super::validate::{Library, Loaded};
use super::super::{Approvals, Basis};
use crate::diagnostic::{Diagnostic, Sink};
use crate::past::{Branch, Makers};
use crate::source::Node;

/// Findings that depend on what a run of the compiler is told; their waivers are never said to be unused.
const BY_CIRCUMSTANCE: &[Code] = &[
    Code::ApprovalMissing,
    Code::NobodyApproves,
    Code::ApprovalsNotJudged,
    Code::ApprovalsUnknown,
];

/// Waivers by index of their object: those that hold in an environment or in general, and those that found
/// something to waive.
#[derive(Debug, Default)]
pub(crate) struct Waived {
    admitted: BTreeSet<usize>,
    used: BTreeSet<usize>,
}

/// Applies the waivers that an environment admits to what was found for it.
pub(crate) fn of_environment(linked: &Linked<'_>, basis: &Basis<'_>, sink: &mut Sink) -> Waived {
    let waivers = linked.order.iter().copied();
    let branch = Branch(linked.environment.object().branch.as_deref());
    apply(linked.library, waivers, &Judge::of(basis, branch), sink)
}

/// Applies the active waivers of all environments to what was found before any environment was looked at.
pub(crate) fn of_library(library: &Library, basis: &Basis<'_>, sink: &mut Sink) -> Waived {
    let waivers = (0..library.objects.len()).filter(|index| {
        let object = library.objects[*index].object();
        object.environment().is_none() && object.status() == Status::Active
    });
    apply(library, waivers, &Judge::of(basis, Branch(None)), sink)
}

/// What waivers are judged by: the day, and who made the changes, which is looked up when first asked for.
struct Judge<'a> {
    basis: &'a Basis<'a>,
    branch: Branch<'a>,
    makers: OnceCell<Makers>,
}

impl<'a> Judge<'a> {
    fn of(basis: &'a Basis<'a>, branch: Branch<'a>) -> Self {
        Self { basis, branch, makers: OnceCell::new() }
    }

    /// Why a waiver does not count, which comes with a change of the object that it waives something of: whoever
    /// made the change does not decide that it may stay. What stood there before was decided then.
    fn objection<'s>(
        &self,
        waiver: &Waiver,
        sites: impl Iterator<Item = &'s Site<'s>>,
    ) -> Option<String> {
        let makers = self.makers.get_or_init(|| match self.basis.approvals {
            // Where it is not known what changed, a waiver cannot be told from one that stood there before.
            Approvals::Past(past) => past.changes(self.branch).map(Makers::of).unwrap_or_default(),
            Approvals::Unasked | Approvals::NoCommit => Makers::default(),
        });
        let own = (Kind::Waiver.name(), waiver.waiver_id.as_str());
        if !makers.has(own.0, own.1) {
            return None;
        }
        let sites = sites.map(|site| (site.kind, site.id));
        makers.objection(&waiver.approver, sites.chain([own]))
    }
}

fn apply(
    library: &Library,
    candidates: impl Iterator<Item = usize>,
    judge: &Judge<'_>,
    sink: &mut Sink,
) -> Waived {
    let waivers: Vec<_> = candidates
        .filter_map(|index| match library.objects[index].object() {
            Object::Waiver(waiver) => Some((index, waiver)),
            _ => None,
        })
        .collect();
    let mut waived = Waived::default();
    if waivers.is_empty() {
        return waived;
    }
    waived.admitted.extend(waivers.iter().map(|(index, _)| *index));
    let map = Map::of(library);
    sink.amend(|diagnostic| {
        for (index, waiver) in &waivers {
            if diagnostic.level == Level::Note || !map.selects(waiver, diagnostic) {
                continue;
            }
            waived.used.insert(*index);
            let expired = judge.basis.day.is_some_and(|day| day > waiver.expires);
            let (field, words) = if expired {
                ("expires", format!("the waiver for it expired on {}", waiver.expires))
            } else if let Some(words) = judge.objection(waiver, map.sites(diagnostic)) {
                ("approver", format!("the waiver for it does not count: {words}"))
            } else {
                diagnostic.level = Level::Note;
                let Waiver { expires, approver, reason, .. } = *waiver;
                ("expires", format!("waived until {expires} by {approver}: {reason}"))
            };
            let place = library.objects[*index].place(&Pointer::from(field));
            diagnostic.related.push((place, words));
        }
    });
    waived
}

impl Waived {
    /// How many waivers were looked at.
    pub(crate) fn count(&self) -> usize {
        self.admitted.len()
    }
}

/// Reports waivers that have expired, and those that waived nothing in any environment; whether there were any.
pub(crate) fn report(
    library: &Library,
    waived: &[Waived],
    (day, compiled_all): (Option<Day>, bool),
    sink: &mut Sink,
) -> bool {
    // What is broken may hide what a waiver is for.
    let sound = !library.incomplete && library.damaged.is_empty() && !sink.has_errors();
    let admitted: BTreeSet<_> = waived.iter().flat_map(|waived| &waived.admitted).collect();
    let used: BTreeSet<_> = waived.iter().flat_map(|waived| &waived.used).collect();
    let mut found = false;
    for index in admitted {
        let loaded = &library.objects[*index];
        let Object::Waiver(waiver) = loaded.object() else { continue };
        let code = Code::ALL.iter().find(|code| code.id() == waiver.finding);
        if let Some(day) = day.filter(|day| *day > waiver.expires) {
            let message = format!(
                "waiver `{}` expired on {}; it is judged on {day}",
                waiver.waiver_id, waiver.expires
            );
            let problem = Problem::new(Code::WaiverExpired, Pointer::from("expires"), message)
                .hint("fix what it waives and remove it, or decide again and move the day");
            sink.push(loaded.diagnostic(problem));
            found = true;
        } else if sound
            // What a change means is told by `assayc diff`, which holds its waivers against it.
            && !waiver.is_of_review()
            && !used.contains(index)
            && (compiled_all || waiver.environment.is_some())
            && code.is_none_or(|code| !BY_CIRCUMSTANCE.contains(code))
        {
            let message =
                format!("waiver `{}` waives nothing: there is no such finding", waiver.waiver_id);
            let problem = Problem::new(Code::WaiverUnused, Pointer::from("finding"), message)
                .hint("remove it, or correct `object`, `column` and `path`");
            sink.push(loaded.diagnostic(problem));
            found = true;
        }
    }
    found
}

/// Which object stands where, to find the one that a diagnostic lies in.
struct Map<'a> {
    objects: BTreeMap<&'a str, Vec<Site<'a>>>,
}

/// An object or an environment, as a waiver may name it.
struct Site<'a> {
    start: u32,
    end: u32,
    kind: &'static str,
    id: &'a str,
    version: String,
    node: &'a Node,
}

impl<'a> Map<'a> {
    fn of(library: &'a Library) -> Self {
        let mut objects: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for loaded in &library.objects {
            let object = loaded.object();
            let version = object.version().to_string();
            let site = site(loaded, object.kind().name(), object.id(), version);
            objects.entry(loaded.path()).or_default().push(site);
        }
        for (name, loaded) in &library.environments {
            let site = site(loaded, "environment", name.as_str(), String::new());
            objects.entry(loaded.path()).or_default().push(site);
        }
        Self { objects }
    }

    /// The objects that a diagnostic may lie in: one, but where it is of a file as a whole.
    fn sites(&self, diagnostic: &Diagnostic) -> impl Iterator<Item = &Site<'a>> {
        let sites = self.objects.get(file(diagnostic)).map(Vec::as_slice).unwrap_or_default();
        let at = diagnostic.primary.span.as_ref().map(|span| span.start);
        sites.iter().filter(move |site| at.is_none_or(|at| site.start <= at && at <= site.end))
    }

    fn selects(&self, waiver: &Waiver, diagnostic: &Diagnostic) -> bool {
        if diagnostic.code.id() != waiver.finding {
            return false;
        }
        let file = file(diagnostic);
        if waiver.path.as_deref().is_some_and(|wanted| wanted != file) {
            return false;
        }
        if waiver.object.is_none() && waiver.column.is_none() {
            return true;
        }
        self.sites(diagnostic)
            .filter(|site| waiver.selects_object(site.kind, site.id, &site.version))
            .any(|site| {
                waiver.column.as_deref().is_none_or(|column| {
                    diagnostic
                        .pointer
                        .as_ref()
                        .is_some_and(|at| concerns(&site.node.to_value(), at, column))
                })
            })
    }
}

/// The file of a diagnostic. A cell of a workbook stands behind its path.
fn file(diagnostic: &Diagnostic) -> &str {
    let path = &diagnostic.primary.path;
    match path.find(".xlsx:") {
        Some(end) => &path[..end + ".xlsx".len()],
        None => path,
    }
}

fn site<'a, T>(
    loaded: &'a Loaded<T>,
    kind: &'static str,
    id: &'a str,
    version: String,
) -> Site<'a> {
    let span = &loaded.node().span;
    Site { start: span.start, end: span.end, kind, id, version, node: loaded.node() }
}

/// Whether the field at a pointer, or a part of the object that it lies in, is about a column.
fn concerns(value: &Value, pointer: &Pointer, column: &str) -> bool {
    let named = |part: &Value| match part {
        Value::String(text) => text == column,
        Value::Object(fields) => {
            let is = |field: &str| fields.get(field).and_then(Value::as_str) == Some(column);
            let lists = fields.get("columns").and_then(Value::as_array);
            ["column", "name", "attribute_id", "catalog_attribute_id"].into_iter().any(is)
                || lists.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(column)))
        }
        _ => false,
    };
    let mut at = Some(pointer.clone());
    while let Some(pointer) = at {
        // The object itself is about itself: its `name` is for people.
        if pointer.as_str().is_empty() {
            return false;
        }
        if value.pointer(pointer.as_str()).is_some_and(named) {
            return true;
        }
        at = pointer.parent();
    }
    false
}
