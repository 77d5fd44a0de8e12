//! Who is asking: passwords, access tokens, sessions, API tokens, and the extractors that handlers name in their signature.
//!
//! The policy of a handler is the type of its first parameter: [`AgentCaller`] (signed-in agent or API token),
//! [`AgentInPerson`] (no token), [`Administrator`], [`RequesterCaller`] (proved mail address), [`BrowserKey`] (the same browser
//! as before), or nothing.
//! Access tokens live ten minutes; a session that ended, an agent who was disabled and a token that was revoked are
//! refused within one second on every replica, because what was read about them is kept no longer than that.

pub mod access;
pub mod cookie;
pub mod extract;
pub mod jwt;
pub mod password;
pub mod session;
pub mod throttle;
pub mod token;

pub use extract::{
    Administrator, AgentCaller, AgentInPerson, BrowserKey, DeskMembership, RequesterCaller,
};
pub use session::Audience;
