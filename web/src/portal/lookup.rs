//! Ticket code and mail, to see one's tickets. The pair alone shows nothing: a mailed code
//! proves the address, and the answer is the same whether or not the pair is right.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::portal::NewLookup;
use shared::ticket::text::{EmailAddress, Subject};

use super::nav::use_nav;
use super::shell::use_desk;
use super::words::Words as Common;
use crate::browser;
use crate::client::http::encode;
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::{ErrorNote, Loading};
use crate::components::form::{Check, ErrorSummary, Faults, SubmitButton, TextField};
use crate::components::{Heading, icon};
use crate::i18n::{lang, t, t_with};

crate::messages! {
    enum Words {
        Title = "Ver mi lista de {words}", "See my {words}";
        TitleOne = "Ver {the} {0}", "See {word} {0}";
        Lead = "Escriba el código de cualquier {word} que haya creado y su correo. Le enviaremos un código para confirmar su identidad.",
            "Enter the code of any of your {words} and your email address. We will send you a code to confirm your identity.";
        Code = "Código {of_the}", "{Word} code";
        CodeHint = "Está en los correos que le enviamos. Por ejemplo: {0}", "It is in the emails we sent you. For example: {0}";
        CodeEmpty = "Escriba el código {of_the}.", "Enter the {word} code.";
        ApprovalsTitle = "Ver lo que espera su aprobación", "See what awaits your approval";
        ApprovalsLead = "Escriba el código que está en el correo con la solicitud de aprobación y la dirección a la que llegó. Le enviaremos un código para confirmar su identidad.",
            "Enter the code in the email that asked for your approval and the address it came to. We will send you a code to confirm your identity.";
        ApprovalsHint = "El correo al que llegó la solicitud de aprobación.", "The address that the request for approval came to.";
        EmailHint = "El mismo con el que creó {the}.", "The one you used to create {the}.";
        Send = "Continuar", "Continue";
    }
}

/// The page `/my`; with a session it goes on to the list.
#[component]
pub(super) fn Lookup() -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let asking = RwSignal::new(client.may_have_session());
    if asking.get_untracked() {
        let nav = use_nav();
        spawn_local(async move {
            let session = if client.resume().await {
                portal::get_session(client).await.ok()
            } else {
                None
            };
            if session.is_some_and(|session| session.desk == desk.slug()) {
                nav.replace(&desk.link("tickets"));
            } else {
                let _ = asking.try_set(false);
            }
        });
    }
    move || match asking.get() {
        true => view! { <Loading/> }.into_any(),
        false => view! { <LookupForm ticket=String::new() then=String::new()/> }.into_any(),
    }
}

/// The form; `ticket` is filled in when a mail link led to a ticket, and `then` is the page of the desk to show after
/// the code; empty for the list.
#[component]
pub(super) fn LookupForm(ticket: String, then: String) -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    // Whoever approves did not create the ticket, and comes with an address of their own.
    let approves = then.starts_with("approvals");
    let asked = StoredValue::new(then);
    let (title, lead, hint) = if approves {
        (
            Words::ApprovalsTitle,
            Words::ApprovalsLead,
            Words::ApprovalsHint,
        )
    } else {
        (Words::Title, Words::Lead, Words::EmailHint)
    };
    let title = if ticket.is_empty() || approves {
        desk.say(title)
    } else {
        desk.say_with(Words::TitleOne, &[&ticket])
    };
    let email_hint = desk.say(hint);
    let code = RwSignal::new(ticket);
    let email = RwSignal::new(String::new());
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let nav = use_nav();
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let mut check = Check::default();
        let ticket_code = check.text(
            "ticket_code",
            &desk.say(Words::CodeEmpty),
            Subject::parse(&code.get_untracked()),
        );
        let address = check.text(
            "email",
            t(Common::EmailEmpty),
            EmailAddress::parse(&email.get_untracked()),
        );
        if faults.show(check.done()) {
            return;
        }
        let (Some(ticket_code), Some(address)) = (ticket_code, address) else {
            return;
        };
        let lookup = NewLookup {
            desk: desk.slug(),
            ticket_code: ticket_code.into_string().to_uppercase(),
            email: address.into_string(),
            language: lang(),
        };
        busy.set(true);
        spawn_local(async move {
            match portal::create_lookup(client, &lookup).await {
                Ok(challenge) => {
                    let mut page = ["verify/", &challenge.id].concat();
                    let asked = asked.get_value();
                    if !asked.is_empty() {
                        page.push_str("?to=");
                        page.push_str(&encode(&asked));
                    }
                    nav.go(&desk.link(&page));
                }
                Err(refused) => {
                    let _ = busy.try_set(false);
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                        browser::focus_first(".banner.error");
                    }
                }
            }
        });
    };
    let hint = t_with(Words::CodeHint, &[&desk.get().code_example]);
    view! {
        <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Back)}</a>
        <Heading text=title/>
        <p class="lead">{desk.say(lead)}</p>
        <ErrorSummary faults/>
        <ErrorNote error/>
        <form class="form stack loose" novalidate on:submit=send>
            <TextField id="ticket_code" label=desk.say(Words::Code) hint value=code faults width="w-sm"/>
            <TextField id="email" label=t(Common::Email) hint=email_hint kind="email" autocomplete="email" value=email faults/>
            <div class="actions">
                <SubmitButton label=t(Words::Send) busy_label=t(Common::Sending) busy/>
                <a class="btn ghost" href=desk.link("")>{t(Common::Cancel)}</a>
            </div>
        </form>
    }
}
