//! Drift that data, results and overrides tell: whether what runs is what was meant to run, and on what it was
//! meant to. Nothing is ever mended here. Drift of branches and of what bundles are made from is the compiler's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// What is found of one class, of one job where the class is of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is compared.
    pub class: Class,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// How it stands.
    pub state: State,
    /// What is different, one a line; never empty where it is not in order.
    pub differences: Vec<String>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The bundle that the latest runs were of, with the bundle that is there.
    Bundle,
    /// The columns of the data, with those that the contract declares.
    DataSchema,
    /// The verdicts of the latest run, with those of earlier ones.
    Results,
    /// The overrides that there are, with none.
    Override,
}

/// How a class stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Bundle: runs are of it. Results: verdicts are what they were.
    InSync,
    /// Schema: as declared. Overrides: there is none.
    None,
    /// Bundle: the latest run is of another one.
    Behind,
    /// Schema: more columns, or in another order.
    Compatible,
    /// Schema: columns are missing or of another type.
    Breaking,
    /// Results: verdicts are others than they mostly were.
    Shifted,
    /// Overrides: some hold.
    Active,
    /// Overrides: some have expired, or are refused.
    Expired,
    /// Nothing has been compared for too long.
    Stale,
    /// There is nothing to compare.
    Unknown,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Bundle, Self::DataSchema, Self::Results, Self::Override];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::DataSchema => "data_schema",
            Self::Results => "results",
            Self::Override => "override",
        }
    }
}

impl State {
    /// Whether all is as it should be.
    pub fn is_in_order(self) -> bool {
        matches!(self, Self::InSync | Self::None)
    }

    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::None => "none",
            Self::Behind => "behind",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
            Self::Shifted => "shifted",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
        }
    }
}

/// One verdict of one run, the newest run of a job first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The job.
    pub job: String,
    /// The check.
    pub check_id: String,
    /// Digest of what the rule meant.
    pub rule_digest: String,
    /// The verdict.
    pub verdict: String,
}

impl Judged {
    /// Reads a row of job, check, digest and verdict.
    pub fn of(row: &[Value]) -> Option<Self> {
        let text = |at: usize| Some(row.get(at)?.as_str()?.to_owned());
        Some(Self { job: text(0)?, check_id: text(1)?, rule_digest: text(2)?, verdict: text(3)? })
    }
}

/// What is different about the latest verdicts of each job. A verdict of the same rule that is another than
/// most of the earlier ones is told of the data; one of a rule that means something else is told of the rule.
pub fn shifts(judged: &[Judged]) -> BTreeMap<String, Vec<String>> {
    let mut series: BTreeMap<(&str, &str), Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        series.entry((&one.job, &one.check_id)).or_default().push(one);
    }
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((job, check), series) in series {
        let differences = found.entry(job.to_owned()).or_default();
        let Some((now, earlier)) = series.split_first() else { continue };
        let alike = earlier.iter().filter(|one| one.rule_digest == now.rule_digest);
        let alike: Vec<_> = alike.collect();
        if alike.is_empty() {
            if let Some(before) = earlier.first().filter(|before| before.verdict != now.verdict) {
                differences.push(format!(
                    "{check}: {} → {}, and the rule means something else",
                    before.verdict, now.verdict
                ));
            }
            continue;
        }
        let same = alike.iter().filter(|one| one.verdict == now.verdict).count();
        if same * 2 < alike.len() {
            let usual =
                alike.iter().map(|one| one.verdict.as_str()).filter(|own| *own != now.verdict);
            let usual: Vec<_> = usual.collect();
            differences.push(format!(
                "{check}: {} now, {} in {} of {} earlier runs of the same rule: the data is different",
                now.verdict, usual.first().copied().unwrap_or_default(), alike.len() - same, alike.len()
            ));
        }
    }
    found
}

/// How the results of a job stand: `age` is how many seconds ago its latest run was, and `stale` how many that
/// may be. What was not looked at for too long is not in order, whatever it said then.
pub fn results(age: Option<i64>, stale: f64, differences: Vec<String>) -> (State, Vec<String>) {
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
            results(age, 2.0 * day as f64, differences)
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

    fn runs(verdicts: &[(&str, &str)]) -> Vec<String> {
        let judged: Vec<_> = verdicts
            .iter()
            .map(|(rule_digest, verdict)| Judged {
                job: "j".to_owned(),
                check_id: "c".to_owned(),
                rule_digest: (*rule_digest).to_owned(),
                verdict: (*verdict).to_owned(),
            })
            .collect();
        shifts(&judged).remove("j").unwrap_or_default()
    }

    #[test]
    fn data_and_rules_are_told_apart() {
        let quiet: &[&[(&str, &str)]] = &[
            &[("a", "pass")],
            &[("a", "pass"), ("a", "pass"), ("a", "fail")],
            &[("a", "fail"), ("a", "fail"), ("a", "fail")],
            &[("b", "pass"), ("a", "pass")],
            &[("a", "fail"), ("a", "fail"), ("a", "pass")],
        ];
        for verdicts in quiet {
            assert_eq!(runs(verdicts), Vec::<String>::new(), "{verdicts:?}");
        }
        let data = runs(&[("a", "fail"), ("a", "pass"), ("a", "pass"), ("b", "fail")]);
        assert_eq!(
            data,
            ["c: fail now, pass in 2 of 2 earlier runs of the same rule: the data is different"]
        );
        let rule = runs(&[("b", "fail"), ("a", "pass"), ("a", "pass")]);
        assert_eq!(rule, ["c: pass → fail, and the rule means something else"]);
    }
}
