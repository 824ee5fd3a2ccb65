//! Which bundle and which results a command works on; the arguments that commands share.

use std::path::{Path, PathBuf};

use assay_registry::{Login, Place, Registry, SCHEME};
use assay_schemas::bundle::Folder;
use assay_schemas::shell;
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
    /// Folder of the bundle instead of the environment's; or `oci://host/name@sha256:…`, which is fetched once and
    /// kept.
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

    /// The place of the bundle, as it was named.
    pub(super) fn named(&self) -> String {
        match &self.bundle {
            None => self.project().join(".assay").join("bundles").join(&self.env),
            Some(place) => place.clone(),
        }
        .to_string_lossy()
        .into_owned()
    }

    /// The folder that holds the bundle, which is fetched where it lies in a registry.
    pub(super) fn folder(&self) -> Result<PathBuf, CommandError> {
        let named = self.named();
        if named.starts_with(SCHEME) { self.fetched(&named) } else { Ok(PathBuf::from(named)) }
    }

    /// The bundle, opened.
    pub(super) fn open(&self) -> Result<Bundle, CommandError> {
        let folder = self.folder()?;
        match self.policy() {
            Some(policy) => {
                Ok(Bundle::open_trusted(&folder, &policy, Timestamp::now().as_second())?)
            }
            None => Ok(Bundle::open(&folder)?),
        }
    }

    /// The trust policy, where there is one.
    pub(super) fn policy(&self) -> Option<PathBuf> {
        let named = std::env::var_os("ASSAY_TRUST").filter(|name| !name.is_empty());
        self.trust.clone().or_else(|| named.map(PathBuf::from))
    }

    /// The folder of a bundle of a registry. One that is there already was verified when it came, and is again as
    /// it is read.
    fn fetched(&self, text: &str) -> Result<PathBuf, CommandError> {
        let place = Place::parse(text)?;
        let registry = Registry::at(&place, Login::of_environment())?;
        let digest = registry.resolve()?;
        let folder = self.project().join(".assay").join("fetched").join(digest.hex());
        let folder = Folder(folder);
        // Signatures may have come since, which matter where somebody looks at them.
        if !folder.exists() || self.policy().is_some() {
            let pinned = Place::parse(&place.at(digest))?;
            Registry::at(&pinned, Login::of_environment())?.pull(&folder)?;
        }
        Ok(folder.0)
    }

    /// The options that name the bundle, for commands that are printed to be typed.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        if self.project != Path::new(".") {
            options.push(shell::option("project", &self.project.to_string_lossy()));
        }
        match &self.bundle {
            Some(bundle) => options.push(shell::option("bundle", &bundle.to_string_lossy())),
            None if self.env != "dev" => options.push(shell::option("env", &self.env)),
            None => {}
        }
        if let Some(trust) = &self.trust {
            options.push(shell::option("trust", &trust.to_string_lossy()));
        }
        options
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
    /// The options that name the results, for commands that are printed to be typed.
    pub(super) fn options(&self) -> String {
        let mut options = self.bundle.options();
        if let Some(results) = &self.results {
            options.push(shell::option("results", &results.to_string_lossy()));
        }
        options.concat()
    }

    /// The lake. With `--results`, no bundle is needed.
    pub(super) fn lake(&self) -> Result<Lake, CommandError> {
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.bundle.project().join(self.bundle.open()?.results()?),
        };
        Ok(Lake::at(&location.to_string_lossy()))
    }
}
