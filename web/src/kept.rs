//! What a person typed, kept in this browser until the server has it: a closed window, a reload and the end of a session
//! lose nothing.

use std::cell::RefCell;

use leptos::prelude::*;

use crate::browser;
use crate::task::watch;

thread_local! {
    static MEMORY: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// Where an app keeps what is typed, by keys of its own.
#[derive(Clone, Copy)]
pub struct Store {
    /// What the names in the browser's store begin with.
    pub prefix: &'static str,
    /// Whether a text lives as long as the page where the browser stores none.
    pub in_memory: bool,
}

impl Store {
    /// The name of a key in the browser's store.
    pub fn name(self, key: &str) -> String {
        [self.prefix, key].concat()
    }

    /// Keeps a text under a key, or forgets it.
    pub fn put(self, key: &str, text: Option<&str>) {
        if self.in_memory {
            MEMORY.with(|memory| {
                let mut memory = memory.borrow_mut();
                memory.retain(|(known, _)| known != key);
                if let Some(text) = text {
                    memory.push((key.to_owned(), text.to_owned()));
                }
            });
        }
        browser::store(&self.name(key), text);
    }

    /// The text kept under a key.
    pub fn get(self, key: &str) -> Option<String> {
        let stored = browser::stored(&self.name(key));
        if stored.is_some() || !self.in_memory {
            return stored;
        }
        MEMORY.with(|memory| {
            let memory = memory.borrow();
            let found = memory.iter().find(|(known, _)| known == key);
            found.map(|(_, text)| text.clone())
        })
    }

    /// Forgets every text whose key begins like this.
    pub fn forget(self, start: &str) {
        if self.in_memory {
            MEMORY.with(|memory| {
                memory
                    .borrow_mut()
                    .retain(|(known, _)| !known.starts_with(start));
            });
        }
        browser::forget_stored(&self.name(start));
    }

    /// Forgets everything, when a person leaves a device that others may use.
    pub fn forget_all(self) {
        MEMORY.with(|memory| memory.borrow_mut().clear());
        browser::forget_stored(self.prefix);
    }

    /// A text that keeps itself while it is typed; set it to the empty text to forget it.
    pub fn text(self, key: String) -> RwSignal<String> {
        let text = RwSignal::new(self.get(&key).unwrap_or_default());
        watch(move || {
            text.with(|text| self.put(&key, (!text.is_empty()).then_some(text.as_str())));
        });
        text
    }

    /// Takes up what was kept of a text, and keeps it while it differs from what stands there now.
    pub fn keep(self, key: String, text: RwSignal<String>) {
        self.keep_over(key, text, StoredValue::new(text.get_untracked()));
    }

    /// The same where what stands there may change while it is typed over; it is kept anew when the text says that it changed.
    pub fn keep_over(self, key: String, text: RwSignal<String>, present: StoredValue<String>) {
        // Typed over another value than the one that stands there now, it must not come back.
        let over = move |present: &str| {
            if present.is_empty() {
                return key.clone();
            }
            let sum = present.bytes().fold(0x811c_9dc5u32, |sum, byte| {
                (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
            [&key, "@", &sum.to_string()].concat()
        };
        let mut key = present.with_value(|present| over(present));
        if let Some(kept) = self.get(&key) {
            text.set(kept);
        }
        watch(move || {
            text.with(|text| {
                present.with_value(|present| {
                    let now = over(present);
                    if now != key {
                        self.put(&key, None);
                        key.clone_from(&now);
                    }
                    self.put(&key, (text != present).then_some(text.as_str()));
                });
            });
        });
    }

    /// Takes up what was kept of a text, and keeps it while it differs from another one, which nobody typed.
    pub fn keep_beside(self, key: String, text: RwSignal<String>, present: StoredValue<String>) {
        if let Some(kept) = self.get(&key) {
            text.set(kept);
        }
        watch(move || {
            text.with(|text| {
                present.with_value(|present| {
                    self.put(&key, (text != present).then_some(text.as_str()));
                });
            });
        });
    }
}
