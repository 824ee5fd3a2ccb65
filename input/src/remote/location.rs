//! Locations: which service, which bucket, container or host, and which key or pattern below it.

mod secrets;

use std::fmt;

use object_store::path::Path as Key;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

use super::{Error, Object};
use secrets::{carried, secret_parameter};

/// The forms that a location may have.
const FORMS: &str = "`s3://bucket/key`, `az://container/path`, \
    `abfss://container@account.dfs.core.windows.net/path`, `gs://bucket/key`, `https://host/path` or \
    `file:///path`";

/// Characters that begin a pattern.
pub(super) const SPECIAL: [char; 4] = ['*', '?', '[', '{'];

/// What is written as `%` and two digits in the path of a URL.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Where objects lie: a service and a key, or a pattern of keys.
///
/// Keys of S3, Azure and Google are written as they are; paths of `https` and `file` are parts of URLs, so
/// that `%20` is a space. There is no form for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub(super) service: Service,
    /// What comes before the key in the text: scheme and authority, with a slash at the end.
    base: String,
    /// The key or pattern, decoded, without a slash at its beginning.
    key: String,
}

/// A service, as far as the location names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Service {
    S3 {
        bucket: String,
    },
    Azure {
        container: String,
        /// The account and the domain of its service, for instance `core.windows.net`.
        account: Option<(String, String)>,
    },
    Google {
        bucket: String,
    },
    Web {
        /// Scheme, host and port.
        origin: Url,
        /// What follows the `?`, if anything.
        query: Option<String>,
    },
    Files,
}

