//! A blob goes to a registry: a small one at once, a large one in pieces, so that it goes on where it was cut off.

use assay_schemas::bundle::{Descriptor, Folder, Reader};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Method, Response, StatusCode, Url};

use crate::Error;
use crate::push::has;
use crate::sessions::Sessions;
use crate::wire::{TRIES, Wire, pause};

/// Bytes of a piece; those of a blob that is not larger travel at once.
const PIECE: u64 = 4 * 1024 * 1024;
/// What a registry says of the least bytes that it takes as a piece.
const LEAST: &str = "OCI-Chunk-Min-Length";

/// A blob on its way there.
pub(crate) struct Upload<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) blob: &'a Descriptor,
    /// Repositories of the same registry that may have it.
    pub(crate) others: &'a [String],
    pub(crate) source: &'a Reader<Folder>,
}

/// How far an upload is.
struct Session {
    address: Url,
    offset: u64,
    piece: u64,
}

/// What a step came to.
enum Step {
    /// The registry has the blob, and had it before.
    Mounted,
    /// The registry has the blob.
    Done,
    /// It has more of it than before.
    Further(Session),
    /// It knows nothing of the upload any more.
    Lost,
}

impl Upload<'_> {
    /// Sends the blob, however often it breaks off, as long as there is some progress. The number of bytes that
    /// went; `None` where the registry took it over from another repository.
    pub(crate) async fn send(&self, sessions: &mut Sessions) -> Result<Option<u64>, Error> {
        let mut session = match sessions.of(self.blob.digest) {
            Some(address) => self.standing(&address).await.unwrap_or_default(),
            None => None,
        };
        let mut tries = 0;
        let mut sent = 0;
        loop {
            let before = session.as_ref().map_or(0, |session| session.offset);
            let address = session.as_ref().map(|session| session.address.clone());
            match self.step(session.take(), &mut sent).await {
                Ok(Step::Mounted) => return Ok(None),
                Ok(Step::Done) => {
                    sessions.keep(self.blob.digest, None);
                    return Ok(Some(sent));
                }
                Ok(Step::Further(further)) => {
                    if further.offset > before {
                        tries = 0;
                        sessions.keep(self.blob.digest, Some(&further.address));
                    }
                    session = Some(further);
                }
                Ok(Step::Lost) if tries >= TRIES => {
                    let words = "it loses uploads that are not over".to_owned();
                    return Err(Error::Unreachable(words));
                }
                Ok(Step::Lost) => tries += 1,
                Err(error) if error.is_temporary() && tries < TRIES => {
                    pause(&mut tries, None).await;
                    // The last bytes may have arrived although nobody said so.
                    if has(self.wire, self.blob).await.unwrap_or(false) {
                        return Ok(Some(sent));
                    }
                    if let Some(address) = address {
                        session = self.standing(&address).await.unwrap_or_default();
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn step(&self, session: Option<Session>, sent: &mut u64) -> Result<Step, Error> {
        match session {
            None => self.begin().await,
            Some(session) if session.offset == 0 && self.blob.size <= session.piece => {
                let bytes = self.bytes(0, self.blob.size)?;
                *sent += self.blob.size;
                self.end(&session, bytes).await
            }
            Some(session) if session.offset < self.blob.size => self.piece(session, sent).await,
            Some(session) => self.end(&session, Vec::new()).await,
        }
    }

    /// Begins an upload, or has the blob taken over.
    async fn begin(&self) -> Result<Step, Error> {
        let mut url = self.wire.url("blobs/uploads/")?;
        let mut begun: Option<Session> = None;
        for other in self.others {
            let digest = self.blob.digest.to_string();
            url.query_pairs_mut().clear().append_pair("mount", &digest).append_pair("from", other);
            let answer = self.begun(&url).await?;
            let further = match answer.status() {
                StatusCode::CREATED => Some(None),
                // It has none to take over, and began an upload instead.
                StatusCode::ACCEPTED => Some(Some(self.further(&answer, 0)?)),
                _ => None,
            };
            let Some(further) = further else { continue };
            if let Some(superfluous) = std::mem::replace(&mut begun, further) {
                // One is enough; the registry forgets others by itself, sooner or later.
                let request = self.wire.request(Method::DELETE, &superfluous.address);
                let _ = request.send().await;
            }
            if begun.is_none() {
                return Ok(Step::Mounted);
            }
        }
        if let Some(session) = begun {
            return Ok(Step::Further(session));
        }
        url.set_query(None);
        let answer = self.begun(&url).await?;
        match answer.status() {
            StatusCode::ACCEPTED => self.further(&answer, 0).map(Step::Further),
            _ => Err(self.wire.fault(&self.what(), answer).await),
        }
    }

    async fn begun(&self, url: &Url) -> Result<Response, Error> {
        let request = || self.wire.request(Method::POST, url).header("Content-Length", 0);
        self.wire.ask(&self.what(), &request).await
    }

    /// Sends the next piece.
    async fn piece(&self, session: Session, sent: &mut u64) -> Result<Step, Error> {
        let (start, end) = (session.offset, self.blob.size.min(session.offset + session.piece));
        let request = self.wire.request(Method::PATCH, &session.address);
        let request = request
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_RANGE, format!("{start}-{}", end - 1))
            .body(self.bytes(start, end)?);
        let answer = self.wire.once(&self.what(), request).await?;
        match answer.status() {
            StatusCode::ACCEPTED => {
                *sent += end - start;
                self.further(&answer, end).map(Step::Further)
            }
            // It has other bytes than we think: it is asked which.
            StatusCode::RANGE_NOT_SATISFIABLE => match self.standing(&session.address).await? {
                Some(standing) if standing.offset != start => Ok(Step::Further(standing)),
                _ => Ok(Step::Lost),
            },
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Ok(Step::Lost),
            _ => Err(self.wire.fault(&self.what(), answer).await),
        }
    }

    /// Sends the last bytes, and says which blob that was.
    async fn end(&self, session: &Session, bytes: Vec<u8>) -> Result<Step, Error> {
        let mut url = session.address.clone();
        url.query_pairs_mut().append_pair("digest", &self.blob.digest.to_string());
        let request = self.wire.request(Method::PUT, &url);
        let request = request.header(CONTENT_TYPE, "application/octet-stream").body(bytes);
        let answer = self.wire.once(&self.what(), request).await?;
        match answer.status() {
            StatusCode::CREATED | StatusCode::OK | StatusCode::NO_CONTENT => Ok(Step::Done),
            StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE => Ok(Step::Lost),
            _ => Err(self.wire.fault(&self.what(), answer).await),
        }
    }

    /// How far an upload is; `None` where the registry knows nothing of it.
    async fn standing(&self, address: &Url) -> Result<Option<Session>, Error> {
        let answer = self.wire.once(&self.what(), self.wire.request(Method::GET, address)).await?;
        match answer.status() {
            StatusCode::NO_CONTENT | StatusCode::ACCEPTED | StatusCode::OK => {
                let mut session = self.further(&answer, 0).unwrap_or(Session {
                    address: address.clone(),
                    offset: 0,
                    piece: PIECE,
                });
                session.offset = arrived(&answer).unwrap_or(0);
                Ok(Some(session).filter(|session| session.offset <= self.blob.size))
            }
            _ => Ok(None),
        }
    }

    /// The upload after an answer, which says where it goes on.
    fn further(&self, answer: &Response, offset: u64) -> Result<Session, Error> {
        let header = |name: &str| answer.headers().get(name)?.to_str().ok();
        let address = header(LOCATION.as_str()).and_then(|text| answer.url().join(text).ok());
        let Some(address) = address else {
            return Err(Error::Refused("it does not say where an upload goes on".to_owned()));
        };
        let least = header(LEAST).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Session { address, offset, piece: PIECE.max(least) })
    }

    fn bytes(&self, start: u64, end: u64) -> Result<Vec<u8>, Error> {
        self.source.bytes_of(self.blob, start..end).map_err(Error::Integrity)
    }

    fn what(&self) -> String {
        format!("`{}`", self.wire.place.shown(&self.blob.digest.to_string()))
    }
}

/// Bytes that a registry has, by `Range: 0-<last>`. `0-0` is said of none at all.
fn arrived(answer: &Response) -> Option<u64> {
    let text = answer.headers().get(RANGE)?.to_str().ok()?;
    let last: u64 = text.trim_start_matches("bytes=").strip_prefix("0-")?.parse().ok()?;
    Some(if last == 0 { 0 } else { last + 1 })
}
