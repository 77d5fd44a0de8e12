//! One to five stars and an optional comment; sending them closes the ticket (R-304…R-306).

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::portal::{NewSurvey, RequesterTicket};
use shared::ticket::text::{REASON_MAX, Reason, Stars, TextError};

use super::kept::kept_text;
use super::ticket::Case;
use super::words::Words as Common;
use crate::client::portal;
use crate::components::form::{Check, ErrorSummary, Faults, SubmitButton, TextArea};
use crate::components::stars::{StarsField, StarsGiven};
use crate::components::ticket::StatusTag;
use crate::components::{Heading, icon, icon_sized};
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Title = "Califique el servicio", "Rate the service";
        Lead = "Ticket {0}. Al enviar la calificación el ticket queda cerrado.", "Ticket {0}. Sending the rating closes the ticket.";
        Question = "¿Cómo califica la atención recibida?", "How do you rate the service you received?";
        Hint = "De 1 a 5 estrellas: 1 es la más baja y 5 la más alta.", "From 1 to 5 stars: 1 is the lowest and 5 the highest.";
        Empty = "Elija de 1 a 5 estrellas.", "Choose 1 to 5 stars.";
        Comment = "Comentario", "Comment";
        CommentHint = "Qué estuvo bien o qué podemos mejorar.", "What was good or what we can do better.";
        Send = "Enviar calificación", "Send rating";
        DoneTitle = "Gracias por su calificación", "Thank you for your rating";
        Done = "El ticket quedó cerrado.", "The ticket is closed.";
        NotYet = "Este ticket no espera una calificación", "This ticket does not wait for a rating";
        NotYetHelp = "Podrá calificarlo cuando acepte su solución.", "You can rate it once you accept its solution.";
        See = "Ver el ticket", "See the ticket";
    }
}

/// The page.
#[component]
pub(super) fn Rate(code: String) -> impl IntoView {
    let case = Case::new(code);
    spawn_local(case.load());
    case.show(|case| {
        let stage = Memo::new(move |_| {
            case.ticket.with(|ticket| {
                ticket
                    .as_ref()
                    .map(|ticket| (ticket.actions.rate, ticket.rating.is_some()))
            })
        });
        let view = move || match stage.get() {
            Some((true, _)) => view! { <Form case/> }.into_any(),
            Some((false, rated)) => case
                .ticket
                .get_untracked()
                .map(|ticket| finished(case, ticket, rated))
                .into_any(),
            None => ().into_any(),
        };
        view.into_any()
    })
}

#[component]
fn Form(case: Case) -> impl IntoView {
    let code = case.code.get_value();
    let stars = RwSignal::new(0u8);
    let comment = kept_text(["rate.", &code].concat());
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        case.error.set(None);
        let mut check = Check::default();
        let given = Stars::parse(stars.get_untracked()).map_err(|_| TextError::Empty);
        let given = check.text("stars", t(Words::Empty), given);
        let words = match Reason::parse(&comment.get_untracked()) {
            Ok(words) => Some(words.into_string()),
            Err(TextError::Empty) => None,
            Err(error) => {
                check.text::<Reason>("comment", "", Err(error));
                None
            }
        };
        if faults.show(check.done()) {
            return;
        }
        let Some(given) = given else { return };
        let survey = NewSurvey {
            stars: Some(given.number()),
            answers: Vec::new(),
            comment: words,
        };
        busy.set(true);
        spawn_local(async move {
            let version = case.version();
            let answer =
                portal::rate_service(case.client, &case.code.get_value(), &survey, version).await;
            match answer {
                Ok(()) => {
                    comment.set(String::new());
                    case.load().await;
                    crate::browser::focus_first("h1");
                }
                Err(error) => {
                    if !faults.show_from(&error) {
                        case.refused(error).await;
                    }
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let back = case.desk.link(&["tickets/", &code].concat());
    view! {
        <a class="back" href=back.clone()>{icon("arrow-left")}{t(Words::See)}</a>
        <Heading text=t(Words::Title)/>
        <p class="lead">{t_with(Words::Lead, &[&code])}</p>
        <ErrorSummary faults/>
        {case.error_note()}
        <form class="form stack loose" novalidate on:submit=send>
            <StarsField legend=t(Words::Question) hint=t(Words::Hint) value=stars faults/>
            <TextArea id="comment" label=t(Words::Comment) hint=t(Words::CommentHint) value=comment faults max=REASON_MAX optional=true rows=4/>
            <div class="actions">
                <SubmitButton label=t(Words::Send) busy_label=t(Common::Sending) busy/>
                <a class="btn ghost" href=back>{t(Common::Cancel)}</a>
            </div>
        </form>
    }
}

/// The rating is given, or none is expected.
fn finished(case: Case, ticket: RequesterTicket, rated: bool) -> AnyView {
    let see = case.desk.link(&["tickets/", &ticket.code].concat());
    let (title, help) = if rated {
        (Words::DoneTitle, Words::Done)
    } else {
        (Words::NotYet, Words::NotYetHelp)
    };
    let given = ticket
        .rating
        .and_then(|rating| rating.stars)
        .map(|stars| view! { <p><StarsGiven stars/></p> });
    let state = rated.then(|| {
        view! {
            <p class="done-code num">{ticket.code.clone()}</p>
            <StatusTag status=ticket.status.id label=ticket.status.label.clone()/>
        }
    });
    view! {
        <div class=if rated { "done" } else { "empty" }>
            {icon_sized(if rated { "check-circle" } else { "star" }, "icon xl")}
            <Heading text=t(title)/>
            {given}
            <p>{t(help)}</p>
            {state}
        </div>
        <div class="actions">
            <a class="btn primary" href=see>{t(Words::See)}</a>
            <a class="btn" href=case.desk.link("tickets")>{t(Common::MyTickets)}</a>
            <a class="btn ghost" href=case.desk.link("")>{t(Common::Home)}</a>
        </div>
    }
    .into_any()
}
