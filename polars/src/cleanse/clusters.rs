//! Clusters of rows that mean the same: pairs that share a key are compared, and linked.

use std::collections::BTreeMap;
use std::path::Path;

use assay_engine::cluster::{Member, Pair, link};
use assay_engine::{EngineError, text};
use polars::prelude::{
    BooleanChunked, DataFrame, Expr, Float64Chunked, IdxSize, Int64Chunked, IntoColumn as _,
    NamedFrom as _, PolarsResult, Series, StringChunked,
};

use super::groups::{Numbered, looks_at, number};
use super::learn::{Before, Learnt, Looked};
use super::{file, stopped};
use crate::chain::{Compared, Opening, PLACE, Task, column};

/// The file that explains the clusters.
pub(super) const FILE_NAME: &str = "clusters.parquet";

/// What makes two rows mean the same.
struct Rule<'a> {
    compare: &'a [Compared],
    threshold: f64,
    /// The values that are compared, one column for each.
    values: Vec<StringChunked>,
}

/// The rows of one key, value by value.
struct Block {
    keys: Numbered,
    /// Whether rows of each value are compared.
    compared: Vec<bool>,
    /// Whether each row has a whole key.
    whole: Vec<bool>,
}

/// Works the clusters out: which rows end, the file that explains it, and what has to be said.
pub(super) fn learn(
    before: &Before,
    opening: &Opening,
    folder: &Path,
) -> Result<Learnt, EngineError> {
    let Task::Cluster { blocks, compare, threshold, max_block, keep } = &opening.task else {
        return Ok(Learnt::default());
    };
    let mut columns: Vec<Expr> = vec![column(PLACE)];
    for (number, block) in blocks.iter().enumerate() {
        let parts = block.iter().enumerate();
        columns.extend(parts.map(|(part, key)| key.clone().alias(format!("k{number}_{part}"))));
    }
    let values = compare.iter().enumerate();
    columns.extend(values.map(|(number, one)| one.value.clone().alias(format!("v{number}"))));
    columns.extend(looks_at(keep, "o"));
    let rows = before.look(&opening.looked, columns)?;
    let (mut told, mut said) = (Vec::with_capacity(blocks.len()), Vec::new());
    for (number, parts) in blocks.iter().enumerate() {
        let block = Block::of(&rows, number, parts.len(), *max_block)?;
        said.extend(block.too_large(number, *max_block));
        told.push(block);
    }
    let mut texts = Vec::with_capacity(compare.len());
    for number in 0..compare.len() {
        let values = rows.column(&format!("v{number}"))?.as_materialized_series();
        texts.push(values.str().map_err(stopped)?.rechunk().into_owned());
    }
    let rule = Rule { compare, threshold: *threshold, values: texts };
    let members = link(pairs(&told, &rule));
    let mut stays: BTreeMap<u64, u64> = BTreeMap::new();
    for row in rows.preferred(keep, "o")?.into_iter().map(u64::from) {
        if let Some(member) = members.get(&row) {
            stays.entry(member.cluster).or_insert(row);
        }
    }
    let mut merged = vec![false; before.rows];
    for (row, member) in &members {
        let at = rows.at.get(*row as usize).and_then(|at| merged.get_mut(*at as usize));
        if let Some(merged) = at {
            *merged = stays.get(&member.cluster) != Some(row);
        }
    }
    let path = folder.join(FILE_NAME);
    let table = table(&rows, &members, &stays)?;
    file::write(table, &path)?;
    Ok(Learnt { merged: Some(merged), clusters: Some((path, said)), ..Learnt::default() })
}

impl Block {
    fn of(rows: &Looked, block: usize, parts: usize, most: u64) -> Result<Self, EngineError> {
        let mut columns = Vec::with_capacity(parts);
        let mut whole = vec![true; rows.rows()];
        for part in 0..parts {
            let values = rows.column(&format!("k{block}_{part}"))?;
            for (whole, there) in whole.iter_mut().zip(values.is_not_null().iter()) {
                *whole &= there == Some(true);
            }
            columns.push(values.clone());
        }
        let keys = number(columns, rows.rows()).map_err(stopped)?;
        let mut sizes = vec![0_u64; keys.count()];
        for (key, _) in keys.of.iter().zip(&whole).filter(|(_, whole)| **whole) {
            if let Some(size) = sizes.get_mut(*key as usize) {
                *size += 1;
            }
        }
        let compared = sizes.iter().map(|size| *size <= most).collect();
        Ok(Self { keys, compared, whole })
    }

    /// The value that a row is compared by, where it is.
    fn key(&self, row: IdxSize) -> Option<IdxSize> {
        let whole = self.whole.get(row as usize) == Some(&true);
        let key = self.keys.of.get(row as usize).copied().filter(|_| whole)?;
        (self.compared.get(key as usize) == Some(&true)).then_some(key)
    }

    /// The rows of each value that are compared.
    fn rows(&self) -> Vec<Vec<IdxSize>> {
        let mut rows = vec![Vec::new(); self.keys.count()];
        for row in 0..self.keys.of.len() as IdxSize {
            if let Some(own) = self.key(row).and_then(|key| rows.get_mut(key as usize)) {
                own.push(row);
            }
        }
        rows
    }

