//! Effective: what is in force for a contract in one environment, with the file and line of everything that
//! had a say in it.

use assay_schemas::library::{Kind, Object};
use assay_schemas::plan::Check;
use serde::Serialize;
use serde_json::Value;

use super::index::Index;
use super::lower::explain::{Explained, explain};
use super::lower::trace::{Excluded, Hop, Setting, Traced};
use super::overlay::Resolved;
use super::{link, overlay, validate};
use crate::diagnostic::{Files, Place, Sink};
use crate::git::Snapshot;

/// A contract with everything that is in force for it.
#[derive(Debug, Serialize)]
pub struct Effective {
    /// Its id.
    pub contract_id: String,
    /// Its version.
    pub version: String,
    /// Its tenant, if it has one.
    pub tenant_id: Option<String>,
    /// The environment.
    pub environment: String,
    /// File and line.
    pub place: String,
    /// Its datasets.
    pub datasets: Vec<DatasetView>,
}

/// A dataset of the contract.
#[derive(Debug, Serialize)]
pub struct DatasetView {
    /// Its id.
    pub dataset_contract_id: String,
    /// File and line.
    pub place: String,
    /// Its schema, catalog entity and governance profile.
    pub held_to: Vec<SettingView>,
    /// Its columns, in the order of the schema.
    pub columns: Vec<ColumnView>,
    /// The rules that judge the dataset as a whole.
    pub rules: Vec<RuleView>,
    /// The rules that reached it and are not in force.
    pub excluded: Vec<ExcludedView>,
}

/// A column.
#[derive(Debug, Serialize)]
pub struct ColumnView {
    /// Its name.
    pub name: String,
    /// Type, catalog attribute, class and redaction.
    pub settings: Vec<SettingView>,
    /// The rules that judge it.
    pub rules: Vec<RuleView>,
}

/// A rule in force.
#[derive(Debug, Serialize)]
pub struct RuleView {
    /// Id of the check.
    pub check_id: String,
    /// Its type.
    pub rule_type: String,
    /// What must hold.
    pub title: String,
    /// The rows that it looks at; all where there is none.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// How bad a violation is.
    pub severity: String,
    /// From where it was written to the dataset.
    pub chain: Vec<HopView>,
    /// Its values, and whose they are.
    pub settings: Vec<SettingView>,
}

/// A place.
#[derive(Debug, Serialize)]
pub struct HopView {
    /// What it is to the rule.
    pub role: &'static str,
    /// `kind/id@version`.
    pub object: String,
    /// The name of the part of the object.
    pub part: String,
    /// File and line.
    pub place: String,
}

/// A value.
#[derive(Debug, Serialize)]
pub struct SettingView {
    /// Its name.
    pub name: String,
    /// What it is.
    pub value: Value,
    /// Who says so.
    pub from: HopView,
    /// What others say, which does not count; the weakest first.
    pub overridden: Vec<Overridden>,
}

/// A value that does not count.
#[derive(Debug, Serialize)]
pub struct Overridden {
    /// What it is.
    pub value: Value,
    /// Who says so.
    pub from: HopView,
}

/// A rule that is not in force.
#[derive(Debug, Serialize)]
pub struct ExcludedView {
    /// The rule.
    pub rule: String,
    /// The column, where only there.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// Where that is said.
    pub from: HopView,
}

/// What is in force for the contracts of that id in an environment: one for each tenant that has one, in the
/// highest version or in the one asked for. The names of all contracts where there is none.
///
/// # Errors
/// The ids that there are.
pub fn effective(
    snapshot: &Snapshot,
    environment: &str,
    (id, version): (&str, Option<&str>),
) -> Result<Vec<Effective>, Vec<String>> {
    let mut sink = Sink::default();
    let library = validate::validate(snapshot, &mut sink);
    let index = Index::of(&library, &mut sink);
    let mut environments = library.environments.iter();
    let Some((_, environment)) = environments.find(|(name, _)| name.as_str() == environment) else {
        return Ok(Vec::new());
    };
    let linked = link::link(&library, &index, environment, &mut sink);
    let resolved = overlay::overlay(&linked, &mut sink);
    let mut chosen: Vec<usize> = Vec::new();
    for candidate in index.named(Kind::DataContract, id) {
        let object = resolved.object(*candidate);
        let fits = version.is_none_or(|version| object.version().to_string() == version);
        if !linked.admits(*candidate) || !fits {
            continue;
        }
        let known =
            chosen.iter_mut().find(|known| resolved.object(**known).tenant() == object.tenant());
        match known {
            Some(known) if resolved.object(*known).version() < object.version() => {
                *known = *candidate;
            }
            Some(_) => {}
            None => chosen.push(*candidate),
        }
    }
    if chosen.is_empty() {
        let contracts = linked.order.iter().map(|index| resolved.object(*index));
        let mut ids: Vec<_> = contracts
            .filter(|object| object.kind() == Kind::DataContract)
            .map(|object| object.id().to_owned())
            .collect();
        ids.sort();
        ids.dedup();
        return Err(ids);
    }
    let mut view = View { snapshot, resolved: &resolved, files: Files::default() };
    Ok(chosen.into_iter().map(|index| view.contract(index)).collect())
}

