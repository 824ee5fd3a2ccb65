//! Comparisons of columns that run in a circle: `a < b`, `b < c`, `c < a`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use assay_schemas::code::Code;
use assay_schemas::datatype::DataType;
use assay_schemas::domain::{Domain, Point, Term};
use assay_schemas::id::ColumnName;
use assay_schemas::plan::Expr;

use super::group::Group;
use super::rules::{Finding, Rules};

/// A rule says that one column is less than another, or not greater.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    strict: bool,
    rule: usize,
    own: bool,
}

/// The comparisons among the rows of one filter.
#[derive(Default)]
struct Graph<'g> {
    columns: Vec<&'g ColumnName>,
    numbers: BTreeMap<&'g ColumnName, usize>,
    edges: Vec<Edge>,
}

impl<'g> Graph<'g> {
    fn number(&mut self, column: &'g ColumnName) -> usize {
        *self.numbers.entry(column).or_insert_with(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn add(&mut self, group: &'g Group, settled: &[bool]) {
        let Term::Order(Expr::Column { name: left }, Expr::Column { name: right }) = &group.term
        else {
            return;
        };
        let (left, right) = (self.number(left), self.number(right));
        for entry in group.entries.iter().filter(|entry| !settled[entry.rule]) {
            let (rule, own) = (entry.rule, entry.own);
            let mut edge = |from, to, strict| self.edges.push(Edge { from, to, strict, rule, own });
            match orders(&entry.domain) {
                (true, false, false) => edge(left, right, true),
                (true, true, false) => edge(left, right, false),
                (false, false, true) => edge(right, left, true),
                (false, true, true) => edge(right, left, false),
                (false, true, false) => {
                    edge(left, right, false);
                    edge(right, left, false);
                }
                _ => {}
            }
        }
    }

    /// By column: the edges that leave it.
    fn leaving(&self) -> Vec<Vec<usize>> {
        let mut leaving = vec![Vec::new(); self.columns.len()];
        for (index, edge) in self.edges.iter().enumerate() {
            leaving[edge.from].push(index);
        }
        leaving
    }

    /// Edges that lead from `from` back to it by way of the edge `first`, the shortest way.
    fn circle(&self, leaving: &[Vec<usize>], first: usize) -> Option<Vec<usize>> {
        let Edge { from: goal, to: start, .. } = self.edges[first];
        let mut came_by: BTreeMap<usize, usize> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            if at == goal {
                let mut way = vec![first];
                let mut at = goal;
                while at != start {
                    let edge = *came_by.get(&at)?;
                    way.insert(1, edge);
                    at = self.edges[edge].from;
                }
                return Some(way);
            }
            for edge in &leaving[at] {
                let to = self.edges[*edge].to;
                if to != start && !came_by.contains_key(&to) {
                    came_by.insert(to, *edge);
                    open.push_back(to);
                }
            }
        }
        None
    }
}

/// Whether less, equal and greater are allowed.
fn orders(domain: &Domain) -> (bool, bool, bool) {
    let has = |order| domain.values.contain(&Point::whole(order));
    (has(-1), has(0), has(1))
}

/// Finds the circles among the rules of each filter.
pub(super) fn find(rules: &mut Rules<'_>, groups: &[Group]) {
    let filters: BTreeSet<_> = groups.iter().map(|group| group.filter).collect();
    let compares = |group: &&Group| matches!(group.term, Term::Order(..));
    for filter in filters {
        let own: Vec<_> =
            groups.iter().filter(|group| group.filter == filter).filter(compares).collect();
        if own.is_empty() {
            continue;
        }
        let keys: BTreeSet<_> = own.iter().map(|group| group.term.key()).collect();
        let of_all = groups.iter().filter(|group| group.filter == 0 && filter > 0).filter(compares);
        // A group of the filter holds the rules about all rows already.
        let of_all = of_all.filter(|group| !keys.contains(&group.term.key()));
        let mut graph = Graph::default();
        own.iter().copied().chain(of_all).for_each(|group| graph.add(group, &rules.settled));
        if filter > 0 {
            // Edges of groups about all rows are not this filter's own.
            for edge in &mut graph.edges {
                edge.own &= rules.filter_of[edge.rule] == filter;
            }
        }
        of_graph(rules, &graph);
    }
}

fn of_graph(rules: &mut Rules<'_>, graph: &Graph<'_>) {
    let leaving = graph.leaving();
    let part = parts(graph, &leaving);
    let mut told = BTreeSet::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        // Within a part every edge lies on a circle; one circle of each is told.
        if !edge.strict || part[edge.from] != part[edge.to] || told.contains(&part[edge.from]) {
            continue;
        }
        let Some(way) = graph.circle(&leaving, index) else { continue };
        let edges: Vec<_> = way.iter().map(|edge| graph.edges[*edge]).collect();
        if edges.len() > 2 && edges.iter().any(|edge| edge.own) && exact(rules, graph, &edges) {
            told.insert(part[edge.from]);
            tell(rules, graph, &edges);
        }
    }
}

