//! The frame of a page: title and heading, skip link, language and theme.

use std::cell::RefCell;

use leptos::prelude::*;

use super::{act, icon, use_ui};
use crate::browser;
use crate::i18n::{Lang, lang, set_lang, t};

crate::messages! {
    enum Words {
        Skip = "Ir al contenido", "Skip to content";
        Language = "Idioma", "Language";
        Theme = "Apariencia", "Appearance";
        Light = "Clara", "Light";
        Dark = "Oscura", "Dark";
        System = "Según el equipo", "Match the device";
        Spanish = "Español", "Español";
        English = "English", "English";
    }
}

/// The page's one `<h1>`. Sets the window's title and, after a navigation inside the app, takes
/// the focus, so that a screen reader tells where one is. Drawing again moves nothing.
#[component]
pub fn Heading(#[prop(into)] text: String) -> impl IntoView {
    thread_local! {
        static LAST: RefCell<String> = const { RefCell::new(String::new()) };
    }
    title(&text);
    // The router writes the address after the page is drawn, so it is compared a frame later.
    request_animation_frame(|| {
        let here = window().location().pathname().unwrap_or_default();
        let before = LAST.with(|last| last.replace(here.clone()));
        if !before.is_empty() && before != here {
            browser::focus_first("h1");
        }
    });
    view! { <h1 tabindex="-1">{text}</h1> }
}

/// Sets the window's title; the desk's name follows it.
pub fn title(text: &str) {
    let site = use_ui().site.get_untracked();
    document().set_title(&[text, " – ", &site].concat());
}

/// Leads the keyboard past the header; first thing in the app. The target is `id="main"`.
#[component]
pub fn SkipLink() -> impl IntoView {
    let jump = |event: web_sys::MouseEvent| {
        event.prevent_default();
        browser::focus_now("#main");
    };
    view! { <a class="skip" href="#main" on:click=act(jump)>{t(Words::Skip)}</a> }
}

/// Spanish or English; the app is drawn again and server labels are asked for again.
#[component]
pub fn LangSwitch() -> impl IntoView {
    let button = |choice: Lang, name: Words| {
        let id = ["lang-", choice.as_str()].concat();
        let pressed = if lang() == choice { "true" } else { "false" };
        let choose = move |_| {
            if lang() != choice {
                set_lang(choice);
                browser::focus_id(["lang-", choice.as_str()].concat());
            }
        };
        view! {
            <button type="button" id=id aria-pressed=pressed lang=choice.as_str() aria-label=[&choice.as_str().to_uppercase(), ": ", t(name)].concat() title=t(name) on:click=act(choose)>
                {choice.as_str().to_uppercase()}
            </button>
        }
    };
    view! {
        <div class="segmented" role="group" aria-label=t(Words::Language)>
            {button(Lang::Es, Words::Spanish)}
            {button(Lang::En, Words::English)}
        </div>
    }
}

/// How the app looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    System,
    /// Light ground.
    Light,
    /// Dark ground.
    Dark,
}

impl Theme {
    const STORED: &'static str = "atiende.theme";

    /// The choice that this browser remembers.
    pub fn stored() -> Self {
        match browser::stored(Self::STORED).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn key(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Light, dark or as the device.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = use_ui().theme;
    let button = move |choice: Theme, name: Words, symbol: &str| {
        let choose = move |_| {
            browser::store(Theme::STORED, choice.key());
            browser::mark_root("data-theme", choice.key());
            theme.set(choice);
        };
        let pressed = move || {
            if theme.get() == choice {
                "true"
            } else {
                "false"
            }
        };
        view! {
            <button type="button" aria-pressed=pressed aria-label=t(name) title=t(name) on:click=act(choose)>
                {icon(symbol)}
            </button>
        }
    };
    view! {
        <div class="segmented" role="group" aria-label=t(Words::Theme)>
            {button(Theme::Light, Words::Light, "sun")}
            {button(Theme::Dark, Words::Dark, "moon")}
            {button(Theme::System, Words::System, "monitor")}
        </div>
    }
}
