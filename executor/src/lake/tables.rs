//! The tables of the lake: one constant list, so that files, the `.duckdb` form and the views agree.
//!
//! Columns are only ever added, at the end; readers fill what an older run lacks with null.

/// The type of a column of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// JSON in text: what is nested or open-ended.
    Json,
    /// A whole number of 64 bits.
    Integer,
    /// A floating-point number of 64 bits.
    Double,
    /// True or false.
    Boolean,
    /// An instant in UTC, of microsecond precision and without zone.
    Timestamp,
}

impl Kind {
    /// The type's name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text | Self::Json => "VARCHAR",
            Self::Integer => "BIGINT",
            Self::Double => "DOUBLE",
            Self::Boolean => "BOOLEAN",
            Self::Timestamp => "TIMESTAMP",
        }
    }
}

/// A column of a table of the lake.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it holds, in one line.
    pub doc: &'static str,
}

/// A table of the lake.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name; the file is called the same.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// Its own columns, after those of [`COMMON`].
    pub own: &'static [Column],
}

impl Table {
    /// All columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> {
        COMMON.iter().chain(self.own)
    }

    /// The statement that creates the table where it does not exist.
    pub fn create(&self) -> String {
        let columns: Vec<_> =
            self.columns().map(|c| format!("\"{}\" {}", c.name, c.kind.sql())).collect();
        format!("CREATE TABLE IF NOT EXISTS \"{}\" ({})", self.name, columns.join(", "))
    }

    /// A query of no rows with the table's columns and types.
    pub fn nothing(&self) -> String {
        let columns: Vec<_> =
            self.columns().map(|c| format!("NULL::{} AS \"{}\"", c.kind.sql(), c.name)).collect();
        format!("SELECT {} WHERE false", columns.join(", "))
    }
}

const fn column(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, doc }
}

use Kind::{Boolean, Double, Integer, Json, Text, Timestamp};

/// The columns that every table begins with.
pub const COMMON: &[Column] = &[
    column("run_id", Text, "the run"),
    column("job", Text, "id of the job"),
    column("job_fingerprint", Text, "fingerprint of the job in the bundle"),
    column("bundle_digest", Text, "content digest of the bundle"),
    column("tenant", Text, "the tenant; `shared` where the job has none"),
    column("environment", Text, "the environment"),
];

/// Every table, in the order of the files of a run.
pub const TABLES: &[Table] =
    &[RUN, STAGE, VERDICT, FIGURE, SCORE, VIOLATION, PROFILE, CLEANSING, ACTION, LINEAGE, AUDIT];

const RUN: Table = Table {
    name: "run",
    doc: "one run",
    own: &[
        column("job_version", Text, "version of the job"),
        column("job_name", Text, "name of the job for people"),
        column("contract", Text, "id of the contract"),
        column("contract_version", Text, "its version"),
        column("dataset", Text, "id of the dataset contract"),
        column("engine", Text, "what ran the plan, with its version"),
        column("executor_version", Text, "version of the executor"),
        column("started_at", Timestamp, "start"),
        column("finished_at", Timestamp, "end"),
        column("outcome", Text, "success, partial, failed, pending_approval, error or skipped"),
        column("anomaly", Boolean, "a figure is far from what it used to be"),
        column("reason", Text, "why it ended so, in one sentence"),
        column("exit_code", Integer, "the exit code that says the same"),
        column("idempotency_key", Text, "what the run answers, where the job is idempotent"),
        column("first_run_id", Text, "the run that answers the same request, where skipped"),
        column("replays", Text, "the run whose quarantined rows this one ran again"),
        column("rows", Integer, "rows of the dataset after cleansing"),
        column("quarantined", Integer, "rows that were set apart, where the job asks for it"),
        column("hard_failure_rate", Double, "share of evaluated rows that break a hard rule"),
        column("severity_threshold", Text, "the job's threshold in words"),
        column("checks", Integer, "checks in all"),
        column("checks_passed", Integer, "checks that passed"),
        column("checks_warned", Integer, "checks that warned"),
        column("checks_failed", Integer, "checks that failed"),
        column("checks_broken", Integer, "checks that could not run"),
        column("checks_not_evaluated", Integer, "checks that had nothing to judge"),
        column("score", Double, "share of checks that passed among those that were judged"),
        column("inputs", Json, "files read: list of [path, bytes, digest]"),
        column("dataset_columns", Json, "columns: list of [name, type, catalog attribute]"),
        column("record", Json, "the whole record of the run"),
    ],
};

