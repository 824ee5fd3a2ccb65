//! Clusters of rows that mean the same: pairs are found by the engine, and linked here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use duckdb::types::Value;

use super::super::chain::PLACE;
use super::super::chain::cluster::Clusters;
use super::super::connection::{Session, as_count, as_number, fault};
use super::super::sql;
use super::copy;
use crate::engine::EngineError;
use crate::engine::cluster::{Member, Pair, link};

/// The rows that are compared, the pairs among them, and the rows of clusters.
const ROWS: &str = "_assay_compared";
const PAIRS: &str = "_assay_pairs";
const MEMBERS: &str = "_assay_members";
/// Members that one statement takes.
const AT_ONCE: usize = 2000;

/// What is asked of the rows, for people to read.
pub(super) fn statements(clusters: &Clusters, before: &str) -> Vec<String> {
    vec![
        format!("CREATE OR REPLACE TEMP TABLE {ROWS} AS\nWITH {before}\n{}", clusters.rows),
        format!("CREATE OR REPLACE TEMP TABLE {PAIRS} AS\n{}", pairs(clusters)),
    ]
}

/// Works the clusters out and makes the table of rows that are merged; gives the file that explains them,
/// and what has to be said.
pub(super) fn work_out(
    session: &Session,
    clusters: &Clusters,
    before: &str,
    folder: &Path,
) -> Result<(PathBuf, Vec<String>), EngineError> {
    for statement in statements(clusters, before) {
        session.run("rows that may mean the same", &statement).map_err(|error| fault(&error))?;
    }
    let mut said = Vec::new();
    for (number, block) in clusters.blocks.iter().enumerate() {
        said.extend(too_large(session, clusters, (number, block))?);
    }
    let pairs = read_pairs(session, clusters)?;
    let linked = link(pairs);
    members(session, &linked)?;
    let merged = format!(
        "CREATE OR REPLACE TEMP TABLE {} AS WITH {before}, preferred AS (\n  SELECT place, cluster, \
         row_number() OVER (PARTITION BY cluster ORDER BY {}) AS rank\n  FROM before JOIN {MEMBERS} ON \
         before.{PLACE} = {MEMBERS}.place\n)\nSELECT place FROM preferred WHERE rank > 1",
        clusters.merged, clusters.preference
    );
    session.run("rows that stay of clusters", &merged).map_err(|error| fault(&error))?;
    let path = folder.join("clusters.parquet");
    let query = format!(
        "SELECT cluster, m.place AS row, gone.place IS NULL AS kept, linked_to, score, similarities\n\
         FROM {MEMBERS} m LEFT JOIN {} gone ON gone.place = m.place ORDER BY cluster, m.place",
        clusters.merged
    );
    session.run("clusters", &copy(&query, &path)?).map_err(|error| fault(&error))?;
    Ok((path, said))
}

/// The pairs that share a key and are alike enough.
fn pairs(clusters: &Clusters) -> String {
    let candidates = clusters.blocks.iter().map(|block| {
        let there: Vec<_> = block.iter().map(|part| format!("{part} IS NOT NULL")).collect();
        let equal: Vec<_> = block.iter().map(|part| format!("a.{part} = b.{part}")).collect();
        let keys = block.join(", ");
        let rows = format!(
            "(SELECT place, {keys} FROM {ROWS} WHERE {} QUALIFY count(*) OVER (PARTITION BY {keys}) <= {})",
            there.join(" AND "),
            clusters.max_block
        );
        format!(
            "SELECT a.place AS first, b.place AS second FROM {rows} a JOIN {rows} b ON {} AND a.place < b.place",
            equal.join(" AND ")
        )
    });
    let candidates = candidates.collect::<Vec<_>>().join("\n  UNION\n  ");
    let similarities = clusters.similarities.iter().enumerate();
    let similarities = similarities.map(|(number, value)| format!("{value} AS s{number}"));
    format!(
        "WITH candidates AS (\n  {candidates}\n), compared AS (\n  SELECT first, second, {}\n  FROM candidates \
         JOIN {ROWS} one ON one.place = first JOIN {ROWS} other ON other.place = second\n), scored AS (\n  \
         SELECT *, {} AS score FROM compared\n)\nSELECT * FROM scored WHERE {}",
        similarities.collect::<Vec<_>>().join(", "),
        clusters.score,
        clusters.same
    )
}

