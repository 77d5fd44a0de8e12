//! Single-key shortcuts. They never act inside a field, a menu or a window, never together with Ctrl, Alt or Meta (so
//! that browser, screen reader and dead keys keep theirs), and a switch turns all of them off.

use std::rc::Rc;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser;

const STORED: &str = "atiende.keys";
/// How long the second key of a pair such as `g m` may take.
const PAIR_MS: f64 = 1500.0;

struct Binding {
    id: u32,
    keys: &'static str,
    run: Rc<dyn Fn()>,
}

#[derive(Default)]
struct Table {
    next_id: u32,
    bindings: Vec<Binding>,
    /// The first key of a pair and when it was pressed.
    begun: Option<(String, f64)>,
}

/// The shortcuts that are bound now, and whether they are on.
#[derive(Clone, Copy)]
pub struct Keys {
    /// Whether shortcuts act; remembered in this browser.
    pub enabled: RwSignal<bool>,
    table: StoredValue<Table, LocalStorage>,
}

impl Keys {
    /// Starts listening for as long as the caller's owner lives.
    pub fn start() -> Self {
        let keys = Self {
            enabled: RwSignal::new(browser::stored(STORED).as_deref() != Some("off")),
            table: StoredValue::new_local(Table::default()),
        };
        let listener = window_event_listener(ev::keydown, move |event| keys.pressed(&event));
        on_cleanup(move || listener.remove());
        keys
    }

    /// Switches all shortcuts on or off.
    pub fn switch(self, on: bool) {
        browser::store(STORED, if on { None } else { Some("off") });
        self.enabled.set(on);
    }

    /// Binds a key such as `j`, or a pair such as `g m`, until the caller's owner ends. The latest binding wins.
    pub fn bind(self, keys: &'static str, run: impl Fn() + 'static) {
        let id = self.table.try_update_value(|table| {
            table.next_id += 1;
            table.bindings.push(Binding {
                id: table.next_id,
                keys,
                run: Rc::new(run),
            });
            table.next_id
        });
        on_cleanup(move || {
            self.table
                .try_update_value(|table| table.bindings.retain(|binding| Some(binding.id) != id));
        });
    }

    fn pressed(self, event: &ev::KeyboardEvent) {
        let foreign =
            event.default_prevented() || event.ctrl_key() || event.alt_key() || event.meta_key();
        if foreign || event.is_composing() || !self.enabled.get_untracked() || is_typing(event) {
            return;
        }
        let Some(Some(run)) = self
            .table
            .try_update_value(|table| table.lookup(&event.key(), browser::now_ms()))
        else {
            return;
        };
        event.prevent_default();
        // Outside the table's borrow, because the action may bind or unbind keys.
        run();
    }
}

impl Table {
    fn lookup(&mut self, key: &str, now: f64) -> Option<Rc<dyn Fn()>> {
        let pair = self
            .begun
            .take()
            .filter(|(_, at)| now - at < PAIR_MS)
            .map(|(first, _)| [first.as_str(), " ", key].concat());
        let wanted = pair.as_deref().unwrap_or(key);
        if let Some(binding) = self
            .bindings
            .iter()
            .rev()
            .find(|binding| binding.keys == wanted)
        {
            return Some(binding.run.clone());
        }
        let begins_pair = self.bindings.iter().any(|binding| {
            binding
                .keys
                .split_once(' ')
                .is_some_and(|(first, _)| first == key)
        });
        if begins_pair {
            self.begun = Some((key.to_owned(), now));
        }
        None
    }
}

/// Whether the key belongs to a field, a menu or an open window.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let inside = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|element| {
            element
                .closest("input, textarea, select, [contenteditable], [role=menu], dialog")
                .ok()
        })
        .flatten()
        .is_some();
    inside || matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// The shortcuts of the console.
pub fn keys() -> Keys {
    expect_context::<Keys>()
}
