//! Verdicts and figures of the latest run of each job, beside those of the runs before it. What the same question
//! finds is told of the data; what another question finds is told of the rule.

use std::collections::BTreeMap;

use assay_schemas::drift::Since;
use serde_json::Value;

use super::{Cause, State};

/// Earlier runs that the latest is held against.
pub const EARLIER: u32 = 10;

/// Fewer earlier figures than this say nothing of what is usual.
const FEWEST: usize = 5;

/// How far a figure may be from the middle of the earlier ones: so many times their spread, as long as that is not
/// less than a tenth of the middle, or one of a hundred rows where it is a share.
const SPREADS: f64 = 4.0;
const SHARE_OF_MIDDLE: f64 = 0.1;
const SHARE_OF_ROWS: f64 = 0.01;

/// The verdict of a check that had nothing to judge.
const UNJUDGED: &str = "not_evaluated";

/// From the middle of the distances to the standard deviation of what is spread normally.
const NORMAL: f64 = 1.4826;

/// The columns that [`Point::of`] reads, as a query over the views of a lake for one environment; newest run first.
pub fn query(environment: &str) -> String {
    let environment = environment.replace('\'', "''");
    let of_run = |kind: &str, name: &str, value: &str| {
        format!(
            "select tenant, job, '{kind}' as kind, '{name}' as name, job_fingerprint as meaning, null as verdict, \
             {value}::double as value, run_id, started_at from recent"
        )
    };
    let of_column = |kind: &str, words: &str, value: &str| {
        format!(
            "select r.tenant, r.job, '{kind}', p.column_name || ', {words}', r.job_fingerprint, null, \
             ({value})::double, r.run_id, r.started_at from recent r join profile p using (run_id)"
        )
    };
    let parts = [
        "select r.tenant, r.job, case when v.figure is null then 'share' else 'number' end as kind, v.check_id as \
         name, v.rule_digest as meaning, v.verdict as verdict, coalesce(v.figure, v.violation_ratio)::double as \
         value, r.run_id, r.started_at from recent r join verdict v using (run_id)"
            .to_owned(),
        of_run("number", "rows", "rows"),
        of_run("share", "rows that break a hard rule", "hard_failure_rate"),
        of_column("share", "share of nulls", "p.nulls / nullif(p.rows, 0)"),
        of_column("number", "mean", "p.mean"),
    ];
    format!(
        "with recent as (select * from (select run_id, job, tenant, job_fingerprint, started_at, rows, \
         hard_failure_rate, row_number() over (partition by job, tenant order by started_at desc, run_id desc) as \
         place from run where outcome not in ('skipped', 'error') and replays is null and environment = \
         '{environment}') where place <= {}) select tenant, job, kind, name, meaning, verdict, value, run_id, \
         floor(epoch(started_at))::bigint from ({}) order by started_at desc, run_id desc",
        EARLIER + 1,
        parts.join(" union all ")
    )
}

/// What one run says of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Tenant and id of the job.
    pub job: (String, String),
    /// The check, or the figure of the run.
    pub name: String,
    /// The value is a share of the rows.
    pub share: bool,
    /// Digest of what is asked: of the rule, or of the whole job.
    pub meaning: String,
    /// The verdict, where it is a check.
    pub verdict: Option<String>,
    /// The figure, or the share of violating rows.
    pub value: Option<f64>,
    /// The run.
    pub run: String,
    /// When it began, in seconds since 1970.
    pub seconds: i64,
}

impl Point {
    /// Reads a row of [`query`].
    pub fn of(row: &[Value]) -> Option<Self> {
        let [tenant, job, kind, name, meaning, verdict, value, run, seconds] = row else {
            return None;
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            job: (text(tenant)?, text(job)?),
            share: kind == "share",
            name: text(name)?,
            meaning: text(meaning)?,
            verdict: text(verdict),
            value: value.as_f64(),
            run: text(run)?,
            seconds: seconds.as_i64()?,
        })
    }
}

/// What is different about one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// What is behind it.
    pub cause: Cause,
    /// In words.
    pub words: String,
    /// The first run that says so without another in between.
    pub since: Since,
}

/// What is different about the latest run of each job, by tenant and id. `points` hold the newest run first.
pub fn shifts(points: &[Point]) -> BTreeMap<(String, String), Vec<Shift>> {
    let mut latest: BTreeMap<&(String, String), &str> = BTreeMap::new();
    let mut series: BTreeMap<(&(String, String), &str), Vec<&Point>> = BTreeMap::new();
    for point in points {
        latest.entry(&point.job).or_insert(&point.run);
        series.entry((&point.job, &point.name)).or_default().push(point);
    }
    let mut found: BTreeMap<_, Vec<Shift>> = BTreeMap::new();
    for ((job, _), series) in series {
        let Some((now, earlier)) = series.split_first() else { continue };
        // What the latest run does not say is no longer asked.
        if latest.get(job) != Some(&now.run.as_str()) {
            continue;
        }
        if let Some(shift) = of_verdict(now, earlier).or_else(|| of_figure(now, earlier)) {
            found.entry(job.clone()).or_default().push(shift);
        }
    }
    found
}

