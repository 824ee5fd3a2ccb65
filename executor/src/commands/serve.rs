//! `assay serve`: run jobs when asked, from a bundle that moves on.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay_schemas::digest::Digest;
use assay_schemas::exit::Exit;
use clap::Args;

use super::bundle::BundleArgs;
use super::{CommandError, Output};
use crate::http::{self, Service};
use crate::serve::{Kept, Looked, Refused};

/// Run jobs when asked over HTTP, from the bundle of a place that is looked at again and again. A bundle that is
/// refused there takes nothing over: the last good one stays in use.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay serve --env prod --trust trust.json
  assay serve --bundle oci://registry.example.com/quality/prod:live --trust trust.json --every 60
  curl --json '{}' http://127.0.0.1:8420/jobs/taxi-trips-monthly/runs
  curl http://127.0.0.1:8420/health

The answer to a run has its exit code as `assay run` would have ended. `/health` is 200 as long as the bundle in use
holds, with what was refused since. `ASSAY_SERVE_TOKEN` is what others must say as `Authorization: Bearer`; without,
only this machine is answered.

Exit codes: 9 or 11 where it begins without any bundle that holds")]
pub(super) struct Serve {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Address to listen at; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8420", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Seconds between two looks at the place of the bundle.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let token = std::env::var("ASSAY_SERVE_TOKEN").ok().filter(|token| !token.is_empty());
        if token.is_none() && !http::is_local(&self.listen) {
            return Err(CommandError::Usage(format!(
                "`{}` is open to other machines: set `ASSAY_SERVE_TOKEN` to what they must know",
                self.listen
            )));
        }
        let place = self.bundle.named();
        let copies = self.bundle.project().join(".assay").join("serving");
        let copies = copies.join(Digest::of_bytes(place.as_bytes()).short());
        let kept = Kept::in_folder(copies.clone(), self.bundle.policy()).map_err(|error| {
            CommandError::Usage(match error.kind() {
                ErrorKind::WouldBlock => {
                    format!(
                        "another `assay serve` runs {place} from here: name another `--project`"
                    )
                }
                _ => format!("`{}` cannot be written: {error}", copies.display()),
            })
        })?;
        let first = kept.look(self.place());
        if let Looked::Refused(refused) = &first {
            // One from before may still hold.
            if kept.open().is_err() {
                output.note(&format!("error: {}\n", refused.reason));
                return Ok(exit(refused.exit));
            }
        }
        tell(output, &first);
        let listener = TcpListener::bind(self.listen).map_err(|error| {
            CommandError::Usage(format!("`{}` cannot be listened at: {error}", self.listen))
        })?;
        let address = listener.local_addr().unwrap_or(self.listen);
        let service = Arc::new(Service {
            kept,
            root: self.bundle.project().to_owned(),
            results: self.results.as_ref().map(|path| path.to_string_lossy().into_owned()),
            token,
            running: Mutex::new(()),
        });
        output.print(&format!("serving {place} at http://{address}\n"));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| self.look_again(output, &service.kept, &over));
            if let Err(error) = http::answer_all(&listener, &service) {
                output.note(&format!("error: the listener failed: {error}\n"));
            }
            over.store(true, Ordering::SeqCst);
        });
        Ok(Exit::Internal)
    }

    fn look_again(&self, output: &Output, kept: &Kept, over: &AtomicBool) {
        while !over.load(Ordering::SeqCst) {
            // In short naps, so that the end is not slept through.
            for _ in 0..self.every {
                std::thread::sleep(Duration::from_secs(1));
                if over.load(Ordering::SeqCst) {
                    return;
                }
            }
            tell(output, &kept.look(self.place()));
        }
    }

    /// Where the bundle lies now, once what is to be fetched is there.
    fn place(&self) -> Result<PathBuf, Refused> {
        self.bundle
            .folder()
            .map_err(|error| Refused { exit: error.exit().code(), reason: error.to_string() })
    }
}

fn tell(output: &Output, looked: &Looked) {
    match looked {
        Looked::Same => {}
        Looked::Taken(bundle) => {
            let number = bundle.sequence.map_or_else(String::new, |n| format!(", number {n}"));
            output.print(&format!(
                "in use: {} {}{number}\n",
                bundle.environment, bundle.artifact_digest
            ));
        }
        Looked::Refused(refused) => output.note(&format!(
            "refused ({}): {}; the last good bundle stays in use\n",
            refused.exit, refused.reason
        )),
    }
}

fn exit(code: u8) -> Exit {
    Exit::ALL.iter().copied().find(|exit| exit.code() == code).unwrap_or(Exit::Internal)
}
