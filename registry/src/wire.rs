//! What goes over the wire: requests to one repository, with the login, asked again where that may help.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use assay_schemas::bundle::{Integrity, media};
use assay_schemas::digest::Digest;
use oci_client::RegistryOperation;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

use crate::{Error, Login, Place};

/// How often something is tried again before it is given up.
pub(crate) const TRIES: u32 = 3;
/// How long a registry may say nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// Longest wait that a registry may ask for.
const LONGEST_WAIT: u64 = 10;
/// Largest manifest or list that is read.
const MAX_MANIFEST: usize = 64 * 1024 * 1024;
/// Largest complaint that is read.
const MAX_WORDS: usize = 64 * 1024;

/// A repository at the other end.
pub(crate) struct Wire {
    pub(crate) place: Place,
    http: Client,
    /// Knows how tokens are had.
    door: oci_client::Client,
    login: Login,
    token: RefCell<Option<String>>,
    /// What the token is for.
    operation: Cell<RegistryOperation>,
}

impl Wire {
    pub(crate) fn to(place: &Place, login: Login) -> Result<Self, Error> {
        // Another part of the program may have chosen it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let protocol = match place.is_local() {
            true => ClientProtocol::Http,
            false => ClientProtocol::Https,
        };
        let times = (Some(SILENCE), Some(SILENCE));
        let door = oci_client::Client::new(ClientConfig {
            protocol,
            read_timeout: times.0,
            connect_timeout: times.1,
            ..ClientConfig::default()
        });
        let http = Client::builder()
            .read_timeout(SILENCE)
            .connect_timeout(SILENCE)
            .https_only(!place.is_local())
            // Bytes are counted and hashed as they lie in the registry.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::of_request)?;
        let operation = Cell::new(RegistryOperation::Pull);
        Ok(Self { place: place.clone(), http, door, login, token: RefCell::new(None), operation })
    }

    /// Asks to be let in for what follows.
    pub(crate) async fn log_in(&self, operation: RegistryOperation) -> Result<(), Error> {
        let auth = match &self.login {
            Login::Anonymous => RegistryAuth::Anonymous,
            Login::Basic(user, password) => RegistryAuth::Basic(user.clone(), password.clone()),
            Login::Token(token) => RegistryAuth::Bearer(token.clone()),
        };
        self.operation.set(operation);
        let mut tries = 0;
        loop {
            let found = self.door.auth(&self.place.named(), &auth, operation).await;
            match found.map_err(Error::of_login) {
                Ok(token) => {
                    *self.token.borrow_mut() = token;
                    return Ok(());
                }
                Err(error) if error.is_temporary() && tries < TRIES => {
                    pause(&mut tries, None).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The address of something in the repository, such as `blobs/sha256:…`.
    pub(crate) fn url(&self, what: &str) -> Result<Url, Error> {
        let text = format!("{}/{what}", self.place.base());
        text.parse().map_err(|_| Error::Reference(text))
    }

    /// A request, with the login where it goes to the registry itself.
    pub(crate) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let request = self.http.request(method, url.clone()).header(ACCEPT_ENCODING, "identity");
        let home = self.url("").ok().is_some_and(|home| home.origin() == url.origin());
        match (self.token.borrow().as_ref(), &self.login) {
            (Some(token), _) if home => request.bearer_auth(token),
            (None, Login::Basic(user, password)) if home => {
                request.basic_auth(user, Some(password))
            }
            _ => request,
        }
    }

    /// Asks once; a failure of the registry, or none at all, is an error.
    pub(crate) async fn once(
        &self,
        what: &str,
        request: RequestBuilder,
    ) -> Result<Response, Error> {
        let answer = request.send().await.map_err(Error::of_request)?;
        let status = answer.status();
        let busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        match status.is_server_error() || busy {
            true => Err(self.fault(what, answer).await),
            false => Ok(answer),
        }
    }

    /// Asks for something that does no harm twice, until there is an answer.
    pub(crate) async fn ask(
        &self,
        what: &str,
        request: &dyn Fn() -> RequestBuilder,
    ) -> Result<Response, Error> {
        let mut tries = 0;
        let mut let_in = true;
        loop {
            let answer = request().send().await.map_err(Error::of_request);
            let mut wait = None;
            let fault = match answer {
                // What lets in has its time.
                Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED && let_in => {
                    let_in = false;
                    if self.token.borrow().is_none() {
                        return Ok(answer);
                    }
                    self.log_in(self.operation.get()).await?;
                    continue;
                }
                Ok(answer) => {
                    wait = seconds(&answer);
                    match answer.status().as_u16() {
                        408 | 429 | 500..=599 => self.fault(what, answer).await,
                        _ => return Ok(answer),
                    }
                }
                Err(error) => error,
            };
            if !fault.is_temporary() || tries >= TRIES {
                return Err(fault);
            }
            pause(&mut tries, wait).await;
        }
    }

    /// Why an answer is not the one hoped for.
    pub(crate) async fn fault(&self, what: &str, mut answer: Response) -> Error {
        let status = answer.status();
        let body = read(&mut answer, MAX_WORDS).await.unwrap_or_default();
        Error::of_answer(what, status, &body)
    }

    /// A manifest by its tag or digest, which it then has.
    pub(crate) async fn manifest(
        &self,
        name: &str,
        digest: Option<Digest>,
    ) -> Result<Vec<u8>, Error> {
        let url = self.url(&format!("manifests/{name}"))?;
        let accepted = format!("{}, {}", media::MANIFEST, media::OCI_INDEX);
        let request = || self.request(Method::GET, &url).header(ACCEPT, &accepted);
        let what = format!("`{}`", self.place.shown(name));
        let mut answer = self.ask(&what, &request).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.fault(&what, answer).await);
        }
        let bytes = read(&mut answer, MAX_MANIFEST).await?;
        match digest {
            Some(wanted) if Digest::of_bytes(&bytes) != wanted => Err(Error::Integrity(
                Integrity::Malformed(format!("the registry gives another manifest for {wanted}")),
            )),
            _ => Ok(bytes),
        }
    }

    /// Puts a manifest under a tag or its digest.
    pub(crate) async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        kind: &str,
    ) -> Result<Response, Error> {
        let url = self.url(&format!("manifests/{name}"))?;
        let request = || {
            let request = self.request(Method::PUT, &url).header("Content-Type", kind);
            request.body(bytes.to_vec())
        };
        let what = format!("`{}`", self.place.shown(name));
        let answer = self.ask(&what, &request).await?;
        match answer.status() {
            StatusCode::CREATED | StatusCode::OK | StatusCode::ACCEPTED => Ok(answer),
            _ => Err(self.fault(&what, answer).await),
        }
    }
}

/// The body of an answer, which is not longer than that.
pub(crate) async fn read(answer: &mut Response, most: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Error::of_request)? {
        if bytes.len() + chunk.len() > most {
            let words = format!("what the registry gives is longer than {most} bytes");
            return Err(Error::Integrity(Integrity::Malformed(words)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Waits, longer each time, or as long as the registry asks.
pub(crate) async fn pause(tries: &mut u32, asked: Option<u64>) {
    let own = Duration::from_millis(200 << (*tries).min(TRIES));
    tokio::time::sleep(asked.map_or(own, Duration::from_secs)).await;
    *tries += 1;
}

fn seconds(answer: &Response) -> Option<u64> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    Some(text.parse::<u64>().ok()?.min(LONGEST_WAIT))
}
