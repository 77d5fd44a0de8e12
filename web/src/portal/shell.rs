//! Header, footer and the page between them.

use leptos::prelude::*;
use shared::api::portal::PortalDesk;

use super::load::Loaded;
use super::nav::use_nav;
use super::parts::{Rare, use_part};
use super::route::{Page, Route};
use super::words::Words as Common;
use super::{created, home, lookup, new_ticket, ticket, tickets, verify};
use crate::browser;
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::{Failed, Loading, OfflineBanner};
use crate::components::{Heading, LangSwitch, SkipLink, ThemeSwitch, Toasts, icon, use_ui};
use crate::i18n::{Message, Noun, t};

crate::messages! {
    enum Words {
        Desks = "Mesas de servicios", "Service desks";
        Accessibility = "Accesibilidad", "Accessibility";
        NoPage = "Esta página no existe", "This page does not exist";
        NoPageHelp = "Revise la dirección o vuelva al inicio. Si llegó por un enlace de un correo, cópielo completo.",
            "Check the address or go back to the start page. If you followed a link from an email, copy all of it.";
    }
}

/// The desk whose pages are shown.
#[derive(Clone, Copy)]
pub(super) struct Desk(StoredValue<PortalDesk>);

impl Desk {
    /// Its data.
    pub(super) fn get(self) -> PortalDesk {
        self.0.get_value()
    }

    /// Address of one of its pages; `page` without leading slash.
    pub(super) fn link(self, page: &str) -> String {
        self.0.with_value(|desk| {
            [
                "/",
                &desk.slug,
                if page.is_empty() { "" } else { "/" },
                page,
            ]
            .concat()
        })
    }

    /// A sentence with the desk's word for a ticket in it.
    pub(super) fn say(self, message: impl Message) -> String {
        self.say_with(message, &[])
    }

    /// The same, with further values.
    pub(super) fn say_with(self, message: impl Message, values: &[&str]) -> String {
        self.0
            .with_value(|desk| Noun::new(&desk.ticket_word))
            .say_with(message, values)
    }

    /// Its time zone.
    pub(super) fn zone(self) -> String {
        self.0.with_value(|desk| desk.time_zone.clone())
    }

    /// Its address part.
    pub(super) fn slug(self) -> String {
        self.0.with_value(|desk| desk.slug.clone())
    }
}

/// The desk whose pages are shown.
pub(super) fn use_desk() -> Desk {
    expect_context()
}

/// The whole window.
#[component]
pub(super) fn Shell() -> impl IntoView {
    let path = use_nav().path;
    let route = Memo::new(move |_| path.with(|path| Route::parse(path)));
    let slug = Memo::new(move |_| route.with(Route::desk));
    let body = move || match slug.get() {
        Some(slug) => desk_shell(slug, route),
        None => {
            paint(None);
            use_ui().site.set("Atiende".to_owned());
            let page = (move || general_page(&route.get())).into_any();
            frame(
                "/".to_owned(),
                t(Words::Desks).into_any(),
                ().into_any(),
                page,
            )
        }
    };
    view! { <SkipLink/>{body}<Toasts/> }
}

/// The pages of a desk. Header and footer stand from the start, so the focus on a switch in the
/// header survives while the desk is asked for again in another language.
fn desk_shell(slug: String, route: Memo<Route>) -> AnyView {
    let client = use_client();
    let home = ["/", &slug].concat();
    let loaded = Loaded::start(move || portal::get_desk(client, slug.clone()));
    let known = move || loaded.value().and_then(Result::ok);
    let page = move || match loaded.value() {
        None => view! { <Loading/> }.into_any(),
        Some(Err(error)) if is_unknown(&error) => not_found(),
        Some(Err(error)) => {
            let retry = Callback::new(move |()| loaded.reload());
            view! { <Failed error retry/> }.into_any()
        }
        Some(Ok(desk)) => {
            paint(desk.accent.as_deref());
            use_ui().site.set(desk.name.clone());
            provide_context(Desk(StoredValue::new(desk)));
            let page = move || match route.get() {
                Route::Desk(_, page) => desk_page(page),
                Route::Desks | Route::Accessibility | Route::Unknown => ().into_any(),
            };
            page.into_any()
        }
    };
    let name = move || known().map(|desk| desk.name);
    let support = move || known().and_then(|desk| support(&desk));
    frame(home, name.into_any(), support.into_any(), page.into_any())
}

