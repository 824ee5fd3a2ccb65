//! Objects of real servers, and of servers that behave as real ones do on bad days.

mod azure;
mod google;
mod installed;
mod kit;
mod parquet;
mod s3;
mod web;
