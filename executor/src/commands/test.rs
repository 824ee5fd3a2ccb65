//! `assay test`: run the fixtures of rules.

use std::path::PathBuf;

use assay_schemas::exit::Exit;
use clap::Args;

use super::bundle::BundleArgs;
use super::{CommandError, Output};
use crate::fixture;
use crate::report::fixtures::{self, Detail};
use crate::report::terminal::Style;

/// Run the unit tests of rules: the fixtures of rule sets and contracts, without any data.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay test                                    every fixture of the bundle of `dev`
  assay test trip-rules                         those of one rule set or contract
  assay test 'negative-*' trip-rules/late       fixtures by name; `*` stands for any letters
  assay test --require-coverage --junit fixtures.xml   in a pull request

Seal the bundle first: assayc build --env dev. The exit code is 0 where every expectation holds,
41 where one does not or, with --require-coverage, a rule is left that no fixture makes fail,
43 where a fixture could not be run, 44 where there is no fixture.")]
pub(super) struct Test {
    /// Rule sets, contracts, fixtures, or both as `trip-rules/late`; none means all.
    names: Vec<String>,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Fail where a rule is left that no fixture makes fail.
    #[arg(long, conflicts_with = "names")]
    require_coverage: bool,
    /// Show how long each fixture took.
    #[arg(long)]
    timings: bool,
    /// Also write the result as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "junit"])]
    format: String,
}

impl Test {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let tested = fixture::test(&self.bundle.open()?, &self.names)?;
        let text = match self.format.as_str() {
            "json" => fixtures::json(&tested)?,
            "junit" => fixtures::junit::render(&tested, self.require_coverage)?,
            _ => {
                let detail = Detail { timings: self.timings };
                fixtures::render(&tested, detail, Style { colour: output.colour })
            }
        };
        output.print(&text);
        if let Some(path) = &self.junit {
            super::report::write(path, &fixtures::junit::render(&tested, self.require_coverage)?)?;
        }
        Ok(tested.exit(self.require_coverage))
    }
}
