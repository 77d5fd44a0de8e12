//! Which page the address shows, and going to another without loading the console again.
//!
//! A router of our own, because the console has few kinds of page and one nesting, and because the first load is
//! weighed: this is about a tenth of what a general router adds to it.

use crate::task::watch;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::UrlSearchParams;

use crate::browser;

/// Where the console lives.
pub const BASE: &str = "/console";

/// The kinds of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Signing in.
    Login,
    /// Nothing asked for: leads to the queue.
    Home,
    /// The queue, and beside or instead of it one ticket.
    Queue,
    /// Recording a ticket.
    NewTicket,
    /// Registered people.
    People,
    /// Requests for access.
    AccessRequests,
    /// Helping a caller.
    Vouching,
    /// Tickets that wait for the agent's own decision.
    Approvals,
    /// Who holds the approver roles.
    Approvers,
    /// An address that leads nowhere.
    Unknown,
}

impl Page {
    fn of(path: &str) -> Self {
        match path {
            "" | "/" => Self::Home,
            "/login" => Self::Login,
            "/queue" => Self::Queue,
            "/tickets/new" => Self::NewTicket,
            "/people" => Self::People,
            "/access-requests" => Self::AccessRequests,
            "/vouching" => Self::Vouching,
            "/approvals" => Self::Approvals,
            "/approvers" => Self::Approvers,
            _ if ticket_code(path).is_some() => Self::Queue,
            _ => Self::Unknown,
        }
    }
}

/// The code in the path of a ticket.
fn ticket_code(path: &str) -> Option<&str> {
    let code = path.strip_prefix("/tickets/")?;
    (!code.is_empty() && code != "new" && !code.contains('/')).then_some(code)
}

/// Whether going somewhere may be undone with the back button.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A new entry of the history.
    Forward,
    /// In the place of the present entry.
    Instead,
}

/// An address inside the console.
#[derive(Clone, PartialEq, Eq)]
struct Here {
    /// Without [`BASE`] and without a slash at the end, such as `/queue`.
    path: String,
    /// With its question mark; empty for none.
    search: String,
}

impl Here {
    fn read() -> Self {
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let path = path.strip_prefix(BASE).unwrap_or(&path);
        Self {
            path: path.trim_end_matches('/').to_owned(),
            search: location.search().unwrap_or_default(),
        }
    }
}

/// The present address. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Nav {
    here: RwSignal<Here>,
    /// The page that it shows.
    pub page: Memo<Page>,
    /// The code of the ticket that it shows, beside or instead of the list.
    pub ticket: Memo<Option<String>>,
    /// The query string with its question mark; empty for none.
    pub search: Memo<String>,
}

impl Nav {
    /// Follows links inside the console and the back button, for as long as the caller's owner lives.
    pub fn start() -> Self {
        let here = RwSignal::new(Here::read());
        let nav = Self {
            here,
            page: Memo::new(move |_| here.with(|here| Page::of(&here.path))),
            ticket: Memo::new(move |_| {
                here.with(|here| ticket_code(&here.path).map(str::to_owned))
            }),
            search: Memo::new(move |_| here.with(|here| here.search.clone())),
        };
        let back = window_event_listener(ev::popstate, move |_| here.set(Here::read()));
        let click = window_event_listener(ev::click, move |event| nav.clicked(&event));
        on_cleanup(move || {
            back.remove();
            click.remove();
        });
        nav
    }

    /// Goes to an address inside the console, such as `/queue?view=all`.
    pub fn go(self, address: &str, step: Step) {
        let Ok(history) = window().history() else {
            return;
        };
        let address = [BASE, address].concat();
        // The address is of this very origin, so the browser takes it.
        let _ = match step {
            Step::Forward => history.push_state_with_url(&JsValue::NULL, "", Some(&address)),
            Step::Instead => history.replace_state_with_url(&JsValue::NULL, "", Some(&address)),
        };
        self.here.set(Here::read());
    }

    /// Where one is: path and query, such as `/queue?view=all`.
    pub fn address(self) -> String {
        self.here
            .with_untracked(|here| [here.path.as_str(), &here.search].concat())
    }

    /// A part of the query; follows changes.
    pub fn param(self, name: &str) -> Option<String> {
        let search = self.search.get();
        UrlSearchParams::new_with_str(&search).ok()?.get(name)
    }

    fn clicked(self, event: &ev::MouseEvent) {
        let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || modified {
            return;
        }
        let Some(address) = event.target().and_then(own_link) else {
            return;
        };
        event.prevent_default();
        self.go(&address, Step::Forward);
    }
}

/// The address of a link inside the console that was clicked; others are left to the browser.
fn own_link(target: web_sys::EventTarget) -> Option<String> {
    let link = target
        .dyn_into::<web_sys::Element>()
        .ok()?
        .closest("a[href]")
        .ok()??;
    let link: web_sys::HtmlAnchorElement = link.dyn_into().ok()?;
    if !matches!(link.target().as_str(), "" | "_self") || link.has_attribute("download") {
        return None;
    }
    let url = web_sys::Url::new(&link.href()).ok()?;
    let path = url.pathname();
    let own = path
        .strip_prefix(BASE)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let here = window().location().origin().ok()?;
    (url.origin() == here && url.hash().is_empty()).then(|| [own, &url.search()].concat())
}

/// The console's addresses.
pub fn nav() -> Nav {
    expect_context::<Nav>()
}

/// After a change of page the focus goes to the new heading, so that a screen reader tells where one is.
pub fn focus_headings(nav: Nav) {
    let mut before = nav.page.get_untracked();
    watch(move || {
        let page = nav.page.get();
        if before != page {
            browser::focus_first("h1");
            before = page;
        }
    });
}
