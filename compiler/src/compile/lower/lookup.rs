//! What a rule looks up while it is lowered.

use assay_schemas::library::Object;
use assay_schemas::library::reference::TaxonomyRef;
use assay_schemas::library::taxonomy::Taxonomy;
use assay_schemas::plan::Field;
use assay_schemas::rule::Resolve;

use super::super::overlay::Resolved;
use super::{DatasetAt, links};

/// Looks up objects for a rule as the linker resolved them.
pub(super) struct Lookup<'a> {
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) at: DatasetAt<'a>,
    /// The object that holds the rule or, for rules of a template, uses it.
    pub(super) holder: usize,
}

impl Resolve for Lookup<'_> {
    fn taxonomy(&self, wanted: &TaxonomyRef) -> Option<&Taxonomy> {
        let templates = links(self.resolved, self.holder).map(|(_, target)| target);
        std::iter::once(self.holder)
            .chain(templates)
            .flat_map(|holder| links(self.resolved, holder))
            .filter(|(reference, _)| {
                reference.id == wanted.taxonomy_id.as_str() && reference.request == wanted.version
            })
            .find_map(|(_, target)| match self.resolved.object(target) {
                Object::Taxonomy(taxonomy) => Some(taxonomy),
                _ => None,
            })
    }

    fn dataset(&self, dataset_contract_id: &str) -> Option<Vec<Field>> {
        let contract = self.at.contract;
        if let Some(stand_ins) = contract.stand_ins {
            return stand_ins.get(dataset_contract_id).cloned();
        }
        let position = contract
            .contract
            .datasets
            .iter()
            .position(|dataset| dataset.dataset_contract_id.as_str() == dataset_contract_id)?;
        super::dataset::declared(self.resolved, contract.dataset(position))
    }
}
