//! One ticket: its state, the solution and the answer to it, messages, files and history.
//! The page asks for news every 15 seconds and draws only what changed; what is being typed stays.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::portal::{NewPublicMessage, PublicEvent, RequesterTicket, Side};
use shared::api::uploads::Attachment;
use shared::ticket::status::Status;
use shared::ticket::text::{BODY_MAX, Body, REASON_MAX, Reason};

use super::KEPT;
use super::lookup::LookupForm;
use super::nav::use_nav;
use super::new_ticket::{Attachments, check_files};
use super::once::OnceKey;
use super::shell::{Desk, is_unknown, use_desk};
use super::words::Words as Common;
use crate::browser;
use crate::client::uploads::Uploads;
use crate::client::{ApiError, Client, Fetched, portal, use_client};
use crate::components::dialog::Dialog;
use crate::components::feedback::{ErrorNote, Failed, Loading};
use crate::components::files::{FileList, Limits};
use crate::components::form::{Check, ErrorSummary, Faults, SubmitButton, TextArea};
use crate::components::stars::StarsGiven;
use crate::components::ticket::{
    StatusTag, ThreadMessage, TimelineEvent, Voice, paragraphs, promise_line, time,
};
use crate::components::{Banner, Heading, Kind, Ui, icon, use_ui};
use crate::i18n::dates::Style;
use crate::i18n::t;

crate::messages! {
    enum Words {
        Code = "{Word} {0}", "{Word} {0}";
        Back = "Mis {words}", "My {words}";
        Steps = "Avance {of_the}", "Progress {of_the}";
        Received = "Recibid{o}", "Received";
        Working = "En gestión", "In progress";
        Solved = "Solucionad{o}", "Solved";
        Closed = "Cerrad{o}", "Closed";
        Answer = "¿Quedó resuelto?", "Is it solved?";
        AnswerHelp = "El equipo dio esta solución. Si funciona, acéptela; si no, rechácela y cuente qué falta.",
            "The team gave this solution. If it works, accept it; if not, reject it and tell us what is missing.";
        Accept = "Aceptar solución", "Accept solution";
        Reject = "Rechazar solución", "Reject solution";
        Solution = "Solución", "Solution";
        FormerSolution = "Solución anterior", "Previous solution";
        Accepted = "Aceptada el ", "Accepted on ";
        RateTitle = "Califique la atención", "Rate the service";
        RateHelp = "La solución quedó aceptada. Con su calificación {the} queda cerrad{o}.", "You accepted the solution. Your rating closes {the}.";
        RateButton = "Calificar", "Rate";
        SurveyTitle = "¿Quedó bien? Responda la encuesta", "Did it work out? Answer the survey";
        SurveyHelp = "El equipo terminó su trabajo. De su respuesta depende si {the} se cierra o continúa.", "The team has finished its work. Your answer decides whether {the} is closed or continues.";
        SurveyButton = "Responder la encuesta", "Answer the survey";
        YourAnswers = "Sus respuestas", "Your answers";
        MissingTitle = "Falta información", "Information is missing";
        MissingHelp = "{The} espera esta información. Escríbala o adjúntela abajo: al enviarla vuelve al equipo.", "{The} is waiting for this information. Write or attach it below: once you send it, {the} goes back to the team.";
        CompleteButton = "Completar la información", "Complete the information";
        CompleteHint = "Al enviarlo, {the} vuelve al equipo de soporte.", "Once sent, {the} goes back to the support team.";
        Completed = "Información enviada. {The} volvió al equipo.", "Information sent. {The} went back to the team.";
        UnsolvableTitle = "No fue posible dar una solución", "No solution was possible";
        UnsolvableHelp = "El equipo documentó el motivo.", "The team documented why.";
        NotManagedTitle = "{The} terminó sin gestión", "{The} was closed without being worked on";
        NotManagedHelp = "Si todavía lo necesita, cree {a} nuev{o} con la información completa.", "If you still need it, create a new {word} with the complete information.";
        MergedTitle = "{The} continúa en ", "{The} continues in ";
        Why = "Motivo", "Reason";
        Rating = "Su calificación", "Your rating";
        RejectHelp = "{The} vuelve al equipo de soporte y continúa en atención.", "{The} goes back to the support team, who will keep working on it.";
        Reason = "Motivo", "Reason";
        ReasonHint = "Qué sigue fallando o qué falta.", "What is still failing or missing.";
        ReasonEmpty = "Escriba el motivo del rechazo.", "Enter why you reject it.";
        Rejected = "Rechazó la solución. {The} se reabrió.", "You rejected the solution. {The} was reopened.";
        Request = "Su solicitud", "Your request";
        Data = "Datos {of_the}", "Details {of_the}";
        State = "Estado", "State";
        Type = "Tipo de solicitud", "Type of request";
        Created = "Cread{o}", "Created";
        Moved = "Último movimiento", "Last activity";
        Term = "Plazo", "Due";
        History = "Histórico de eventos", "Event history";
        Messages = "Mensajes", "Messages";
        NoMessages = "No hay mensajes.", "There are no messages.";
        Compose = "Agregar o enviar un mensaje", "Add or send a message";
        ComposeHint = "Le llega al equipo de soporte por correo y queda en {this}.", "It is emailed to the support team and stays in {this}.";
        Message = "Mensaje", "Message";
        MessageEmpty = "Escriba el mensaje.", "Enter the message.";
        SendMessage = "Enviar mensaje", "Send message";
        Sent = "Mensaje enviado.", "Message sent.";
        Final = "{This} está cerrad{o}. Si necesita algo más, cree {a} nuev{o}.", "{This} is closed. If you need anything else, create a new {word}.";
        News = "{The} se actualizó.", "{The} was updated.";
        UnknownTitle = "No encontramos {the} {0} entre l{o}s suy{o}s", "We could not find {word} {0} among yours";
        UnknownHelp = "Revise el código. Si usó otro correo, entre con ese correo.", "Check the code. If you used another address, sign in with that one.";
        OtherAddress = "Entrar con otro correo", "Use another address";
    }
}

