//! Columns that a contract speaks of and no rule judges.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::DatasetContract;
use assay_schemas::library::environment::Coverage;
use assay_schemas::plan::DatasetPlan;
use assay_schemas::problem::{Pointer, Problem};

use crate::compile::validate::Loaded;
use crate::diagnostic::Sink;

/// A dataset's columns, as the contract and the schema name them.
pub(in super::super) struct Fields<'a> {
    pub(in super::super) contract: &'a Loaded<Object>,
    pub(in super::super) dataset: &'a DatasetContract,
    /// Where the dataset stands in the contract.
    pub(in super::super) place: Pointer,
    pub(in super::super) schema: &'a Loaded<Object>,
}

impl Fields<'_> {
    /// Reports the columns that no rule of the plan judges, as far as the policy wants to know.
    pub(in super::super) fn uncovered(
        &self,
        plan: &DatasetPlan,
        policy: Coverage,
        sink: &mut Sink,
    ) {
        if policy == Coverage::None {
            return;
        }
        let judged: BTreeSet<_> = plan.checks.iter().flat_map(|check| &check.columns).collect();
        let hint = "bind a rule to it, declare `nullable: false` in the schema, or set `coverage` in the environment's policy";
        for (position, field) in plan.fields.iter().enumerate() {
            if judged.contains(&field.name) {
                continue;
            }
            let named = self.dataset.columns.iter().position(|column| column.column == field.name);
            let schema = Pointer::from("columns").index(position).key("name");
            let found = |pointer, words: &str| {
                let message = format!("no rule judges `{}`{words}", field.name);
                Problem::new(Code::UncoveredField, pointer, message).hint(hint)
            };
            match named {
                Some(named) => {
                    let place = self.place.key("columns").index(named).key("column");
                    let problem = found(place, ", which the contract names");
                    let declared = self.schema.place(&schema);
                    sink.push(self.contract.diagnostic(problem).related(declared, "declared here"));
                }
                None if policy == Coverage::All => {
                    let problem = found(schema, "");
                    let dataset = self.contract.place(&self.place.key("dataset_contract_id"));
                    sink.push(self.schema.diagnostic(problem).related(dataset, "in this dataset"));
                }
                None => {}
            }
        }
    }
}
