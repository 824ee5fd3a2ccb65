//! Which bundle and which results a command works on; the arguments that commands share.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::CommandError;
use crate::lake::Lake;
use crate::load::{Bundle, Job};

/// The bundle.
#[derive(Clone, Debug, Args)]
pub(super) struct BundleArgs {
    /// Folder of the project, from which relative paths start.
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// Environment, for the bundle in `.assay/bundles/<environment>`.
    #[arg(long, default_value = "dev", value_name = "NAME")]
    env: String,
    /// Folder of the bundle, instead of the environment's.
    #[arg(long, value_name = "DIR", conflicts_with = "env")]
    bundle: Option<PathBuf>,
    /// Policy that says whose signatures count; without enough of them nothing is run. `ASSAY_TRUST` in the
    /// environment names one, too.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

impl BundleArgs {
    /// The folder of the project; `.` is no part of the paths below it.
    pub(super) fn project(&self) -> &Path {
        self.project.strip_prefix(".").unwrap_or(&self.project)
    }

    /// The bundle, opened.
    pub(super) fn open(&self) -> Result<Bundle, CommandError> {
        let folder = self
            .bundle
            .clone()
            .unwrap_or_else(|| self.project().join(".assay").join("bundles").join(&self.env));
        let named = std::env::var_os("ASSAY_TRUST").filter(|name| !name.is_empty());
        match self.trust.clone().or_else(|| named.map(PathBuf::from)) {
            Some(policy) => {
                Ok(Bundle::open_trusted(&folder, &policy, Timestamp::now().as_second())?)
            }
            None => Ok(Bundle::open(&folder)?),
        }
    }

    /// A job of the bundle.
    pub(super) fn job(&self, id: &str, tenant: Option<&str>) -> Result<Job, CommandError> {
        Ok(self.open()?.job(id, tenant)?)
    }
}

/// The results: of the bundle's environment, or a location of one's own.
#[derive(Clone, Debug, Args)]
pub(super) struct LakeArgs {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location: a folder or a `.duckdb` file, instead of the environment's.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
}

impl LakeArgs {
    /// The lake. With `--results`, no bundle is needed.
    pub(super) fn lake(&self) -> Result<Lake, CommandError> {
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.bundle.project().join(self.bundle.open()?.results()?),
        };
        Ok(Lake::at(&location.to_string_lossy()))
    }
}
