//! The idempotency keys of what is sent from the portal.

use leptos::prelude::*;

use crate::browser;

/// An idempotency key that lasts as long as the content that it goes with: sending the same again
/// after a lost answer repeats the key, a change makes a new one.
#[derive(Clone, Copy)]
pub(super) struct OnceKey(StoredValue<(String, String)>);

impl OnceKey {
    /// No content yet.
    pub(super) fn new() -> Self {
        Self(StoredValue::new(Default::default()))
    }

    /// The key for this content.
    pub(super) fn of(self, content: String) -> String {
        let (before, key) = self.0.get_value();
        if !key.is_empty() && before == content {
            return key;
        }
        let key = browser::random_key();
        self.0.set_value((content, key.clone()));
        key
    }

    /// The content has arrived: the same again is something new.
    pub(super) fn arrived(self) {
        self.0.set_value(Default::default());
    }
}
