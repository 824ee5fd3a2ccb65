//! Rows of a key become one record.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Order, Survival, Survivor};

use super::impute::{joined, most_frequent};
use super::*;

impl Builder<'_> {
    pub(super) fn survive(
        &mut self,
        step: &Step,
        (by, columns): (&[ColumnName], &[Survivor]),
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let key = self.scope().known(by)?;
        let rows = self.looked_at(&key, filter.as_deref());
        let keys = key.join(", ");
        let mut opening = Opening::new("make one record of each key and cleanse");
        let mut values = vec![format!("min({PLACE}) AS place")];
        for (number, survivor) in columns.iter().enumerate() {
            let name = sql::identifier(&self.scope().column(&survivor.column)?.name);
            if let Some(value) = self.surviving(&name, &survivor.strategy)? {
                values.push(format!("{value} FILTER (WHERE {name} IS NOT NULL) AS value_{number}"));
            }
        }
        opening.table(
            "golden",
            format!(
                "SELECT {keys}, {} FROM before WHERE {rows} GROUP BY {keys}",
                values.join(", ")
            ),
        );
        opening.join(format!("LEFT JOIN golden ON before.{PLACE} = golden.place"));
        let is_golden = opening.bring("golden.place");
        let mut brought = Vec::with_capacity(columns.len());
        for (number, survivor) in columns.iter().enumerate() {
            if survivor.strategy == Survival::MostFrequent {
                let name = sql::identifier(survivor.column.as_str());
                let table = format!("frequent_{number}");
                opening.table(&table, most_frequent(&name, &key, &rows));
                opening.join(joined(&table, &key));
                brought.push(opening.bring(&format!("{table}.value")));
            } else {
                brought.push(opening.bring(&format!("golden.value_{number}")));
            }
        }
        opening.merge(format!(
            "SELECT {PLACE} AS place FROM before ANTI JOIN golden ON before.{PLACE} = golden.place WHERE {rows}"
        ));
        self.open(opening);
        for (survivor, value) in columns.iter().zip(&brought) {
            let name = sql::identifier(survivor.column.as_str());
            let new = format!("CASE WHEN {is_golden} IS NOT NULL THEN {value} ELSE {name} END");
            self.assign(&step.step_id, survivor.column.as_str(), &new);
        }
        self.forget();
        Ok(())
    }

    /// The value that a strategy prefers, as an aggregate; `None` where none says it.
    fn surviving(&self, name: &str, strategy: &Survival) -> Result<Option<String>, Unsaid> {
        let first_by = |order: &str| format!("arg_min({name}, row({order}, {PLACE}))");
        Ok(Some(match strategy {
            Survival::First => format!("arg_min({name}, {PLACE})"),
            Survival::Last => format!("arg_max({name}, {PLACE})"),
            Survival::MostFrequent => return Ok(None),
            Survival::Longest => first_by(&format!("-length({name})")),
            Survival::Smallest => format!("min({name})"),
            Survival::Greatest => format!("max({name})"),
            Survival::By { column, order } => {
                let by = sql::identifier(&self.scope().column(column)?.name);
                match order {
                    Order::Ascending => {
                        first_by(&format!("CASE WHEN {by} IS NULL THEN 1 ELSE 0 END, {by}"))
                    }
                    Order::Descending => format!(
                        "arg_max({name}, row(CASE WHEN {by} IS NULL THEN 0 ELSE 1 END, {by}, -{PLACE}))"
                    ),
                }
            }
            Survival::Source { column, priority } => {
                let source = sql::identifier(&self.scope().column(column)?.name);
                let ranks = priority.iter().enumerate();
                let ranks: String = ranks
                    .map(|(rank, name)| format!("WHEN {} THEN {rank} ", sql::text(name)))
                    .collect();
                first_by(&format!("CASE {source} {ranks}ELSE {} END", priority.len()))
            }
        }))
    }
}
