//! A button that opens a list of actions, by the keyboard as well: arrows move, Home and End jump, Escape closes.

use crate::components::act;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// What stays free between a list and the edge of the window, in pixels.
const EDGE: f64 = 12.0;

/// A menu that opens upwards, or where `menu_class` says; its children are `menu-item` buttons and links. Choosing one closes it.
#[component]
pub fn Menu(
    /// Classes of the button.
    button_class: &'static str,
    /// Classes of the list.
    #[prop(default = "menu up")]
    menu_class: &'static str,
    /// What a screen reader calls the button, where its content has no words.
    #[prop(optional, into)]
    label: Option<String>,
    /// What the button shows.
    button: AnyView,
    /// The entries.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let anchor = NodeRef::<leptos::html::Div>::new();
    let items = move || -> Vec<web_sys::HtmlElement> {
        let Some(anchor) = anchor.get_untracked() else {
            return Vec::new();
        };
        let Ok(list) = anchor.query_selector_all(".menu-item") else {
            return Vec::new();
        };
        (0..list.length())
            .filter_map(|index| list.item(index)?.dyn_into().ok())
            .collect()
    };
    let focus = move |place: fn(usize, usize) -> usize| {
        let items = items();
        let active = document().active_element();
        let at = items.iter().position(|item| {
            active
                .as_ref()
                .is_some_and(|active| active.is_same_node(Some(item)))
        });
        let Some(last) = items.len().checked_sub(1) else {
            return;
        };
        if let Some(item) = items.get(place(at.unwrap_or(usize::MAX), last)) {
            // The element is on the page, so focusing cannot fail.
            let _ = item.focus();
        }
    };
    let first = |_: usize, _: usize| 0;
    let show = move || {
        open.set(true);
        request_animation_frame(move || {
            keep_in_window(anchor);
            focus(first);
        });
    };
    let hide = move |back: bool| {
        open.set(false);
        let button = anchor
            .get_untracked()
            .and_then(|anchor| anchor.first_element_child());
        if let Some(button) = button
            .filter(|_| back)
            .and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = button.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        match event.key().as_str() {
            "Escape" => hide(true),
            "ArrowDown" => focus(|at, last| if at >= last { 0 } else { at + 1 }),
            "ArrowUp" => focus(|at, last| if at == 0 || at > last { last } else { at - 1 }),
            "Home" => focus(first),
            "End" => focus(|_, last| last),
            "Tab" => {
                hide(false);
                return;
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = anchor
            .get_untracked()
            .is_some_and(|anchor| anchor.contains(target.as_ref()));
        if open.get_untracked() && !inside {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    view! {
        <div class="menu-anchor" node_ref=anchor on:keydown=act(on_key)>
            <button
                type="button"
                class=button_class
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=label.clone()
                title=label
                on:click=act(move |_| if open.get_untracked() { hide(true) } else { show() })
            >
                {button}
            </button>
            <div class=menu_class role="menu" hidden=move || !open.get() on:click=act(move |_| hide(true))>
                {children()}
            </div>
        </div>
    }
}

/// A list that would reach past the window's end moves back inside it.
fn keep_in_window(anchor: NodeRef<leptos::html::Div>) {
    // Redrawn meanwhile, it is gone.
    let list = anchor
        .try_get_untracked()
        .flatten()
        .and_then(|anchor| anchor.last_element_child())
        .and_then(|list| list.dyn_into::<web_sys::HtmlElement>().ok());
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    let (Some(list), Some(width)) = (list, width) else {
        return;
    };
    // The browser takes a length in pixels; if it did not, the list would only stay where it is.
    let style = list.style();
    let _ = style.remove_property("margin-inline-start");
    let beyond = (list.get_bounding_client_rect().right() + EDGE - width) as i32;
    if beyond > 0 {
        let moved = ["-", &beyond.to_string(), "px"].concat();
        let _ = style.set_property("margin-inline-start", &moved);
    }
}
