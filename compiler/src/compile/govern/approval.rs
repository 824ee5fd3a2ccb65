//! Approvals: a change of an owned object carries the approval of its owners.
//!
//! What counts is the state: an approval stands in a commit that leaves the object as it is now, so a later
//! change asks again. Who approves, and what must be approved, is as the base says wherever the base says
//! something; a change cannot approve itself by changing its owner.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::Code;
use assay_schemas::id::Version;
use assay_schemas::library::environment::Environment;
use assay_schemas::library::environment::policy::{Approvals, RequiredApproval, WithoutBase};
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::{Pointer, Problem};
use serde_json::Value;

use super::super::overlay::Resolved;
use super::super::{Approvals as Asked, Basis};
use super::owners::{Owned, Ownership};
use crate::diagnostic::{Diagnostic, Place, Sink};
use crate::past::change::{Changed, State, changed};
use crate::past::{Branch, Changes, Person};

/// Reports changes without the approvals that the policy demands.
pub(super) fn check(resolved: &Resolved<'_>, basis: &Basis<'_>, sink: &mut Sink) {
    let environment = resolved.linked.environment.object();
    let approvals = &environment.policy.approvals;
    // A policy may have been taken away by the very changes; looking costs little where a base is named.
    let based = matches!(basis.approvals, Asked::Past(past) if past.has_base());
    if approvals.require.is_empty() && !based {
        return;
    }
    let branch = Branch(environment.branch.as_deref());
    let changes = match basis.approvals {
        Asked::Unasked => return,
        Asked::Past(past) => past.changes(branch).map_err(|unknown| unknown.0),
        Asked::NoCommit => Err("the files are not those of a commit".to_owned()),
    };
    match changes {
        Ok(changes) => Judge::new(resolved, &changes).judge(&changes, sink),
        Err(_) if approvals.require.is_empty() => {}
        Err(reason) => not_judged(resolved, &reason, sink),
    }
}

fn not_judged(resolved: &Resolved<'_>, reason: &str, sink: &mut Sink) {
    let loaded = resolved.linked.environment;
    let environment = loaded.object();
    let code = match environment.policy.approvals.without_base {
        WithoutBase::Warn => Code::ApprovalsUnknown,
        WithoutBase::Deny => Code::ApprovalsNotJudged,
    };
    let message = format!(
        "approvals for environment `{}` were not judged: {reason}",
        environment.environment
    );
    let problem = Problem::new(code, Pointer::from("policy").key("approvals"), message)
        .hint("name the revision that the changes start from: `--base REV`");
    sink.push(loaded.diagnostic(problem));
}

/// What approvals are judged by.
struct Judge<'a> {
    resolved: &'a Resolved<'a>,
    ownership: Ownership<'a>,
    /// Demands of the policy as it is and as it was at the base, each with its place.
    demands: Vec<(RequiredApproval, Place)>,
    base: String,
}

/// An object that changed, with what selects it.
struct Subject<'a> {
    changed: &'a Changed,
    place: Place,
    statuses: BTreeSet<String>,
    classes: BTreeSet<String>,
    criticalities: BTreeSet<String>,
    owned: Owned,
}

/// Approval that a change wants: of whom, of how many of them, and where it is demanded.
struct Want<'a> {
    owners: &'a BTreeSet<String>,
    count: u32,
    demanded: &'a Place,
}

impl<'a> Judge<'a> {
    fn new(resolved: &'a Resolved<'a>, changes: &Changes) -> Self {
        let loaded = resolved.linked.environment;
        let mut ownership = Ownership::of(resolved.linked.library, [loaded.object()]);
        let list = Pointer::from("policy").key("approvals").key("require");
        let mut demands: Vec<_> = own_demands(&loaded.object().policy.approvals)
            .enumerate()
            .map(|(index, demand)| (demand.clone(), loaded.place(&list.index(index))))
            .collect();
        for (path, content) in &changes.before {
            for node in crate::source::read(path, &content.bytes).objects {
                let value = node.to_value();
                if value.get("governance_profile_id").is_some()
                    && let Ok(Object::GovernanceProfile(profile)) =
                        Kind::GovernanceProfile.read(&value)
                {
                    ownership.prefer(&profile.contacts);
                }
            }
        }
        if let Some(before) = environment_before(loaded.path(), changes) {
            ownership.prefer(&before.contacts);
            for demand in own_demands(&before.policy.approvals) {
                if demands.iter().all(|(known, _)| known != demand) {
                    demands.push((demand.clone(), loaded.place(&list)));
                }
            }
        }
        let base = changes.base.chars().take(7).collect();
        Self { resolved, ownership, demands, base }
    }

