//! Keys: Ed25519, and ECDSA over P-256 with SHA-256, as PEM files hold them (PKCS #8 and SPKI).

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _};
use p256::ecdsa;

use crate::digest::Digest;

/// A key that signs. It is never printed.
pub enum PrivateKey {
    /// Ed25519.
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// ECDSA over P-256.
    P256(Box<ecdsa::SigningKey>),
}

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// Ed25519.
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    /// ECDSA over P-256.
    P256(Box<ecdsa::VerifyingKey>),
}

impl PrivateKey {
    /// Reads a key from PEM: `-----BEGIN PRIVATE KEY-----`, not encrypted.
    ///
    /// # Errors
    /// It is no such key.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(text) {
            return Ok(Self::Ed25519(Box::new(key)));
        }
        match ecdsa::SigningKey::from_pkcs8_pem(text) {
            Ok(key) => Ok(Self::P256(Box::new(key))),
            Err(_) => Err(
                "it is neither an Ed25519 nor an ECDSA P-256 key in PKCS #8 form: make one with \
                           `openssl genpkey -algorithm ed25519 -out key.pem`"
                    .to_owned(),
            ),
        }
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(Box::new(key.verifying_key())),
            Self::P256(key) => PublicKey::P256(Box::new(*key.verifying_key())),
        }
    }

    /// Signs bytes. The same bytes always give the same signature.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(bytes).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: ecdsa::Signature = ecdsa::signature::Signer::sign(&**key, bytes);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

impl PublicKey {
    /// Reads a key from PEM: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// It is no such key.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        if let Ok(key) = ed25519_dalek::VerifyingKey::from_public_key_pem(text) {
            return Ok(Self::Ed25519(Box::new(key)));
        }
        match ecdsa::VerifyingKey::from_public_key_pem(text) {
            Ok(key) => Ok(Self::P256(Box::new(key))),
            Err(_) => Err("it is neither an Ed25519 nor an ECDSA P-256 public key in PEM form: \
                           `openssl pkey -in key.pem -pubout` prints one"
                .to_owned()),
        }
    }

    /// The key as PEM.
    pub fn to_pem(&self) -> String {
        let pem = match self {
            Self::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF),
        };
        pem.unwrap_or_default()
    }

    /// Names the key: SHA-256 of its SPKI form, in hexadecimal.
    pub fn id(&self) -> String {
        let der = match self {
            Self::Ed25519(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
        };
        let bytes = der.map(|der| der.as_bytes().to_vec()).unwrap_or_default();
        Digest::of_bytes(&bytes).hex().to_string()
    }

    /// Whether a signature over bytes is this key's.
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(bytes, &signature).is_ok()),
            Self::P256(key) => ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                ecdsa::signature::Verifier::verify(&**key, bytes, &signature).is_ok()
            }),
        }
    }
}
