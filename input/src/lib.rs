//! Files from wherever they lie and however they are written, brought to where an engine can read them:
//! [`remote`] objects are fetched, whole or in part, and what no engine reads as it is is [`transcode`]d.
//! Nothing here knows of plans, engines or results.

pub mod remote;
pub mod secret;
pub mod transcode;
