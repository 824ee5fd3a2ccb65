//! Fixtures become test plans. A fixture has few columns, and judges the rules that need no others: a rule
//! set of fifty rules wants no row of fifty values to test one of them.

mod contract;
mod expect;
mod rule_set;
mod table;

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::library::Object;
use assay_schemas::library::fixture::{Fixture, Others};
use assay_schemas::literal;
use assay_schemas::plan::{
    Body, Check, DatasetPlan, Field, FixturePlan, Format, Held, PLAN_VERSION, Redaction, Source,
    Table, TableColumn, TestPlan,
};
use assay_schemas::problem::{Pointer, Problem};
use rayon::prelude::*;

use super::super::overlay::Resolved;
use crate::diagnostic::{Place, Sink};

/// The test plan of a rule set or a contract.
#[derive(Debug)]
pub(crate) struct Tests {
    /// Index of the object that holds the fixtures.
    pub(crate) holder: usize,
    /// Its fixtures, ready to be judged.
    pub(crate) plan: TestPlan,
}

/// Lowers the fixtures of every rule set and contract of the environment.
pub(crate) fn lower(resolved: &Resolved<'_>, sink: &mut Sink) -> Vec<Tests> {
    let results: Vec<_> = resolved
        .linked
        .order
        .par_iter()
        .filter_map(|index| {
            let fixtures = match resolved.object(*index) {
                Object::RuleSet(set) => &set.fixtures,
                Object::DataContract(contract) => &contract.fixtures,
                _ => return None,
            };
            (!fixtures.is_empty()).then(|| lower_all(resolved, *index, fixtures))
        })
        .collect();
    let mut tests = Vec::new();
    for (found, problems) in results {
        tests.push(found);
        sink.merge(problems);
    }
    tests
}

fn lower_all(resolved: &Resolved<'_>, index: usize, fixtures: &[Fixture]) -> (Tests, Sink) {
    let object = resolved.object(index);
    let mut stages = match object {
        Object::DataContract(contract) => contract::Stages::new(index, contract),
        _ => contract::Stages::default(),
    };
    let mut lowering = Lowering {
        resolved,
        index,
        sink: Sink::default(),
        datasets: Vec::new(),
        plans: Vec::new(),
    };
    for (position, fixture) in fixtures.iter().enumerate() {
        let place = Pointer::from("fixtures").index(position);
        let scene = match object {
            Object::RuleSet(set) => Some(rule_set::scene(resolved, index, set, fixture)),
            _ => stages.scene(&mut lowering, fixture, &place),
        };
        if let Some(scene) = scene {
            lowering.fixture(fixture, &place, scene);
        }
    }
    let plan = TestPlan {
        plan_version: PLAN_VERSION,
        kind: object.kind().name().to_owned(),
        id: object.id().to_owned(),
        version: object.version().to_string(),
        datasets: lowering.datasets,
        fixtures: lowering.plans,
    };
    (Tests { holder: index, plan }, lowering.sink)
}

/// What a fixture is judged against, before its own columns narrow it.
struct Scene {
    /// The dataset with all its columns and checks; no source and no steps.
    dataset: DatasetPlan,
    /// The fixture's own columns, where it gives them or must; else those that its rows name.
    columns: Option<Vec<TableColumn>>,
    /// Columns of the datasets that rules can look into.
    others: BTreeMap<String, Vec<Field>>,
    /// Rules that could not be bound to the fixture's columns: name and why.
    unbound: BTreeMap<String, String>,
    /// Where the rules stand, for people who named another one.
    rules: Place,
}

/// The lowering of the fixtures of one object.
struct Lowering<'a> {
    resolved: &'a Resolved<'a>,
    index: usize,
    sink: Sink,
    datasets: Vec<DatasetPlan>,
    plans: Vec<FixturePlan>,
}