/// What every part of the page shares.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// The ticket's code.
    pub(super) code: StoredValue<String>,
    /// The ticket, once it is there.
    pub(super) ticket: RwSignal<Option<RequesterTicket>>,
    /// Why it is not there.
    pub(super) failure: RwSignal<Option<ApiError>>,
    /// What went wrong with an action, shown above.
    pub(super) error: RwSignal<Option<ApiError>>,
    /// The desk.
    pub(super) desk: Desk,
    /// The API.
    pub(super) client: Client,
    etag: StoredValue<Option<String>>,
    news: RwSignal<bool>,
    ui: Ui,
}

impl Case {
    /// A ticket that is not loaded yet.
    pub(super) fn new(code: String) -> Self {
        Self {
            code: StoredValue::new(code),
            ticket: RwSignal::new(None),
            failure: RwSignal::new(None),
            error: RwSignal::new(None),
            desk: use_desk(),
            client: use_client(),
            etag: StoredValue::new(None),
            news: RwSignal::new(false),
            ui: use_ui(),
        }
    }

    /// Loads the ticket, or what changed of it.
    pub(super) async fn load(self) {
        let Some(code) = self.code.try_get_value() else {
            return;
        };
        let answer = if self.client.resume().await {
            portal::poll_ticket(self.client, &code, self.etag.try_get_value().flatten()).await
        } else if self.client.may_have_session() {
            Err(ApiError::Offline)
        } else {
            Err(ApiError::Status(401))
        };
        match answer {
            Ok(Fetched::Same) => {}
            Ok(Fetched::New(ticket, etag)) => {
                let _ = self.etag.try_update_value(|kept| *kept = etag);
                let known = self
                    .ticket
                    .try_with_untracked(|known| known.as_ref().map(|known| *known == ticket));
                if known == Some(Some(true)) {
                    return;
                }
                let _ = self.news.try_set(known == Some(Some(false)));
                let _ = self.failure.try_set(None);
                let _ = self.ticket.try_set(Some(ticket));
            }
            Err(error) => {
                // A session is of one desk; whoever comes from another is asked to sign in to this one.
                let elsewhere = is_unknown(&error)
                    && portal::get_session(self.client)
                        .await
                        .is_ok_and(|session| session.desk != self.desk.slug());
                // Always the same words, so that the form that signs in is drawn once.
                let error = if elsewhere || error.status() == 401 {
                    ApiError::Status(401)
                } else {
                    error
                };
                let shown = self.ticket.try_with_untracked(Option::is_some) == Some(true);
                // What is shown stays while the network is gone for a moment.
                if !shown || error.status() == 401 {
                    let _ = self.failure.try_set(Some(error));
                }
            }
        }
    }

