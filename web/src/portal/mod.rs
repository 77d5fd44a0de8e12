//! The requesters' portal.

/// Starts the portal.
pub fn start() {}
