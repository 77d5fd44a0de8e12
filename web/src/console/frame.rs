//! The frame of every page but the sign-in: it makes sure that somebody is signed in, and loads who.

use std::sync::Arc;

use crate::task::{later, watch};
use leptos::prelude::*;
use shared::api::desks::DeskRow;
use shared::api::session::Me;

use super::keys::Keys;
use super::router::{Nav, Page, Step, nav};
use super::session::Session;
use super::shell::Shell;
use super::ticker::Ticker;
use super::words::Words;
use crate::client::http::encode;
use crate::client::{ApiError, use_client};
use crate::components::feedback::Failed;
use crate::i18n::t;

#[derive(Clone)]
enum Stage {
    Waiting,
    Ready(Arc<Me>, Vec<DeskRow>),
    Failed(ApiError),
}

/// Asks for the session and shows the pages below once it is there; else leads to the sign-in.
#[component]
pub fn Frame() -> impl IntoView {
    let client = use_client();
    let stage = RwSignal::new(Stage::Waiting);
    let nav = nav();
    let load = move || {
        stage.set(Stage::Waiting);
        later(async move {
            // Without a network the session may still be good: then the failed call says so, not the sign-in page.
            if !client.resume().await && !client.may_have_session() {
                to_login(nav);
                return;
            }
            match Session::load(client).await {
                Ok((me, desks)) => {
                    let _ = stage.try_set(Stage::Ready(me, desks));
                }
                Err(error) if error.is_signed_out() => to_login(nav),
                Err(error) => {
                    let _ = stage.try_set(Stage::Failed(error));
                }
            }
        });
    };
    load();
    // The session may end while the console is open: disabled account, revoked family.
    let mut was_in = false;
    watch(move || {
        let is_in = client.is_signed_in();
        if was_in && !is_in {
            to_login(nav);
        }
        was_in = is_in;
    });
    view! { {move || {
        match stage.get() {
        Stage::Waiting => {
            view! { <p class="boot" role="status">{t(Words::Loading)}</p> }.into_any()
        }
        Stage::Ready(me, desks) => {
            Session::provide(me, desks);
            provide_context(Ticker::start());
            provide_context(Keys::start());
            view! { <Shell/> }.into_any()
        }
        Stage::Failed(error) => {
            view! { <main class="sheet" id="main"><Failed error retry=Callback::new(move |()| load())/></main> }.into_any()
        }
    }
    }} }
}

/// Leads to the sign-in page, which comes back to the present page.
fn to_login(nav: Nav) {
    if nav.page.get_untracked() != Page::Login {
        nav.go(
            &["/login?next=", &encode(&nav.address())].concat(),
            Step::Instead,
        );
    }
}