const STAGE: Table = Table {
    name: "stage",
    doc: "one stage of a run",
    own: &[
        column("position", Integer, "place in the run, from 1"),
        column("stage", Text, "load, stage, cleanse, profile, validate, judge, record or act"),
        column("status", Text, "success, skipped or error"),
        column("rows_in", Integer, "rows in"),
        column("rows_out", Integer, "rows out"),
        column("rows_rejected", Integer, "rows rejected"),
        column("rows_merged", Integer, "rows merged into others"),
        column("elapsed_ms", Double, "wall time in milliseconds"),
        column("detail", Json, "what else there is to say"),
    ],
};

const VERDICT: Table = Table {
    name: "verdict",
    doc: "one check, judged",
    own: &[
        column("check_id", Text, "the check"),
        column("rule_type", Text, "the rule type's public name"),
        column("title", Text, "what must hold"),
        column("column_names", Json, "the columns it is about: list of names"),
        column("severity", Text, "info, warning, error or critical"),
        column("dimension", Text, "which quality it speaks of"),
        column("origin_kind", Text, "kind of the object that holds the rule"),
        column("origin_id", Text, "its id"),
        column("origin_version", Text, "its version"),
        column("origin_via", Text, "the catalog attribute it was inherited through"),
        column("rule_digest", Text, "digest of the rule's meaning"),
        column("verdict", Text, "pass, warn, fail, error or not_evaluated"),
        column("evaluated", Integer, "rows judged, where rows are judged"),
        column("violations", Integer, "rows violating, where rows are judged"),
        column("violation_ratio", Double, "violations / evaluated"),
        column("figure", Double, "the figure, where a figure is judged"),
        column("measurement", Json, "what was measured"),
        column("message", Text, "actual against expected"),
    ],
};

const FIGURE: Table = Table {
    name: "figure",
    doc: "one figure of one check, for later runs to look back at",
    own: &[
        column("check_id", Text, "the check"),
        column("series", Text, "names the figure: the same in every run that computes it"),
        column("value", Double, "its value"),
        column(
            "anomalous",
            Boolean,
            "not as earlier values let expect, so nothing is learned from it",
        ),
    ],
};

const SCORE: Table = Table {
    name: "score",
    doc: "the share of checks that passed, of one dimension",
    own: &[
        column("dimension", Text, "which quality the checks speak of"),
        column("passed", Integer, "checks that passed"),
        column("judged", Integer, "checks that passed, warned or failed"),
        column("score", Double, "passed / judged"),
    ],
};

const VIOLATION: Table = Table {
    name: "violation",
    doc: "one violating row of one check, capped for each check",
    own: &[
        column("check_id", Text, "the check"),
        column("row_number", Integer, "row of the dataset after cleansing, from 1"),
        column("file", Text, "the file it came from, where there are several"),
        column("row_key", Json, "primary key: column and value, redacted"),
        column("row_values", Json, "the check's columns: column and value, redacted"),
        column("message", Text, "what is wrong"),
    ],
};

const PROFILE: Table = Table {
    name: "profile",
    doc: "the profile of one column",
    own: &[
        column("column_name", Text, "the column"),
        column("data_type", Text, "its type"),
        column("classification", Text, "its governance class"),
        column("rows", Integer, "rows"),
        column("nulls", Integer, "rows that are null"),
        column("distinct_values", Integer, "different values"),
        column("distinct_is_estimate", Boolean, "whether `distinct_values` is an estimate"),
        column("min", Text, "smallest value"),
        column("max", Text, "greatest value"),
        column("mean", Double, "arithmetic mean"),
        column("standard_deviation", Double, "sample standard deviation"),
        column("sum", Double, "sum"),
        column("zeros", Integer, "values equal to zero"),
        column("negatives", Integer, "values below zero"),
        column("length_min", Integer, "smallest length of text"),
        column("length_mean", Double, "mean length of text"),
        column("length_max", Integer, "greatest length of text"),
        column("quantiles", Json, "list of [quantile, value]"),
        column("top_values", Json, "list of [value, count]"),
        column("histogram", Json, "list of [lower end, upper end, rows]"),
        column("deep", Json, "figures that cost a look at every value, where asked for"),
    ],
};

