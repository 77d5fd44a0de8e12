//! What a person typed, kept on this device until the server has it.

use std::cell::RefCell;

use leptos::prelude::*;

use crate::browser;

thread_local! {
    // Where storage is switched off, what was typed lives as long as the page.
    static MEMORY: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

const PREFIX: &str = "atiende.kept.";

/// The name of a key in the browser's store.
pub(super) fn name(key: &str) -> String {
    [PREFIX, key].concat()
}

/// Keeps a text under a key, or forgets it if it is empty.
pub(super) fn keep(key: &str, text: &str) {
    MEMORY.with(|memory| {
        let mut memory = memory.borrow_mut();
        memory.retain(|(name, _)| name != key);
        if !text.is_empty() {
            memory.push((key.to_owned(), text.to_owned()));
        }
    });
    browser::store(&name(key), (!text.is_empty()).then_some(text));
}

/// The text kept under a key.
pub(super) fn kept(key: &str) -> Option<String> {
    browser::stored(&name(key)).or_else(|| {
        MEMORY.with(|memory| {
            memory
                .borrow()
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, text)| text.clone())
        })
    })
}

/// Forgets everything, when a person leaves a device that others may use.
pub(super) fn forget_all() {
    MEMORY.with(|memory| memory.borrow_mut().clear());
    browser::forget_stored(PREFIX);
}

/// A text that keeps itself while it is typed; set it to the empty text to forget it.
pub(super) fn kept_text(key: String) -> RwSignal<String> {
    let text = RwSignal::new(kept(&key).unwrap_or_default());
    Effect::new(move || text.with(|text| keep(&key, text)));
    text
}

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
