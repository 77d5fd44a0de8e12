//! What an agent typed, kept in this browser until the server has it: a closed window, a reload and the end of a session
//! lose nothing.

use leptos::prelude::*;

use super::task::watch;
use crate::browser;

/// A text that keeps itself while it is typed; set it to the empty text to forget it.
pub fn kept_text(key: String) -> RwSignal<String> {
    let text = RwSignal::new(String::new());
    keep(key, text);
    text
}

/// Takes up what was kept of a text, and keeps it while it differs from what stands there now.
pub fn keep(key: String, text: RwSignal<String>) {
    let present = StoredValue::new(text.get_untracked());
    keep_beside(key, text, present);
}

/// Takes up what was kept of a text, and keeps it while it differs from another one, which nobody typed.
pub fn keep_beside(key: String, text: RwSignal<String>, present: StoredValue<String>) {
    if let Some(kept) = browser::stored(&key) {
        text.set(kept);
    }
    watch(move || {
        text.with(|text| {
            present.with_value(|present| {
                browser::store(&key, (text != present).then_some(text.as_str()));
            });
        });
    });
}
