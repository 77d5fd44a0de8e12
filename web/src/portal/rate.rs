//! The requester's last word: one to five stars, which close the ticket (R-304…R-306), or the desk's survey, of which one
//! question may decide whether the ticket closes or goes on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::desks::QuestionView;
use shared::api::portal::{NewSurvey, RequesterTicket};
use shared::desk::profile::{AcceptanceMode, QuestionKind};
use shared::ticket::command::{Answer, AnswerValue};
use shared::ticket::status::Status;
use shared::ticket::text::{REASON_MAX, Reason, Stars, TextError};

use super::KEPT;
use super::ticket::Case;
use super::words::Words as Common;
use crate::client::portal;
use crate::components::form::{
    Check, Choice, ErrorSummary, Faults, RadioCards, SubmitButton, TextArea, named,
};
use crate::components::stars::{StarsField, StarsGiven};
use crate::components::ticket::StatusTag;
use crate::components::{Heading, icon, icon_sized};
use crate::i18n::t;
use crate::task::watch;

crate::messages! {
    enum Words {
        Title = "Califique el servicio", "Rate the service";
        Lead = "{Word} {0}. Al enviar la calificación {the} queda cerrad{o}.", "{Word} {0}. Sending the rating closes {the}.";
        Question = "¿Cómo califica la atención recibida?", "How would you rate the service you received?";
        Hint = "De 1 a 5 estrellas: 1 es la más baja y 5 la más alta.", "From 1 to 5 stars: 1 is the lowest and 5 the highest.";
        Empty = "Elija de 1 a 5 estrellas.", "Choose 1 to 5 stars.";
        Comment = "Comentario", "Comment";
        CommentHint = "Qué estuvo bien o qué podemos mejorar.", "What went well or what we could do better.";
        Send = "Enviar calificación", "Send rating";
        DoneTitle = "Gracias por su calificación", "Thank you for your rating";
        Done = "{The} quedó cerrad{o}.", "{The} is closed.";
        NotYet = "{This} no espera una calificación", "{This} is not waiting for a rating";
        NotYetHelp = "Podrá calificarl{o} cuando acepte su solución.", "You can rate it once you accept its solution.";
        See = "Ver {the}", "See {the}";
        SurveyTitle = "Encuesta de satisfacción", "Satisfaction survey";
        SurveyLead = "{Word} {0}: {1}. Le toma un par de minutos.", "{Word} {0}: {1}. It takes a couple of minutes.";
        Decides = "De esta respuesta depende el cierre: con «Sí» {the} queda cerrad{o}; con «No» se reabre y el equipo continúa.",
            "This answer decides: with “Yes” {the} is closed; with “No” it is reopened and the team continues.";
        DeskDecides = "Con «Sí» la mesa puede cerrar {the}; con «No» el equipo continúa.", "With “Yes” the desk can close {the}; with “No” the team continues.";
        Yes = "Sí", "Yes";
        No = "No", "No";
        Answer = "Responda «{0}»", "Answer “{0}”";
        SendSurvey = "Enviar respuestas", "Send answers";
        ThanksTitle = "Gracias por responder", "Thank you for answering";
        GoesOn = "{The} continúa en atención: el equipo recibió su respuesta.", "{The} continues: the team has your answer.";
        DeskCloses = "La mesa recibió su respuesta y cerrará {the}.", "The desk has your answer and will close {the}.";
    }
}

/// The page.
#[component]
pub(super) fn Rate(code: String) -> impl IntoView {
    let case = Case::new(code);
    spawn_local(case.load());
    provide_context(Sent(RwSignal::new(false)));
    case.show(|case| {
        let Sent(sent) = expect_context();
        let stage = Memo::new(move |_| {
            case.ticket.with(|ticket| {
                ticket
                    .as_ref()
                    .map(|ticket| (ticket.actions.rate, ticket.rating.is_some()))
            })
        });
        let view = move || match stage.get() {
            Some((true, _)) => asked(case),
            Some((false, rated)) => case
                .ticket
                .get_untracked()
                .map(|ticket| finished(case, ticket, rated || sent.get_untracked()))
                .into_any(),
            None => ().into_any(),
        };
        view.into_any()
    })
}

/// Whether the person answered just now: a ticket that was reopened by it may show no rating any more.
#[derive(Clone, Copy)]
struct Sent(RwSignal<bool>);