/// A verdict of the same rule that is another than most of the earlier ones is told of the data; one of a rule that
/// means something else is told of the rule.
fn of_verdict(now: &Point, earlier: &[&Point]) -> Option<Shift> {
    let verdict = now.verdict.as_deref()?;
    let name = &now.name;
    let first =
        earlier.iter().take_while(|own| own.verdict == now.verdict && alike(own, now)).last();
    let since = since(first.unwrap_or(&now));
    let mut same_rule: Vec<_> = earlier.iter().filter(|own| alike(own, now)).collect();
    if same_rule.is_empty() {
        let before = earlier.first()?.verdict.as_deref().filter(|before| *before != verdict)?;
        let words = format!("{name}: {before} → {verdict}, and the rule means something else");
        return Some(Shift { cause: Cause::Rule, words, since });
    }
    // What could not be judged says nothing of the data, as where there was too little past.
    same_rule.retain(|own| verdict == UNJUDGED || own.verdict.as_deref() != Some(UNJUDGED));
    let others: Vec<_> = same_rule
        .iter()
        .filter_map(|own| own.verdict.as_deref())
        .filter(|own| *own != verdict)
        .collect();
    let (all, other) = (same_rule.len(), others.len());
    if (all - other) * 2 >= all {
        return None;
    }
    let usual = others.first().copied().unwrap_or_default();
    let words = format!(
        "{name}: {verdict} now, {usual} in {other} of {all} earlier runs of the same rule: the data is different"
    );
    Some(Shift { cause: Cause::Data, words, since })
}

/// A figure that is far from the earlier ones of the same meaning.
fn of_figure(now: &Point, earlier: &[&Point]) -> Option<Shift> {
    let value = now.value?;
    let mut values: Vec<f64> =
        earlier.iter().filter(|own| alike(own, now)).filter_map(|own| own.value).collect();
    if values.len() < FEWEST {
        return None;
    }
    let usual = middle(&mut values);
    let mut distances: Vec<f64> = values.iter().map(|own| (own - usual).abs()).collect();
    let least = if now.share { SHARE_OF_ROWS } else { SHARE_OF_MIDDLE * usual.abs() };
    let room = (SPREADS * NORMAL * middle(&mut distances)).max(least);
    // Not the other way round: a distance that is no number is none to rely on.
    if (value - usual).abs() <= room || !(value - usual).is_finite() {
        return None;
    }
    let shown = |value| if now.share { share(value) } else { number(value) };
    let what = if now.verdict.is_some() && now.share { " violating" } else { "" };
    let words = format!(
        "{}: {}{what} now, mostly {} in {} earlier runs of the same meaning: the data is different",
        now.name,
        shown(value),
        shown(usual),
        values.len()
    );
    Some(Shift { cause: Cause::Data, words, since: since(now) })
}

fn alike(one: &Point, other: &Point) -> bool {
    one.meaning == other.meaning
}

fn since(point: &Point) -> Since {
    Since { run: Some(point.run.clone()), seconds: point.seconds, ..Since::default() }
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

/// At most four digits that count.
fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    match usize::try_from(digits) {
        Ok(digits) => {
            let text = format!("{value:.digits$}");
            let short = if text.contains('.') { text.trim_end_matches('0') } else { &text };
            short.trim_end_matches('.').to_owned()
        }
        Err(_) => format!("{value:.0}"),
    }
}

fn share(value: f64) -> String {
    format!("{} %", number(value * 100.0))
}

