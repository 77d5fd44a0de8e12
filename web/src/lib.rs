//! The Atiende client: the requesters' portal and the agents' console, two WASM bundles of one
//! crate, so that a requester never downloads the console.
//!
//! `client` is the only code that knows HTTP, `components` draw and never call the network, and the
//! pages under `portal` and `console` own their data and actions. Words live in `messages!` tables
//! (see [`i18n`]). A change of language renders the whole app again, so a page may read words and
//! labels once, without closures.

pub mod browser;
pub mod client;
pub mod components;
pub mod console;
pub mod i18n;
pub mod kept;
pub mod portal;
pub mod task;

use leptos::prelude::*;

/// Empties `#app` and mounts an application there, with the contexts that both apps need: the
/// [`client::Client`], language, theme, toasts and the shared clock.
pub fn mount<V: IntoView + 'static>(audience: client::Audience, app: impl FnOnce() -> V + 'static) {
    console_error_panic_hook::set_once();
    let Some(root) = document().get_element_by_id("app") else {
        return;
    };
    root.set_text_content(None);
    let root = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(root);
    mount_to(root, move || {
        i18n::provide_lang();
        components::provide_ui();
        client::provide_client(audience);
        app()
    })
    .forget();
}