/// By column: the number of its strongly connected part (Kosaraju, without recursion).
fn parts(graph: &Graph<'_>, leaving: &[Vec<usize>]) -> Vec<usize> {
    let count = graph.columns.len();
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    for root in 0..count {
        let mut stack = vec![(root, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 && std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match leaving[at].get(next) {
                Some(edge) => {
                    stack.push((at, next + 1));
                    let to = graph.edges[*edge].to;
                    if !seen[to] {
                        stack.push((to, 0));
                    }
                }
                None => order.push(at),
            }
        }
    }
    let mut entering = vec![Vec::new(); count];
    for edge in &graph.edges {
        entering[edge.to].push(edge.from);
    }
    let mut part = vec![usize::MAX; count];
    for root in order.into_iter().rev() {
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if part[at] == usize::MAX {
                part[at] = root;
                stack.extend(&entering[at]);
            }
        }
    }
    part
}

/// Whether the columns compare exactly: between floating-point and other numbers, rounding decides.
fn exact(rules: &Rules<'_>, graph: &Graph<'_>, edges: &[Edge]) -> bool {
    let mut types = edges.iter().filter_map(|edge| {
        let column = graph.columns[edge.from];
        rules.plan.fields.iter().find(|field| field.name == *column).map(|field| field.data_type)
    });
    let Some(first) = types.next() else { return false };
    types.all(|next| {
        (next == DataType::Double) == (first == DataType::Double) && next.family() == first.family()
    })
}

fn tell(rules: &mut Rules<'_>, graph: &Graph<'_>, edges: &[Edge]) {
    let mut involved: Vec<_> = edges.iter().map(|edge| edge.rule).collect();
    involved.sort_unstable();
    involved.dedup();
    let Some(rule) = involved.pop() else { return };
    let mut words = String::new();
    for edge in edges {
        let sign = if edge.strict { "<" } else { "<=" };
        words.push_str(&format!("`{}` {sign} ", graph.columns[edge.from]));
    }
    if let Some(first) = edges.first() {
        words.push_str(&format!("`{}`", graph.columns[first.from]));
    }
    let firm = rules.is_firm(rule) && involved.iter().all(|rule| rules.is_firm(*rule));
    let needed: Option<Vec<_>> = edges
        .iter()
        .map(|edge| rules.never_null(&Term::Value(Expr::column(graph.columns[edge.from]))))
        .collect();
    let (code, message) = match needed.filter(|_| firm) {
        Some(_) => {
            (Code::Contradiction, format!("no row can pass: together the rules demand {words}"))
        }
        None => (
            Code::ContradictoryRules,
            format!("only rows with a null can pass: together the rules demand {words}"),
        ),
    };
    let hint = "turn one of the comparisons round, or remove it".to_owned();
    rules.report(Finding { code, rule, field: "parameters", message, hint, related: involved });
}
