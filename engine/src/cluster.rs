//! Clusters: rows that mean the same, pair by pair or over others.

use std::collections::BTreeMap;

/// Two rows that mean the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The number of the one.
    pub one: u64,
    /// The number of the other.
    pub other: u64,
    /// How alike they are.
    pub score: f64,
    /// The similarity of each compared value; none where either row has no value.
    pub similarities: Vec<Option<f64>>,
}

/// A row of a cluster, and the pair that brought it in.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The first row of the cluster.
    pub cluster: u64,
    /// The other row of the pair.
    pub linked_to: u64,
    /// How alike the two are.
    pub score: f64,
    /// The similarity of each compared value of the two.
    pub similarities: Vec<Option<f64>>,
}

/// Gathers pairs, the most alike first, into clusters; each is called by the first of its rows.
pub fn link(pairs: Vec<Pair>) -> BTreeMap<u64, Member> {
    let mut roots: BTreeMap<u64, u64> = BTreeMap::new();
    let mut members: BTreeMap<u64, Member> = BTreeMap::new();
    for pair in pairs {
        for (row, linked_to) in [(pair.one, pair.other), (pair.other, pair.one)] {
            members.entry(row).or_insert_with(|| Member {
                cluster: row,
                linked_to,
                score: pair.score,
                similarities: pair.similarities.clone(),
            });
        }
        let (one, other) = (root(&mut roots, pair.one), root(&mut roots, pair.other));
        if one != other {
            roots.insert(one.max(other), one.min(other));
        }
    }
    for (row, member) in &mut members {
        member.cluster = root(&mut roots, *row);
    }
    members
}

/// The first row of a row's cluster so far.
fn root(roots: &mut BTreeMap<u64, u64>, row: u64) -> u64 {
    let mut found = row;
    while let Some(next) = roots.get(&found).copied() {
        found = next;
    }
    // The way is shortened for those who come later.
    let mut at = row;
    while at != found {
        let next = roots.insert(at, found).unwrap_or(found);
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_one_cluster_over_others_and_keep_the_pair_that_brought_them_in() {
        let pair = |one, other, score| Pair { one, other, score, similarities: vec![Some(score)] };
        let members = link(vec![pair(5, 9, 0.99), pair(2, 9, 0.9), pair(3, 4, 0.8)]);
        let found: Vec<_> = members
            .iter()
            .map(|(row, member)| (*row, member.cluster, member.linked_to, member.score))
            .collect();
        let wanted =
            [(2, 2, 9, 0.9), (3, 3, 4, 0.8), (4, 3, 3, 0.8), (5, 2, 9, 0.99), (9, 2, 5, 0.99)];
        assert_eq!(found, wanted);
    }
}