    /// The version that the person sees, for `If-Match`.
    pub(super) fn version(self) -> i32 {
        self.ticket
            .with_untracked(|ticket| ticket.as_ref().map_or(0, |ticket| ticket.version))
    }

    /// Shows why an action failed; after a change by somebody else the ticket is loaded first.
    pub(super) async fn refused(self, error: ApiError) {
        if error.status() == 401 {
            // The form that signs in; what was typed is kept.
            return self.failure.set(Some(ApiError::Status(401)));
        }
        if matches!(error.status(), 409 | 412) {
            self.load().await;
        }
        let _ = self.error.try_set(Some(error));
        browser::focus_first("#action-error");
    }

    fn link(self, page: &str) -> String {
        self.desk
            .link(&["tickets/", &self.code.get_value(), page].concat())
    }

    /// The page that asked for the ticket: itself, or its rating.
    fn page(self) -> String {
        let path = use_nav().path.get_untracked();
        let last = if path.ends_with("/rate") { "/rate" } else { "" };
        ["tickets/", &self.code.get_value(), last].concat()
    }

    fn downloads(self) -> Callback<Attachment> {
        Callback::new(move |file: Attachment| {
            spawn_local(async move {
                let code = self.code.get_value();
                if let Err(error) = portal::download(self.client, &code, &file.id, file.name).await
                {
                    self.ui.toast(Kind::Error, error.detail());
                }
            });
        })
    }

    /// Draws the page once the ticket is there; until then waiting, the lookup form or the failure.
    pub(super) fn show(self, draw: fn(Case) -> AnyView) -> AnyView {
        // A memo, so that news of the ticket never draw the whole page again.
        let stage = Memo::new(move |_| (self.failure.get(), self.ticket.with(Option::is_some)));
        let view = move || match stage.get() {
            (Some(error), _) if error.status() == 401 => {
                view! { <LookupForm ticket=self.code.get_value() then=self.page()/> }.into_any()
            }
            (Some(error), _) if is_unknown(&error) => self.unknown(),
            (Some(error), false) => {
                let retry = Callback::new(move |()| {
                    self.failure.set(None);
                    spawn_local(self.load());
                });
                view! { <Failed error retry/> }.into_any()
            }
            (_, true) => draw(self),
            (None, false) => view! { <Loading lines=6/> }.into_any(),
        };
        view.into_any()
    }

    fn unknown(self) -> AnyView {
        let other = move |_| {
            spawn_local(async move {
                self.client.sign_out().await;
                KEPT.forget_all();
                let _ = self.failure.try_set(Some(ApiError::Status(401)));
            });
        };
        view! {
            <Heading text=self.desk.say_with(Words::UnknownTitle, &[&self.code.get_value()])/>
            <p>{t(Words::UnknownHelp)}</p>
            <div class="actions">
                <a class="btn primary" href=self.desk.link("tickets")>{self.desk.say(Common::MyTickets)}</a>
                <button class="btn" type="button" on:click=other>{t(Words::OtherAddress)}</button>
            </div>
        }
        .into_any()
    }

