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
    let present = text.get_untracked();
    // Typed over another value than the one that stands there now, it must not come back.
    let key = if present.is_empty() {
        key
    } else {
        let sum = present.bytes().fold(0x811c_9dc5u32, |sum, byte| {
            (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        [key, sum.to_string()].join("@")
    };
    keep_beside(key, text, StoredValue::new(present));
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
