//! What a change means: pairs of rules, and libraries with a change, from `tests/review/`. See its README.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_compiler::compile::compile;
use assay_compiler::git::Snapshot;
use assay_compiler::past::Makers;
use assay_compiler::review::{Finding, Gatherer, Review, apply, locate, waivers};
use assay_compiler::store::InMemory;
use assay_schemas::bundle::Reader;
use assay_schemas::code::Level;
use assay_schemas::impact::{Contract, Impact, Reach};
use assay_schemas::rule;
use assay_testkit::{parts, root, snapshot};
use serde_json::{Value, json};

/// What a change of files means, and which of the waivers that it brings let nothing pass.
///
/// # Errors
/// Why one of the two sides does not compile.
fn review(
    before: &[(String, String)],
    after: &[(String, String)],
) -> Result<(Review, Vec<String>), String> {
    let sides = [before, after].map(|files| snapshot(files.to_vec()));
    let compiled = sides.each_ref().map(|side: &Snapshot| compile(side, &|_| true));
    let found = compiled.iter().flat_map(|compiled| &compiled.diagnostics);
    if let Some(error) = found.into_iter().find(|found| found.level == Level::Error) {
        return Err(format!("{} {}", error.code.id(), error.message));
    }
    let mut gatherer = Gatherer::default();
    for (name, bundle) in &compiled[1].bundles {
        let open = |files| Reader::open(InMemory(files)).expect("the bundle opens");
        let (base, head) = (open(&compiled[0].bundles[name].files), open(&bundle.files));
        gatherer.compare(name, &base, &head).expect("the bundles are whole");
    }
    let mut review = gatherer.finish();
    let mut brought = Vec::new();
    for (name, bundle) in &compiled[1].bundles {
        let head = Reader::open(InMemory(&bundle.files)).expect("the bundle opens");
        brought.extend(waivers(&review, name, &head).expect("the bundle is whole"));
    }
    let judge = ("2026-01-01".parse().ok(), &Makers::default());
    let misfits = apply(&mut review, &brought, judge);
    locate(&mut review, &sides[0], &sides[1]);
    let misfits = misfits.iter().map(|misfit| format!("{}: {}", misfit.waiver_id, misfit.message));
    Ok((review, misfits.collect()))
}

const LIBRARY: &str = r#"
=== environments/dev.yaml
environment: dev
results: .assay/lake
=== libraries/schemas/s.yaml
schema_id: s
columns:
  - { name: i, data_type: integer }
  - { name: m, data_type: integer }
  - { name: k, data_type: integer }
  - { name: x, data_type: double }
  - { name: t, data_type: text }
  - { name: at, data_type: timestamp }
  - { name: until, data_type: timestamp }
=== libraries/contracts/c.yaml
contract_id: c
datasets:
  - { dataset_contract_id: d, schema: { schema_id: s }, source: { path: d.csv, format: csv }, rule_sets: [{ rule_set_id: r }] }
  - { dataset_contract_id: other, schema: { schema_id: s }, source: { path: other.csv, format: csv } }
  - { dataset_contract_id: more, schema: { schema_id: s }, source: { path: more.csv, format: csv } }
=== libraries/jobs/j.yaml
job_definition_id: j
data_contract: { contract_id: c, dataset_contract_id: d }
"#;

/// The verdicts that a change of one rule gives; equivalent where nothing is found.
fn verdicts(before: &Value, after: &Value) -> Result<BTreeSet<&'static str>, String> {
    let files = |rule: &Value| {
        let mut rule = rule.clone();
        rule["rule_id"] = json!("x");
        let mut files = parts(LIBRARY.trim_start());
        let set = json!({ "rule_set_id": "r", "rules": [rule] }).to_string();
        files.push(("libraries/rules/r.json".to_owned(), set));
        files
    };
    let (review, _) = review(&files(before), &files(after))?;
    let found: BTreeSet<_> = review
        .findings
        .iter()
        .filter(|finding| finding.impact.axis() == "verdict")
        .map(|finding| finding.impact.value())
        .collect();
    Ok(if found.is_empty() { BTreeSet::from(["equivalent"]) } else { found })
}

