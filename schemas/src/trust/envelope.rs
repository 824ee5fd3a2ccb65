//! DSSE envelopes, version 1: a payload, what it is, and signatures over both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{PrivateKey, PublicKey, Statement};

/// What the payload of a signature of this program is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload in base64.
    pub payload: String,
    /// Signatures over payload and type.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A hint at the key; nothing is trusted for it.
    #[serde(default)]
    pub keyid: String,
    /// The signature in base64.
    pub sig: String,
}

impl Envelope {
    /// A statement, signed by one key.
    pub fn sign(statement: &Statement, key: &PrivateKey) -> Self {
        Self::seal(PAYLOAD_TYPE, crate::canonical::text(statement).as_bytes(), key)
    }

    /// A payload of a type, signed by one key.
    pub fn seal(payload_type: &str, payload: &[u8], key: &PrivateKey) -> Self {
        let signature = key.sign(&encoded(payload_type, payload));
        Self {
            payload_type: payload_type.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![Signature {
                keyid: key.public().id(),
                sig: STANDARD.encode(signature),
            }],
        }
    }

    /// Reads an envelope whose payload is of a type.
    ///
    /// # Errors
    /// The bytes are none, or it is of something else.
    pub fn read(bytes: &[u8], payload_type: &str) -> Result<Self, String> {
        let envelope: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no DSSE envelope: {error}"))?;
        match envelope.payload_type.as_str() {
            found if found == payload_type => Ok(envelope),
            other => Err(format!("its payload is of type `{other}`, not `{payload_type}`")),
        }
    }

    /// The bytes that were signed, without regard to who signed them.
    ///
    /// # Errors
    /// They are not base64.
    pub fn payload(&self) -> Result<Vec<u8>, String> {
        STANDARD
            .decode(&self.payload)
            .map_err(|error| format!("its payload is not base64: {error}"))
    }

    /// Whether one of the signatures is of this key.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let Ok(payload) = self.payload() else { return false };
        let bytes = encoded(&self.payload_type, &payload);
        self.signatures.iter().any(|signature| {
            STANDARD.decode(&signature.sig).is_ok_and(|signature| key.verifies(&bytes, &signature))
        })
    }
}

/// What is signed: the pre-authentication encoding, in which neither type nor payload can pass for the other.
fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
