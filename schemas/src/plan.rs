//! The plan: what the engines are asked to compute. Small, closed and engine-neutral.
//!
//! Rules and cleansing steps lower to it when a bundle is compiled; the plan is stored in the bundle, so
//! a newer executor cannot change what an old bundle means. Adding a variant here makes every engine
//! fail to compile until it answers.

mod across;
mod adapt;
mod check;
mod dataset;
mod expr;
mod fixture;
mod forecast;
mod format;
mod infer;
mod measure;
mod metric;
mod reads;
mod step;

pub use across::{
    Apart, Arrivals, Beside, ColumnDemand, Compare, Compared, Difference, FileDemand, Gives,
    OrderKey, Piece, Query, Relation, Window, WindowFunction,
};
pub use adapt::{
    Adapt, Aggregate, Anomaly, Direction, Distribution, Formula, Made, Method, Operator,
};
pub use check::{Body, Bounds, Check, Columns, Empty, Level, Origin, Provenance, Tolerance};
pub use dataset::{
    Action, Actions, Connection, DatasetPlan, Field, JobPlan, OnParseError, PLAN_VERSION,
    ProfilePlan, Redaction, Source, StorageAccess,
};
pub use expr::{Expr, Function, Literal, PseudonymForm};
pub use fixture::{Expected, FixturePlan, Held, TEST_PLAN, Table, TableColumn, TestPlan};
pub use forecast::Point;
pub use format::{CsvDialect, ExcelDialect, Format, JsonDialect};
pub use measure::{Cell, Distance, Measure, Tail};
pub use metric::{Metric, MetricFunction};
pub use step::{
    Agreement, Cluster, Comparison, Fill, Keep, Lookup, Order, Otherwise, Projected, Similarity,
    Step, StepBody, Survival, Survivor,
};