/// Turns places among the objects into files and lines.
struct View<'a> {
    snapshot: &'a Snapshot,
    resolved: &'a Resolved<'a>,
    /// The files named so far.
    files: Files,
}

impl View<'_> {
    fn contract(&mut self, index: usize) -> Effective {
        let object: &Object = self.resolved.object(index);
        let pointer = assay_schemas::problem::Pointer::from(object.kind().id_field());
        Effective {
            contract_id: object.id().to_owned(),
            version: object.version().to_string(),
            tenant_id: object.tenant().map(ToString::to_string),
            environment: self.resolved.linked.environment.object().environment.to_string(),
            place: self.place(&self.resolved.linked.loaded(index).place(&pointer)),
            datasets: explain(self.resolved, index)
                .into_iter()
                .map(|explained| self.dataset(explained))
                .collect(),
        }
    }

    fn dataset(&mut self, explained: Explained) -> DatasetView {
        let Explained { dataset_contract_id, hop, held_to, columns, checks, trace } = explained;
        let mut of_dataset = Vec::new();
        let mut of_column: Vec<Vec<RuleView>> = columns.iter().map(|_| Vec::new()).collect();
        for (check, traced) in checks.iter().zip(&trace.rules) {
            let rule = self.rule(check, traced);
            let column = traced
                .column
                .as_deref()
                .and_then(|name| columns.iter().position(|(field, _)| field.name.as_str() == name));
            match column {
                Some(column) => of_column[column].push(rule),
                None => of_dataset.push(rule),
            }
        }
        DatasetView {
            dataset_contract_id,
            place: self.hop(&hop).place,
            held_to: self.settings(&held_to),
            columns: columns
                .into_iter()
                .zip(of_column)
                .map(|((field, settings), rules)| ColumnView {
                    name: field.name.to_string(),
                    settings: self.settings(&settings),
                    rules,
                })
                .collect(),
            rules: of_dataset,
            excluded: trace.excluded.iter().map(|excluded| self.excluded(excluded)).collect(),
        }
    }

    fn rule(&mut self, check: &Check, traced: &Traced) -> RuleView {
        RuleView {
            check_id: check.check_id.clone(),
            rule_type: check.rule_type.clone(),
            title: check.title.clone(),
            filter: traced.filter.clone(),
            severity: check.severity.name().to_owned(),
            chain: traced.hops.iter().map(|hop| self.hop(hop)).collect(),
            settings: self.settings(&traced.settings),
        }
    }

    fn excluded(&mut self, excluded: &Excluded) -> ExcludedView {
        let Excluded { rule, column, reason, hop } = excluded;
        let (rule, column, reason) = (rule.clone(), column.clone(), reason.clone());
        ExcludedView { rule, column, reason, from: self.hop(hop) }
    }

    fn settings(&mut self, settings: &[Setting]) -> Vec<SettingView> {
        let mut views = Vec::new();
        for setting in settings {
            let overridden = setting.overridden.iter();
            views.push(SettingView {
                name: setting.name.clone(),
                value: setting.value.clone(),
                from: self.hop(&setting.hop),
                overridden: overridden
                    .map(|(value, hop)| Overridden { value: value.clone(), from: self.hop(hop) })
                    .collect(),
            });
        }
        views
    }

    fn hop(&mut self, hop: &Hop) -> HopView {
        let object = self.resolved.object(hop.index);
        let loaded = self.resolved.linked.loaded(hop.index);
        HopView {
            role: hop.role.name(),
            object: format!("{}/{}@{}", object.kind().name(), object.id(), object.version()),
            part: hop.part.clone(),
            place: self.place(&loaded.place(&hop.pointer)),
        }
    }

    fn place(&mut self, place: &Place) -> String {
        if self.files.text(&place.path).is_none() {
            let shared = self.snapshot.libraries.iter().flat_map(|library| &library.files);
            let mut all = self.snapshot.files.iter().chain(shared);
            if let Some(file) = all.find(|file| file.path == place.path) {
                self.files.insert(&*file.path, file.bytes());
            }
        }
        match self.files.positions(place) {
            Some((start, _)) => format!("{}:{}", place.path, start.line),
            None => place.path.clone(),
        }
    }
}