impl Service {
    /// The name of the service as a message says it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::S3 { .. } => "S3",
            Self::Azure { .. } => "Azure",
            Self::Google { .. } => "Google Cloud Storage",
            Self::Web { .. } => "a web server",
            Self::Files => "a file system",
        }
    }
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// It has none of the known forms, or carries a secret. The text is not repeated where it may hold one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(Error::Data(format!("a remote location is written as {FORMS}")));
        };
        let scheme = scheme.to_ascii_lowercase();
        if let Some(name) = secret_parameter(rest) {
            return Err(Error::Data(format!(
                "the `{scheme}` location carries a secret in its query (`{name}`); take it out, and give it to \
                 the connection as a reference to a secret"
            )));
        }
        match scheme.as_str() {
            "s3" | "s3a" => Self::bucket("s3", rest, |bucket| Service::S3 { bucket }),
            "gs" => Self::bucket("gs", rest, |bucket| Service::Google { bucket }),
            "az" | "abfs" | "abfss" => Self::azure(&scheme, rest),
            "http" | "https" => Self::web(text),
            "file" => Self::file(rest),
            _ => {
                Err(Error::Data(format!("`{scheme}` locations are not known; write it as {FORMS}")))
            }
        }
    }

    fn bucket(
        scheme: &str,
        rest: &str,
        service: impl Fn(String) -> Service,
    ) -> Result<Self, Error> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return Err(carried(scheme));
        }
        if !is_name(bucket) {
            return Err(Error::Data(format!(
                "the bucket of an `{scheme}` location has letters, digits, `-`, `_` and `.` only; write it as \
                 {FORMS}"
            )));
        }
        let base = format!("{scheme}://{bucket}/");
        Self::of(service(bucket.to_owned()), base, key.to_owned())
    }

    fn azure(scheme: &str, rest: &str) -> Result<Self, Error> {
        let (authority, key) = rest.split_once('/').unwrap_or((rest, ""));
        let (container, host) = match authority.split_once('@') {
            Some((container, host)) => (container, Some(host)),
            None => (authority, None),
        };
        if container.contains(':') {
            return Err(carried(scheme));
        }
        let account = match host {
            None => None,
            Some(host) => {
                let parts = host.split_once('.').and_then(|(account, rest)| {
                    let domain = rest.strip_prefix("dfs.").or(rest.strip_prefix("blob."))?;
                    Some((account.to_owned(), domain.to_owned()))
                });
                let parts = parts.filter(|(account, domain)| is_name(account) && is_azure(domain));
                Some(parts.ok_or_else(|| {
                    Error::Data(format!(
                        "the `{scheme}` location names no known account; write it as {FORMS}, and give an \
                         endpoint of another kind to the connection"
                    ))
                })?)
            }
        };
        if !is_name(container) {
            return Err(Error::Data(format!(
                "the container of an `{scheme}` location has letters, digits and `-` only; write it as {FORMS}"
            )));
        }
        let service = Service::Azure { container: container.to_owned(), account };
        Self::of(service, format!("{scheme}://{authority}/"), key.to_owned())
    }

    fn web(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|error| {
            Error::Data(format!("the web location is no URL: {error}; write it as {FORMS}"))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(carried(url.scheme()));
        }
        if url.fragment().is_some() {
            return Err(Error::Data(
                "the web location has a `#`; a name that has one is written with `%23`".to_owned(),
            ));
        }
        let key = decoded(url.path().trim_start_matches('/'))?;
        if key.is_empty() {
            return Err(Error::Data(format!("`{text}` names a server, and no object on it")));
        }
        let query = url.query().map(str::to_owned);
        let mut origin = url;
        origin.set_path("/");
        origin.set_query(None);
        let base = origin.to_string();
        Self::of(Service::Web { origin, query }, base, key)
    }

    fn file(rest: &str) -> Result<Self, Error> {
        let Some(path) = rest.strip_prefix('/') else {
            return Err(Error::Data(
                "a `file` location has three slashes, as in `file:///data/a.csv`".to_owned(),
            ));
        };
        Self::of(Service::Files, "file:///".to_owned(), decoded(path)?)
    }

    fn of(service: Service, base: String, key: String) -> Result<Self, Error> {
        let location = Self { service, base, key };
        if location.key.is_empty() || location.key.ends_with('/') {
            return Err(Error::Data(format!(
                "{location}: this is a folder; name its objects, for example `{location}*.parquet`"
            )));
        }
        // What the services would take, and the library below would not.
        Key::parse(&location.key).map_err(|_| {
            Error::Data(format!(
                "{location}: the parts of a key between slashes may not be empty, `.` or `..`, nor hold control \
                 characters"
            ))
        })?;
        Ok(location)
    }

    /// The key, or the pattern of keys.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The location of another key of the same bucket, container, host or file system.
    pub(super) fn uri_of(&self, key: &str) -> String {
        let base = &self.base;
        match &self.service {
            Service::Web { query, .. } => {
                let path = utf8_percent_encode(key, ESCAPED);
                match query {
                    Some(query) => format!("{base}{path}?{query}"),
                    None => format!("{base}{path}"),
                }
            }
            Service::Files => format!("{base}{}", utf8_percent_encode(key, ESCAPED)),
            _ => format!("{base}{key}"),
        }
    }

    /// The key of an object that was listed here.
    pub(super) fn key_of(&self, object: &Object) -> Result<Key, Error> {
        let text = object.uri.strip_prefix(&self.base).and_then(|rest| match &self.service {
            Service::Web { .. } => decoded(rest.split('?').next().unwrap_or(rest)).ok(),
            Service::Files => decoded(rest).ok(),
            _ => Some(rest.to_owned()),
        });
        let foreign =
            || Error::Data(format!("{}: this object lies elsewhere than {self}", object.uri));
        Key::parse(text.ok_or_else(foreign)?).map_err(|_| foreign())
    }

    /// The path of a location in the file system of this machine, whose files can be read as they lie.
    pub fn local(&self) -> Option<String> {
        matches!(self.service, Service::Files).then(|| format!("/{}", self.key))
    }

    /// Whether it means the objects that match a pattern, and not one object.
    pub fn is_pattern(&self) -> bool {
        self.key.contains(SPECIAL)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_pattern() {
            // A pattern is easier to read as it was written.
            true => write!(f, "{}{}", self.base, self.key),
            false => f.write_str(&self.uri_of(&self.key)),
        }
    }
}

