//! The past of figures: their values in the recorded runs of a dataset.

use assay_schemas::plan::Point;

use super::{Lake, LakeError};
use crate::history::{Past, Wanted};
use crate::result::RunRecord;

impl Lake {
    /// Earlier values of figures of the dataset of a run, for the same tenant and environment, the oldest
    /// first; replays of other runs are none. Values flagged as anomalies come along, marked, beside as many others as are wanted.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn past(&self, record: &RunRecord, wanted: &Wanted) -> Result<Past, LakeError> {
        let mut past = Past::new();
        if wanted.series.is_empty() {
            return Ok(past);
        }
        let views = self.views()?;
        // Nothing is asked that could be an author's text: series are digests.
        let series: Vec<String> =
            wanted.series.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
        let sql = format!(
            "WITH value AS (\n  SELECT f.run_id, f.series, any_value(f.value) AS value, \
             bool_or(f.anomalous) AS anomalous, any_value(r.started_at) AS started_at\n  \
             FROM figure f JOIN run r USING (run_id)\n  WHERE f.series IN ({}) AND r.tenant = ? \
             AND r.environment = ? AND r.contract = ? AND r.dataset = ? AND r.run_id <> ? \
             AND r.replays IS NULL\n  \
             GROUP BY ALL\n),\nplaced AS (\n  SELECT *, count(*) FILTER (WHERE NOT anomalous) OVER \
             (PARTITION BY series ORDER BY started_at DESC, run_id DESC) AS place FROM value\n)\n\
             SELECT series, value, anomalous FROM placed WHERE place <= {}\n\
             ORDER BY started_at, run_id",
            series.join(", "),
            wanted.runs
        );
        let mut statement = views.connection().prepare(&sql)?;
        let (contract, _) = &record.contract;
        let own = [&record.tenant, &record.environment, contract, &record.dataset, &record.run_id];
        let rows = statement.query_map(own, |row| {
            let point = Point { value: row.get(1)?, anomalous: row.get(2)? };
            Ok((row.get::<_, String>(0)?, point))
        })?;
        for row in rows {
            let (series, point) = row?;
            past.entry(series).or_default().push(point);
        }
        Ok(past)
    }
}
