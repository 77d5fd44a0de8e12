//! What both apps draw: fields, files, banners, tags, dialogs. Components take signals and
//! callbacks and never call the network; their HTML follows `web/style/README.md`.

pub mod code;
pub mod dialog;
pub mod feedback;
pub mod files;
pub mod form;
pub mod leaves;
pub mod page;
pub mod stars;
pub mod ticket;

use std::time::Duration;

use leptos::prelude::*;

pub use feedback::{Banner, Kind, Toasts, toast};
pub use page::{Heading, LangSwitch, SkipLink, ThemeSwitch};

use crate::browser;

/// What every component may ask for: theme, toasts, the clock, the network.
#[derive(Clone, Copy)]
pub struct Ui {
    /// Milliseconds since 1970 by the browser's clock, moving every second while the page shows.
    pub now: RwSignal<f64>,
    /// Whether the browser has a network.
    pub online: RwSignal<bool>,
    /// What the window's title ends with: the desk's or the product's name.
    pub site: RwSignal<String>,
    theme: RwSignal<page::Theme>,
    toasts: RwSignal<Vec<feedback::Toast>>,
}

/// The shared state of the interface.
pub fn use_ui() -> Ui {
    expect_context()
}

/// Provides [`Ui`] and starts the clock.
pub fn provide_ui() {
    let ui = Ui {
        now: RwSignal::new(browser::now_ms()),
        online: RwSignal::new(window().navigator().on_line()),
        site: RwSignal::new("Atiende".to_owned()),
        theme: RwSignal::new(page::Theme::stored()),
        toasts: RwSignal::new(Vec::new()),
    };
    set_interval(
        move || {
            if browser::is_visible() {
                ui.now.set(browser::now_ms());
            }
        },
        Duration::from_secs(1),
    );
    for name in ["online", "offline"] {
        let listener =
            window_event_listener_untyped(name, move |_| ui.online.set(name == "online"));
        // The app lives as long as the page.
        std::mem::forget(listener);
    }
    provide_context(ui);
}

/// A symbol of the sprite in the size of the text; `name` as in the style catalogue.
pub fn icon(name: &str) -> AnyView {
    icon_sized(name, "icon")
}

/// A symbol of the sprite, as a component.
#[component]
pub fn Icon(
    /// Its name in the style catalogue.
    name: &'static str,
    /// `sm`, `lg` or `xl`; the size of the text without it.
    #[prop(default = "")]
    size: &'static str,
) -> impl IntoView {
    let class = match size {
        "sm" => "icon sm",
        "lg" => "icon lg",
        "xl" => "icon xl",
        _ => "icon",
    };
    icon_sized(name, class)
}

/// A symbol with classes of its own, such as `icon xl`.
pub fn icon_sized(name: &str, class: &'static str) -> AnyView {
    let address = browser::icon_url(name);
    view! { <svg class=class aria-hidden="true"><use_ href=address></use_></svg> }.into_any()
}

/// A handler of an event, behind a pointer. Each closure is a type of its own, and for each type of handler the code
/// that attaches it exists once more in what the browser downloads; this way there is one for each kind of event.
pub fn act<E: 'static>(run: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(run)
}