/// How the results of a job stand: `age` is how many seconds ago its latest run was, and `stale` how many that
/// may be. What was not looked at for too long is not in order, whatever it said then.
pub fn standing(age: Option<i64>, stale: f64, differences: Vec<String>) -> (State, Vec<String>) {
    match age {
        None => (State::Unknown, vec!["it has not run".to_owned()]),
        Some(age) if age as f64 > stale => {
            (State::Stale, vec![format!("the latest run was {} hours ago", age / 3600)])
        }
        Some(_) if differences.is_empty() => (State::InSync, differences),
        Some(_) => (State::Shifted, differences),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_of_long_ago_is_not_a_good_one() {
        let day = 86_400;
        let standing = |age, differences: &[&str]| {
            let differences = differences.iter().map(|words| (*words).to_owned()).collect();
            standing(age, 2.0 * day as f64, differences)
        };
        assert_eq!(standing(Some(day), &[]), (State::InSync, Vec::new()));
        assert_eq!(standing(Some(day), &["x"]).0, State::Shifted);
        let (state, words) = standing(Some(3 * day), &["x"]);
        assert_eq!(
            (state, words),
            (State::Stale, vec!["the latest run was 72 hours ago".to_owned()])
        );
        assert_eq!(standing(None, &[]).0, State::Unknown);
    }

    fn point(at: usize, meaning: &str, verdict: Option<&str>, value: Option<f64>) -> Point {
        Point {
            job: ("shared".to_owned(), "j".to_owned()),
            name: "c".to_owned(),
            share: verdict.is_some(),
            meaning: meaning.to_owned(),
            verdict: verdict.map(str::to_owned),
            value,
            run: format!("run {at}"),
            seconds: -i64::try_from(at).unwrap_or_default(),
        }
    }

    fn told(points: &[Point]) -> Vec<(Cause, String, String)> {
        let found = shifts(points).into_values().flatten();
        found.map(|own| (own.cause, own.words, own.since.run.unwrap_or_default())).collect()
    }

    fn runs(verdicts: &[(&str, &str)]) -> Vec<(Cause, String, String)> {
        let points: Vec<_> = verdicts
            .iter()
            .enumerate()
            .map(|(at, (meaning, verdict))| point(at, meaning, Some(verdict), None))
            .collect();
        told(&points)
    }

    #[test]
    fn data_and_rules_are_told_apart() {
        let quiet: &[&[(&str, &str)]] = &[
            &[("a", "pass")],
            &[("a", "pass"), ("a", "pass"), ("a", "fail")],
            &[("a", "fail"), ("a", "fail"), ("a", "fail")],
            &[("b", "pass"), ("a", "pass")],
            &[("a", "fail"), ("a", "fail"), ("a", "pass")],
            &[("a", "pass"), ("a", "not_evaluated"), ("a", "not_evaluated")],
        ];
        for verdicts in quiet {
            assert_eq!(runs(verdicts), Vec::new(), "{verdicts:?}");
        }
        let data =
            runs(&[("a", "fail"), ("a", "fail"), ("a", "pass"), ("a", "pass"), ("a", "pass")]);
        let words =
            "c: fail now, pass in 3 of 4 earlier runs of the same rule: the data is different";
        assert_eq!(data, [(Cause::Data, words.to_owned(), "run 1".to_owned())]);
        let empty = runs(&[("a", "not_evaluated"), ("a", "pass"), ("a", "pass")]);
        let words = "c: not_evaluated now, pass in 2 of 2 earlier runs of the same rule: the data is different";
        assert_eq!(empty, [(Cause::Data, words.to_owned(), "run 0".to_owned())]);
        let rule = runs(&[("b", "fail"), ("a", "pass"), ("a", "pass")]);
        let words = "c: pass → fail, and the rule means something else";
        assert_eq!(rule, [(Cause::Rule, words.to_owned(), "run 0".to_owned())]);
    }

    fn figures(now: f64, earlier: &[f64], of_check: bool) -> Vec<String> {
        let verdict = of_check.then_some("pass");
        let values = [now].into_iter().chain(earlier.iter().copied()).enumerate();
        let points: Vec<_> =
            values.map(|(at, value)| point(at, "a", verdict, Some(value))).collect();
        told(&points).into_iter().map(|(_, words, _)| words).collect()
    }

    #[test]
    fn figures_far_from_what_is_usual_are_told_and_others_are_not() {
        let rows = [1000.0, 1010.0, 990.0, 1005.0, 995.0];
        assert_eq!(figures(1080.0, &rows, false), Vec::<String>::new());
        assert_eq!(figures(100.0, &rows[..4], false), Vec::<String>::new(), "too few to know");
        assert_eq!(
            figures(123.456, &rows, false),
            [
                "c: 123.5 now, mostly 1000 in 5 earlier runs of the same meaning: the data is different"
            ]
        );
        let clean = [0.0; 6];
        assert_eq!(figures(0.009, &clean, true), Vec::<String>::new());
        assert_eq!(
            figures(0.12, &clean, true),
            [
                "c: 12 % violating now, mostly 0 % in 6 earlier runs of the same meaning: the data is different"
            ]
        );
        assert_eq!(figures(f64::NAN, &clean, true), Vec::<String>::new());
    }

    #[test]
    fn figures_of_another_meaning_are_no_measure() {
        let mut points: Vec<_> = (0..9).map(|at| point(at, "a", None, Some(1.0))).collect();
        points[0] = point(0, "b", None, Some(100.0));
        assert_eq!(told(&points), Vec::new());
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (1.5, "1.5"), (123_456.0, "123456"), (0.000_123_46, "0.0001235")]
        {
            assert_eq!(number(value), text);
        }
    }
}
