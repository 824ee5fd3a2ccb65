//! The texts that a condition admits, as a regular language; two of them are held against each other by
//! walking both automata at once.

use std::collections::BTreeSet;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use super::{Domain, Point, Term};
use crate::plan::{Expr, Function, Literal};

/// Memory that the states of one automaton may take while it is walked.
const MEMORY: usize = 1 << 19;

/// Pairs of states that are looked at before nothing is said.
const MOST_PAIRS: usize = 4_000;

/// Lengths beyond this are not made into automata.
const LONGEST: i128 = 256;

/// The texts that a condition admits.
#[derive(Debug)]
pub struct Language {
    automaton: DFA,
    /// The texts that the automaton does not accept.
    negated: bool,
}

/// What two languages have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// Some text is in both.
    pub both: bool,
    /// Some text is in the first alone.
    pub first_only: bool,
    /// Some text is in the second alone.
    pub second_only: bool,
}

impl Language {
    /// The texts of `column` for which `term` lies in `domain`; `None` where that is no regular language, or
    /// one too large to look at.
    pub fn of(term: &Term, domain: &Domain) -> Option<Self> {
        let Term::Value(expr) = term else { return None };
        match expr {
            Expr::Call { function: Function::Length, arguments } => {
                matches!(arguments.as_slice(), [Expr::Column { .. }]).then_some(())?;
                Self::read(&of_length(domain)?, false)
            }
            _ => {
                let pattern = pattern_of(expr)?;
                let held = |value| domain.values.contain(&Point::Boolean(value));
                match (held(true), held(false)) {
                    (true, false) => Self::read(&pattern, false),
                    (false, true) => Self::read(&pattern, true),
                    _ => None,
                }
            }
        }
    }

    /// All texts.
    pub fn all() -> Option<Self> {
        Self::read("(?s:.)*", false)
    }

    /// The texts that match the pattern as a whole or, where `negated`, do not.
    fn read(pattern: &str, negated: bool) -> Option<Self> {
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(MEMORY)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(0));
        let automaton = DFA::builder().configure(config).build(pattern).ok()?;
        Some(Self { automaton, negated })
    }

    /// What the two have; `None` where the walk grows too large.
    pub fn relate(&self, other: &Self) -> Option<Relation> {
        Walk::new(self, other)?.relation()
    }
}

/// What a pattern leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// No text matches.
    Nothing,
    /// Every text matches.
    Everything,
}

/// Whether a pattern admits no text, or every one; `None` where neither is so, or neither is known. Most
/// patterns are told by their form alone.
pub fn extent(pattern: &str, whole: bool) -> Option<Extent> {
    let properties = regex_syntax::parse(pattern).ok()?.properties().clone();
    let Some(shortest) = properties.minimum_len() else { return Some(Extent::Nothing) };
    // Anchors where the text begins and ends anyway exclude nothing of themselves.
    let ends = properties.look_set_prefix().union(properties.look_set_suffix());
    let inner = properties.look_set().subtract(ends);
    if (shortest > 0 && inner.is_empty()) || !knows(pattern) {
        return None;
    }
    let any = "(?s:.)*";
    let all = if whole { format!("(?:{pattern})") } else { format!("{any}(?:{pattern}){any}") };
    let relation = Language::all()?.relate(&Language::read(&all, false)?)?;
    match (relation.both, relation.first_only) {
        (false, _) => Some(Extent::Nothing),
        (_, false) => Some(Extent::Everything),
        _ => None,
    }
}

/// Whether a pattern can be held against others: `\b` is left to the engine, and so unknown here.
fn knows(pattern: &str) -> bool {
    !pattern.contains("\\b") && !pattern.contains("\\B")
}

/// The pattern of the whole text for which a condition on a column is true.
fn pattern_of(expr: &Expr) -> Option<String> {
    let any = "(?s:.)*";
    match expr {
        Expr::Matches { value, pattern, whole } => {
            matches!(**value, Expr::Column { .. }).then_some(())?;
            knows(pattern).then(|| match whole {
                true => format!("(?:{pattern})"),
                false => format!("{any}(?:{pattern}){any}"),
            })
        }
        Expr::Call { function, arguments } => {
            let [Expr::Column { .. }, Expr::Literal { value: Literal::Text(part) }] =
                arguments.as_slice()
            else {
                return None;
            };
            let part = regex_syntax::escape(part);
            Some(match function {
                Function::StartsWith => format!("{part}{any}"),
                Function::EndsWith => format!("{any}{part}"),
                Function::Contains => format!("{any}{part}{any}"),
                _ => return None,
            })
        }
        _ => None,
    }
}