    /// The note about a failed action.
    pub(super) fn error_note(self) -> AnyView {
        let view = move || {
            self.error.get().map(|error| match error.status() {
                412 => view! { <Banner kind=Kind::Warning><p>{self.desk.say(Common::Changed)}</p></Banner> }
                    .into_any(),
                _ => {
                    let error = RwSignal::new(Some(error));
                    view! { <ErrorNote error/> }.into_any()
                }
            })
        };
        view! { <div id="action-error" tabindex="-1">{view}</div> }.into_any()
    }
}

/// The page.
#[component]
pub(super) fn Ticket(code: String) -> impl IntoView {
    let case = Case::new(code);
    spawn_local(case.load());
    browser::poll(15, move || spawn_local(case.load()));
    case.show(page)
}

fn page(case: Case) -> AnyView {
    let part = move |draw: fn(Case, RequesterTicket) -> AnyView| {
        move || case.ticket.get().map(|ticket| draw(case, ticket))
    };
    let subject = case
        .ticket
        .with_untracked(|ticket| ticket.as_ref().map(|ticket| ticket.subject.clone()));
    let news = move || case.news.get().then(|| case.desk.say(Words::News));
    let may_write = Memo::new(move |_| {
        case.ticket
            .with(|ticket| ticket.as_ref().is_some_and(|ticket| ticket.actions.message))
    });
    let rejecting = RwSignal::new(false);
    provide_context(Rejecting(rejecting));
    view! {
        <a class="back" href=case.desk.link("tickets")>{icon("arrow-left")}{case.desk.say(Words::Back)}</a>
        <p class="sr" aria-live="polite">{news}</p>
        <div class="stack tight">
            <div class="row">
                <span class="code num muted">{case.desk.say_with(Words::Code, &[&case.code.get_value()])}</span>
                {part(|_, ticket| view! { <StatusTag status=ticket.status.id label=ticket.status.label/> }.into_any())}
            </div>
            <Heading text=subject.unwrap_or_default()/>
        </div>
        {part(steps)}
        {case.error_note()}
        {part(outcome)}
        {part(next_step)}
        <RejectDialog case open=rejecting/>
        <div class="with-side">
            <div class="stack loose">
                {part(request)}
                {part(solution)}
            </div>
            <aside class="stack loose">
                {part(facts)}
                {part(history)}
            </aside>
            <div class="stack loose">
                {part(messages)}
                <Show when=move || may_write.get()><Composer case/></Show>
            </div>
        </div>
    }
    .into_any()
}

/// Opens the window in which a solution is rejected.
#[derive(Clone, Copy)]
struct Rejecting(RwSignal<bool>);

fn steps(case: Case, ticket: RequesterTicket) -> AnyView {
    let place = match ticket.status.id {
        Status::Draft | Status::Precase | Status::New | Status::AwaitingApproval => 0,
        Status::InProgress
        | Status::Escalated
        | Status::EscalatedOnsite
        | Status::Suspended
        | Status::WithVendor
        | Status::Reopened => 1,
        Status::Solved | Status::Unsolvable => 2,
        Status::Closed | Status::NotManaged => 4,
    };
    let (status, label) = (ticket.status.id, ticket.status.label.clone());
    let name = |words: Words| match words {
        // How it ended, in the desk's own words.
        Words::Solved if status == Status::Unsolvable => label.clone(),
        Words::Closed if status == Status::NotManaged => label.clone(),
        words => case.desk.say(words),
    };
    let zone = case.desk.zone();
    let step = |(number, words): (usize, Words)| {
        let class = match number.cmp(&place) {
            std::cmp::Ordering::Less => "step done",
            std::cmp::Ordering::Equal => "step current",
            std::cmp::Ordering::Greater => "step",
        };
        let at = match words {
            Words::Received => Some(ticket.created_at),
            Words::Solved => ticket.solution.as_ref().map(|solution| solution.at),
            Words::Closed if place > 3 => Some(ticket.updated_at),
            _ => None,
        };
        let note = at
            .filter(|_| number <= place)
            .map(|at| view! { <span class="step-note">{time(at, &zone, Style::Short)}</span> });
        view! {
            <li class=class aria-current=(number == place).then_some("step")>
                <span class="step-label">{name(words)}</span>{note}
            </li>
        }
    };
    let all = [
        Words::Received,
        Words::Working,
        Words::Solved,
        Words::Closed,
    ];
    // What ended without attention was never solved.
    let steps = all
        .into_iter()
        .enumerate()
        .filter(|(_, words)| status != Status::NotManaged || *words != Words::Solved)
        .map(step)
        .collect_view();
    view! { <ol class="steps" aria-label=case.desk.say(Words::Steps)>{steps}</ol> }.into_any()
}

