//! Parts of the console that come when they are first needed, so that the first load stays small: pages that are opened
//! now and then, and every window. A few seconds after the start they are fetched anyway, so that nobody waits for them.
//!
//! How a part is loaded is the business of the console's binary, where the cuts are (see `src/bin/console.rs`).

use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;

use super::access_requests::AccessRequestsPage;
use super::approvals::ApprovalsPage;
use super::approvers::ApproversPage;
use super::new_ticket::NewTicketPage;
use super::people::PeoplePage;
use super::preferences::{Preferences, Shortcuts};
use super::router::{Page, nav};
use super::ticket::actions::Action;
use super::ticket::sla_window::SlaWindow;
use super::ticket::windows::action_window;
use super::ticket::{Case, SideTab, TicketPane};
use super::vouching::VouchingPage;
use super::words::Words;
use crate::browser;
use crate::client::ApiError;
use crate::components::feedback::{Failed, Kind, Loading};
use crate::components::use_ui;
use crate::i18n::t;
use crate::task::{later, watch};

pub use super::ticket::panel::draw_panel;

/// How long the first page is left alone before the parts are fetched.
const FETCH_AFTER: Duration = Duration::from_secs(2);

/// A window of the console.
#[derive(Clone, Copy)]
pub enum Window {
    /// What is set for this browser.
    Preferences,
    /// The list of shortcuts.
    Shortcuts,
    /// The data that an action on a ticket needs.
    Action(Action, Case),
    /// Why the clocks of a ticket show what they show.
    SlaReasons(Case),
}

/// Draws a page of the part with the pages.
pub type DrawPage = fn(Page) -> AnyView;

/// Draws a window, which says when it has closed.
pub type DrawWindow = fn(Window, Callback<()>) -> AnyView;

/// Draws the open ticket.
pub type DrawTicket = fn() -> AnyView;

/// Draws what the panel beside a ticket shows when it is not the facts.
pub type DrawPanel = fn(SideTab, Case) -> AnyView;

/// A part on its way; `None` if it could not be loaded.
pub type Arrival<D> = Pin<Box<dyn Future<Output = Option<D>>>>;

/// The ways to the parts.
#[derive(Clone, Copy)]
pub struct Loaders {
    /// Loads [`draw_page`].
    pub pages: fn() -> Arrival<DrawPage>,
    /// Loads [`draw_intake`].
    pub intake: fn() -> Arrival<DrawPage>,
    /// Loads [`draw_window`].
    pub windows: fn() -> Arrival<DrawWindow>,
    /// Loads [`draw_ticket`].
    pub ticket: fn() -> Arrival<DrawTicket>,
    /// Loads [`draw_panel`](super::ticket::panel::draw_panel).
    pub panel: fn() -> Arrival<DrawPanel>,
}

/// Draws the pages of the part with the pages.
pub fn draw_page(page: Page) -> AnyView {
    match page {
        Page::Approvals => view! { <ApprovalsPage/> }.into_any(),
        Page::Approvers => view! { <ApproversPage/> }.into_any(),
        Page::People => view! { <PeoplePage/> }.into_any(),
        Page::AccessRequests => view! { <AccessRequestsPage/> }.into_any(),
        Page::Vouching => view! { <VouchingPage/> }.into_any(),
        // These are elsewhere.
        Page::Login | Page::Home | Page::Queue | Page::NewTicket | Page::Unknown => ().into_any(),
    }
}

/// Draws the page that records a ticket, which is a part by itself for its size.
pub fn draw_intake(_: Page) -> AnyView {
    view! { <NewTicketPage/> }.into_any()
}

/// Draws the open ticket, which the list does without.
pub fn draw_ticket() -> AnyView {
    view! { <TicketPane/> }.into_any()
}

/// Draws the windows.
pub fn draw_window(window: Window, on_close: Callback<()>) -> AnyView {
    match window {
        Window::Preferences => view! { <Preferences on_close/> }.into_any(),
        Window::Shortcuts => view! { <Shortcuts on_close/> }.into_any(),
        Window::Action(action, case) => action_window(action, case, on_close),
        Window::SlaReasons(case) => view! { <SlaWindow case on_close/> }.into_any(),
    }
}

#[derive(Clone, Copy)]
enum State<D> {
    Absent,
    Coming,
    Here(D),
    Failed,
}

/// One part: what is known of it and how it is loaded.
#[derive(Clone, Copy)]
struct Part<D: 'static> {
    state: RwSignal<State<D>>,
    load: fn() -> Arrival<D>,
}

