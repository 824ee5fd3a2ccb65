//! Rows that mean the same thing although they differ: what is asked of the rows, pair by pair.

use assay_schemas::plan::{Cluster, Comparison, Similarity};

use super::*;
use crate::engine::duckdb::functions;

/// How clusters are worked out: queries over `before`, the rows that the pass before has written.
#[derive(Clone, Debug)]
pub(in crate::engine::duckdb) struct Clusters {
    /// Gives `place`, one column for each key and one for each compared value.
    pub(in crate::engine::duckdb) rows: String,
    /// Number of keys, and for each key the names of its parts in `rows`.
    pub(in crate::engine::duckdb) blocks: Vec<Vec<String>>,
    /// The similarity of two rows `one` and `other` in each compared value.
    pub(in crate::engine::duckdb) similarities: Vec<String>,
    /// The weighted mean of those, over the names `s0`, `s1` and so on.
    pub(in crate::engine::duckdb) score: String,
    /// What makes two rows mean the same, over `score` and those names.
    pub(in crate::engine::duckdb) same: String,
    /// What the compared values are called.
    pub(in crate::engine::duckdb) titles: Vec<String>,
    /// The most rows of one value of a key.
    pub(in crate::engine::duckdb) max_block: u64,
    /// Which row of a cluster stays, as an order of rows of `before`.
    pub(in crate::engine::duckdb) preference: String,
    /// The table of rows that are merged into others, with column `place`.
    pub(in crate::engine::duckdb) merged: String,
}

impl Builder<'_> {
    pub(super) fn cluster(
        &mut self,
        cluster: &Cluster,
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let rows = self.looked_at(&[], filter.as_deref());
        let mut selected = vec![format!("{PLACE} AS place")];
        let mut blocks = Vec::with_capacity(cluster.blocks.len());
        for (number, block) in cluster.blocks.iter().enumerate() {
            let mut parts = Vec::with_capacity(block.len());
            for (part, value) in block.iter().enumerate() {
                let name = format!("k{number}_{part}");
                selected.push(format!("{} AS {name}", self.scope().say(value)?));
                parts.push(name);
            }
            blocks.push(parts);
        }
        for (number, compared) in cluster.compare.iter().enumerate() {
            selected.push(format!("{} AS v{number}", self.scope().say(&compared.value)?));
        }
        let merged = format!("_assay_merged_{}", self.passes.len() + 1);
        let clusters = Clusters {
            rows: format!("SELECT {} FROM before WHERE {rows}", selected.join(", ")),
            blocks,
            similarities: cluster.compare.iter().enumerate().map(similarity).collect(),
            score: score(&cluster.compare),
            same: same(cluster),
            titles: cluster.compare.iter().map(|compared| compared.title.clone()).collect(),
            max_block: cluster.max_block,
            preference: self.preference(&cluster.keep)?,
            merged: merged.clone(),
        };
        let mut opening = Opening::new("merge rows that mean the same and cleanse");
        opening.merge(format!("SELECT place FROM {merged}"));
        opening.clusters = Some(clusters);
        self.open(opening);
        Ok(())
    }
}

/// How alike rows `one` and `other` are in a value; null where either has none.
fn similarity((number, compared): (usize, &Comparison)) -> String {
    let method = match compared.method {
        Similarity::Exact => {
            return format!(
                "CASE WHEN one.v{number} = other.v{number} THEN 1.0::DOUBLE WHEN one.v{number} <> \
                 other.v{number} THEN 0.0::DOUBLE END"
            );
        }
        Similarity::Levenshtein => "levenshtein",
        Similarity::DamerauLevenshtein => "damerau_levenshtein",
        Similarity::JaroWinkler => "jaro_winkler",
        Similarity::Jaccard => "jaccard",
    };
    format!("{}(one.v{number}, other.v{number}, '{method}')", functions::SIMILARITY)
}

fn score(compare: &[Comparison]) -> String {
    let weights = |value: &dyn Fn(usize) -> String| {
        let terms = compare.iter().enumerate().map(|(number, compared)| {
            format!(
                "CASE WHEN s{number} IS NULL THEN 0 ELSE {:?}::DOUBLE{} END",
                compared.weight,
                value(number)
            )
        });
        terms.collect::<Vec<_>>().join(" + ")
    };
    format!(
        "({}) / nullif({}, 0)",
        weights(&|number| format!(" * s{number}")),
        weights(&|_| String::new())
    )
}

fn same(cluster: &Cluster) -> String {
    let least = cluster.compare.iter().enumerate().filter_map(|(number, compared)| {
        let least = compared.at_least?;
        Some(format!("(s{number} IS NULL OR s{number} >= {least:?}::DOUBLE)"))
    });
    let whole = format!("score >= {:?}::DOUBLE", cluster.threshold);
    std::iter::once(whole).chain(least).collect::<Vec<_>>().join(" AND ")
}
