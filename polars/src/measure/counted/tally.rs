//! What the counts of values come to, for each group of rows alone.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, Expr, IntoLazy as _};

use super::super::moments::Exact;
use super::super::say::Cannot;
use super::Place;

/// Values of the data that a figure names to people.
const NAMED: usize = 20;

/// What is made of the counts of a grouping.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// The number of different values.
    Distinct,
    /// Their entropy.
    Entropy,
    /// The number of those that stand once.
    Once,
    /// The number of those that are not in a set.
    Outside { set: usize },
    /// The number of members of a set that are not among them; the members as text.
    Missing { set: usize, members: Vec<String> },
    /// Whether the most frequent one is in a set.
    MostCommon { set: usize, ties: bool },
}

/// A figure and the values that it names.
pub(crate) type Told = (Option<f64>, Vec<String>);

/// What groupings came to.
#[derive(Default)]
pub(crate) struct Tallies {
    /// By grouping and by what is wanted: the figure of each group of rows.
    told: Vec<Result<Vec<BTreeMap<usize, Told>>, String>>,
    /// What a group has whose rows have no value.
    nothing: Vec<Vec<Option<f64>>>,
}

/// The first few texts in their order.
fn few(texts: Option<&Vec<String>>) -> Vec<String> {
    let mut texts = texts.cloned().unwrap_or_default();
    texts.sort_unstable();
    texts.truncate(NAMED);
    texts
}

/// What the counts of a group of rows add up to.
#[derive(Default)]
struct Sums {
    distinct: u64,
    once: u64,
    most: u64,
    rows: u64,
    logarithms: Exact,
}

impl Sums {
    fn add(&mut self, times: u64) {
        self.distinct += 1;
        self.once += u64::from(times == 1);
        self.most = self.most.max(times);
        self.rows += times;
        let times = times as f64;
        self.logarithms.add(times * times.ln());
    }

    fn entropy(&self) -> f64 {
        let rows = self.rows as f64;
        // A hair below nothing comes of rounding.
        (rows.ln() - self.logarithms.total() / rows).max(0.0)
    }
}

/// The counts of a grouping: its values in order, their groups and how often they stand.
pub(crate) struct Counted<'a> {
    counts: &'a DataFrame,
    /// A value as text.
    text: Option<&'a Expr>,
    group: Vec<usize>,
    times: Vec<u64>,
    sums: BTreeMap<usize, Sums>,
}

impl<'a> Counted<'a> {
    /// The counts of values that stand so often, each in a group.
    pub(crate) fn new(
        counts: &'a DataFrame,
        text: Option<&'a Expr>,
        group: Vec<usize>,
        times: Vec<u64>,
    ) -> Self {
        let mut sums: BTreeMap<usize, Sums> = BTreeMap::new();
        for (group, times) in group.iter().zip(&times) {
            sums.entry(*group).or_default().add(*times);
        }
        Self { counts, text, group, times, sums }
    }

    /// What is wanted of each group.
    ///
    /// # Errors
    /// The values cannot be shown.
    pub(crate) fn tell(&self, wanted: &Wanted) -> Result<BTreeMap<usize, Told>, Cannot> {
        let plain = |of: fn(&Sums) -> f64| {
            self.sums.iter().map(|(group, sums)| (*group, (Some(of(sums)), Vec::new()))).collect()
        };
        Ok(match wanted {
            Wanted::Distinct => plain(|sums| sums.distinct as f64),
            Wanted::Once => plain(|sums| sums.once as f64),
            Wanted::Entropy => plain(Sums::entropy),
            Wanted::Outside { set } => {
                let within = self.within(*set)?;
                let outside: Vec<bool> = within.iter().map(|within| !within).collect();
                let names = self.texts(&outside)?;
                let number = self.number(&outside);
                self.each(|group, _| (number(group) as f64, few(names.get(&group))))
            }
            Wanted::Missing { set, members } => {
                let within = self.within(*set)?;
                let names = self.texts(&within)?;
                let number = self.number(&within);
                self.each(|group, _| {
                    let found = names.get(&group);
                    let lacks =
                        |member: &&String| found.is_none_or(|found| !found.contains(member));
                    let mut missing: Vec<String> = members.iter().filter(lacks).cloned().collect();
                    missing.truncate(NAMED);
                    (members.len() as f64 - number(group) as f64, missing)
                })
            }
            Wanted::MostCommon { set, ties } => {
                let within = self.within(*set)?;
                let most = |place: usize| {
                    let group = self.group.get(place).and_then(|group| self.sums.get(group));
                    group.map(|sums| sums.most) == self.times.get(place).copied()
                };
                let most: Vec<bool> = (0..self.times.len()).map(most).collect();
                let both: Vec<bool> = most.iter().zip(&within).map(|(a, b)| *a && *b).collect();
                let names = self.texts(&most)?;
                let (number, inside) = (self.number(&most), self.number(&both));
                self.each(|group, _| {
                    let holds = match ties {
                        true => inside(group) > 0,
                        false => inside(group) == 1 && number(group) == 1,
                    };
                    let names = few(names.get(&group));
                    (f64::from(u8::from(holds)), names)
                })
            }
        })
    }