    fn judge(&self, changes: &Changes, sink: &mut Sink) {
        if self.demands.is_empty() {
            return;
        }
        for changed in &changed(changes) {
            let Some(subject) = self.subject(changed) else { continue };
            let wanted: Vec<_> =
                self.demands.iter().filter(|(demand, _)| subject.is_selected(demand)).collect();
            let Some((_, first)) = wanted.first() else { continue };
            for (demand, demanded) in &wanted {
                let owners = if demand.by.is_empty() { &subject.owned.owners } else { &demand.by };
                self.approved(&subject, &Want { owners, count: demand.count, demanded }, sink);
            }
            for (role, count) in &subject.owned.approvals {
                let owners = BTreeSet::from([role.clone()]);
                self.approved(
                    &subject,
                    &Want { owners: &owners, count: *count, demanded: first },
                    sink,
                );
            }
        }
    }

    /// What is to be known of a changed object; `None` where this environment has nothing to do with it.
    fn subject<'c>(&self, changed: &'c Changed) -> Option<Subject<'c>> {
        let environment = self.resolved.linked.environment;
        let identity = &changed.identity;
        let values: Vec<&Value> = changed
            .changed_after()
            .chain(changed.changed_before())
            .map(|(_, value)| value.as_ref())
            .filter(|value| self.concerns(value, identity.kind))
            .collect();
        if values.is_empty() {
            return None;
        }
        let mut place = environment.place(&Pointer::from("policy").key("approvals"));
        let mut owned = Owned::default();
        if identity.kind == "environment" {
            place = environment.place(&Pointer::from("environment"));
            let of = |state: &State| {
                let value = state.values().next()?;
                Some(BTreeSet::from([value.get("owner")?.as_str()?.to_owned()]))
            };
            owned.owners = of(&changed.before).or_else(|| of(&changed.after)).unwrap_or_default();
        } else {
            let kind = Kind::named(identity.kind)?;
            let before = changed.changed_before().filter_map(|(_, value)| {
                Some(self.ownership.of_object(&kind.read(value).ok()?, value))
            });
            let before = before.filter(|owned| !owned.owners.is_empty()).last();
            let here = self.loaded(changed, kind);
            if let Some(loaded) = here {
                place = loaded.place(&Pointer::from(kind.id_field()));
            }
            owned = before
                .or_else(|| here.map(|loaded| self.ownership.of_loaded(loaded)))
                .unwrap_or_default();
        }
        let mut subject = Subject {
            changed,
            place,
            statuses: BTreeSet::new(),
            classes: BTreeSet::new(),
            criticalities: BTreeSet::new(),
            owned,
        };
        for value in values {
            subject.statuses.insert(status(value).to_owned());
            gather(value, "classification", &mut subject.classes);
            gather(value, "criticality", &mut subject.criticalities);
        }
        self.described(&mut subject);
        Some(subject)
    }

    /// The changed version of an object that the library has, the highest where there are several.
    fn loaded(
        &self,
        changed: &Changed,
        kind: Kind,
    ) -> Option<&'a super::super::validate::Loaded<Object>> {
        let linked = self.resolved.linked;
        let versions: BTreeSet<Version> =
            changed.changed_after().filter_map(|(version, _)| Version::new(version).ok()).collect();
        let tenant = changed.identity.tenant.as_deref();
        linked
            .index
            .named(kind, &changed.identity.id)
            .iter()
            .map(|index| linked.loaded(*index))
            .filter(|loaded| loaded.object().tenant().map(|tenant| tenant.as_str()) == tenant)
            .filter(|loaded| versions.contains(loaded.object().version()))
            .max_by_key(|loaded| loaded.object().version().clone())
    }

    /// Whether the environment would seal an object.
    fn concerns(&self, value: &Value, kind: &str) -> bool {
        let environment = self.resolved.linked.environment.object();
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let here = text("environment").is_none_or(|only| only == environment.environment.as_str());
        let served = text("tenant_id").is_none_or(|tenant| {
            environment.tenants.is_empty()
                || environment.tenants.iter().any(|served| served.as_str() == tenant)
        });
        let admitted = kind == "environment"
            || environment.policy.statuses.iter().any(|admitted| admitted.name() == status(value));
        here && served && admitted
    }

    /// Adds what the schemas and entities of a contract say of the data.
    fn described(&self, subject: &mut Subject<'_>) {
        if subject.changed.identity.kind != Kind::DataContract.name() {
            return;
        }
        let linked = self.resolved.linked;
        for index in linked.index.named(Kind::DataContract, &subject.changed.identity.id) {
            for (reference, target) in linked.links(*index) {
                if matches!(reference.kind, Kind::DatasetSchema | Kind::Entity) {
                    let value = linked.loaded(target).value();
                    gather(&value, "classification", &mut subject.classes);
                    gather(&value, "criticality", &mut subject.criticalities);
                }
            }
        }
    }

    fn approved(&self, subject: &Subject<'_>, want: &Want<'_>, sink: &mut Sink) {
        let identity = &subject.changed.identity;
        let name = format!("{} `{}`", identity.kind, identity.id);
        let owners: Vec<_> = want.owners.iter().map(|owner| format!("`{owner}`")).collect();
        let owners = owners.join(" or ");
        // By mail address: the owner in whose name it approves.
        let mut mails = BTreeMap::new();
        for owner in want.owners {
            for mail in self.ownership.contact(owner).mails {
                mails.entry(mail.to_lowercase()).or_insert_with(|| (owner.clone(), mail));
            }
        }
        let diagnostic = |code, message: String| {
            Diagnostic::new(code, subject.place.clone(), message)
                .object(name.clone())
                .related(want.demanded.clone(), "the policy demands it here")
        };
        let since = &self.base;
        if mails.is_empty() {
            let (what, hint) = if want.owners.is_empty() {
                ("it has no owner".to_owned(), "give it an `owner`")
            } else {
                (
                    format!("no mail address is known of {owners}"),
                    "add `mails` for the owner under `contacts` of the environment or a governance profile",
                )
            };
            let message =
                format!("{name} has changed since {since} and nobody can approve that: {what}");
            sink.push(diagnostic(Code::NobodyApproves, message).hint(hint));
            return;
        }
        let Changed { authors, approvers, earlier, .. } = subject.changed;
        let counts = |mail: &&String| mails.contains_key(*mail) && !authors.contains_key(*mail);
        let found = approvers.keys().filter(counts).count();
        if found >= usize::try_from(want.count).unwrap_or(usize::MAX) {
            return;
        }
        let message = format!(
            "{name} has changed since {since} with {found} of {} approvals of {owners}",
            want.count
        );
        let mut hints = Vec::new();
        let free = mails
            .iter()
            .find(|(mail, _)| !authors.contains_key(*mail) && !approvers.contains_key(*mail));
        hints.push(match free {
            Some((_, (owner, mail))) => format!(
                "add to a commit that leaves it as it is now: `Approved-by: {owner} <{mail}>`"
            ),
            None => "no other owner is left to approve; add `mails` to their `contacts`".to_owned(),
        });
        hints.extend(explained(
            approvers,
            authors,
            &mails,
            "made the change, and cannot approve it",
        ));
        let only_earlier: BTreeMap<_, _> = earlier
            .iter()
            .filter(|(mail, _)| !approvers.contains_key(*mail))
            .map(|(mail, person)| (mail.clone(), person.clone()))
            .collect();
        hints.extend(explained(
            &only_earlier,
            &mails_of(&mails),
            &mails,
            "approved of an earlier state",
        ));
        sink.push(diagnostic(Code::ApprovalMissing, message).hint(hints.join("; ")));
    }
}

