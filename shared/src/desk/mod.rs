//! A desk as data: which states it uses and how it calls them, who may move a ticket where, what is
//! promised, whom it tells.
//!
//! The cast: [`Desk`] is the whole profile, [`catalog::Catalog`] its tree of categories. A desk is written
//! as a folder of files; with the feature `desk-files`, [`load::load`] reads the folder or lists *all* its
//! errors with file and line, [`export::export`] writes it back, and [`diff::diff`] tells what applying
//! another version would change. The guarantee: what was loaded is consistent, so the rules in
//! [`crate::ticket`] never meet a move into an unused state or a reason that nobody listed.

pub mod catalog;
#[cfg(feature = "desk-files")]
mod check;
#[cfg(feature = "desk-files")]
pub mod diff;
#[cfg(feature = "desk-files")]
pub mod export;
#[cfg(feature = "desk-files")]
pub mod load;
pub mod own_words;
pub mod profile;
#[cfg(feature = "desk-files")]
mod read;

pub use catalog::{Catalog, Entry};
pub use profile::Desk;
