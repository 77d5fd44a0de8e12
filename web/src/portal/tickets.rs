//! The requester's tickets with their state, last movement and promise.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::page::Page;
use shared::api::portal::RequesterTicketRow;

use super::KEPT;
use super::lookup::LookupForm;
use super::nav::use_nav;
use super::shell::{Desk, use_desk};
use super::words::Words as Common;
use crate::browser;
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::{Empty, ErrorNote, Failed, Loading};
use crate::components::ticket::{StatusTag, promise_line, time};
use crate::components::{Banner, Heading, Kind, icon, use_ui};
use crate::i18n::dates::Style;
use crate::i18n::t;

crate::messages! {
    enum Words {
        Title = "Mis {words}", "My {words}";
        Empty = "Todavía no tiene {words}", "You have no {words} yet";
        EmptyHelp = "Lo que cree aparecerá en esta lista.", "What you create will appear in this list.";
        Created = "Cread{o} ", "Created ";
        Moved = "Último movimiento ", "Last activity ";
        More = "Ver más {words}", "See more {words}";
        ToApprove = "Por aprobar", "To approve";
        SignedIn = "Sesión de ", "Signed in as ";
        SignOut = "Cerrar sesión", "Sign out";
        SignedOut = "Cerró la sesión en este navegador.", "You have signed out in this browser.";
    }
}

/// The page; polls so that states stay true.
#[component]
pub(super) fn Tickets() -> impl IntoView {
    let client = use_client();
    let desk = use_desk();
    let rows = RwSignal::new(None::<Result<Page<RequesterTicketRow>, ApiError>>);
    let email = RwSignal::new(String::new());
    let load = move || {
        spawn_local(async move {
            let answer = if client.resume().await {
                // A session is of one desk; at another its tickets would stand under a wrong name. Another tab may have begun one.
                match portal::get_session(client).await {
                    Ok(session) if session.desk == desk.slug() => {
                        let _ = email.try_set(session.email);
                        portal::list_tickets(client, None).await
                    }
                    Ok(_) => Err(ApiError::Status(401)),
                    Err(error) => Err(error),
                }
            } else if client.may_have_session() {
                Err(ApiError::Offline)
            } else {
                Err(ApiError::Status(401))
            };
            // What is shown stays when the network is gone for a moment.
            let shown = rows.try_with_untracked(|rows| matches!(rows, Some(Ok(_)))) == Some(true);
            let keeps = shown && answer.as_ref().is_err_and(|error| error.status() != 401);
            let same = rows.try_with_untracked(|rows| rows.as_ref() == Some(&answer)) == Some(true);
            if !keeps && !same {
                let _ = rows.try_set(Some(answer));
            }
        });
    };
    load();
    browser::poll(30, move || {
        // Further pages that were opened would close under the reader.
        let first_page_only = rows
            .try_with_untracked(|rows| matches!(rows, Some(Ok(page)) if page.items.len() <= 25));
        if first_page_only == Some(true) {
            load();
        }
    });
    move || match rows.get() {
        None => view! { <Loading lines=5/> }.into_any(),
        Some(Err(error)) if error.status() == 401 => {
            view! { <LookupForm ticket=String::new() then=String::new()/> }.into_any()
        }
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| load())/> }.into_any()
        }
        Some(Ok(page)) => list(page, rows, email),
    }
}

fn list(
    page: Page<RequesterTicketRow>,
    rows: RwSignal<Option<Result<Page<RequesterTicketRow>, ApiError>>>,
    email: RwSignal<String>,
) -> AnyView {
    let desk = use_desk();
    let client = use_client();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let next = page.next.map(|cursor| {
        let more = move |_| {
            if busy.get_untracked() {
                return;
            }
            let cursor = cursor.clone();
            error.set(None);
            busy.set(true);
            spawn_local(async move {
                let answer = portal::list_tickets(client, Some(cursor)).await;
                let _ = busy.try_set(false);
                let next = match answer {
                    Ok(next) => next,
                    Err(refused) if refused.status() == 401 => return rows.set(Some(Err(refused))),
                    Err(refused) => return error.set(Some(refused)),
                };
                let _ = rows.try_update(|rows| {
                    if let Some(Ok(page)) = rows {
                        page.items.extend(next.items);
                        page.next = next.next;
                    }
                });
            });
        };
        view! { <ErrorNote error/><p><button class="btn" type="button" on:click=more>{desk.say(Words::More)}</button></p> }
    });
    let body = if page.items.is_empty() {
        view! {
            <Empty symbol="inbox" title=desk.say(Words::Empty)>
                <p>{t(Words::EmptyHelp)}</p>
                <a class="btn primary" href=desk.link("new")>{desk.say(Common::CreateTicket)}</a>
            </Empty>
        }
        .into_any()
    } else {
        let cards = page.items.into_iter().map(|row| card(desk, row));
        view! { <ul class="cards">{cards.collect_view()}</ul>{next} }.into_any()
    };
    view! {
        <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Home)}</a>
        <div class="row spread">
            <Heading text=desk.say(Words::Title)/>
            <a class="btn primary" href=desk.link("new")>{icon("plus")}{desk.say(Common::CreateTicket)}</a>
        </div>
        <SessionLine email/>
        <ApprovalsHint/>
        {body}
    }
    .into_any()
}

fn card(desk: Desk, row: RequesterTicketRow) -> impl IntoView {
    let address = desk.link(&["tickets/", &row.code].concat());
    let zone = &desk.zone();
    let promise = promise_line(&row.promise, row.status.id, zone);
    view! {
        <li>
            <a class="card-link" href=address>
                <span class="card-head"><span class="num code">{row.code}</span><StatusTag status=row.status.id label=row.status.label/></span>
                <span class="card-title">{row.subject}</span>
                <span class="card-meta">
                    <span>{desk.say(Words::Created)}{time(row.created_at, zone, Style::Date)}</span>
                    <span>{t(Words::Moved)}{time(row.updated_at, zone, Style::Short)}</span>
                    {promise}
                </span>
            </a>
        </li>
    }
}

/// Whose tickets these are, and the way out on a shared computer.
#[component]
fn SessionLine(email: RwSignal<String>) -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let ui = use_ui();
    let nav = use_nav();
    let leave = move |_| {
        spawn_local(async move {
            client.sign_out().await;
            KEPT.forget_all();
            ui.toast(Kind::Success, t(Words::SignedOut));
            nav.go(&desk.link(""));
        });
    };
    view! {
        <p class="muted small">
            <Show when=move || email.with(|email| !email.is_empty())>{t(Words::SignedIn)}{move || email.get()}"\u{a0}· "</Show>
            <button class="linkish" type="button" on:click=leave>{t(Words::SignOut)}</button>
        </p>
    }
}

/// Says in the list of tickets that something waits for the person's approval; silent otherwise.
#[component]
fn ApprovalsHint() -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let waiting = RwSignal::new(String::new());
    spawn_local(async move {
        if let Ok(page) = portal::list_approvals(client, None).await
            && !page.items.is_empty()
        {
            let more = page.next.map_or("", |_| "+");
            let _ = waiting.try_set([page.items.len().to_string().as_str(), more].concat());
        }
    });
    move || {
        let count = waiting.get();
        (!count.is_empty()).then(|| {
            view! {
                <Banner kind=Kind::Info>
                    <p><a class="link" href=desk.link("approvals")>{t(Words::ToApprove)}" ("{count}")"</a></p>
                </Banner>
            }
        })
    }
}
