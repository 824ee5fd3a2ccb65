//! `assayc sign`: say with a key what a bundle is.

use std::fs;
use std::path::PathBuf;

use assay_schemas::exit::Exit;
use assay_schemas::trust::{Claims, Envelope, PrivateKey, Shared, Statement};
use clap::Args;
use serde_json::json;

use super::project::Ground;
use super::review::short;
use super::{CommandError, Output};
use crate::store::{self, StoreError};
use assay_schemas::shell;

/// How many commits of a branch are counted.
const COUNTED: usize = 1_000_000;

/// Sign a bundle: a DSSE envelope over an in-toto statement with SLSA provenance, which binds the bundle to its
/// environment, its commit and its number. The bundle itself stays as it is; several keys may sign.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  openssl genpkey -algorithm ed25519 -out key.pem         a key; its public half:
  openssl pkey -in key.pem -pubout -out key.pub
  assayc sign .assay/bundles/prod --key key.pem
  assayc sign .assay/bundles/prod --key key.pem --key second.pem
  assayc verify .assay/bundles/prod --trust trust.json

The number is that of the commit on its branch, counted from the first, so that later bundles have greater ones.")]
pub(super) struct Sign {
    /// Folder of the bundle.
    bundle: PathBuf,
    /// File with a private key: Ed25519 or ECDSA P-256, PKCS #8, PEM.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// The bundle's place among those of its environment; by default the number of its commit.
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    /// Who compiled it, as a URI.
    #[arg(long, default_value = "https://assay.dev/assayc", value_name = "URI")]
    builder: String,
    /// Where the commit is to be found, as a URI; said in the provenance.
    #[arg(long, value_name = "URI")]
    repository: Option<String>,
    #[command(flatten)]
    ground: Ground,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Sign {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let keys: Vec<_> = self.key.iter().map(read).collect::<Result<_, _>>()?;
        let reader = store::open(&self.bundle)?;
        let integrity = |source| StoreError::Integrity { folder: self.bundle.clone(), source };
        reader.verify().map_err(integrity)?;
        let Some(commit) = reader.revision() else {
            return Err(CommandError::Usage {
                message: "the bundle was compiled from files on disk, which nobody can look up"
                    .to_owned(),
                hint: Some(format!(
                    "seal it from a commit: `assayc build --env {}{}`",
                    reader.config().environment,
                    shell::option("output", &self.bundle.to_string_lossy())
                )),
            });
        };
        let sequence = match self.sequence {
            Some(sequence) => sequence,
            None => {
                let line = self.ground.repository()?.line(commit, COUNTED)?;
                // Where a shallow clone ends, the count would be too low, and the next one higher by chance.
                let whole = line.last().is_some_and(|first| first.parents.is_empty());
                if !whole {
                    return Err(CommandError::Usage {
                        message: "the clone is shallow, so the number of the commit is not known"
                            .to_owned(),
                        hint: Some(
                            "fetch the whole history, or say it with `--sequence`".to_owned(),
                        ),
                    });
                }
                line.len() as u64
            }
        };
        let facts = reader.facts();
        let statement = Statement::of(&Claims {
            artifact_digest: facts.artifact_digest,
            environment: facts.environment.clone(),
            sequence,
            content_digest: facts.content_digest,
            core_digest: facts.core_digest,
            commit: commit.to_owned(),
            libraries: reader
                .libraries()
                .iter()
                .filter_map(|(name, from)| library(name, from))
                .collect(),
            repository: self.repository.clone(),
            builder: self.builder.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        let mut signed = Vec::new();
        for key in &keys {
            let envelope = Envelope::sign(&statement, key);
            let bytes = assay_schemas::canonical::text(&envelope).into_bytes();
            // What was signed before stays.
            let reader = store::open(&self.bundle)?;
            store::add(&self.bundle, &reader.signed(&bytes))?;
            signed.push(key.public().id());
        }
        let text = if self.format == "json" {
            let facts = json!({ "environment": facts.environment, "sequence": sequence, "keys": signed,
                "artifact_digest": facts.artifact_digest, "commit": commit });
            format!("{facts}\n")
        } else {
            let names: Vec<_> = signed.iter().map(|id| short(Some(id))).collect();
            format!(
                "signed: {} number {sequence}, commit {}\n  artifact {}\n  by       {}\n",
                facts.environment,
                short(Some(commit)),
                facts.artifact_digest,
                names.join(", ")
            )
        };
        output.print(&text);
        Ok(Exit::Success)
    }
}

fn read(path: &PathBuf) -> Result<PrivateKey, CommandError> {
    let wrong = |reason: String| CommandError::Usage {
        message: format!("`{}` is no key to sign with: {reason}", path.display()),
        hint: None,
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    PrivateKey::from_pem(&text).map_err(wrong)
}

/// A shared library, from what the bundle says of it: `git@commit digest`.
fn library(name: &str, from: &str) -> Option<Shared> {
    let (place, digest) = from.rsplit_once(' ')?;
    let (git, commit) = place.rsplit_once('@')?;
    Some(Shared {
        name: name.to_owned(),
        git: git.to_owned(),
        commit: commit.to_owned(),
        content_digest: digest.to_owned(),
    })
}