fn general_page(route: &Route) -> AnyView {
    match route {
        Route::Desks => view! { <home::DeskChooser/> }.into_any(),
        Route::Accessibility => use_part().page(Rare::Accessibility),
        Route::Desk(..) => ().into_any(),
        Route::Unknown => not_found(),
    }
}

fn desk_page(page: Page) -> AnyView {
    if let Some(rare) = Rare::of(&page) {
        return use_part().page(rare);
    }
    match page {
        Page::Home => view! { <home::Home/> }.into_any(),
        Page::New => view! { <new_ticket::NewTicket/> }.into_any(),
        Page::Verify(id) => view! { <verify::Verify id/> }.into_any(),
        Page::Created(code) => view! { <created::Created code/> }.into_any(),
        Page::Lookup => view! { <lookup::Lookup/> }.into_any(),
        Page::Tickets => view! { <tickets::Tickets/> }.into_any(),
        Page::Ticket(code) => view! { <ticket::Ticket code/> }.into_any(),
        // These come later.
        Page::Rate(_) | Page::Approvals | Page::Approval(_) | Page::Access => ().into_any(),
    }
}

/// Header, main and footer.
fn frame(home: String, name: AnyView, support: AnyView, page: AnyView) -> AnyView {
    let mark = browser::icon_url("mark");
    view! {
        <header class="site-head">
            <div class="wrap site-bar">
                <a class="brand" href=home>
                    <svg class="brand-mark" aria-hidden="true"><use_ href=mark></use_></svg>
                    <span class="brand-text"><span class="brand-desk">{name}</span><span class="brand-name">"Atiende"</span></span>
                </a>
                <div class="site-tools"><LangSwitch/></div>
            </div>
        </header>
        <main class="wrap page" id="main" tabindex="-1"><OfflineBanner/>{page}</main>
        <footer class="site-foot">
            <div class="wrap">
                {support}
                <div class="foot-links"><a href="/help/accessibility">{t(Words::Accessibility)}</a><ThemeSwitch/></div>
            </div>
        </footer>
    }
    .into_any()
}

/// The support line and its hours, if the desk has one.
fn support(desk: &PortalDesk) -> Option<AnyView> {
    let line = phone(desk.support_line.as_deref()?);
    let hours = desk.hours.clone();
    let view = view! {
        <p class="support">{icon("phone")}<span>{t(Common::SupportLine)}" "{line}<span class="muted">" "{hours}</span></span></p>
    };
    Some(view.into_any())
}

/// A telephone number as a link that dials it.
pub(super) fn phone(number: &str) -> AnyView {
    let dial: String = number
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    let number = number.to_owned();
    view! { <a href=["tel:", &dial].concat() class="num" rel="external">{number}</a> }.into_any()
}

fn not_found() -> AnyView {
    view! {
        <Heading text=t(Words::NoPage)/>
        <p>{t(Words::NoPageHelp)}</p>
        <div class="actions"><a class="btn primary" href="/">{t(Common::Home)}</a></div>
    }
    .into_any()
}

/// Gives the page the desk's colour.
fn paint(accent: Option<&str>) {
    let Some(root) = document().document_element() else {
        return;
    };
    let root: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(root);
    // A colour that the browser does not know leaves the product's own.
    let _ = match accent {
        Some(accent) => root.style().set_property("--desk-accent", accent),
        None => root.style().remove_property("--desk-accent").map(|_| ()),
    };
}

/// Whether an error says that there is no such thing, or not for this person.
pub(super) fn is_unknown(error: &ApiError) -> bool {
    error.status() == 404
}
