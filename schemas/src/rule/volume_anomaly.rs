//! `volume_anomaly`: the number of rows is as the past lets expect.

use super::anomaly::{Parameters, of_the_past};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Measure, Metric};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct VolumeAnomaly;

impl Rule for VolumeAnomaly {
    type Parameters = Parameters;
    const NAME: &'static str = "volume_anomaly";
    const DOC: Doc = Doc {
        summary: "The number of rows is as earlier runs let expect.",
        semantics: of_the_past!("The number of rows after cleansing that pass `where`"),
        good: "rule_id: usual-volume\nrule_type: volume_anomaly\nparameters: {method: seasonal, period: 7}\n",
        bad: "rule_id: usual-volume\nrule_type: volume_anomaly\nparameters: {method: seasonal}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.watch().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "rows are counted whatever they hold")?;
        let rows = Measure::Metric { metric: Metric::rows() };
        Ok(parameters.watch().lower("the number of rows", Vec::new(), rows))
    }
}