fn of_length(domain: &Domain) -> Option<String> {
    let whole = |point: &Point| match point {
        Point::Number(number) => {
            number.floor(0).filter(|(_, exact)| *exact).map(|(value, _)| value)
        }
        _ => None,
    };
    let (min, max) = domain.values.as_interval()?;
    let min = match min {
        Some((point, with)) => whole(point)? + i128::from(!with),
        None => 0,
    };
    let max = match max {
        Some((point, with)) => Some(whole(point)? - i128::from(!with)),
        None => None,
    };
    let max = max.filter(|max| *max <= LONGEST || min > LONGEST);
    if !(0..=LONGEST).contains(&min) || max.is_some_and(|max| max < min) {
        return None;
    }
    match (max, domain.values.as_interval()?.1) {
        (Some(max), _) => Some(format!("(?s:.){{{min},{max}}}")),
        (None, None) => Some(format!("(?s:.){{{min},}}")),
        // Bounded, but too far.
        (None, Some(_)) => None,
    }
}

/// Both automata at once.
struct Walk<'a> {
    first: &'a Language,
    second: &'a Language,
    caches: (Cache, Cache),
    /// One byte of each class that both automata tell apart.
    bytes: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn new(first: &'a Language, second: &'a Language) -> Option<Self> {
        let (one, two) = (first.automaton.byte_classes(), second.automaton.byte_classes());
        let mut seen = BTreeSet::new();
        let bytes =
            (0..=u8::MAX).filter(|byte| seen.insert((one.get(*byte), two.get(*byte)))).collect();
        let caches = (first.automaton.create_cache(), second.automaton.create_cache());
        Some(Self { first, second, caches, bytes })
    }

    fn relation(mut self) -> Option<Relation> {
        let anchored = start::Config::new().anchored(Anchored::Yes);
        let begin = (
            self.first.automaton.start_state(&mut self.caches.0, &anchored).ok()?,
            self.second.automaton.start_state(&mut self.caches.1, &anchored).ok()?,
        );
        let mut seen = BTreeSet::from([begin]);
        let mut open = vec![begin];
        let mut found = Relation::default();
        while let Some(pair) = open.pop() {
            let (one, two) = self.accept(pair)?;
            found.both |= one && two;
            found.first_only |= one && !two;
            found.second_only |= !one && two;
            for index in 0..self.bytes.len() {
                let next = self.step(pair, self.bytes[index])?;
                if next.0.is_dead() && next.1.is_dead() {
                    // Nothing matches from here on, which is what a negated language has.
                    let (one, two) = (self.first.negated, self.second.negated);
                    found.both |= one && two;
                    found.first_only |= one && !two;
                    found.second_only |= !one && two;
                    continue;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
            if seen.len() > MOST_PAIRS {
                return None;
            }
        }
        Some(found)
    }

    /// Whether each language has the text that leads here.
    fn accept(&mut self, (one, two): (LazyStateID, LazyStateID)) -> Option<(bool, bool)> {
        let first = self.first.automaton.next_eoi_state(&mut self.caches.0, one).ok()?;
        let second = self.second.automaton.next_eoi_state(&mut self.caches.1, two).ok()?;
        Some((first.is_match() != self.first.negated, second.is_match() != self.second.negated))
    }

    fn step(
        &mut self,
        (one, two): (LazyStateID, LazyStateID),
        byte: u8,
    ) -> Option<(LazyStateID, LazyStateID)> {
        let first = self.first.automaton.next_state(&mut self.caches.0, one, byte).ok()?;
        let second = self.second.automaton.next_state(&mut self.caches.1, two, byte).ok()?;
        (!first.is_quit() && !second.is_quit()).then_some((first, second))
    }
}