/// Owners among `people` that are in `these` too, in words.
fn explained<T>(
    people: &BTreeMap<String, Person>,
    these: &BTreeMap<String, T>,
    mails: &BTreeMap<String, (String, String)>,
    words: &str,
) -> Option<String> {
    let both = |mail: &&String| these.contains_key(*mail) && mails.contains_key(*mail);
    let found: Vec<_> = people.keys().filter(both).map(|mail| format!("`{mail}`")).collect();
    (!found.is_empty()).then(|| format!("{} {words}", found.join(", ")))
}

fn mails_of(mails: &BTreeMap<String, (String, String)>) -> BTreeMap<String, ()> {
    mails.keys().map(|mail| (mail.clone(), ())).collect()
}

impl Subject<'_> {
    fn is_selected(&self, demand: &RequiredApproval) -> bool {
        let kind = self.changed.identity.kind;
        // Environments are meant only where they are named: few have an owner.
        let of_kind = if demand.kinds.is_empty() {
            kind != "environment"
        } else {
            demand.kinds.contains(kind)
        };
        let any = |wanted: &mut dyn Iterator<Item = &str>, own: &BTreeSet<String>| {
            let wanted: Vec<_> = wanted.collect();
            wanted.is_empty() || wanted.iter().any(|wanted| own.contains(*wanted))
        };
        of_kind
            && any(&mut demand.statuses.iter().map(|status| status.name()), &self.statuses)
            && any(&mut demand.classification.iter().map(String::as_str), &self.classes)
            && any(&mut demand.criticality.iter().map(|own| own.name()), &self.criticalities)
    }
}

fn own_demands(approvals: &Approvals) -> impl Iterator<Item = &RequiredApproval> {
    approvals.require.iter()
}

/// The environment as the base has it, where the changes touch its file.
fn environment_before(path: &str, changes: &Changes) -> Option<Environment> {
    let content = changes.before.get(path)?;
    let reading = crate::source::read(path, &content.bytes);
    Environment::read(&reading.objects.first()?.to_value()).ok()
}

fn status(value: &Value) -> &str {
    value.get("status").and_then(Value::as_str).unwrap_or("active")
}

/// Every text under a field of that name, at any depth.
fn gather(value: &Value, field: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get(field).and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| gather(value, field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, field, into)),
        _ => {}
    }
}
