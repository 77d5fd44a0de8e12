//! Calls of the portal.
