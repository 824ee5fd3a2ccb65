//! Of rows with the same key, one stays.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::Keep;

use super::*;

impl Builder<'_> {
    pub(super) fn deduplicate(
        &mut self,
        columns: &[ColumnName],
        keep: &Keep,
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let key = if columns.is_empty() {
            self.columns.iter().map(|column| sql::identifier(&column.name)).collect()
        } else {
            self.scope().known(columns)?
        };
        let mut opening = Opening::new("merge duplicates and cleanse");
        opening.merge(format!(
            "SELECT place FROM (\n    SELECT {PLACE} AS place, row_number() OVER (PARTITION BY {} ORDER BY \
             {}) AS rank\n    FROM before WHERE {}\n  ) WHERE rank > 1",
            key.join(", "),
            self.preference(keep)?,
            self.looked_at(&key, filter.as_deref()),
        ));
        self.open(opening);
        Ok(())
    }
}
