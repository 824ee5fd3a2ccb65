//! Rows of a key come to agree on a value.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::Agreement;

use super::impute::joined;
use super::*;
use crate::engine::duckdb::functions;

impl Builder<'_> {
    pub(super) fn agree(
        &mut self,
        step: &Step,
        (by, columns): (&[ColumnName], &[ColumnName]),
        rule: &Agreement,
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let key = self.scope().known(by)?;
        let names = self.scope().known(columns)?;
        let rows = self.looked_at(&key, filter.as_deref());
        let votes = match &rule.support {
            Some(support) => {
                format!("count(DISTINCT {})", sql::identifier(&self.scope().column(support)?.name))
            }
            None => "count(*)".to_owned(),
        };
        let mut opening = Opening::new("settle values by votes and cleanse");
        let mut brought = Vec::with_capacity(names.len());
        for (number, name) in names.iter().enumerate() {
            let table = format!("winner_{number}");
            opening.table(&table, winners(name, &key, (&votes, &rows), rule));
            opening.join(joined(&table, &key));
            brought.push(opening.bring(&format!("{table}.value")));
        }
        self.open(opening);
        for ((name, winner), column) in names.iter().zip(&brought).zip(columns) {
            let mut met = vec![rows.clone(), format!("{winner} IS NOT NULL")];
            if !rule.fill {
                met.push(format!("{name} IS NOT NULL"));
            }
            if let Some(least) = rule.similarity {
                let alike = format!(
                    "{}({name}, {winner}, 'levenshtein') >= CAST({least:?} AS DOUBLE)",
                    functions::SIMILARITY
                );
                met.push(format!("({name} IS NULL OR {alike})"));
            }
            let met = met.join(" AND ");
            let new = format!("CASE WHEN {met} THEN {winner} ELSE {name} END");
            self.assign(&step.step_id, column.as_str(), &new);
        }
        self.forget();
        Ok(())
    }
}

/// The value that wins in each key, where one does.
fn winners(name: &str, key: &[String], (votes, rows): (&str, &str), rule: &Agreement) -> String {
    let keys = key.join(", ");
    format!(
        "SELECT {keys}, value FROM (\n    SELECT *, row_number() OVER ballot AS rank, lead(votes) OVER ballot \
         AS next, sum(votes) OVER (PARTITION BY {keys}) AS total FROM (\n      SELECT {keys}, {name} AS value, \
         {votes} AS votes FROM before WHERE {rows} AND {name} IS NOT NULL GROUP BY {keys}, {name}\n    ) WINDOW \
         ballot AS (PARTITION BY {keys} ORDER BY votes DESC)\n  ) WHERE rank = 1 AND (next IS NULL OR next < \
         votes) AND votes >= {} AND CAST(votes AS DOUBLE) >= CAST({:?} AS DOUBLE) * CAST(total AS DOUBLE)",
        rule.min_votes, rule.min_share
    )
}
