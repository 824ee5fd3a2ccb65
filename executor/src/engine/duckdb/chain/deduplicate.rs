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
        let keys = key.join(", ");
        let looked_at = self.looked_at(&key, filter.as_deref());
        // Few rows are ordered where few have a key that another has, too.
        let query = format!(
            "SELECT place FROM (\n  SELECT {PLACE} AS place, row_number() OVER (PARTITION BY {keys} ORDER BY {}) AS \
             rank\n  FROM before SEMI JOIN (\n    SELECT {keys} FROM before WHERE {looked_at} GROUP BY {keys} HAVING \
             count(*) > 1\n  ) USING ({keys})\n  WHERE {looked_at}\n) WHERE rank > 1",
            self.preference(keep)?,
        );
        let mut opening = Opening::new("merge duplicates and cleanse");
        opening.merge_known(query);
        self.open(opening);
        Ok(())
    }
}