#[test]
fn each_rule_type_compares_two_of_its_own_uses() {
    let text =
        fs::read_to_string(root().join("tests/review/rules.yaml")).expect("the pairs are read");
    let reading = assay_compiler::source::read("rules.yaml", text.as_bytes());
    let pairs = reading.complete().expect("the pairs are YAML");
    let mut tried: BTreeSet<String> = BTreeSet::new();
    let mut faults = Vec::new();
    for pair in pairs.iter().map(assay_compiler::source::Node::to_value) {
        let values = Impact::ALL.iter().filter(|impact| impact.axis() == "verdict");
        let wanted = values.map(|impact| impact.value()).find(|value| pair.get(value).is_some());
        let wanted = wanted.expect("a pair says what it comes to");
        let side = |index: usize| match pair.get("fields") {
            Some(fields) => fields[index].clone(),
            None => json!({
                "rule_type": pair["rule"], "column": pair["column"], "parameters": pair[wanted][index],
            }),
        };
        let (before, after) = (without_null(side(0)), without_null(side(1)));
        for rule in [&before, &after] {
            tried.extend(rule["rule_type"].as_str().map(str::to_owned));
        }
        let turned = match wanted {
            "looser" => "stricter",
            "stricter" => "looser",
            other => other,
        };
        for (one, other, wanted) in [(&before, &after, wanted), (&after, &before, turned)] {
            let found = verdicts(one, other);
            if found != Ok(BTreeSet::from([wanted])) {
                faults.push(format!("{one} → {other}: {found:?}, not {wanted}"));
            }
        }
    }
    let missing: Vec<_> =
        rule::ALL.iter().map(|own| own.name()).filter(|name| !tried.contains(*name)).collect();
    assert!(missing.is_empty(), "no pair for {missing:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn without_null(mut rule: Value) -> Value {
    if let Some(fields) = rule.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    rule
}

/// A finding as a case expects it: file and line, 0 for what is gone, impact, and words.
type Expected = (String, usize, String, String);

fn expectations(path: &str, text: &str) -> Vec<Expected> {
    text.lines()
        .enumerate()
        .flat_map(|(index, line)| {
            line.split("#! ").skip(1).map(move |comment| {
                let (impact, words) =
                    comment.trim().split_once(' ').unwrap_or((comment.trim(), ""));
                (path.to_owned(), index + 1, impact.to_owned(), words.trim().to_owned())
            })
        })
        .collect()
}

fn found(finding: &Finding) -> Expected {
    let jobs: Vec<_> = finding.jobs.iter().map(|reached| reached.path.join(" → ")).collect();
    let waived = finding.waived.as_ref().map(|waived| format!(" agreed by {}", waived.approver));
    let words = format!(
        "{} {}: {} [{}]{}",
        finding.object.short(),
        finding.part,
        finding.message,
        jobs.join(", "),
        waived.unwrap_or_default()
    );
    let shown = finding.place.as_ref().map(|spot| spot.shown.clone()).unwrap_or_default();
    let mut place = shown.split(':');
    let path = place.next().unwrap_or_default().to_owned();
    let line = place.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    (path, line, finding.impact.to_string(), words)
}

#[test]
fn a_change_means_what_its_case_says() {
    let folder = root().join("tests/review");
    let base =
        fs::read_to_string(root().join("tests/compile/base.case")).expect("the base is read");
    let mut faults = Vec::new();
    let mut tried = 0;
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(&folder).expect("the cases are listed") {
        let path = entry.expect("the cases are listed").path();
        if path.extension().is_none_or(|ending| ending != "case") {
            continue;
        }
        tried += 1;
        let name = path.file_stem().expect("a case has a name").to_string_lossy().into_owned();
        let own = parts(&fs::read_to_string(&path).expect("the case is read"));
        let mut before: BTreeMap<String, String> = parts(&base).into_iter().collect();
        let mut after = None;
        let mut expected: Vec<Expected> = Vec::new();
        let mut misfits_wanted = Vec::new();
        for (path, text) in own {
            match (path.as_str(), path.strip_prefix("remove "), &mut after) {
                ("head", ..) => after = Some(before.clone()),
                ("anywhere", ..) => expected.extend(
                    text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
                        let (impact, words) = line.split_once(' ').unwrap_or((line, ""));
                        (String::new(), 0, impact.to_owned(), words.to_owned())
                    }),
                ),
                ("misfits", ..) => misfits_wanted.extend(text.lines().map(str::to_owned)),
                (_, Some(gone), Some(after)) => {
                    after.remove(gone);
                }
                (_, None, Some(after)) => {
                    expected.extend(expectations(&path, &text));
                    after.insert(path, text);
                }
                _ => {
                    before.insert(path, text);
                }
            }
        }
        let files = |side: BTreeMap<String, String>| side.into_iter().collect::<Vec<_>>();
        let after = after.expect("a case has a head");
        let (review, misfits) = match review(&files(before), &files(after.clone())) {
            Ok(found) => found,
            Err(error) => {
                faults.push(format!("{name}: {error}"));
                continue;
            }
        };
        seen.extend(review.findings.iter().map(|finding| finding.impact));
        let mut left: Vec<_> = review.findings.iter().map(found).collect();
        for wanted in expected {
            let fits = |one: &Expected| {
                (wanted.1 == 0 || (one.0 == wanted.0 && one.1 == wanted.1))
                    && one.2 == wanted.2
                    && one.3.contains(&wanted.3)
            };
            match left.iter().position(fits) {
                Some(index) => drop(left.remove(index)),
                None => faults.push(format!("{name}: expected {wanted:?}")),
            }
        }
        faults.extend(left.into_iter().map(|found| format!("{name}: not expected {found:?}")));
        if misfits != misfits_wanted {
            faults.push(format!("{name}: waivers without a finding: {misfits:?}"));
        }
    }
    assert!(tried > 5, "the cases are gone");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // What no list of fields says yet; a test of the lists demands that there is nothing like it.
    let rare = [Impact::Contract(Contract::Unknown), Impact::Reach(Reach::Unknown)];
    let unseen: Vec<_> = Impact::ALL
        .iter()
        .filter(|impact| !seen.contains(impact) && !rare.contains(impact))
        .map(ToString::to_string)
        .collect();
    assert!(unseen.is_empty(), "no case for {unseen:?}");
}