/// What is said of a key with more rows of one value than are compared.
fn too_large(
    session: &Session,
    clusters: &Clusters,
    (number, block): (usize, &[String]),
) -> Result<Option<String>, EngineError> {
    let keys = block.join(", ");
    let there: Vec<_> = block.iter().map(|part| format!("{part} IS NOT NULL")).collect();
    let query = format!(
        "SELECT count(*), CAST(sum(n) AS BIGINT) FROM (SELECT count(*) AS n FROM {ROWS} WHERE {} GROUP BY \
         {keys}) WHERE n > {}",
        there.join(" AND "),
        clusters.max_block
    );
    let rows = session.rows("keys with many rows", &query).map_err(|error| fault(&error))?;
    let counts: Vec<u64> =
        rows.first().map(|row| row.iter().map(as_count).collect()).unwrap_or_default();
    Ok(match counts.as_slice() {
        [values, rows] if *values > 0 => Some(format!(
            "key {} of the fuzzy deduplication: {values} of its values have more than {} rows each, {rows} in \
             all, which are not compared by it; choose a narrower key, or raise `max_block`",
            number + 1,
            clusters.max_block
        )),
        _ => None,
    })
}

fn read_pairs(session: &Session, clusters: &Clusters) -> Result<Vec<Pair>, EngineError> {
    let similarities: String =
        (0..clusters.titles.len()).map(|number| format!(", s{number}")).collect();
    let query = format!(
        "SELECT first, second, score{similarities} FROM {PAIRS} ORDER BY score DESC, first, second"
    );
    let rows = session.rows("pairs that mean the same", &query).map_err(|error| fault(&error))?;
    let pair = |row: &Vec<Value>| {
        let [one, other, score, similarities @ ..] = row.as_slice() else { return None };
        Some(Pair {
            one: as_count(one),
            other: as_count(other),
            score: as_number(score)?,
            similarities: similarities.iter().map(as_number).collect(),
        })
    };
    let pairs: Vec<Pair> = rows.iter().filter_map(pair).collect();
    Ok(pairs.into_iter().map(|pair| named(pair, clusters)).collect())
}

/// Only values that both rows have say anything.
fn named(pair: Pair, clusters: &Clusters) -> Pair {
    let mut pair = pair;
    pair.similarities.truncate(clusters.titles.len());
    pair
}

/// Makes the table of the rows of clusters.
fn members(session: &Session, linked: &BTreeMap<u64, Member>) -> Result<(), EngineError> {
    let table = format!(
        "CREATE OR REPLACE TEMP TABLE {MEMBERS} (place BIGINT, cluster BIGINT, linked_to BIGINT, score \
         DOUBLE, similarities VARCHAR)"
    );
    session.run("rows of clusters", &table).map_err(|error| fault(&error))?;
    let rows: Vec<_> = linked.iter().collect();
    for rows in rows.chunks(AT_ONCE) {
        let rows = rows.iter().map(|(row, member)| {
            let similarities: Vec<_> = member
                .similarities
                .iter()
                .map(|s| s.map_or("null".to_owned(), |s| format!("{s:.4}")))
                .collect();
            format!(
                "({row}, {}, {}, {:?}, {})",
                member.cluster,
                member.linked_to,
                member.score,
                sql::text(&similarities.join(" "))
            )
        });
        let insert =
            format!("INSERT INTO {MEMBERS} VALUES {}", rows.collect::<Vec<_>>().join(", "));
        session.run("rows of clusters", &insert).map_err(|error| fault(&error))?;
    }
    Ok(())
}