impl Lowering<'_> {
    fn fixture(&mut self, fixture: &Fixture, place: &Pointer, scene: Scene) {
        let fields = &scene.dataset.fields;
        let declared = scene.columns.is_some();
        let columns = match &scene.columns {
            Some(columns) => columns.clone(),
            None => table::named(fields, &fixture.rows),
        };
        let known: Vec<TableColumn> = match &scene.columns {
            Some(columns) => columns.clone(),
            None => fields.iter().map(table::column).collect(),
        };
        let rows = place.key("rows");
        let table = self.table(columns, &known, &fixture.rows, &rows);
        let mut lookups = Vec::new();
        let mut staged = Vec::new();
        for (name, given) in &fixture.references {
            let place = place.key("references").key(name.as_str());
            let Some(fields) = scene.others.get(name.as_str()) else {
                self.unknown_reference(name.as_str(), &scene, place);
                continue;
            };
            let rows = if given.columns().is_some() { place.key("rows") } else { place };
            let known: Vec<TableColumn> = fields.iter().map(table::column).collect();
            let table = self.table(known.clone(), &known, given.rows(), &rows);
            staged.push((bare(name.as_str(), fields.clone()), table));
        }
        let sight = Sight { table: &table, declared, staged: &staged };
        let checks: Vec<Check> =
            scene.dataset.checks.iter().filter(|check| sight.holds(check)).cloned().collect();
        let expect = self.expectations(fixture, place, &scene, &sight);
        self.clock(fixture, place, &checks, &expect);
        let mut dataset = scene.dataset;
        dataset.fields.retain(|field| sight.column(field.name.as_str()));
        dataset.primary_key.retain(|name| sight.column(name.as_str()));
        dataset.checks = checks;
        let judged = Held { dataset: self.dataset(dataset), table };
        for (dataset, table) in staged {
            let dataset = self.dataset(dataset);
            lookups.push(Held { dataset, table });
        }
        self.plans.push(FixturePlan {
            fixture_id: fixture.fixture_id.to_string(),
            description: fixture.description.clone(),
            place: place.to_string(),
            now: fixture.now.as_deref().and_then(|text| literal::timestamp(text).ok()),
            judged,
            lookups,
            expect,
            others: fixture.others,
        });
    }

    /// The number of a dataset among those of the plan; equal ones are kept once.
    fn dataset(&mut self, dataset: DatasetPlan) -> usize {
        self.datasets.iter().position(|known| *known == dataset).unwrap_or_else(|| {
            self.datasets.push(dataset);
            self.datasets.len() - 1
        })
    }

    /// Warns of verdicts that change as time goes by.
    fn clock(
        &mut self,
        fixture: &Fixture,
        place: &Pointer,
        checks: &[Check],
        expect: &[assay_schemas::plan::Expected],
    ) {
        let asked = |check: &&Check| {
            let named = expect.iter().any(|expected| expected.checks.contains(&check.check_id));
            let implied = match fixture.others {
                Others::Pass => true,
                Others::Rows => check.marks_rows(),
                Others::Any => false,
            };
            check.needs_now() && (named || implied)
        };
        if let (None, Some(check)) = (&fixture.now, checks.iter().find(asked)) {
            let message = format!(
                "`{}` compares with the time of the run, and the fixture gives no `now`",
                check.check_id
            );
            let problem = Problem::new(Code::FixtureClock, place.key("fixture_id"), message)
                .hint("add the time of the test, as in `now: 2026-01-01T00:00:00Z`");
            self.report(problem);
        }
    }

    fn unknown_reference(&mut self, name: &str, scene: &Scene, place: Pointer) {
        let known = scene.others.keys().map(String::as_str);
        let message = format!("the contract has no dataset `{name}`");
        let problem = Problem::new(Code::FixtureReference, place, message).at_key();
        let problem = expect::suggest(problem, name, known, "its datasets are");
        self.report_with(problem, scene.rules.clone(), "the datasets of the contract");
    }

    fn report(&mut self, problem: Problem) {
        self.sink.push(self.resolved.linked.loaded(self.index).diagnostic(problem));
    }

    fn report_with(&mut self, problem: Problem, related: Place, words: &str) {
        let diagnostic = self.resolved.linked.loaded(self.index).diagnostic(problem);
        self.sink.push(diagnostic.related(related, words));
    }
}

/// What a fixture has for rules to judge.
struct Sight<'a> {
    table: &'a Table,
    /// The fixture says itself which columns its data has.
    declared: bool,
    staged: &'a [(DatasetPlan, Table)],
}

impl Sight<'_> {
    fn column(&self, name: &str) -> bool {
        self.table.columns.iter().any(|column| column.name.as_str() == name)
    }

    fn holds(&self, check: &Check) -> bool {
        self.lacks(check).is_none()
    }

    /// What the fixture lacks for a check to be judged, in words.
    fn lacks(&self, check: &Check) -> Option<String> {
        let mut missing = None;
        check.reads(&mut |name| {
            if missing.is_none() && !self.column(name.as_str()) {
                missing = Some(format!("the fixture has no column `{name}`"));
            }
        });
        match &check.body {
            Body::Files(_) => Some("a fixture has no files".to_owned()),
            Body::Structure { .. } | Body::Columns(_) if !self.declared => {
                Some("the fixture does not say which `columns` its data has".to_owned())
            }
            _ => missing.or_else(|| {
                let given = |id: &str| {
                    self.staged.iter().any(|(lookup, _)| lookup.dataset_contract_id == id)
                };
                let absent = check.datasets().into_iter().find(|id| !given(id))?;
                Some(format!("the fixture gives no rows of `{absent}`"))
            }),
        }
    }
}

/// A dataset without source, steps and checks.
fn bare(id: &str, fields: Vec<Field>) -> DatasetPlan {
    DatasetPlan {
        dataset_contract_id: id.to_owned(),
        catalog_entity_id: None,
        source: Source::of(Format::Parquet),
        fields,
        primary_key: Vec::new(),
        reads: None,
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks: Vec::new(),
    }
}

/// A column that nothing but a fixture declares.
fn field(column: &TableColumn, catalog_attribute: Option<String>) -> Field {
    Field {
        name: column.name.clone(),
        data_type: column.data_type,
        optional: false,
        catalog_attribute,
        classification: None,
        redaction: Redaction::None,
    }
}
