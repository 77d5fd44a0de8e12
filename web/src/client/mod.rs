//! The only code that knows HTTP: [`http`] is the core, [`uploads`] sends files, and one file per
//! audience names the calls.

pub mod console;
pub mod http;
pub mod portal;
pub mod uploads;

pub use http::{ApiError, Audience, Client, Fetched, Request, provide_client, use_client};
