//! A bundle comes from a registry: as it comes it goes to the disk, out of sight until it is whole.

use std::collections::BTreeMap;

use assay_schemas::bundle::{
    Arriving, Artifact, Descriptor, Folder, Growing, Integrity, Reader, artifact, layout, media,
};
use assay_schemas::digest::Digest;
use oci_client::RegistryOperation;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};

use crate::Error;
use crate::referrers::signatures;
use crate::wire::{TRIES, Wire, pause};

/// What a pull came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Digest of the bundle's manifest.
    pub digest: Digest,
    /// Blobs that came.
    pub fetched: usize,
    /// Blobs that were there.
    pub kept: usize,
    /// Bytes that came.
    pub bytes: u64,
}

/// Fetches what the place names.
pub(crate) async fn pull(wire: &Wire, folder: &Folder) -> Result<Pulled, Error> {
    wire.log_in(RegistryOperation::Pull).await?;
    let bytes = wire.manifest(&wire.place.name(), wire.place.digest()).await?;
    let bundle = artifact(bytes).map_err(Error::Integrity)?;
    if bundle.subject.is_some() {
        let words = "this is a signature, no bundle".to_owned();
        return Err(Error::Integrity(Integrity::Malformed(words)));
    }
    let mut pulled = Pulled { digest: bundle.digest, fetched: 0, kept: 0, bytes: 0 };
    let signatures = signatures(wire, bundle.digest).await?;
    if are_there(folder, &bundle, &signatures) {
        pulled.kept = [&bundle].into_iter().chain(&signatures).map(|one| one.blobs.len()).sum();
        return Ok(pulled);
    }
    let disk = |error| Error::disk(&folder.0, error);
    let arriving = folder.receive().map_err(disk)?;
    let mut artifacts = Vec::new();
    let mut blobs = BTreeMap::new();
    for (place, one) in [bundle].into_iter().chain(signatures).enumerate() {
        match fetch(wire, (&arriving, folder), &one, &mut pulled).await {
            Ok(()) => {
                blobs.extend(one.blobs.iter().map(|blob| (blob.digest, blob.clone())));
                artifacts.push(one);
            }
            // A signature that is not whole is none, as one that was never given.
            Err(Error::Missing(_)) if place > 0 => {}
            Err(error) => return Err(error),
        }
    }
    let config = artifacts[0].blobs.iter().find(|blob| blob.media_type == media::CONFIG);
    let config = match config {
        Some(config) => arriving.read(config.digest).map_err(disk)?,
        None => Vec::new(),
    };
    let files = layout(&artifacts, &config).map_err(Error::Integrity)?;
    let blobs: Vec<_> = blobs.into_values().collect();
    arriving.settle(&files, &blobs).map_err(disk)?.map_err(Error::Integrity)?;
    Ok(pulled)
}

/// Whether a folder holds the bundle, and at least these signatures. Its bytes are verified as they are read.
fn are_there(folder: &Folder, bundle: &Artifact, signatures: &[Artifact]) -> bool {
    let Ok(reader) = Reader::open(folder.clone()) else { return false };
    let there: Vec<_> = reader.artifacts().into_iter().map(|one| one.digest).collect();
    reader.artifact_digest() == bundle.digest
        && signatures.iter().all(|signature| there.contains(&signature.digest))
}

/// The blobs of an artifact.
async fn fetch(
    wire: &Wire,
    (arriving, folder): (&Arriving, &Folder),
    artifact: &Artifact,
    pulled: &mut Pulled,
) -> Result<(), Error> {
    let disk = |error| Error::disk(&folder.0, error);
    for blob in &artifact.blobs {
        if arriving.has(blob).map_err(disk)? {
            pulled.kept += 1;
            continue;
        }
        let mut growing = arriving.growing(blob).map_err(disk)?;
        let download = Download { wire, folder, blob };
        pulled.bytes += download.whole(&mut growing).await?;
        pulled.fetched += 1;
    }
    Ok(())
}

/// A blob on its way here.
struct Download<'a> {
    wire: &'a Wire,
    folder: &'a Folder,
    blob: &'a Descriptor,
}

impl Download<'_> {
    /// Fetches what is missing, however often it breaks off, as long as there is some progress. The number of bytes
    /// that came.
    async fn whole(&self, growing: &mut Growing) -> Result<u64, Error> {
        let mut tries = 0;
        let mut came = 0;
        // What an earlier attempt left may be damaged, and is then fetched anew.
        let mut old = growing.length() > 0;
        loop {
            let before = growing.length();
            let broke = self.rest(growing, &mut came).await;
            match broke {
                Ok(()) => match growing.finish().map_err(|error| self.disk(error))? {
                    Err(_) if old => old = false,
                    verdict => return verdict.map(|()| came).map_err(Error::Integrity),
                },
                Err(error) if error.is_temporary() => {
                    if growing.length() > before {
                        tries = 0;
                    }
                    if tries >= TRIES {
                        return Err(error);
                    }
                    pause(&mut tries, None).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for the bytes that are missing, and takes as many as come.
    async fn rest(&self, growing: &mut Growing, came: &mut u64) -> Result<(), Error> {
        if growing.length() == self.blob.size && self.blob.size > 0 {
            return Ok(());
        }
        let mut answer = self.answer(growing).await?;
        while let Some(chunk) = answer.chunk().await.map_err(Error::of_request)? {
            *came += chunk.len() as u64;
            if !growing.add(&chunk).map_err(|error| self.disk(error))? {
                growing.restart().map_err(|error| self.disk(error))?;
                let (digest, size) = (self.blob.digest, self.blob.size);
                return Err(Error::Integrity(Integrity::Malformed(format!(
                    "the registry gives more than {size} bytes for {digest}"
                ))));
            }
        }
        match growing.length() == self.blob.size {
            true => Ok(()),
            false => Err(Error::Unreachable(format!(
                "{} of {} bytes came",
                growing.length(),
                self.blob.size
            ))),
        }
    }

    /// An answer whose bytes follow those that are there.
    async fn answer(&self, growing: &mut Growing) -> Result<Response, Error> {
        let wire = self.wire;
        let url = wire.url(&format!("blobs/{}", self.blob.digest))?;
        let what = format!("`{}`", wire.place.shown(&self.blob.digest.to_string()));
        let from = growing.length();
        let request = || match wire.request(Method::GET, &url) {
            request if from > 0 => request.header(RANGE, format!("bytes={from}-")),
            request => request,
        };
        let answer = wire.ask(&what, &request).await?;
        let follows = || {
            let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
            Some(range.strip_prefix("bytes ")?.split_once('-')?.0.parse::<u64>().ok()? == from)
        };
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if follows() == Some(true) => Ok(answer),
            // It gives everything, whatever it was asked.
            StatusCode::OK => {
                growing.restart().map_err(|error| self.disk(error))?;
                Ok(answer)
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                growing.restart().map_err(|error| self.disk(error))?;
                Err(Error::Unreachable("the registry does not go on where it broke off".to_owned()))
            }
            _ => Err(wire.fault(&what, answer).await),
        }
    }

    fn disk(&self, error: std::io::Error) -> Error {
        Error::disk(&self.folder.0, error)
    }
}
