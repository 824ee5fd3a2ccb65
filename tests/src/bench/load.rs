//! Loading one job from a bundle of 100,000 objects.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use assay_executor::load::Bundle;
use assay_testkit::{parts, snapshot};

use crate::measure::{cache, figure, in_turns, spread};

const OBJECTS: usize = 100_000;

/// Text that the child prints: seconds spent from opening to the job.
pub(crate) fn child(bundle: &str) {
    let started = Instant::now();
    let bundle = Bundle::open(Path::new(bundle)).expect("the bundle opens");
    let job = bundle.job("job-02500", None).expect("the job loads");
    assert_eq!(job.plan.job_definition_id, "job-02500");
    crate::print(&format!("{}\n", started.elapsed().as_secs_f64()));
}

pub(crate) fn run() {
    crate::print(&format!("load: one job of a bundle of {OBJECTS} objects\n"));
    let folder = cache().join("bundle-100000");
    if !folder.join("index.json").exists() {
        let compiled = assay_compiler::compile::compile(&snapshot(library(OBJECTS)), &|_| true);
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics.first());
        let bundle = compiled.bundles.values().next().expect("one bundle");
        assay_compiler::store::write(&folder, &bundle.files).expect("the bundle is written");
    }
    let this = std::env::current_exe().expect("the program knows its path");
    let mut command = Command::new(&this);
    command.args(["--child", "load"]).arg(&folder);
    let samples = in_turns(9, std::slice::from_mut(&mut command));
    let mut inner: Vec<f64> = (0..9)
        .map(|_| {
            let output =
                command.stdout(std::process::Stdio::piped()).output().expect("the child runs");
            String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().expect("a number")
        })
        .collect();
    inner.sort_by(f64::total_cmp);
    figure("open bundle to plan in hand, median", inner[4] * 1000.0, 20.0, "ms");
    let (_, whole, _) = spread(&samples[0], |sample| sample.seconds * 1000.0);
    figure("whole process, median", whole, 40.0, "ms");
    let (_, _, memory) = spread(&samples[0], |sample| sample.mebibytes);
    figure("peak memory", memory, 50.0, "MiB");
}

/// Files of a library of so many objects: jobs, contracts, schemas and rule sets in equal parts, and small
/// ones to fill.
pub(crate) fn library(objects: usize) -> Vec<(String, String)> {
    let environment =
        "=== environments/dev.yaml\nenvironment: dev\nvariables: { data: data }\nresults: lake\n";
    let mut files = parts(environment);
    // Two objects a file; every tenth pair is a job with its contract.
    for pair in 0..objects / 2 {
        let id = format!("{pair:05}");
        let (path, text) = if pair % 10 == 0 {
            let text = format!(
                "contract_id: contract-{id}\ndatasets:\n  - dataset_contract_id: rows\n    \
                 schema: {{ schema_id: schema-{next} }}\n    \
                 source: {{ path: \"${{data}}/{id}.csv\", format: csv }}\n    \
                 rule_sets: [{{ rule_set_id: rules-{next} }}]\n",
                next = format_args!("{:05}", pair + 1)
            );
            files.push((format!("libraries/contracts/c{id}.yaml"), text));
            let text = format!(
                "job_definition_id: job-{id}\ndata_contract: {{ contract_id: contract-{id} }}\n"
            );
            (format!("libraries/jobs/j{id}.yaml"), text)
        } else {
            let schema = format!(
                "schema_id: schema-{id}\ncolumns:\n  - {{ name: id, data_type: integer, nullable: false }}\n  \
                 - {{ name: amount, data_type: \"decimal(12,2)\" }}\n  - {{ name: at, data_type: timestamp }}\n"
            );
            files.push((format!("libraries/schemas/s{id}.yaml"), schema));
            let rules = format!(
                "rule_set_id: rules-{id}\nrules:\n  \
                 - {{ rule_id: there, rule_type: not_null, column: amount, severity: critical }}\n  \
                 - rule_id: range\n    rule_type: range\n    column: amount\n    \
                 parameters: {{ min: 0, max: {} }}\n    where: id > 3\n",
                pair + 10
            );
            (format!("libraries/rules/r{id}.yaml"), rules)
        };
        files.push((path, text));
    }
    files
}
