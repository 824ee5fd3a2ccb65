//! Jobs: what changes in what they do, read from their plans.
//!
//! Every plan is taken apart here without a rest, so that a new field of it does not compile until this
//! module says what its change comes to.

use assay_schemas::plan::{
    Action, Actions, DatasetPlan, JobPlan, ProfilePlan, Redaction, Source, Step,
};
use assay_schemas::strictness::Strictness;
use assay_schemas::threshold::Threshold;

use super::{Note, check, phrase};
use assay_schemas::impact::{Contract, Coverage, Governance, Impact, Reach, Verdict};
use assay_schemas::words::counted;

/// What changes where a job does one plan instead of another.
pub(super) fn compare(before: &JobPlan, after: &JobPlan) -> Vec<Note> {
    // What a plan is of is told by its object; where its dataset is another, everything below is.
    let JobPlan {
        plan_version: _,
        job_definition_id: _,
        version: _,
        tenant_id: _,
        environment: _,
        contract_id,
        contract_version: _,
        dataset,
        lookups,
        severity_threshold,
        quarantine,
        incremental,
        idempotency_scope,
        results,
        violation_rows,
        engine,
        memory_limit,
        threads,
        actions,
    } = before;
    let mut notes = Vec::new();
    let same_dataset = (contract_id, &dataset.dataset_contract_id)
        == (&after.contract_id, &after.dataset.dataset_contract_id);
    if same_dataset {
        compare_datasets(dataset, &after.dataset, &mut notes);
    } else {
        let names = |plan: &JobPlan| {
            format!("{} of {}", plan.dataset.dataset_contract_id, plan.contract_id)
        };
        let words = phrase::change(&names(before), &names(after));
        notes.push(
            Note::new(Impact::Coverage(Coverage::Moved), "dataset", words).of("job_definition"),
        );
    }
    compare_lookups(lookups, &after.lookups, &mut notes);
    threshold(severity_threshold.as_ref(), after.severity_threshold.as_ref(), &mut notes);
    notes.extend(quarantined(*quarantine, after.quarantine));
    let mut moved =
        |part: &str, impact: Impact, before: String, after: String, kind: &'static str| {
            if before != after {
                notes.push(Note::new(impact, part, phrase::change(&before, &after)).of(kind));
            }
        };
    let elsewhere = Impact::Reach(Reach::Retargeted);
    moved("results", elsewhere, results.clone(), after.results.clone(), "environment");
    let scope = (idempotency_scope.clone(), after.idempotency_scope.clone());
    moved(
        "idempotency_scope",
        Impact::Coverage(Coverage::Unknown),
        scope.0,
        scope.1,
        "job_definition",
    );
    let metadata = Impact::Contract(Contract::Metadata);
    let kept = (violation_rows.to_string(), after.violation_rows.to_string());
    moved("violation_rows", metadata, kept.0, kept.1, "job_definition");
    let reading =
        |incremental: bool| if incremental { "new files" } else { "every file" }.to_owned();
    let read = (reading(*incremental), reading(after.incremental));
    moved("incremental", metadata, read.0, read.1, "job_definition");
    let names = (engine.name().to_owned(), after.engine.name().to_owned());
    moved("engine", metadata, names.0, names.1, "infra_profile");
    let limit = |bytes: Option<u64>| {
        bytes.map_or_else(|| "none".to_owned(), |bytes| counted(bytes, "byte"))
    };
    moved(
        "memory_limit",
        metadata,
        limit(*memory_limit),
        limit(after.memory_limit),
        "infra_profile",
    );
    let number = |threads: Option<u32>| {
        threads.map_or_else(|| "all".to_owned(), |threads| threads.to_string())
    };
    moved("threads", metadata, number(*threads), number(after.threads), "infra_profile");
    compare_actions(actions, &after.actions, &mut notes);
    notes
}

