//! `query`: a read-only query of the author's own.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::{self, Ends};
use super::{Lowered, Rule, Subject, Target, other, parameter};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Body, Bounds, Gives, Query as Plan};
use crate::problem::{Pointer, Problem};
use crate::query::{self, Part};
use crate::verdict::Dimension;

pub(super) struct Query;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The query: a `SELECT` over `{dataset}` and other datasets of the contract, each in braces.
    #[schemars(length(min = 1))]
    sql: String,
    /// What it gives.
    #[serde(default)]
    returns: Returns,
    /// The smallest value allowed, where it gives one.
    #[serde(default)]
    min: Option<f64>,
    /// The greatest value allowed.
    #[serde(default)]
    max: Option<f64>,
    /// The smallest value itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest value itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

/// What a query gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Returns {
    /// Rows, each a violation.
    #[default]
    Rows,
    /// One number, within bounds.
    Value,
}

impl Parameters {
    fn ends(&self) -> Ends<'_, f64> {
        Ends {
            min: self.min.as_ref(),
            max: self.max.as_ref(),
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }
}

impl Rule for Query {
    type Parameters = Parameters;
    const NAME: &'static str = "query";
    const DOC: Doc = Doc {
        summary: "A read-only SQL query finds no violating row, or gives a number within bounds.",
        semantics: "The query is one `SELECT` in DuckDB's SQL. `{dataset}` stands for the rows that pass `where`, \
                    after cleansing, and `{zones}` for those of the contract's dataset `zones`; nothing else \
                    can be read. `{dataset}` has one column more, `_row`, the number of the row. Every row of \
                    the result is a violation; where the result has the column `_row`, as `SELECT *` does, \
                    the rows that it names are marked, each once. With `returns: value` the result is one \
                    number, judged by the bounds; without a row, or null, nothing is evaluated. A query that \
                    writes, reads files, changes settings or calls a function beyond the known ones is refused \
                    when the bundle is built, and again by the engine, which can do none of it. Without rows \
                    to judge, nothing is evaluated. The engine runs each query by itself.",
        good: "rule_id: no-lonely-refund\nrule_type: query\nparameters: {sql: \"SELECT * FROM {dataset} WHERE kind = 'refund' AND sale_id IS NULL\"}\n",
        bad: "rule_id: no-lonely-refund\nrule_type: query\nparameters: {sql: \"DELETE FROM {dataset} WHERE kind = 'refund'\"}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Err(refusal) = query::read(&parameters.sql) {
            problems.push(refusal.problem(&parameters.sql, Pointer::from("sql")));
        }
        let ends = parameters.ends();
        let bounded =
            ends.min.is_some() || ends.max.is_some() || ends.exclusive_min || ends.exclusive_max;
        match parameters.returns {
            Returns::Value => problems.extend(bounds::check(&ends, compare)),
            Returns::Rows if bounded => {
                let message = "bounds are for a query that gives a number";
                problems.push(
                    Problem::new(Code::BadValue, Pointer::from("returns"), message).hint(
                        "write `returns: value`, or set `max_violations` beside `parameters`",
                    ),
                );
            }
            Returns::Rows => {}
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "the query says what null means to it")?;
        let parts = query::read(&parameters.sql)
            .map_err(|refusal| vec![refusal.problem(&parameters.sql, parameter("sql"))])?;
        for part in &parts {
            if let Part::Dataset(name) = part {
                other::named(name, target, parameter("sql"))?;
            }
        }
        let (title, gives) = match parameters.returns {
            Returns::Rows => ("the query finds no row".to_owned(), Gives::Rows),
            Returns::Value => (
                format!("the query gives a number {}", parameters.ends().words(f64::to_string)),
                Gives::Value {
                    bounds: Bounds {
                        min: parameters.min,
                        max: parameters.max,
                        exclusive_min: parameters.exclusive_min,
                        exclusive_max: parameters.exclusive_max,
                        adapt: None,
                    },
                },
            ),
        };
        Ok(Lowered {
            title,
            columns: Vec::new(),
            body: Body::Query(Plan {
                dialect: query::DIALECT.to_owned(),
                pieces: parts.into_iter().map(Part::piece).collect(),
                gives,
            }),
        })
    }
}

fn compare(min: &f64, max: &f64) -> Option<Ordering> {
    min.partial_cmp(max)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn a_query_reads_datasets_of_the_contract_and_nothing_else() {
        let fields = fields(&[("zone", "integer")]);
        let sql = "SELECT * FROM {dataset} d ANTI JOIN {zones} z ON d.zone = z.zone_id";
        let lowered = lower("query", json!({"sql": sql}), None, &fields).unwrap();
        let Body::Query(query) = &lowered.body else { panic!("no query") };
        assert_eq!(query.pieces.len(), 5);
        let unknown = json!({"sql": "SELECT * FROM {orders}"});
        let wrong = lower("query", unknown, None, &fields).unwrap_err();
        assert_eq!(wrong[0].pointer.as_str(), "/parameters/sql");
        assert_eq!(problems("query", json!({"sql": "SELECT * FROM read_csv('x')"})), ["/sql"]);
        let sql = "SELECT count(*) FROM {dataset}";
        assert_eq!(problems("query", json!({"sql": sql, "min": 1})), ["/returns"]);
        assert_eq!(problems("query", json!({"sql": sql, "returns": "value"})), [""]);
        let value = json!({"sql": sql, "returns": "value", "min": 1});
        let lowered = lower("query", value, None, &fields).unwrap();
        assert_eq!(lowered.title, "the query gives a number at least 1");
    }
}
