//! A profile, and the comparison of two, for people and machines.

pub mod csv;
pub mod html;
pub mod terminal;
