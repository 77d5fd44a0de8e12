//! The agents' console: a queue of tickets and everything an agent does with them, eight hours a day.
//!
//! The cast: [`Frame`](frame::Frame) makes sure that somebody is signed in and loads who; [`shell`] draws the rail and the
//! bars around every page; [`queue`] is the list with its filters, and stays where it is while [`ticket`] shows one
//! ticket beside it; the remaining modules are one page each, and come when they are first
//! needed ([`parts`]). Pages own data and actions and call
//! [`crate::client::console`]; what the server refuses, it says itself, and the console only offers what
//! `allowed_commands` lists.

#![allow(
    clippy::redundant_closure,
    reason = "`view!` puts a closure that is written in it behind a pointer; a variable would bring its own copy of code"
)]

mod access_requests;
mod approvals;
mod approvers;
mod components;
mod frame;
mod keys;
mod login;
mod new_ticket;
pub mod parts;
mod people;
mod person_picker;
mod preferences;
mod query;
mod queue;
mod router;
mod session;
mod shell;
mod sla;
mod status;
mod ticker;
mod ticket;
mod vouching;
mod words;

use leptos::prelude::*;

use self::parts::{Loaders, Parts};
use self::router::{Nav, Page};
use crate::client::Audience;
use crate::components::Toasts;
use crate::i18n::use_lang;
use crate::kept::Store;

/// What agents type. Only the browser's store says what is kept: another tab may have sent it.
const KEPT: Store = Store {
    prefix: "atiende.",
    in_memory: false,
};

/// Starts the console in `#app`, with the ways to the parts that come later.
pub fn start(loaders: Loaders) {
    crate::mount(Audience::Console, move || {
        provide_context(Parts::new(loaders));
        view! { <App/> }
    });
}

/// The whole console; drawn again when the language changes.
#[component]
fn App() -> impl IntoView {
    let lang = use_lang();
    let nav = Nav::start();
    provide_context(nav);
    let signing_in = Memo::new(move |_| nav.page.get() == Page::Login);
    let page = move || {
        lang.track();
        if signing_in.get() {
            view! { <login::Login/> }.into_any()
        } else {
            view! { <frame::Frame/> }.into_any()
        }
    };
    view! {
        {page}
        {move || {
            lang.track();
            view! { <Toasts/> }
        }}
    }
}
