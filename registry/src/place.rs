//! Places in registries: `oci://host/name:tag`, or `oci://host/name@sha256:…`.

use assay_schemas::digest::Digest;
use oci_client::Reference;

use crate::Error;

/// What a place begins with.
pub const SCHEME: &str = "oci://";

/// The tag of a place that names none.
const LATEST: &str = "latest";

/// A bundle in a repository of a registry, by its tag or by the digest of its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Reference);

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// It does not begin with [`SCHEME`], or is no reference.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Reference(text.to_owned());
        let rest = text.strip_prefix(SCHEME).ok_or_else(wrong)?;
        // A name without a host is of a registry that nobody named.
        let named = rest.split_once('/').is_some_and(|(host, _)| {
            host == "localhost" || host.contains('.') || host.contains(':')
        });
        let reference = rest.parse::<Reference>().ok().filter(|_| named).ok_or_else(wrong)?;
        let sound = reference.digest().is_none_or(|digest| Digest::parse(digest).is_some());
        if sound { Ok(Self(reference)) } else { Err(wrong()) }
    }

    /// Whether the registry is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.0.registry().rsplit_once(':').map_or(self.0.registry(), |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }

    /// How a bundle of the same repository is named for good.
    pub fn at(&self, digest: Digest) -> String {
        format!("{SCHEME}{}/{}@{digest}", self.0.registry(), self.0.repository())
    }

    /// The digest that it names.
    pub fn digest(&self) -> Option<Digest> {
        self.0.digest().and_then(Digest::parse)
    }

    /// Its tag; `None` where the place names a digest alone.
    pub(crate) fn tag(&self) -> Option<String> {
        match (self.0.tag(), self.0.digest()) {
            (None, Some(_)) => None,
            (tag, _) => Some(tag.unwrap_or(LATEST).to_owned()),
        }
    }

    /// The digest or tag that it names.
    pub(crate) fn name(&self) -> String {
        let digest = self.digest().map(|digest| digest.to_string());
        digest.unwrap_or_else(|| self.0.tag().unwrap_or(LATEST).to_owned())
    }

    /// The place as those know it who ask for tokens.
    pub(crate) fn named(&self) -> Reference {
        let (registry, repository) = (self.0.registry(), self.0.repository());
        Reference::with_tag(registry.to_owned(), repository.to_owned(), LATEST.to_owned())
    }

    /// The address of the repository, without a slash at its end.
    pub(crate) fn base(&self) -> String {
        let scheme = if self.is_local() { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}", self.0.resolve_registry(), self.0.repository())
    }

    /// Something in the repository, for people.
    pub(crate) fn shown(&self, name: &str) -> String {
        let sign = if name.contains(':') { '@' } else { ':' };
        format!("{}/{}{sign}{name}", self.0.registry(), self.0.repository())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_their_host_and_hold_no_password() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (text, tag, pinned) in [
            ("oci://localhost:5000/quality/prod:v1", Some("v1"), false),
            ("oci://registry.example.com/quality/prod", Some("latest"), false),
            (&*format!("oci://registry.example.com/prod@{digest}"), None, true),
        ] {
            let place = Place::parse(text).unwrap();
            assert_eq!(place.tag().as_deref(), tag, "{text}");
            assert_eq!(place.digest().is_some(), pinned, "{text}");
        }
        for text in [
            "localhost:5000/prod",
            "oci://prod",
            "oci://quality/prod",
            "oci://user:secret@registry.example.com/prod",
            "oci://registry.example.com/../prod",
            "oci://registry.example.com/prod@sha256:12",
            "https://registry.example.com/prod",
        ] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
