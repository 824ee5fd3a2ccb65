//! Trust: who says what a bundle is, in envelopes that standard tools read.
//!
//! A signature is a DSSE envelope over an in-toto statement with SLSA provenance, which binds the bundle's
//! digest to its environment, its place in the order of that environment's bundles, and its commit. Which keys
//! count is the reader's to say ([`policy`]), never the bundle's: where there is a policy, a bundle without
//! enough signatures is refused.

mod envelope;
mod key;
mod policy;
mod statement;

#[cfg(test)]
mod tests;

pub use envelope::{Envelope, PAYLOAD_TYPE, Signature};
pub use key::{PrivateKey, PublicKey};
pub use policy::{Facts, Found, Policy, Report, TrustedKey};
pub use statement::{Claims, PREDICATE_TYPE, STATEMENT_TYPE, Shared, Statement, Subject};