impl<D: Copy + Send + Sync + 'static> Part<D> {
    fn new(load: fn() -> Arrival<D>) -> Self {
        Self {
            state: RwSignal::new(State::Absent),
            load,
        }
    }

    /// Loads the part unless it is here, coming, or has just failed.
    fn begin(self) {
        if matches!(self.state.get_untracked(), State::Absent) {
            self.fetch();
        }
    }

    /// Loads the part unless it is here or coming. One that failed is tried again.
    fn fetch(self) {
        match self.state.get_untracked() {
            State::Here(_) | State::Coming => return,
            State::Absent | State::Failed => {}
        }
        self.state.set(State::Coming);
        later(async move {
            let state = match (self.load)().await {
                Some(draw) => State::Here(draw),
                None => State::Failed,
            };
            self.state.set(state);
        });
    }
}

/// The parts that come later. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Parts {
    pages: Part<DrawPage>,
    intake: Part<DrawPage>,
    windows: Part<DrawWindow>,
    ticket: Part<DrawTicket>,
    panel: Part<DrawPanel>,
}

impl Parts {
    /// Nothing is loaded yet.
    pub fn new(loaders: Loaders) -> Self {
        Self {
            pages: Part::new(loaders.pages),
            intake: Part::new(loaders.intake),
            windows: Part::new(loaders.windows),
            ticket: Part::new(loaders.ticket),
            panel: Part::new(loaders.panel),
        }
    }

    /// Fetches everything once the first page has had its time.
    pub fn fetch_soon(self) {
        set_timeout(
            move || {
                self.ticket.fetch();
                self.windows.fetch();
                self.panel.fetch();
                self.pages.fetch();
                self.intake.fetch();
            },
            FETCH_AFTER,
        );
    }

    /// The page, as soon as its part is here.
    pub fn page(self, page: Page) -> AnyView {
        let part = if page == Page::NewTicket {
            self.intake
        } else {
            self.pages
        };
        part.fetch();
        let mut waited = false;
        let content = move || match part.state.get() {
            State::Here(draw) => {
                // Whoever came from another page is led to the heading, which was not there yet.
                if waited {
                    browser::focus_first("h1");
                }
                draw(page)
            }
            State::Absent | State::Coming => {
                waited = true;
                view! { <main class="sheet" id="main" tabindex="-1"><Loading lines=8/></main> }
                    .into_any()
            }
            State::Failed => view! {
                <main class="sheet" id="main" tabindex="-1">
                    <Failed error=ApiError::Offline retry=Callback::new(move |()| part.fetch())/>
                </main>
            }
            .into_any(),
        };
        view! { {content} }.into_any()
    }

    /// The ticket of the address, as soon as its part is here.
    pub fn ticket(self) -> AnyView {
        let part = self.ticket;
        let nav = nav();
        let wanted = Memo::new(move |_| nav.ticket.with(Option::is_some));
        let content = move || {
            if !wanted.get() {
                return ().into_any();
            }
            // Here, because it may draw again after a failure: that is not tried for ever.
            part.begin();
            match part.state.get() {
                State::Here(draw) => draw(),
                State::Absent | State::Coming => view! {
                    <article class="ticket-pane"><div class="ticket-main"><Loading lines=8/></div></article>
                }
                .into_any(),
                State::Failed => view! {
                    <article class="ticket-pane">
                        <Failed error=ApiError::Offline retry=Callback::new(move |()| part.fetch())/>
                    </article>
                }
                .into_any(),
            }
        };
        view! { {content} }.into_any()
    }

    /// What the panel beside a ticket shows, as soon as its part is here.
    pub fn panel(self, tab: SideTab, case: Case) -> AnyView {
        let part = self.panel;
        part.fetch();
        let content = move || match part.state.get() {
            State::Here(draw) => draw(tab, case),
            State::Absent | State::Coming => {
                view! { <div class="facts"><Loading lines=4/></div> }.into_any()
            }
            State::Failed => view! {
                <Failed error=ApiError::Offline retry=Callback::new(move |()| part.fetch())/>
            }
            .into_any(),
        };
        view! { {content} }.into_any()
    }

    /// The window, as soon as its part is here; `closed` takes it away.
    pub fn window(self, window: Window, closed: Callback<()>) -> AnyView {
        let part = self.windows;
        let ui = use_ui();
        // Ends with this window, where another one takes its place.
        let wanted = StoredValue::new(());
        part.fetch();
        watch(move || {
            if matches!(part.state.get(), State::Failed) {
                ui.toast(Kind::Error, t(Words::PartNotLoaded));
                request_animation_frame(move || {
                    if wanted.try_get_value().is_some() {
                        let _ = closed.try_run(());
                    }
                });
            }
        });
        let content = move || match part.state.get() {
            State::Here(draw) => Some(draw(window, closed)),
            State::Absent | State::Coming | State::Failed => None,
        };
        view! { {content} }.into_any()
    }
}

/// The parts that come later.
pub fn parts() -> Parts {
    expect_context::<Parts>()
}