fn quarantined(before: bool, after: bool) -> Option<Note> {
    let (reach, words) = match (before, after) {
        (false, true) => (Reach::Wider, "rows that break a hard rule are set apart"),
        (true, false) => (Reach::Narrower, "rows that break a hard rule are no longer set apart"),
        _ => return None,
    };
    Some(Note::new(Impact::Reach(reach), "quarantine", words).of("job_definition"))
}

/// What a new job adds, or a job that goes takes away.
pub(super) fn whole(plan: &JobPlan, comes: bool) -> Vec<Note> {
    let (coverage, reach, word) = match comes {
        true => (Coverage::More, Reach::Wider, "a new job"),
        false => (Coverage::Less, Reach::Narrower, "a job less"),
    };
    let checks = counted(plan.dataset.checks.len(), "check");
    let dataset = &plan.dataset.dataset_contract_id;
    let words = format!("{word}: {checks} of `{dataset}`");
    let mut notes = vec![Note::new(Impact::Coverage(coverage), "", words).of("job_definition")];
    let Actions { on_success, on_failure, on_anomaly } = &plan.actions;
    let actions: Vec<_> = on_success.iter().chain(on_failure).chain(on_anomaly).collect();
    if !actions.is_empty() {
        let names: Vec<_> = actions.iter().map(|action| action.action_type.as_str()).collect();
        let words = format!("{word} with actions: {}", names.join(", "));
        notes.push(Note::new(Impact::Reach(reach), "actions", words).of("job_definition"));
    }
    notes
}

fn compare_datasets(before: &DatasetPlan, after: &DatasetPlan, notes: &mut Vec<Note>) {
    let DatasetPlan {
        dataset_contract_id,
        catalog_entity_id: _,
        source,
        reads: _,
        fields,
        primary_key: _,
        steps,
        withheld: _,
        change_log: _,
        profile,
        checks: _,
    } = before;
    compare_sources(dataset_contract_id, source, &after.source, notes);
    compare_steps(steps, &after.steps, notes);
    compare_profiles(profile.as_ref(), after.profile.as_ref(), notes);
    for field in &after.fields {
        let Some(old) = fields.iter().find(|old| old.name == field.name) else { continue };
        if old.redaction != field.redaction {
            let guarded = match field.redaction > old.redaction {
                true => Governance::Strengthened,
                false => Governance::Weakened,
            };
            let words = phrase::change(redacted(old.redaction), redacted(field.redaction));
            let part = format!("column {}", field.name);
            let note = Note::new(Impact::Governance(guarded), part, words).echo();
            notes.push(note.of("data_contract").of("entity").of("governance_profile"));
        }
    }
    check::compare(before, after, notes);
}

fn redacted(redaction: Redaction) -> &'static str {
    match redaction {
        Redaction::None => "results show values as they are",
        Redaction::Partial => "results show values in part",
        Redaction::Full => "results show no value",
    }
}

/// Other datasets are only looked into: what is read of them may change what is found here.
fn compare_lookups(before: &[DatasetPlan], after: &[DatasetPlan], notes: &mut Vec<Note>) {
    for new in after {
        let same = |old: &&DatasetPlan| old.dataset_contract_id == new.dataset_contract_id;
        let Some(old) = before.iter().find(same) else { continue };
        compare_sources(&new.dataset_contract_id, &old.source, &new.source, notes);
        compare_steps(&old.steps, &new.steps, notes);
    }
}

fn compare_sources(dataset: &str, before: &Source, after: &Source, notes: &mut Vec<Note>) {
    let Source { path, format, partitions, storage } = before;
    let part = format!("source of {dataset}");
    if *path != after.path {
        let shown =
            |path: &Option<String>| path.clone().unwrap_or_else(|| "named by the run".to_owned());
        let words = phrase::change(&shown(path), &shown(&after.path));
        let note = Note::new(Impact::Coverage(Coverage::Moved), &*part, words);
        notes.push(note.of("data_contract").of("infra_profile").of("environment"));
    }
    if *storage != after.storage {
        let words = "files are reached otherwise";
        let note = Note::new(Impact::Coverage(Coverage::Moved), &*part, words);
        notes.push(note.of("infra_profile").of("environment"));
    }
    if *format != after.format || *partitions != after.partitions {
        let words = "files are read otherwise";
        notes.push(Note::new(Impact::Verdict(Verdict::Unknown), part, words).of("data_contract"));
    }
}