/// How a ticket went that was not simply solved: without solution, without attention, or in another one.
fn outcome(case: Case, ticket: RequesterTicket) -> AnyView {
    let desk = case.desk;
    let merged = ticket.merged_into.map(|code| {
        let address = desk.link(&["tickets/", &code].concat());
        view! { <Banner kind=Kind::Info><p>{desk.say(Words::MergedTitle)}<a class="link num" href=address>{code}</a>"."</p></Banner> }
    });
    let (title, help) = match ticket.status.id {
        Status::Unsolvable => (Words::UnsolvableTitle, Words::UnsolvableHelp),
        Status::NotManaged => (Words::NotManagedTitle, Words::NotManagedHelp),
        _ => return merged.into_any(),
    };
    let why = ticket
        .reason
        .map(|reason| view! { <p>{t(Words::Why)}": "<strong>{reason}</strong>"."</p> });
    view! {
        {merged}
        <Banner kind=Kind::Warning title=desk.say(title)>{why}<p>{desk.say(help)}</p></Banner>
    }
    .into_any()
}

/// What waits for the requester: information to give, an answer to the solution, the survey or the rating.
fn next_step(case: Case, ticket: RequesterTicket) -> AnyView {
    let actions = ticket.actions;
    if actions.complete {
        let missing = ticket
            .missing
            .as_deref()
            .map(|missing| view! { <div class="card">{paragraphs(missing)}</div> });
        view! {
            <section class="next-step stack" aria-labelledby="missing-title">
                <h2 id="missing-title">{t(Words::MissingTitle)}</h2>
                <p>{case.desk.say(Words::MissingHelp)}</p>
                {missing}
                <div class="actions"><button class="btn primary" type="button" on:click=move |_| browser::focus_id("body")>{icon("edit")}{t(Words::CompleteButton)}</button></div>
            </section>
        }
        .into_any()
    } else if actions.rate && !ticket.survey.is_empty() {
        let solution = ticket
            .solution
            .map(|solution| solution_body(case, solution));
        view! {
            <section class="next-step stack" aria-labelledby="survey-title">
                <h2 id="survey-title">{t(Words::SurveyTitle)}</h2>
                <p>{case.desk.say(Words::SurveyHelp)}</p>
                {solution}
                <div class="actions"><a class="btn primary" href=case.link("/rate")>{icon("star")}{t(Words::SurveyButton)}</a></div>
            </section>
        }
        .into_any()
    } else if actions.accept || actions.reject {
        let solution = ticket
            .solution
            .map(|solution| solution_body(case, solution));
        view! {
            <section class="next-step stack" aria-labelledby="answer-title">
                <h2 id="answer-title">{t(Words::Answer)}</h2>
                <p>{t(Words::AnswerHelp)}</p>
                {solution}
                <AnswerButtons case accept=actions.accept reject=actions.reject/>
            </section>
        }
        .into_any()
    } else if actions.rate {
        view! {
            <section class="next-step stack">
                <h2>{t(Words::RateTitle)}</h2>
                <p>{case.desk.say(Words::RateHelp)}</p>
                <div class="actions"><a class="btn primary" href=case.link("/rate")>{icon("star")}{t(Words::RateButton)}</a></div>
            </section>
        }
        .into_any()
    } else {
        ().into_any()
    }
}

