//! Going from page to page without loading the portal again. [`Route`](super::route::Route) says
//! what an address shows; a general router would add more to the download than all pages here.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::browser;

/// The present address and the way to others. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Nav {
    /// The present path, such as `/soporte/tickets`.
    pub(super) path: RwSignal<String>,
}

impl Nav {
    /// Follows links inside the portal and the back button, as long as the app runs.
    pub(super) fn start() -> Self {
        let nav = Self {
            path: RwSignal::new(here()),
        };
        let back = window_event_listener(ev::popstate, move |_| nav.path.set(here()));
        let click = window_event_listener(ev::click, move |event| nav.clicked(&event));
        on_cleanup(move || {
            back.remove();
            click.remove();
        });
        nav
    }

    /// Goes to an address of the portal.
    pub(super) fn go(self, address: &str) {
        if let Ok(history) = window().history() {
            // The address is of this very origin, so the browser takes it.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
        }
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.path.set(here());
    }

    /// Goes to an address in the place of the present one, which the back button then skips.
    pub(super) fn replace(self, address: &str) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
        }
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.path.set(here());
    }

    fn clicked(self, event: &ev::MouseEvent) {
        if let Some(address) = browser::followed_link(event)
            && !address.starts_with("/console/")
        {
            event.prevent_default();
            self.go(&address);
        }
    }
}

/// The portal's addresses.
pub(super) fn use_nav() -> Nav {
    expect_context()
}

fn here() -> String {
    window().location().pathname().unwrap_or_default()
}
