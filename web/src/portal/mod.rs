//! The requesters' portal: create a ticket and prove the address with a mailed code, follow one's
//! tickets, answer the team, accept or reject the solution and rate it.
//!
//! [`route`] says which page an address shows, [`shell`] draws header and footer around it, and
//! each page owns its data. What a person types is kept on the device ([`kept`](crate::kept)) until the server
//! has it, so that a reload, a lost network or a change of language loses nothing.

mod access;
mod approvals;
mod created;
mod extra;
mod help;
mod home;
mod load;
mod lookup;
mod nav;
mod new_ticket;
mod once;
pub mod parts;
mod rate;
mod route;
mod shell;
mod ticket;
mod tickets;
mod verify;
mod words;

use leptos::prelude::*;

use crate::client::Audience;
use crate::i18n::use_lang;
use crate::kept::Store;

/// What requesters type; all of it is forgotten when one of them leaves the device.
const KEPT: Store = Store {
    prefix: "atiende.kept.",
    in_memory: true,
};

/// Starts the portal in `#app`, with the way to the part that comes later.
pub fn start(load: fn() -> parts::Arrival) {
    crate::mount(Audience::Portal, move || {
        provide_context(parts::Part::new(load));
        view! { <App/> }
    });
}

/// The portal; drawn again from the start when the language changes.
#[component]
fn App() -> impl IntoView {
    let lang = use_lang();
    provide_context(nav::Nav::start());
    move || {
        lang.track();
        view! { <shell::Shell/> }
    }
}
