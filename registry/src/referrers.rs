//! What refers to a bundle: listed by the registry itself, or under the tag that stands in for such a list.

use assay_schemas::bundle::{Artifact, artifact, media};
use assay_schemas::canonical;
use assay_schemas::digest::Digest;
use reqwest::header::LINK;
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};

use crate::Error;
use crate::wire::{Wire, read};

/// The header by which a registry says that it lists what refers to a manifest.
const LISTED: &str = "OCI-Subject";
/// Referrers of one bundle that are looked at.
const MOST: usize = 1_000;
/// Largest page of a list.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// The signatures that refer to a bundle. What calls itself one and is none counts as little as one that was never
/// given.
pub(crate) async fn signatures(wire: &Wire, bundle: Digest) -> Result<Vec<Artifact>, Error> {
    let listed = match own_list(wire, bundle).await? {
        Some(listed) => listed,
        None => tagged_list(wire, bundle).await?,
    };
    let mut signatures: Vec<Artifact> = Vec::new();
    for pointer in listed.iter().filter(|own| own["artifactType"] == media::SIGNATURE).take(MOST) {
        let Some(digest) = pointer["digest"].as_str().and_then(Digest::parse) else { continue };
        let bytes = match wire.manifest(&digest.to_string(), Some(digest)).await {
            Ok(bytes) => bytes,
            Err(Error::Missing(_)) => continue,
            Err(error) => return Err(error),
        };
        let known = signatures.iter().any(|known| known.digest == digest);
        match artifact(bytes) {
            Ok(signature) if signature.subject == Some(bundle) && !known => {
                signatures.push(signature);
            }
            _ => {}
        }
    }
    Ok(signatures)
}

/// Sees to it that signatures are found, once they were put: where the registry does not list them, the list under
/// the tag does.
pub(crate) async fn list(
    wire: &Wire,
    bundle: Digest,
    put: &[(&Artifact, Response)],
) -> Result<(), Error> {
    let unlisted: Vec<_> =
        put.iter().filter(|(_, answer)| !answer.headers().contains_key(LISTED)).collect();
    if unlisted.is_empty() {
        return Ok(());
    }
    // Somebody else may write the list at the same time; what was lost is added again.
    for _ in 0..4 {
        let mut listed = tagged_list(wire, bundle).await?;
        let before = listed.len();
        for (signature, _) in &unlisted {
            let own = json!({
                "mediaType": media::MANIFEST, "digest": signature.digest,
                "size": signature.manifest.len(), "artifactType": media::SIGNATURE,
            });
            if !listed.iter().any(|known| known["digest"] == own["digest"]) {
                listed.push(own);
            }
        }
        if listed.len() == before {
            return Ok(());
        }
        let index =
            json!({ "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": listed });
        let bytes = canonical::text(&index).into_bytes();
        wire.put(&tag(bundle), &bytes, media::OCI_INDEX).await?;
    }
    Err(Error::Unreachable("others keep writing the list of signatures".to_owned()))
}

/// The tag that stands in for the list of what refers to a manifest.
fn tag(bundle: Digest) -> String {
    bundle.to_string().replace(':', "-")
}

/// What the registry lists; `None` where it lists nothing at all.
async fn own_list(wire: &Wire, bundle: Digest) -> Result<Option<Vec<Value>>, Error> {
    let mut url = wire.url(&format!("referrers/{bundle}"))?;
    url.query_pairs_mut().append_pair("artifactType", media::SIGNATURE);
    let mut listed = Vec::new();
    let mut next = Some(url);
    while let Some(url) = next.take() {
        let what = format!("what refers to `{}`", wire.place.shown(&bundle.to_string()));
        let mut answer = wire.ask(&what, &|| wire.request(Method::GET, &url)).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(wire.fault(&what, answer).await);
            }
            // A registry that never heard of such lists.
            _ => return Ok(None),
        }
        next = following(&answer, wire).filter(|_| listed.len() < MOST);
        let bytes = read(&mut answer, MAX_PAGE).await?;
        let Some(page) = index(&bytes) else { return Ok(None) };
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    Ok(Some(listed))
}

/// What is listed under the tag.
async fn tagged_list(wire: &Wire, bundle: Digest) -> Result<Vec<Value>, Error> {
    match wire.manifest(&tag(bundle), None).await {
        Ok(bytes) => Ok(index(&bytes).unwrap_or_default()),
        Err(Error::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What an index lists; `None` where it is none.
fn index(bytes: &[u8]) -> Option<Vec<Value>> {
    let index: Value = serde_json::from_slice(bytes).ok()?;
    index["manifests"].as_array().cloned()
}

/// Where a list goes on, in the same registry.
fn following(answer: &Response, wire: &Wire) -> Option<Url> {
    let link = answer.headers().get(LINK)?.to_str().ok()?;
    let (target, kind) = link.trim().strip_prefix('<')?.split_once('>')?;
    let url = answer.url().join(target).ok().filter(|_| kind.contains("next"))?;
    let home = wire.url("").ok()?.origin();
    Some(url).filter(|url| url.origin() == home)
}
