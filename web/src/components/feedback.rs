//! Banners, toasts and the three faces of waiting: loading, empty, failed.

use std::time::Duration;

use leptos::prelude::*;

use super::{act, icon, icon_sized, use_ui};
use crate::client::ApiError;
use crate::i18n::t;

crate::messages! {
    enum Words {
        Loading = "Cargando…", "Loading…";
        NotAllowed = "Usted no tiene permiso para ver esta página", "You do not have permission to see this page";
        NotLoaded = "No se pudo cargar", "Could not be loaded";
        Retry = "Reintentar", "Try again";
        RequestId = "Referencia para soporte: ", "Reference for support: ";
        Offline = "Sin conexión. Lo que escriba se guarda en este equipo; podrá enviarlo cuando vuelva la red.",
            "No connection. What you type is kept on this device; you can send it when the network is back.";
        Close = "Cerrar", "Close";
    }
}

/// The tone of a banner or a toast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something to know.
    Info,
    /// It worked.
    Success,
    /// Something to mind.
    Warning,
    /// It failed.
    Error,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "check-circle",
            Self::Warning => "alert",
            Self::Error => "alert-circle",
        }
    }
}

/// A notice inside a page; errors are announced at once. It can take the focus, so that a person
/// at the end of a long form is led to it.
#[component]
pub fn Banner(
    kind: Kind,
    /// Bold first line; may be empty.
    #[prop(optional, into)]
    title: String,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let role = if kind == Kind::Error {
        "alert"
    } else {
        "status"
    };
    let title = (!title.is_empty()).then(|| view! { <p class="banner-title">{title}</p> });
    view! {
        <div class=["banner ", kind.class()].concat() role=role tabindex="-1">
            {icon(kind.symbol())}
            <div class="banner-body">{title}{children()}</div>
        </div>
    }
}

/// The banner of a failed call: what happened, and the reference for support.
pub fn error_banner(error: &ApiError) -> AnyView {
    let detail = error.detail();
    let reference = reference(error);
    view! { <Banner kind=Kind::Error><p>{detail}</p>{reference}</Banner> }.into_any()
}

/// Shows a failed call above a form, if there is one.
#[component]
pub fn ErrorNote(
    /// The failure, if any.
    error: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    move || error.with(|error| error.as_ref().map(error_banner))
}

/// The request id of our own faults, to quote to support.
fn reference(error: &ApiError) -> Option<impl IntoView + use<>> {
    let problem = error.problem().filter(|problem| problem.status >= 500)?;
    let id = problem.request_id.clone();
    Some(view! { <p class="small">{t(Words::RequestId)}<span class="num">{id}</span></p> })
}

/// Says that the network is gone, as long as it is.
#[component]
pub fn OfflineBanner() -> impl IntoView {
    let online = use_ui().online;
    view! {
        <Show when=move || !online.get()>
            <div class="banner warning" role="status">
                {icon("wifi-off")}
                <div class="banner-body"><p>{t(Words::Offline)}</p></div>
            </div>
        </Show>
    }
}

/// Grey lines in the place of what is on its way.
#[component]
pub fn Loading(
    /// How many lines.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    let lines = (0..lines)
        .map(|_| view! { <span class="sk"></span> })
        .collect_view();
    view! {
        <div class="skeleton" aria-busy="true">
            <span class="sr">{t(Words::Loading)}</span>
            <span class="sk sk-title"></span>
            {lines}
            <span class="sk sk-short"></span>
        </div>
    }
}

/// Nothing here, and what that means.
#[component]
pub fn Empty(
    /// Symbol of the sprite.
    symbol: &'static str,
    /// What is not here.
    #[prop(into)]
    title: String,
    /// What to do about it.
    children: Children,
) -> impl IntoView {
    view! { <div class="empty">{icon_sized(symbol, "icon xl")}<h2>{title}</h2>{children()}</div> }
}

/// Loading failed: why, and a button to try again.
#[component]
pub fn Failed(
    /// What happened.
    error: ApiError,
    /// Loads again.
    retry: Callback<()>,
) -> impl IntoView {
    // What the account may not see does not come by asking again.
    let refused = error.status() == 403;
    let (class, symbol, title) = match (&error, refused) {
        (_, true) => ("empty", "lock", Words::NotAllowed),
        (ApiError::Offline, false) => ("empty failed", "wifi-off", Words::NotLoaded),
        (_, false) => ("empty failed", "alert-circle", Words::NotLoaded),
    };
    let again = (!refused).then(|| view! {
        <button class="btn" type="button" on:click=act(move |_| retry.run(()))>{icon("refresh")}{t(Words::Retry)}</button>
    }.into_any());
    view! {
        <div class=class role="alert">
            {icon_sized(symbol, "icon xl")}
            <h2>{t(title)}</h2>
            <p>{error.detail()}</p>
            {reference(&error)}
            {again}
        </div>
    }
}

/// A short notice that leaves by itself.
#[derive(Clone, PartialEq)]
pub(super) struct Toast {
    key: String,
    kind: Kind,
    text: String,
}

/// Shows a short notice for some seconds; for what the person need not act on. In a task, where
/// there is no context to ask, use [`Ui::toast`](super::Ui::toast).
pub fn toast(kind: Kind, text: impl Into<String>) {
    use_ui().toast(kind, text);
}

impl super::Ui {
    /// Shows a short notice for some seconds.
    pub fn toast(self, kind: Kind, text: impl Into<String>) {
        let toasts = self.toasts;
        let key = crate::browser::random_key();
        let gone = key.clone();
        toasts.update(|toasts| {
            toasts.push(Toast {
                key,
                kind,
                text: text.into(),
            })
        });
        set_timeout(
            move || toasts.update(|toasts| toasts.retain(|toast| toast.key != gone)),
            Duration::from_secs(7),
        );
    }
}

/// Where toasts appear; once in each app.
#[component]
pub fn Toasts() -> impl IntoView {
    let toasts = use_ui().toasts;
    let one = move |toast: Toast| {
        let key = toast.key.clone();
        let close = move |_| toasts.update(|toasts| toasts.retain(|toast| toast.key != key));
        view! {
            <div class=["toast ", toast.kind.class()].concat()>
                {icon(toast.kind.symbol())}
                <p>{toast.text}</p>
                <button class="btn ghost icon-only sm" type="button" aria-label=t(Words::Close) on:click=act(close)>{icon("x")}</button>
            </div>
        }
    };
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.get() key=|toast| toast.key.clone() children=one/>
        </div>
    }
}
