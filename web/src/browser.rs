//! Small doors to the browser that both apps use: storage, focus, the build's assets, timers.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Milliseconds since 1970 by the browser's clock.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Reads a stored text; `None` when absent or when storage is switched off.
pub fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Stores a text, or removes it. Storage that is full or switched off is no error for the person.
pub fn store(key: &str, value: Option<&str>) {
    let Ok(Some(storage)) = window().local_storage() else {
        return;
    };
    // Private windows may refuse to write; then the value lives as long as the page.
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Removes every stored text whose key begins like this.
pub fn forget_stored(prefix: &str) {
    let Ok(Some(storage)) = window().local_storage() else {
        return;
    };
    let count = storage.length().unwrap_or(0);
    let keys: Vec<String> = (0..count)
        .filter_map(|place| storage.key(place).ok()?)
        .collect();
    for key in keys.iter().filter(|key| key.starts_with(prefix)) {
        store(key, None);
    }
}

/// A text that this tab noted; it outlives a reload, and ends with the tab.
pub fn noted(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Notes a text for this tab, or removes it; see [`noted`].
pub fn note(key: &str, value: Option<&str>) {
    let Ok(Some(storage)) = window().session_storage() else {
        return;
    };
    // As with what is stored: where nothing can be kept, a reload forgets it.
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Sets or removes an attribute of `<html>`, such as `data-theme`.
pub fn mark_root(attribute: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Attribute names here are constants, so setting them cannot fail.
    let _ = match value {
        Some(value) => root.set_attribute(attribute, value),
        None => root.remove_attribute(attribute),
    };
}

/// Moves the keyboard focus to the element with this id, once the page has been drawn.
pub fn focus_id(id: impl Into<String>) {
    let id = id.into();
    request_animation_frame(move || focus_now(&format!("#{id}")));
}

/// Moves the keyboard focus to the first element that matches, once the page has been drawn.
pub fn focus_first(selector: &'static str) {
    request_animation_frame(move || focus_now(selector));
}

/// Whether a field shows something that its browser cannot read, e.g. half a date, and so gives as nothing.
pub fn is_unreadable(id: &str) -> bool {
    let found = document().query_selector(&["#", id, ":invalid"].concat());
    found.is_ok_and(|field| field.is_some())
}

/// Moves the keyboard focus at once to the first element that matches: for what is on the page already, so that the
/// next key finds it there.
pub fn focus_now(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        let element: web_sys::HtmlElement = element.unchecked_into();
        let _ = element.focus();
    }
}

/// Address of a symbol of the icon sprite, e.g. `/assets/3f2a/icons.svg#clock`.
pub fn icon_url(name: &str) -> String {
    thread_local! {
        static ASSETS: String = assets();
    }
    ASSETS.with(|assets| [assets.as_str(), "icons.svg#", name].concat())
}

/// The folder of this build, which `index.html` names in `<html data-assets>`.
fn assets() -> String {
    document()
        .document_element()
        .and_then(|root| root.get_attribute("data-assets"))
        .unwrap_or_else(|| "/assets/".to_owned())
}

/// Whether the page is in front, so that polling makes sense.
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Calls `task` every so many seconds while the page is in front, and at once when it comes back
/// to the front. Ends with the component that asked.
pub fn poll(seconds: u64, task: impl Fn() + Clone + 'static) {
    let tick = task.clone();
    let interval = set_interval_with_handle(
        move || {
            if is_visible() {
                tick();
            }
        },
        std::time::Duration::from_secs(seconds),
    );
    let shown = window_event_listener_untyped("focus", move |_| task());
    on_cleanup(move || {
        if let Ok(interval) = interval {
            interval.clear();
        }
        shown.remove();
    });
}

/// A random text of 32 hexadecimal digits, for idempotency keys and element names.
pub fn random_key() -> String {
    let mut bytes = [0u8; 16];
    let filled = window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_err() {
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    let mut key = String::with_capacity(32);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            key.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    key
}

/// Copies a text to the clipboard; `false` when the browser does not allow it.
pub async fn copy_text(text: String) -> bool {
    // The clipboard is absent on plain http addresses other than localhost.
    let navigator: JsValue = window().navigator().into();
    let Some(clipboard) = get(&navigator, "clipboard") else {
        return false;
    };
    let Some(write) = get(&clipboard, "writeText") else {
        return false;
    };
    let write: js_sys::Function = write.unchecked_into();
    match write.call1(&clipboard, &text.into()) {
        Ok(promise) => {
            let promise: js_sys::Promise = promise.unchecked_into();
            wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
        }
        Err(_) => false,
    }
}

/// A property of a JavaScript object; `None` when it is absent, null or undefined.
pub fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_null() && !value.is_undefined())
}

/// The path and query of a link of this site that a click follows in this very tab; `None` for
/// anything that the browser should do by itself: other sites, downloads, new tabs, `rel=external`.
pub fn followed_link(event: &web_sys::MouseEvent) -> Option<String> {
    let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return None;
    }
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    let link: web_sys::HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let stays = matches!(link.target().as_str(), "" | "_self")
        && !link.has_attribute("download")
        && link.get_attribute("rel").as_deref() != Some("external");
    let url = web_sys::Url::new(&link.href()).ok()?;
    let own = url.origin() == window().location().origin().ok()?;
    (stays && own && url.hash().is_empty()).then(|| [url.pathname(), url.search()].concat())
}

/// Opens another page of the app that this router does not know, e.g. the console from the portal.
pub fn leave_to(address: &str) {
    let _ = window().location().set_href(address);
}
