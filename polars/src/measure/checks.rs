//! Checks in the common scan: what each wants of it, and what happens when one of them breaks the others.

use std::collections::BTreeMap;

use assay_engine::EngineError;
use assay_schemas::plan::{Body, Check, Measure};
use polars::prelude::Expr;

use super::Work;
use super::figure::{Adding, Place, meaning};
use super::gather::Gather;
use super::say::{Cannot, judged, violates};
use super::scan::{Groups, Scan, Scanned};
use crate::scope::Scope;

/// Where a check's figures are in the scan.
#[derive(Clone)]
pub(crate) enum Places {
    /// Judged and violating rows.
    Rows { evaluated: usize, violations: usize },
    /// Judged rows; violations are counted elsewhere.
    Keys { evaluated: usize },
    /// The metrics of a measure, in its order.
    Figure(Vec<Place>),
    /// Nothing.
    None,
}

/// What a check does to single rows, for the union over hard checks: which rows it judges (`None` means
/// all) and which of them violate (`None` where that is not known row by row).
#[derive(Clone, Default)]
pub(crate) struct Marks {
    judged: Option<Expr>,
    violates: Option<Expr>,
}

/// Adds a check to a scan.
///
/// # Errors
/// Why it cannot be computed.
pub(crate) fn add(
    scan: &mut Scan,
    scope: &Scope<'_>,
    check: &Check,
) -> Result<(Places, Option<Marks>), Cannot> {
    match &check.body {
        Body::Rows { holds, .. } => {
            let violates = violates(scope, check, holds)?;
            let judged = judged(scope, check)?;
            let evaluated = count_of(scan, check, judged.as_ref());
            let told = format!("violates {:?} {:?}", check.filter, check.body);
            let place = scan.value(told, violates.clone());
            let violations = scan.gather(Gather::True(place));
            let marks = Marks { judged, violates: Some(violates) };
            Ok((Places::Rows { evaluated, violations }, Some(marks)))
        }
        body if judges_keys(body) => {
            let mut unknown = None;
            check.reads(&mut |name| {
                if let Err(unsaid) = scope.column(name) {
                    unknown.get_or_insert(unsaid);
                }
            });
            if let Some(unsaid) = unknown {
                return Err(Cannot::Broken(unsaid));
            }
            let judged = judged(scope, check)?;
            let evaluated = count_of(scan, check, judged.as_ref());
            Ok((Places::Keys { evaluated }, Some(Marks { judged, violates: None })))
        }
        Body::Metric { measure, bounds } => {
            let mut adding = Adding { scan, scope, filter: check.filter.as_ref() };
            let mut places = adding.measure(measure)?;
            places.extend(adding.bounds(bounds)?);
            Ok((Places::Figure(places), None))
        }
        Body::Compare(compare) => {
            let measure = Measure::Metric { metric: compare.metric.clone() };
            let mut adding = Adding { scan, scope, filter: check.filter.as_ref() };
            Ok((Places::Figure(adding.measure(&measure)?), None))
        }
        Body::Query(_) => {
            Err(Cannot::Beyond("a query of the author's own, which is in SQL".into()))
        }
        // Measured elsewhere: by passes of their own, or without reading a row.
        _ => Ok((Places::None, None)),
    }
}

/// Whether rows are judged by a pass of their own after the scan, which counts those that are judged.
fn judges_keys(body: &Body) -> bool {
    matches!(
        body,
        Body::Unique { .. }
            | Body::Reference { .. }
            | Body::Beside(_)
            | Body::Dependency { .. }
            | Body::Difference(_)
    )
}

/// Counts the rows that a check judges.
fn count_of(scan: &mut Scan, check: &Check, judged: Option<&Expr>) -> usize {
    let gather = match judged {
        None => Gather::Rows,
        Some(judged) => {
            let told = match &check.body {
                Body::Rows { evaluated: None, .. } => meaning(&[], check.filter.as_ref(), "true"),
                Body::Rows { evaluated, .. } => {
                    meaning(&evaluated.iter().collect::<Vec<_>>(), check.filter.as_ref(), "judged")
                }
                body => format!("judged {:?} {body:?}", check.filter),
            };
            Gather::True(scan.value(told, judged.clone()))
        }
    };
    scan.gather(gather)
}

/// The common scan, and where everything is in it.
pub(crate) struct Built<'a> {
    /// The scan.
    pub(crate) scan: Scan,
    /// The checks that it answers.
    pub(crate) answered: Vec<(&'a Check, Places)>,
    /// Place of the number of rows.
    pub(crate) rows: usize,
    /// Place of the number of rows that a hard check judged, if there is one.
    pub(crate) hard_evaluated: Option<usize>,
    /// Place of the number of rows that violate a hard check of single rows.
    pub(crate) hard_violating: Option<usize>,
}

/// Checks that cannot be computed, by id, with the reason.
pub(crate) type Broken = BTreeMap<String, String>;

/// Builds the scan of those checks that are not broken.
///
/// # Errors
/// The run must end.
pub(crate) fn build<'a>(
    work: &Work<'_>,
    checks: &[&'a Check],
    broken: &mut Broken,
) -> Result<Built<'a>, EngineError> {
    let mut scan = Scan::default();
    let rows = scan.gather(Gather::Rows);
    let mut answered = Vec::new();
    let mut marks = Vec::new();
    for check in checks {
        if broken.contains_key(&check.check_id) {
            continue;
        }
        match add(&mut scan, &work.scope(), check) {
            Ok((places, mark)) => {
                answered.push((*check, places));
                marks.extend(mark.filter(|_| check.severity.is_hard()));
            }
            Err(cannot) => {
                broken.insert(check.check_id.clone(), cannot.reason()?);
            }
        }
    }
    let mut any = |what: &str, conditions: Vec<Expr>| {
        let any = conditions.into_iter().reduce(Expr::or)?;
        let place = scan.value(what.to_owned(), any);
        Some(scan.gather(Gather::True(place)))
    };
    let violating = marks.iter().filter_map(|mark| mark.violates.clone()).collect();
    let hard_violating = any("violates a hard check", violating);
    let judged: Option<Vec<Expr>> = marks.iter().map(|mark| mark.judged.clone()).collect();
    let hard_evaluated = match judged {
        None => Some(rows),
        Some(judged) => any("judged by a hard check", judged),
    };
    Ok(Built { scan, answered, rows, hard_evaluated, hard_violating })
}

/// Runs the scan. Where it fails, each check is run alone to find those at fault, and the others are run
/// together again.
///
/// # Errors
/// The rows cannot be read, or the machine lacks something.
pub(crate) fn scan<'a>(
    work: &Work<'_>,
    checks: &[&'a Check],
    broken: &mut Broken,
) -> Result<(Built<'a>, Scanned), EngineError> {
    loop {
        let built = build(work, checks, broken)?;
        let error = match built.scan.run(&work.rows.frame, Groups::One) {
            Ok(scanned) => return Ok((built, scanned)),
            Err(error) => crate::rows::fault(error),
        };
        if matches!(error, EngineError::Resource(_)) {
            return Err(error);
        }
        let before = broken.len();
        for check in checks {
            if broken.contains_key(&check.check_id) {
                continue;
            }
            let alone = build(work, &[*check], &mut Broken::new())?;
            if let Err(error) = alone.scan.run(&work.rows.frame, Groups::One) {
                match crate::rows::fault(error) {
                    EngineError::Resource(text) => return Err(EngineError::Resource(text)),
                    other => broken.insert(check.check_id.clone(), other.to_string()),
                };
            }
        }
        if broken.len() == before {
            return Err(error);
        }
    }
}