    /// What is said of values with more rows than are compared.
    fn too_large(&self, number: usize, most: u64) -> Option<String> {
        let large = |key: &IdxSize| self.compared.get(*key as usize) == Some(&false);
        let keys = self.keys.of.iter().zip(&self.whole);
        let rows = keys.filter(|(key, whole)| **whole && large(key)).count();
        let values = self.compared.iter().filter(|compared| !**compared).count();
        (values > 0).then(|| {
            format!(
                "key {} of the fuzzy deduplication: {values} of its values have more than {most} rows each, \
                 {rows} in all, which are not compared by it; choose a narrower key, or raise `max_block`",
                number + 1
            )
        })
    }
}

/// The pairs that share a key and are alike enough, the most alike first.
fn pairs(blocks: &[Block], rule: &Rule<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let (earlier, _) = blocks.split_at(number);
        // A pair that an earlier key has brought together has been compared.
        let known = |one: IdxSize, other: IdxSize| {
            earlier.iter().any(|block| {
                let key = block.key(one);
                key.is_some() && key == block.key(other)
            })
        };
        let groups = block.rows();
        let groups: Vec<&Vec<IdxSize>> = groups.iter().filter(|rows| rows.len() > 1).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = groups.len().div_ceil(threads).max(1);
        let compare = |groups: &[&Vec<IdxSize>]| {
            let mut found = Vec::new();
            for rows in groups {
                for (place, one) in rows.iter().enumerate() {
                    for other in rows.iter().skip(place + 1) {
                        if !known(*one, *other) {
                            found.extend(rule.compare(*one, *other));
                        }
                    }
                }
            }
            found
        };
        std::thread::scope(|scope| {
            let work: Vec<_> =
                groups.chunks(share).map(|groups| scope.spawn(|| compare(groups))).collect();
            for part in work {
                match part.join() {
                    Ok(found) => pairs.extend(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
    let order = |one: &Pair, other: &Pair| {
        let places = (one.one, one.other).cmp(&(other.one, other.other));
        other.score.total_cmp(&one.score).then(places)
    };
    pairs.sort_by(order);
    pairs
}

impl Rule<'_> {
    /// Two rows as a pair, where they mean the same.
    fn compare(&self, one: IdxSize, other: IdxSize) -> Option<Pair> {
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut similarities = Vec::with_capacity(self.compare.len());
        for (compared, values) in self.compare.iter().zip(&self.values) {
            let both = values.get(one as usize).zip(values.get(other as usize));
            let alike = both.map(|(one, other)| text::similarity(one, other, compared.method));
            if let Some(alike) = alike {
                sum += compared.weight * alike;
                weights += compared.weight;
            }
            let enough = |least: f64| alike.is_none_or(|alike| alike >= least);
            if !compared.at_least.is_none_or(enough) {
                return None;
            }
            similarities.push(alike);
        }
        if weights == 0.0 {
            return None;
        }
        let score = sum / weights;
        (score >= self.threshold).then_some(Pair {
            one: one.into(),
            other: other.into(),
            score,
            similarities,
        })
    }
}

/// The rows of clusters, cluster by cluster.
fn table(
    rows: &Looked,
    members: &BTreeMap<u64, Member>,
    stays: &BTreeMap<u64, u64>,
) -> Result<DataFrame, EngineError> {
    let places = rows.column(PLACE)?.i64().map_err(stopped)?;
    let place = |row: u64| places.get(row as usize).unwrap_or(-1);
    let mut list: Vec<(u64, &Member)> =
        members.iter().map(|(row, member)| (*row, member)).collect();
    list.sort_by_key(|(row, member)| (member.cluster, *row));
    let whole = |name: &str, of: &dyn Fn(&(u64, &Member)) -> u64| {
        let values = list.iter().map(|one| place(of(one))).collect();
        Int64Chunked::from_vec(name.into(), values).into_column()
    };
    let kept: Vec<bool> =
        list.iter().map(|(row, member)| stays.get(&member.cluster) == Some(row)).collect();
    let similarities: Vec<String> = list
        .iter()
        .map(|(_, member)| {
            let parts = member.similarities.iter();
            let parts = parts.map(|s| s.map_or("null".to_owned(), |s| format!("{s:.4}")));
            parts.collect::<Vec<_>>().join(" ")
        })
        .collect();
    let scores = list.iter().map(|(_, member)| member.score).collect();
    let columns = vec![
        whole("cluster", &|(_, member)| member.cluster),
        whole("row", &|(row, _)| *row),
        BooleanChunked::new("kept".into(), kept).into_column(),
        whole("linked_to", &|(_, member)| member.linked_to),
        Float64Chunked::from_vec("score".into(), scores).into_column(),
        Series::new("similarities".into(), similarities).into_column(),
    ];
    let made: PolarsResult<DataFrame> = DataFrame::new(list.len(), columns);
    made.map_err(stopped)
}