fn solution_body(case: Case, solution: shared::api::portal::PublicSolution) -> AnyView {
    view! {
        <div class="card stack tight">
            <p class="small muted">{t(Words::Solution)}" · "{time(solution.at, &case.desk.zone(), Style::Short)}</p>
            {paragraphs(&solution.text)}
            <FileList attachments=solution.attachments download=case.downloads()/>
        </div>
    }
    .into_any()
}

#[component]
fn AnswerButtons(case: Case, accept: bool, reject: bool) -> impl IntoView {
    let busy = RwSignal::new(false);
    let nav = use_nav();
    let Rejecting(rejecting) = expect_context();
    let agree = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        case.error.set(None);
        spawn_local(async move {
            match portal::accept_solution(case.client, &case.code.get_value(), case.version()).await
            {
                Ok(()) => nav.go(&case.link("/rate")),
                Err(error) => case.refused(error).await,
            }
            let _ = busy.try_set(false);
        });
    };
    let state = move || busy.get().then_some("true");
    view! {
        <div class="actions">
            {accept.then(|| view! {
                <button class="btn primary" type="button" on:click=agree aria-busy=state aria-disabled=state>{icon("check")}{t(Words::Accept)}</button>
            })}
            {reject.then(|| view! {
                <button class="btn" type="button" on:click=move |_| rejecting.set(true)>{icon("x")}{t(Words::Reject)}</button>
            })}
        </div>
    }
}

/// Asks for the reason, which is mandatory; the text stays if sending fails.
#[component]
fn RejectDialog(case: Case, open: RwSignal<bool>) -> impl IntoView {
    let reason = KEPT.text(["reject.", &case.code.get_value()].concat());
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let mut check = Check::default();
        let parsed = check.text(
            "reason",
            t(Words::ReasonEmpty),
            Reason::parse(&reason.get_untracked()),
        );
        faults.set_quietly(check.done());
        let Some(parsed) = parsed else {
            browser::focus_id("reason");
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let code = case.code.get_value();
            let answer =
                portal::reject_solution(case.client, &code, parsed.into_string(), case.version())
                    .await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    reason.set(String::new());
                    open.set(false);
                    case.ui.toast(Kind::Success, case.desk.say(Words::Rejected));
                    case.load().await;
                    // The button that opened the window is gone.
                    browser::focus_first("h1");
                }
                Err(refused) if matches!(refused.status(), 409 | 412) => {
                    // The window would hide what changed.
                    open.set(false);
                    case.refused(refused).await;
                }
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    view! {
        <Dialog id="reject" title=t(Words::Reject) open>
            <form novalidate on:submit=send>
                <div class="dialog-body stack">
                    <p>{case.desk.say(Words::RejectHelp)}</p>
                    <ErrorNote error/>
                    <TextArea id="reason" label=t(Words::Reason) hint=t(Words::ReasonHint) value=reason faults max=REASON_MAX rows=5/>
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=move |_| open.set(false)>{t(Common::Cancel)}</button>
                    <SubmitButton label=t(Words::Reject) busy_label=t(Common::Sending) busy/>
                </div>
            </form>
        </Dialog>
    }
}

fn request(case: Case, ticket: RequesterTicket) -> AnyView {
    view! {
        <section class="stack tight">
            <h2>{t(Words::Request)}</h2>
            <div class="msg-body">{paragraphs(&ticket.description)}</div>
            <FileList attachments=ticket.attachments download=case.downloads()/>
        </section>
    }
    .into_any()
}

