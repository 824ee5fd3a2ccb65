//! Checks that no row tells alone, as queries for the rows at fault: rows beside each other, columns that
//! decide others, and queries of the author's own.

use assay_schemas::plan::{Beside, Body, Check, Expr, Gives, Order, Piece, Query, WindowFunction};
use assay_schemas::query::DIALECT;

use super::apart;
use super::fuse::{DATASET, judged};
use super::keys::{Lookups, staged};
use super::source::ROW;
use super::sql::{self, Scope, Unsaid};
use super::types::Column;

/// The column by which a query of the author's own knows the number of a row.
pub(super) const OWN_ROW: &str = "_row";

/// The query for the rows at fault: `k0`, the number of the row, and `n`, how many violations it stands
/// for. `None` where the check is not of this sort.
pub(super) fn rows(
    scope: &Scope<'_>,
    check: &Check,
    lookups: Lookups<'_>,
) -> Result<Option<String>, Unsaid> {
    match &check.body {
        Body::Beside(beside) => self::beside(scope, check, beside).map(Some),
        Body::Difference(difference) => {
            apart::difference_query(scope, check, difference, lookups).map(Some)
        }
        Body::Query(query) if query.gives == Gives::Rows => {
            let text = own(scope, check, query, lookups)?;
            // A row that the result does not name is a violation all the same.
            Ok(Some(format!(
                "SELECT {OWN_ROW} AS k0, CASE WHEN {OWN_ROW} IS NULL THEN count(*) ELSE 1 END AS n\n\
                 FROM (\n  SELECT CAST(NULL AS BIGINT) AS {OWN_ROW} WHERE false\n  UNION ALL BY NAME SELECT * FROM (\n{text}\n)\n)\nGROUP BY {OWN_ROW}"
            )))
        }
        _ => Ok(None),
    }
}

/// The groups in the minority: the columns as `k0`, `k1`, … and `n`, the rows of each.
pub(super) fn dependency(scope: &Scope<'_>, check: &Check) -> Result<String, Unsaid> {
    let Body::Dependency { determinants, dependents, .. } = &check.body else {
        return Err("the check is of no dependency".into());
    };
    let (deciding, decided) = (scope.known(determinants)?, scope.known(dependents)?);
    let restriction = restriction(judged(scope, check)?);
    let columns: Vec<&String> = deciding.iter().chain(&decided).collect();
    let list = |prefix: &str, count: usize| {
        (0..count).map(|index| format!("{prefix}{index}")).collect::<Vec<_>>().join(", ")
    };
    let named: Vec<String> =
        columns.iter().enumerate().map(|(index, name)| format!("{name} AS k{index}")).collect();
    Ok(format!(
        "SELECT {}, n FROM (\n  SELECT {}, count(*) AS n, min({ROW}) AS stands\n  FROM {DATASET}{restriction}\n  \
         GROUP BY {}\n)\nQUALIFY row_number() OVER (PARTITION BY {} ORDER BY n DESC, stands) > 1",
        list("k", columns.len()),
        named.join(", "),
        columns.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "),
        list("k", deciding.len()),
    ))
}

fn restriction(judged: Option<String>) -> String {
    judged.map_or_else(String::new, |judged| format!("\n  WHERE {judged}"))
}

fn beside(scope: &Scope<'_>, check: &Check, beside: &Beside) -> Result<String, Unsaid> {
    let group = scope.known(&beside.group)?;
    let mut order = Vec::new();
    for key in &beside.order {
        let direction = match key.order {
            Order::Ascending => "ASC",
            Order::Descending => "DESC",
        };
        let name = sql::identifier(&scope.column(&key.column)?.name);
        order.push(format!("{name} {direction} NULLS LAST"));
    }
    order.push(ROW.to_owned());
    let partition = match group.is_empty() {
        true => String::new(),
        false => format!("PARTITION BY {} ", group.join(", ")),
    };
    let mut items = vec![ROW.to_owned()];
    let mut columns = scope.columns.to_vec();
    for window in &beside.windows {
        let value = scope.say(&window.value)?;
        let said = match window.function {
            WindowFunction::Previous => format!("lag({value}) OVER beside"),
            WindowFunction::Next => format!("lead({value}) OVER beside"),
            WindowFunction::GreatestBefore => {
                format!(
                    "max({value}) OVER (beside ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
                )
            }
        };
        let name = window.name.as_str().to_owned();
        items.push(format!("{said} AS {}", sql::identifier(&name)));
        columns.push(Column { name, data_type: scope.infer(&window.value) });
    }
    beside.holds.columns(&mut |name| {
        let item = sql::identifier(name.as_str());
        let is_window = beside.windows.iter().any(|window| window.name == *name);
        if !is_window && !items.contains(&item) {
            items.push(item);
        }
    });
    let holds = Scope { columns: &columns, now: scope.now }.say(&beside.holds)?;
    Ok(format!(
        "SELECT {ROW} AS k0, 1 AS n FROM (\n  SELECT {}\n  FROM {DATASET}{}\n  \
         WINDOW beside AS ({partition}ORDER BY {})\n)\nWHERE {holds} IS NOT TRUE",
        items.join(", "),
        restriction(judged(scope, check)?),
        order.join(", "),
    ))
}

/// A query of the author's own, with datasets in place of their names.
///
/// # Errors
/// It is of another dialect, or a dataset was not staged.
pub(super) fn own(
    scope: &Scope<'_>,
    check: &Check,
    query: &Query,
    lookups: Lookups<'_>,
) -> Result<String, Unsaid> {
    if query.dialect != DIALECT {
        return Err(format!("the query is in the dialect `{}`, not `{DIALECT}`", query.dialect));
    }
    let mut text = String::new();
    for piece in &query.pieces {
        match piece {
            Piece::Text { text: part } => text.push_str(part),
            Piece::Judged => {
                let filter: Option<&Expr> = check.filter.as_ref();
                let restriction = restriction(filter.map(|filter| scope.say(filter)).transpose()?);
                let mut items = names(scope.columns);
                if !scope.columns.iter().any(|column| column.name == OWN_ROW) {
                    items.push(format!("{ROW} AS {OWN_ROW}"));
                }
                text.push_str(&format!(
                    "(SELECT {} FROM {DATASET}{restriction})",
                    items.join(", ")
                ));
            }
            Piece::Dataset { dataset } => {
                let other = staged(lookups, dataset)?;
                let items = names(&other.columns).join(", ");
                text.push_str(&format!("(SELECT {items} FROM {})", other.view));
            }
        }
    }
    Ok(text)
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| sql::identifier(&column.name)).collect()
}