/// Cleansing comes before judging, so only data can tell what another step leaves to be found.
fn compare_steps(before: &[Step], after: &[Step], notes: &mut Vec<Note>) {
    let mut changed: Vec<(&str, String)> = Vec::new();
    let of = |steps: &[Step], id: &str| {
        let own = steps.iter().filter(|step| step.step_id == id);
        own.map(|step| (step.filter.clone(), step.body.clone())).collect::<Vec<_>>()
    };
    let ids = |steps: &[Step]| {
        let mut ids: Vec<String> = steps.iter().map(|step| step.step_id.clone()).collect();
        ids.dedup();
        ids
    };
    let (old, new) = (ids(before), ids(after));
    for step in before.iter().filter(|step| !new.contains(&step.step_id)) {
        changed.push((&step.step_id, format!("no longer done: {}", step.title)));
    }
    for step in after {
        if !old.contains(&step.step_id) {
            changed.push((&step.step_id, format!("done now: {}", step.title)));
        } else if of(before, &step.step_id) != of(after, &step.step_id) {
            changed.push((&step.step_id, format!("done otherwise: {}", step.title)));
        }
    }
    if changed.is_empty() && old != new {
        changed.push(("", "steps are done in another order".to_owned()));
    }
    changed.dedup_by(|one, other| one.0 == other.0 && one.1 == other.1);
    for (id, words) in changed {
        let note = Note::new(Impact::Verdict(Verdict::Unknown), format!("step {id}"), words);
        notes.push(note.of("cleansing_policy").of("rule_template").of("dataset_schema"));
    }
}

fn compare_profiles(
    before: Option<&ProfilePlan>,
    after: Option<&ProfilePlan>,
    notes: &mut Vec<Note>,
) {
    let (more, words) = match (before, after) {
        (None, None) => return,
        (None, Some(_)) => (Strictness::Stricter, "the data is profiled now"),
        (Some(_), None) => (Strictness::Looser, "the data is no longer profiled"),
        (Some(before), Some(after)) => (profile(before, after), "another profile is made"),
    };
    if let Some(coverage) = coverage(more) {
        let note = Note::new(Impact::Coverage(coverage), "profile", words);
        notes.push(note.of("profiling_policy").of("job_definition"));
    }
}

fn profile(before: &ProfilePlan, after: &ProfilePlan) -> Strictness {
    let ProfilePlan {
        columns,
        top_values,
        histogram_bins,
        quantiles,
        exact_distinct,
        deep,
        duplicate_rows,
        correlations,
        missingness,
        before_cleansing,
    } = before;
    let members = |narrow: bool, wide: bool| match (narrow, wide) {
        (true, true) => Strictness::Equivalent,
        (true, false) => Strictness::Looser,
        (false, true) => Strictness::Stricter,
        (false, false) => Strictness::Incomparable,
    };
    // No column named means all of them.
    let within = |inner: &[_], outer: &[_]| {
        outer.is_empty() || (!inner.is_empty() && inner.iter().all(|name| outer.contains(name)))
    };
    let columns = members(within(&after.columns, columns), within(columns, &after.columns));
    let held = |inner: &[f64], outer: &[f64]| inner.iter().all(|q| outer.contains(q));
    columns
        .and(members(held(&after.quantiles, quantiles), held(quantiles, &after.quantiles)))
        .and(Strictness::rising(top_values, &after.top_values))
        .and(Strictness::rising(histogram_bins, &after.histogram_bins))
        .and(Strictness::rising(exact_distinct, &after.exact_distinct))
        .and(Strictness::rising(deep, &after.deep))
        .and(Strictness::rising(duplicate_rows, &after.duplicate_rows))
        .and(Strictness::rising(correlations, &after.correlations))
        .and(Strictness::rising(missingness, &after.missingness))
        .and(Strictness::rising(before_cleansing, &after.before_cleansing))
}

