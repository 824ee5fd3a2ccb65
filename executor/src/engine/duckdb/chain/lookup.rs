//! Values taken from another dataset.

use assay_schemas::plan::{Lookup, Otherwise};

use super::*;
use crate::engine::duckdb::source::ROW;

impl Builder<'_> {
    pub(super) fn lookup(
        &mut self,
        step: &Step,
        lookup: &Lookup,
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let Some(other) = self.lookups.get(&lookup.dataset) else {
            return Err(format!("the dataset {} is not at hand", lookup.dataset));
        };
        let theirs = Scope { columns: &other.columns, now: self.now };
        let (mut keys, mut own) = (Vec::new(), Vec::new());
        for (mine, their) in &lookup.on {
            own.push(sql::identifier(&self.scope().column(mine)?.name));
            keys.push(sql::identifier(&theirs.column(their)?.name));
        }
        let mut opening = Opening::new("look values up and cleanse");
        let (mut taken, mut selected) = (Vec::new(), Vec::new());
        for (number, key) in keys.iter().enumerate() {
            selected.push(format!("{key} AS key_{number}"));
        }
        for (number, (_, their)) in lookup.take.iter().enumerate() {
            let found = theirs.column(their)?;
            selected.push(format!("{} AS value_{number}", sql::identifier(&found.name)));
            taken.push(found.data_type);
        }
        let there: Vec<_> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
        opening.table(
            "looked_up",
            format!(
                "SELECT {}, true AS hit FROM {} WHERE {} QUALIFY row_number() OVER (PARTITION BY {} ORDER BY \
                 {ROW}) = 1",
                selected.join(", "),
                other.view,
                there.join(" AND "),
                keys.join(", "),
            ),
        );
        let equal = own.iter().enumerate();
        let equal = equal.map(|(number, own)| format!("before.{own} = looked_up.key_{number}"));
        let equal = equal.collect::<Vec<_>>().join(" AND ");
        opening.join(format!("LEFT JOIN looked_up ON {equal}"));
        let hit = opening.bring("looked_up.hit");
        let values: Vec<_> = (0..taken.len())
            .map(|number| opening.bring(&format!("looked_up.value_{number}")))
            .collect();
        self.open(opening);
        if lookup.otherwise == Otherwise::RejectRow {
            let reason = format!("no row of {} matches", lookup.dataset);
            let blamed = lookup.on.first().map(|(mine, _)| mine.as_str());
            let number = self.reject(&step.step_id, blamed, reason, false);
            let missed = format!("{hit} IS NULL");
            self.refuse(number, &all([filter.as_deref(), Some(&missed)]), blamed);
        }
        for (((mine, _), value), data_type) in lookup.take.iter().zip(&values).zip(taken) {
            let found = match lookup.otherwise {
                Otherwise::SetNull => None,
                _ => Some(format!("{hit} IS NOT NULL")),
            };
            let is_null = format!("{} IS NULL", sql::identifier(mine.as_str()));
            let is_null = lookup.only_nulls.then_some(is_null);
            let conditions = [filter.as_deref(), found.as_deref(), is_null.as_deref()];
            let met = conditions.iter().any(Option::is_some).then(|| all(conditions));
            self.set_to(step, mine, (value.clone(), data_type), met.as_deref());
        }
        self.forget();
        Ok(())
    }
}