/// The solution and the rating, once nothing waits for the requester.
fn solution(case: Case, ticket: RequesterTicket) -> AnyView {
    let actions = ticket.actions;
    if actions.accept || actions.reject || (actions.rate && !ticket.survey.is_empty()) {
        return ().into_any();
    }
    let zone = case.desk.zone();
    // A rejected solution stays readable until there is another.
    let title = if ticket.status.id.is_open() {
        Words::FormerSolution
    } else {
        Words::Solution
    };
    let solved = ticket.solution.map(|solution| {
        let accepted = solution.accepted_at;
        let accepted = accepted.map(|at| view! { <p class="small muted">{t(Words::Accepted)}{time(at, &zone, Style::Short)}</p> });
        view! { <section class="stack tight"><h2>{t(title)}</h2>{solution_body(case, solution)}{accepted}</section> }
    });
    let rated = ticket.rating.map(|rating| {
        let title = if rating.answers.is_empty() {
            Words::Rating
        } else {
            Words::YourAnswers
        };
        let answers = rating
            .answers
            .into_iter()
            .map(|answer| view! { <div><dt>{answer.question}</dt><dd>{answer.text}</dd></div> });
        let answers = answers.collect_view();
        let answers = (!answers.is_empty()).then(|| view! { <dl class="summary">{answers}</dl> });
        view! {
            <section class="stack tight">
                <h2>{t(title)}</h2>
                {answers}
                {rating.stars.map(|stars| view! { <p><StarsGiven stars/></p> })}
                <div class="msg-body">{rating.comment.as_deref().map(paragraphs)}</div>
            </section>
        }
    });
    view! { {solved}{rated} }.into_any()
}

fn messages(case: Case, ticket: RequesterTicket) -> AnyView {
    let zone = case.desk.zone();
    let download = case.downloads();
    let thread = ticket.messages.into_iter().map(|message| {
        let voice = if message.side == Side::Requester { Voice::Requester } else { Voice::Agent };
        view! {
            <ThreadMessage voice author=message.author at=message.created_at zone=zone.clone() body=message.body
                attachments=message.attachments download/>
        }
    });
    let thread = thread.collect_view();
    let none = thread
        .is_empty()
        .then(|| view! { <p class="muted">{t(Words::NoMessages)}</p> });
    let closed = (!ticket.actions.message)
        .then(|| view! { <p class="muted">{case.desk.say(Words::Final)}</p> });
    view! {
        <section class="stack" aria-labelledby="messages-title">
            <h2 id="messages-title">{t(Words::Messages)}</h2>
            {none}
            <ol class="thread">{thread}</ol>
            {closed}
        </section>
    }
    .into_any()
}