fn threshold(before: Option<&Threshold>, after: Option<&Threshold>, notes: &mut Vec<Note>) {
    let shown = |threshold: Option<&Threshold>| {
        threshold.map_or_else(|| "none".to_owned(), Threshold::to_string)
    };
    let (old, new) = (shown(before), shown(after));
    if old == new {
        return;
    }
    let impact = Impact::Verdict(verdict(Threshold::compare(before, after)));
    notes.push(
        Note::new(impact, "severity_threshold", phrase::change(&old, &new)).of("job_definition"),
    );
}

fn compare_actions(before: &Actions, after: &Actions, notes: &mut Vec<Note>) {
    let Actions { on_success, on_failure, on_anomaly } = before;
    for (when, old, new) in [
        ("on_success", on_success, &after.on_success),
        ("on_failure", on_failure, &after.on_failure),
        ("on_anomaly", on_anomaly, &after.on_anomaly),
    ] {
        let find = |actions: &[Action], wanted: &Action| {
            actions.iter().find(|action| action.action_id == wanted.action_id).cloned()
        };
        let mut note = |reach, action: &Action, words: String| {
            let part = format!("{when} {}", action.action_id);
            let note = Note::new(Impact::Reach(reach), part, words);
            let elsewhere =
                find(old, action).is_some_and(|old| old.connection != action.connection);
            let note = if elsewhere { note.of("environment").echo() } else { note };
            notes.push(note.of("action_profile").of("job_definition").of("environment"));
        };
        for action in old.iter().filter(|action| find(new, action).is_none()) {
            note(Reach::Narrower, action, format!("no longer done: {}", action.action_type));
        }
        for action in new {
            match find(old, action) {
                None => note(Reach::Wider, action, format!("done now: {}", action.action_type)),
                Some(old) if old != *action => {
                    note(Reach::Retargeted, action, retargeted(&old, action));
                }
                Some(_) => {}
            }
        }
    }
}

/// How an action is done otherwise; where to, before with what.
fn retargeted(before: &Action, after: &Action) -> String {
    let Action { action_id: _, action_type, parameters, connection } = before;
    let url =
        |action: &Action| action.connection.as_ref().map(|own| own.url.clone()).unwrap_or_default();
    if *action_type != after.action_type {
        phrase::change(action_type, &after.action_type)
    } else if url(before) != url(after) {
        phrase::change(&url(before), &url(after))
    } else if *connection != after.connection {
        format!("{action_type} with other credentials or headers")
    } else {
        let changed = parameters.iter().chain(&after.parameters).map(|(name, _)| name);
        let changed: std::collections::BTreeSet<_> =
            changed.filter(|name| parameters.get(*name) != after.parameters.get(*name)).collect();
        let names: Vec<_> = changed.into_iter().map(String::as_str).collect();
        format!("{action_type} with another {}", names.join(", "))
    }
}

/// What strictness comes to on the axis of verdicts.
pub(super) fn verdict(strictness: Strictness) -> Verdict {
    match strictness {
        Strictness::Equivalent => Verdict::Equivalent,
        Strictness::Stricter => Verdict::Stricter,
        Strictness::Looser => Verdict::Looser,
        Strictness::Incomparable => Verdict::Incomparable,
        Strictness::Unknown => Verdict::Unknown,
    }
}

/// What strictness comes to on the axis of coverage; `None` where nothing changes.
pub(super) fn coverage(strictness: Strictness) -> Option<Coverage> {
    match strictness {
        Strictness::Equivalent => None,
        Strictness::Stricter => Some(Coverage::More),
        Strictness::Looser => Some(Coverage::Less),
        Strictness::Incomparable => Some(Coverage::Moved),
        Strictness::Unknown => Some(Coverage::Unknown),
    }
}
