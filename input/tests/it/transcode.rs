//! What each format comes to, and what is wrong with it.

mod avro;
mod common;
mod excel;
mod json;
mod pack;
mod text;