/// The survey where the desk asks questions, else the stars.
fn asked(case: Case) -> AnyView {
    let ticket = case.ticket.get_untracked();
    let questions = ticket.as_ref().map(|ticket| ticket.survey.clone());
    match questions.filter(|questions| !questions.is_empty()) {
        Some(questions) => {
            let subject = ticket.map(|ticket| ticket.subject).unwrap_or_default();
            view! { <Survey case questions subject/> }.into_any()
        }
        None => view! { <Form case/> }.into_any(),
    }
}

/// What is being answered to one question; each kind uses one of the two.
#[derive(Clone, Copy)]
struct Given {
    stars: RwSignal<u8>,
    text: RwSignal<String>,
}

impl Given {
    /// The answer in the form of its kind; `None` while nothing is answered.
    fn answer(self, question: &QuestionView, check: &mut Check) -> Option<AnswerValue> {
        let id = named("answers", &question.id);
        let text = self.text.get_untracked();
        match question.kind {
            QuestionKind::Stars => Stars::parse(self.stars.get_untracked())
                .ok()
                .map(AnswerValue::Stars),
            QuestionKind::YesNo if text.is_empty() => None,
            QuestionKind::YesNo => Some(AnswerValue::YesNo(text == "yes")),
            QuestionKind::Choice => Some(text)
                .filter(|text| !text.is_empty())
                .map(AnswerValue::Choice),
            QuestionKind::Text => match Reason::parse(&text) {
                Ok(text) => Some(AnswerValue::Text(text)),
                Err(TextError::Empty) => None,
                Err(error) => {
                    check.text::<Reason>(id, "", Err(error));
                    None
                }
            },
        }
    }
}

fn survey_key(code: &str, question: &str) -> String {
    ["survey.", code, ".", question].concat()
}

fn stars_key(code: &str, question: &str) -> String {
    ["stars.", code, ".", question].concat()
}

/// Stars that are kept like what is typed.
fn kept_stars(code: &str, question: &str) -> RwSignal<u8> {
    let key = stars_key(code, question);
    let before = KEPT.get(&key).and_then(|stars| stars.parse().ok());
    let stars = RwSignal::new(before.unwrap_or_default());
    watch(move || match stars.get() {
        0 => KEPT.put(&key, None),
        stars => KEPT.put(&key, Some(&stars.to_string())),
    });
    stars
}