/// Writes to the team (R-255…R-257); what is typed is kept until it is sent.
#[component]
fn Composer(case: Case) -> impl IntoView {
    let key_of_text = ["message.", &case.code.get_value()].concat();
    let key_of_files = [&key_of_text, ".files"].concat();
    let uploads = Uploads::new(case.client, portal::UPLOADS);
    uploads.kept_as(KEPT.name(&key_of_files));
    let body = KEPT.text(key_of_text.clone());
    let limits = case.desk.get();
    let limits = Limits {
        bytes: limits.max_attachment_bytes,
        count: limits.max_attachments,
        total: limits.max_ticket_attachment_bytes,
    };
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let once = OnceKey::new();
    let completes = Memo::new(move |_| {
        case.ticket.with(|ticket| {
            ticket
                .as_ref()
                .is_some_and(|ticket| ticket.actions.complete)
        })
    });
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let mut check = Check::default();
        let text = check.text(
            "body",
            t(Words::MessageEmpty),
            Body::parse(&body.get_untracked()),
        );
        check_files(&mut check, uploads);
        if faults.show(check.done()) {
            return;
        }
        let Some(text) = text else { return };
        let typed = body.get_untracked();
        let (key_of_text, key_of_files) = (key_of_text.clone(), key_of_files.clone());
        let message = NewPublicMessage {
            body: text.into_string(),
            attachments: uploads.ids(),
        };
        let key = once.of(serde_json::to_string(&message).unwrap_or_default());
        busy.set(true);
        let sent = if completes.get_untracked() {
            Words::Completed
        } else {
            Words::Sent
        };
        spawn_local(async move {
            let answer =
                portal::add_message(case.client, &case.code.get_value(), &message, key).await;
            let left = busy.try_set(false).is_some();
            match answer {
                Ok(()) if left => {
                    // Nobody looks any more: what was sent must not come back as unsent.
                    if KEPT.get(&key_of_text) == Some(typed) {
                        KEPT.put(&key_of_text, None);
                        KEPT.put(&key_of_files, None);
                    }
                    case.ui.toast(Kind::Success, case.desk.say(sent));
                }
                Ok(()) => {
                    once.arrived();
                    // Whatever was added while it was on its way stays.
                    if body.try_with_untracked(|now| *now == typed) == Some(true) {
                        body.set(String::new());
                    }
                    uploads.sent(&message.attachments);
                    case.ui.toast(Kind::Success, case.desk.say(sent));
                    case.load().await;
                }
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    let title = move || {
        t(if completes.get() {
            Words::CompleteButton
        } else {
            Words::Compose
        })
    };
    let form = move || {
        let hint = if completes.get() {
            Words::CompleteHint
        } else {
            Words::ComposeHint
        };
        view! { <TextArea id="body" label=t(Words::Message) hint=case.desk.say(hint) value=body faults max=BODY_MAX rows=5/> }
    };
    view! {
        <section class="stack" aria-labelledby="compose-title">
            <h2 id="compose-title">{title}</h2>
            <ErrorSummary faults/>
            <ErrorNote error/>
            <form class="form stack" novalidate on:submit=send>
                {form}
                <Attachments uploads faults limits/>
                <div class="actions"><SubmitButton label=t(Words::SendMessage) busy_label=t(Common::Sending) busy/></div>
            </form>
        </section>
    }
}

fn facts(case: Case, ticket: RequesterTicket) -> AnyView {
    let zone = case.desk.zone();
    let data = case.desk.get();
    let row = |name: String, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let text = |text: String| text.into_any();
    let promise = promise_line(&ticket.promise, ticket.status.id, &zone);
    let extra = ticket
        .extra
        .into_iter()
        .map(|extra| row(extra.label, text(extra.value)))
        .collect_view();
    view! {
        <section class="stack tight">
            <h2>{case.desk.say(Words::Data)}</h2>
            <dl class="summary">
                {row(t(Words::State).to_owned(), view! { <StatusTag status=ticket.status.id label=ticket.status.label/> }.into_any())}
                {promise.map(|promise| row(t(Words::Term).to_owned(), promise))}
                {row(t(Words::Type).to_owned(), text(ticket.request_type))}
                {row(data.category_word, text(ticket.category.join(" › ")))}
                {row(data.priority_word, text(ticket.priority))}
                {ticket.reason.map(|reason| row(t(Words::Why).to_owned(), text(reason)))}
                {extra}
                {row(case.desk.say(Words::Created), time(ticket.created_at, &zone, Style::Full))}
                {row(t(Words::Moved).to_owned(), time(ticket.updated_at, &zone, Style::Full))}
            </dl>
        </section>
    }
    .into_any()
}

fn history(case: Case, ticket: RequesterTicket) -> AnyView {
    let zone = case.desk.zone();
    let event = |event: PublicEvent| {
        let symbol = match event.side {
            Side::Requester => "user",
            Side::Support => "users",
            Side::System => "clock",
        };
        view! { <TimelineEvent symbol text=event.text at=event.at zone=zone.clone()/> }
    };
    let events = ticket.history.into_iter().rev().map(event).collect_view();
    view! {
        <section class="stack tight">
            <h2>{t(Words::History)}</h2>
            <ol class="timeline">{events}</ol>
        </section>
    }
    .into_any()
}