    /// The marked values as text, by group.
    fn texts(&self, marked: &[bool]) -> Result<BTreeMap<usize, Vec<String>>, Cannot> {
        let Some(text) = self.text else { return Ok(BTreeMap::new()) };
        let mask = marked.iter().copied().collect();
        let few = self.counts.filter(&mask)?;
        let texts = few.lazy().select([text.clone().alias("_assay_text")]).collect()?;
        let texts = texts.column("_assay_text")?.as_materialized_series().str()?.clone();
        let groups = self.group.iter().zip(marked).filter(|(_, marked)| **marked);
        let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for ((group, _), text) in groups.zip(texts.iter()) {
            if let Some(text) = text {
                found.entry(*group).or_default().push(text.to_owned());
            }
        }
        Ok(found)
    }

    fn within(&self, set: usize) -> Result<Vec<bool>, Cannot> {
        let within = self.counts.column(&format!("_assay_in{set}"))?;
        let within = within.as_materialized_series().bool()?.clone();
        Ok(within.iter().map(|within| within == Some(true)).collect())
    }

    /// How many values of each group are marked.
    fn number(&self, marked: &[bool]) -> impl Fn(usize) -> u64 + use<> {
        let mut numbers: BTreeMap<usize, u64> = BTreeMap::new();
        for (group, marked) in self.group.iter().zip(marked) {
            *numbers.entry(*group).or_default() += u64::from(*marked);
        }
        move |group| numbers.get(&group).copied().unwrap_or(0)
    }

    fn each(&self, of: impl Fn(usize, &Sums) -> (f64, Vec<String>)) -> BTreeMap<usize, Told> {
        let each = self.sums.iter().map(|(group, sums)| {
            let (value, names) = of(*group, sums);
            (*group, (Some(value), names))
        });
        each.collect()
    }
}

impl Tallies {
    /// Adds what a grouping came to, or why it came to nothing, and what groups without a value have.
    pub(crate) fn add(
        &mut self,
        told: Result<Vec<BTreeMap<usize, Told>>, String>,
        nothing: Vec<Option<f64>>,
    ) {
        self.told.push(told);
        self.nothing.push(nothing);
    }

    fn told(&self, place: Place, group: usize) -> Result<Option<&Told>, String> {
        match self.told.get(place.grouping) {
            Some(Ok(told)) => Ok(told.get(place.wanted).and_then(|told| told.get(&group))),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("the grouping was not computed".into()),
        }
    }

    /// The figure of a group of rows.
    ///
    /// # Errors
    /// Why the grouping could not be computed.
    pub(crate) fn value(&self, place: Place, group: usize) -> Result<Option<f64>, String> {
        Ok(match self.told(place, group)? {
            Some((value, _)) => *value,
            None => {
                let nothing = self.nothing.get(place.grouping);
                nothing.and_then(|nothing| nothing.get(place.wanted)).copied().flatten()
            }
        })
    }

    /// The values that the figure names.
    pub(crate) fn names(&self, place: Place, group: usize) -> Vec<String> {
        match self.told(place, group) {
            Ok(Some((_, names))) => names.clone(),
            _ => Vec::new(),
        }
    }
}