/// The desk's questions, all on one page.
#[component]
fn Survey(case: Case, questions: Vec<QuestionView>, subject: String) -> impl IntoView {
    let desk = case.desk;
    let Sent(sent) = expect_context();
    let code = case.code.get_value();
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let asked: Vec<(QuestionView, Given)> = questions
        .into_iter()
        .map(|question| {
            let given = Given {
                stars: kept_stars(&code, &question.id),
                text: KEPT.text(survey_key(&code, &question.id)),
            };
            (question, given)
        })
        .collect();
    let asked = StoredValue::new(asked);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        case.error.set(None);
        let mut check = Check::default();
        let mut answers = Vec::new();
        asked.with_value(|asked| {
            for (question, given) in asked {
                match given.answer(question, &mut check) {
                    Some(value) => answers.push(Answer {
                        question: question.id.clone(),
                        value,
                    }),
                    None if question.required => {
                        let words = crate::i18n::t_with(Words::Answer, &[&question.text]);
                        check.fault(named("answers", &question.id), words);
                    }
                    None => {}
                }
            }
        });
        if faults.show(check.done()) {
            return;
        }
        let survey = NewSurvey {
            stars: None,
            answers,
            comment: None,
        };
        busy.set(true);
        let code = case.code.get_value();
        let keys = asked.with_value(|asked| {
            let ids = asked.iter().map(|(question, _)| &question.id);
            ids.flat_map(|id| [survey_key(&code, id), stars_key(&code, id)])
                .collect::<Vec<_>>()
        });
        spawn_local(async move {
            let version = case.version();
            let answer = portal::rate_service(case.client, &code, &survey, version).await;
            match answer {
                Ok(()) => {
                    sent.set(true);
                    for key in keys {
                        KEPT.put(&key, None);
                    }
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
    let fields = asked.get_value();
    let fields = fields
        .into_iter()
        .map(|(question, given)| question_field(case, question, given, faults))
        .collect_view();
    let back = desk.link(&["tickets/", &code].concat());
    view! {
        <a class="back" href=back.clone()>{icon("arrow-left")}{desk.say(Words::See)}</a>
        <Heading text=t(Words::SurveyTitle)/>
        <p class="lead">{desk.say_with(Words::SurveyLead, &[&code, &subject])}</p>
        <ErrorSummary faults/>
        {case.error_note()}
        <form class="form stack loose" novalidate on:submit=send>
            {fields}
            <div class="actions">
                <SubmitButton label=t(Words::SendSurvey) busy_label=t(Common::Sending) busy/>
                <a class="btn ghost" href=back>{t(Common::Cancel)}</a>
            </div>
        </form>
    }
}

fn question_field(case: Case, question: QuestionView, given: Given, faults: Faults) -> AnyView {
    let id = named("answers", &question.id);
    let legend = question.text;
    let desk = case.desk;
    let hint = match (question.decides_closing, desk.get().acceptance) {
        (false, _) => String::new(),
        (true, AcceptanceMode::DeskValidates) => desk.say(Words::DeskDecides),
        (true, AcceptanceMode::Survey | AcceptanceMode::AcceptAndRate) => desk.say(Words::Decides),
    };
    let card = |value: String, title: String| Choice {
        value,
        title,
        help: String::new(),
        side: String::new(),
    };
    match question.kind {
        QuestionKind::Stars => {
            let hint = if hint.is_empty() {
                t(Words::Hint).to_owned()
            } else {
                hint
            };
            view! { <StarsField id legend hint value=given.stars faults/> }.into_any()
        }
        QuestionKind::YesNo => {
            let choices = vec![
                card("yes".to_owned(), t(Words::Yes).to_owned()),
                card("no".to_owned(), t(Words::No).to_owned()),
            ];
            view! { <RadioCards id legend hint value=given.text faults choices columns=true/> }
                .into_any()
        }
        QuestionKind::Choice => {
            let choices = question
                .options
                .into_iter()
                .map(|option| card(option.id, option.label))
                .collect();
            view! { <RadioCards id legend hint value=given.text faults choices/> }.into_any()
        }
        QuestionKind::Text => {
            let optional = !question.required;
            view! { <TextArea id label=legend hint value=given.text faults max=REASON_MAX optional rows=4/> }.into_any()
        }
    }
}

#[component]
fn Form(case: Case) -> impl IntoView {
    let code = case.code.get_value();
    let stars = kept_stars(&code, "");
    let comment = KEPT.text(["rate.", &code].concat());
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
        let code = case.code.get_value();
        spawn_local(async move {
            let version = case.version();
            let answer = portal::rate_service(case.client, &code, &survey, version).await;
            match answer {
                Ok(()) => {
                    // The page may have been left meanwhile.
                    KEPT.put(&stars_key(&code, ""), None);
                    KEPT.put(&["rate.", &code].concat(), None);
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
        <a class="back" href=back.clone()>{icon("arrow-left")}{case.desk.say(Words::See)}</a>
        <Heading text=t(Words::Title)/>
        <p class="lead">{case.desk.say_with(Words::Lead, &[&code])}</p>
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
    let desk = case.desk;
    let surveyed = ticket
        .rating
        .as_ref()
        .is_some_and(|rating| !rating.answers.is_empty());
    // A ticket that was reopened keeps its former rating and waits for none.
    let rated = rated || surveyed;
    let (title, help) = match ticket.status.id {
        Status::Closed | Status::NotManaged if rated && surveyed => {
            (Words::ThanksTitle, Words::Done)
        }
        Status::Closed | Status::NotManaged if rated => (Words::DoneTitle, Words::Done),
        Status::Solved | Status::Unsolvable if rated => (Words::ThanksTitle, Words::DeskCloses),
        _ if rated => (Words::ThanksTitle, Words::GoesOn),
        _ => (Words::NotYet, Words::NotYetHelp),
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
            <Heading text=desk.say(title)/>
            {given}
            <p>{desk.say(help)}</p>
            {state}
        </div>
        <div class="actions">
            <a class="btn primary" href=see>{desk.say(Words::See)}</a>
            <a class="btn" href=case.desk.link("tickets")>{desk.say(Common::MyTickets)}</a>
            <a class="btn ghost" href=case.desk.link("")>{t(Common::Home)}</a>
        </div>
    }
    .into_any()
}
