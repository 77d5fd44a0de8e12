//! The agents' console: a queue of tickets and everything an agent does with them, eight hours a day.
//!
//! The cast: [`Frame`](frame::Frame) makes sure that somebody is signed in and loads who; [`shell`] draws the rail and the
//! bars around every page; [`queue`] is the list with its filters, and stays where it is while [`ticket`] shows one
//! ticket beside it; the remaining modules are one page each. Pages own data and actions and call
//! [`crate::client::console`]; what the server refuses, it says itself, and the console only offers what
//! `allowed_commands` lists.

mod access_requests;
mod components;
mod frame;
mod keys;
mod login;
mod new_ticket;
mod people;
mod query;
mod queue;
mod session;
mod shell;
mod sla;
mod status;
mod ticker;
mod ticket;
mod vouching;
mod words;

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;

use self::words::Words;
use crate::client::Audience;
use crate::components::Toasts;
use crate::i18n::{t, use_lang};

/// Where the console lives.
pub const BASE: &str = "/console";

/// Starts the console in `#app`.
pub fn start() {
    crate::mount(Audience::Console, App);
}

/// The whole console; drawn again when the language changes.
#[component]
fn App() -> impl IntoView {
    let lang = use_lang();
    move || {
        lang.track();
        view! {
            <Router base=BASE>
                <Routes fallback=NotFound>
                    <Route path=path!("/login") view=login::Login/>
                    <ParentRoute path=path!("") view=frame::Frame>
                        <Route path=path!("") view=|| view! { <Redirect path="/queue"/> }/>
                        <Route path=path!("/tickets/new") view=new_ticket::NewTicketPage/>
                        <Route path=path!("/people") view=people::PeoplePage/>
                        <Route path=path!("/access-requests") view=access_requests::AccessRequestsPage/>
                        <Route path=path!("/vouching") view=vouching::VouchingPage/>
                        <ParentRoute path=path!("") view=queue::Workbench>
                            <Route path=path!("/queue") view=|| ()/>
                            <Route path=path!("/tickets/:code") view=ticket::TicketPane/>
                        </ParentRoute>
                    </ParentRoute>
                </Routes>
            </Router>
            <Toasts/>
        }
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <main class="sheet" id="main">
            <div class="empty">
                <h1>{t(Words::PageNotFound)}</h1>
                <p><a class="btn primary" href="/console/queue">{t(Words::BackToQueue)}</a></p>
            </div>
        </main>
    }
}