/// Whether an address can be spoken to without encryption, as it does not leave the machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A name of a bucket, container or account: nothing that could be a password or another part of a URL.
fn is_name(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.$".contains(letter);
    (1..=255).contains(&text.len()) && text.chars().all(plain)
}

/// Whether a domain belongs to Azure: secrets of an account go to no other.
fn is_azure(domain: &str) -> bool {
    ["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", "fabric.microsoft.com"]
        .contains(&domain)
}

fn decoded(text: &str) -> Result<String, Error> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Error::Data("the location is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_name_service_and_key() {
        for (text, shown, key) in [
            ("s3://b/a b/c%20.csv", "s3://b/a b/c%20.csv", "a b/c%20.csv"),
            ("s3a://b.x/d=1/*.csv", "s3://b.x/d=1/*.csv", "d=1/*.csv"),
            ("az://c/p/q", "az://c/p/q", "p/q"),
            ("abfss://c@acc.dfs.core.windows.net/p", "abfss://c@acc.dfs.core.windows.net/p", "p"),
            ("gs://b/k", "gs://b/k", "k"),
            ("https://h:8443/a%20b/c.csv?v=2", "https://h:8443/a%20b/c.csv?v=2", "a b/c.csv"),
            ("file:///data/a%20b.csv", "file:///data/a%20b.csv", "data/a b.csv"),
            ("file:///data/*.csv", "file:///data/*.csv", "data/*.csv"),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!(location.to_string(), shown);
            assert_eq!(location.key(), key);
            let object = Object {
                uri: location.uri_of(key),
                size: 0,
                etag: None,
                version: None,
                last_modified: None,
            };
            assert_eq!(location.key_of(&object).unwrap().as_ref(), key, "{text}");
        }
    }

    #[test]
    fn secrets_in_locations_are_refused_and_not_repeated() {
        for text in [
            "https://joe:hunter2@host/a.csv",
            "https://hunter2@host/a.csv",
            "https://acc.blob.core.windows.net/c/a?sv=2024&sig=hunter2",
            "https://b.s3.amazonaws.com/a?X-Amz-Credential=hunter2&X-Amz-Signature=1",
            "https://b.s3.amazonaws.com/a?AWSAccessKeyId=hunter2&Expires=1",
            "https://host/a?access_token=hunter2",
            "s3://AKIA:hunter2@bucket/key",
            "s3://AKIA:hunter2/x@bucket/key",
            "s3://bucket/key?X-Amz-Security-Token=hunter2",
            "az://container/a.csv?sv=1&sig=hunter2",
            "abfss://container:hunter2@acc.dfs.core.windows.net/a",
            "abfss://container@hunter2.evil.example/a",
            "gs://joe:hunter2@bucket/a",
            "ftp://joe:hunter2@host/a",
            "hunter2",
        ] {
            let said = Location::parse(text).unwrap_err().to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
        let said = Location::parse("https://h/a?sig=x").unwrap_err().to_string();
        assert!(said.contains("carries a secret in its query (`sig`)"), "{said}");
    }

    #[test]
    fn what_is_no_object_is_said() {
        let said = |text| Location::parse(text).unwrap_err().to_string();
        assert!(said("s3://bucket").contains("this is a folder"));
        assert!(said("s3://bucket/a/").contains("`s3://bucket/a/*.parquet`"));
        assert!(said("s3://bucket/a//b").contains("may not be empty"));
        assert!(said("gs://bucket/../b").contains("may not be"));
        assert!(said("https://host").contains("names a server"));
        assert!(said("https://host/a#b").contains("%23"));
        assert!(said("ftp://host/a").contains("`ftp` locations are not known"));
        assert!(said("file://host/a").contains("three slashes"));
    }
}
