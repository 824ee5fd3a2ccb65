//! A bundle goes to a registry: blobs, manifests, what lists the signatures, and last the tag.

use assay_schemas::bundle::{Artifact, Descriptor, Folder, Reader, media};
use assay_schemas::digest::Digest;
use oci_client::RegistryOperation;
use reqwest::{Method, StatusCode};

use crate::Error;
use crate::referrers;
use crate::sessions::Sessions;
use crate::upload::Upload;
use crate::wire::Wire;

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Digest of the bundle's manifest.
    pub digest: Digest,
    /// Blobs that were sent.
    pub sent: usize,
    /// Blobs that the registry had, here or in another repository.
    pub kept: usize,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Signatures that went along.
    pub signatures: usize,
}

/// Sends the bundle in a folder to the place.
pub(crate) async fn push(wire: &Wire, folder: &Folder, others: &[String]) -> Result<Pushed, Error> {
    let reader = Reader::open(folder.clone()).map_err(Error::Integrity)?;
    reader.verify().map_err(Error::Integrity)?;
    let artifacts = reader.artifacts();
    let digest = reader.artifact_digest();
    wire.log_in(RegistryOperation::Push).await?;
    let mut pushed = Pushed { digest, sent: 0, kept: 0, bytes: 0, signatures: artifacts.len() - 1 };
    let mut sessions = Sessions::beside(folder, &wire.place);
    let mut put = Vec::new();
    for artifact in &artifacts {
        for blob in &artifact.blobs {
            if has(wire, blob).await? {
                pushed.kept += 1;
                continue;
            }
            let upload = Upload { wire, blob, others, source: &reader };
            let sent = upload.send(&mut sessions).await?;
            match sent {
                None => pushed.kept += 1,
                Some(bytes) => {
                    pushed.sent += 1;
                    pushed.bytes += bytes;
                }
            }
        }
        let answer = manifest(wire, artifact, &artifact.digest.to_string()).await?;
        if artifact.digest != digest {
            put.push((artifact, answer));
        }
    }
    referrers::list(wire, digest, &put).await?;
    if let Some(tag) = wire.place.tag() {
        manifest(wire, &artifacts[0], &tag).await?;
    }
    sessions.forget();
    Ok(pushed)
}

async fn manifest(
    wire: &Wire,
    artifact: &Artifact,
    name: &str,
) -> Result<reqwest::Response, Error> {
    wire.put(name, &artifact.manifest, media::MANIFEST).await
}

/// Whether the repository has a blob.
pub(crate) async fn has(wire: &Wire, blob: &Descriptor) -> Result<bool, Error> {
    let url = wire.url(&format!("blobs/{}", blob.digest))?;
    let what = format!("`{}`", wire.place.shown(&blob.digest.to_string()));
    let answer = wire.ask(&what, &|| wire.request(Method::HEAD, &url)).await?;
    match answer.status() {
        StatusCode::OK => Ok(true),
        StatusCode::NOT_FOUND => Ok(false),
        _ => Err(wire.fault(&what, answer).await),
    }
}