const CLEANSING: Table = Table {
    name: "cleansing",
    doc: "what cleansing made of one column: its profile before and after",
    own: &[
        column("column_name", Text, "the column"),
        column("type_before", Text, "its type when it was read; null where cleansing made it"),
        column("type_after", Text, "its type after cleansing; null where cleansing dropped it"),
        column("rows_before", Integer, "rows read"),
        column("rows_after", Integer, "rows after cleansing"),
        column("nulls_before", Integer, "rows that were null, or not of the declared type"),
        column("nulls_after", Integer, "rows that are null"),
        column("distinct_before", Integer, "different values read"),
        column("distinct_after", Integer, "different values after cleansing"),
        column("min_before", Text, "smallest value read"),
        column("min_after", Text, "smallest value after cleansing"),
        column("max_before", Text, "greatest value read"),
        column("max_after", Text, "greatest value after cleansing"),
        column("mean_before", Double, "arithmetic mean of what was read"),
        column("mean_after", Double, "arithmetic mean after cleansing"),
        column("psi", Double, "population stability index of the values"),
        column("kl", Double, "Kullback–Leibler divergence, in nats"),
        column("drift", Text, "stable, moderate or major: how far the column has moved"),
        column("profile_before", Json, "the whole profile of what was read"),
    ],
};

const ACTION: Table = Table {
    name: "action",
    doc: "one action, carried out or not",
    own: &[
        column("action_id", Text, "the action's id within the job"),
        column("action_type", Text, "the action type's public name"),
        column("trigger", Text, "on_success, on_failure or on_anomaly"),
        column("status", Text, "success, failed or skipped"),
        column("detail", Text, "why it was skipped or failed, or what was delivered"),
        column("attempts", Integer, "attempts made"),
        column("elapsed_ms", Double, "wall time in milliseconds"),
    ],
};

const LINEAGE: Table = Table {
    name: "lineage",
    doc: "one OpenLineage event",
    own: &[
        column("event_at", Timestamp, "time of the event"),
        column("event_type", Text, "START, COMPLETE, FAIL or ABORT"),
        column("event", Json, "the event"),
    ],
};

const AUDIT: Table = Table {
    name: "audit",
    doc: "one event of note",
    own: &[
        column("position", Integer, "place in the run, from 1"),
        column("event_at", Timestamp, "time of the event"),
        column("event", Text, "what happened"),
        column("detail", Json, "its detail"),
    ],
};

/// What no table holds but the file `rejects.parquet` of each run.
pub const REJECT: Table = Table {
    name: "reject",
    doc: "one row, cell or line that was put aside",
    own: &[
        column("file", Text, "the file it came from"),
        column("row_number", Integer, "row of the file, from 1"),
        column("line", Integer, "line of the file, from 1, where that is known"),
        column("column_name", Text, "the column, where one is to blame"),
        column("value", Text, "what was there, redacted"),
        column("reason", Text, "why it was put aside"),
        column("step", Text, "the step that did; `read` where it could not be read"),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_documented() {
        let tables: BTreeSet<_> = TABLES.iter().map(|t| t.name).collect();
        assert_eq!(tables.len(), TABLES.len());
        for table in TABLES.iter().chain([&REJECT]) {
            let names: BTreeSet<_> = table.columns().map(|c| c.name).collect();
            assert_eq!(names.len(), table.columns().count(), "{}", table.name);
            assert!(table.columns().all(|c| !c.doc.is_empty()), "{}", table.name);
        }
    }
}
