//! The endpoints of a desk's process: moves between states, corrections, attempts to reach the requester, control
//! questions, follow-ups, families and duplicates.

use actix_web::{delete, get, post, web};
use serde::Serialize;
use shared::api::problem::Problem;
use shared::api::process::{
    FollowUpDraft, NewCategoryChange, NewCause, NewContactAttempt, NewControlAnswer, NewExtra,
    NewFollowUp, NewMark, NewMerge, NewRelation, NewTransition, TransitionCommand,
};
use shared::api::tickets::TicketChanged;
use shared::i18n::Lang;
use shared::ticket::next_follow_up;
use shared::ticket::text::{Body, Reason};

use super::commands::{Change, Files};
use super::error::fault;
use super::handlers::{Asked, apply, ticket_bytes};
use super::sight::Sight;
use super::steps::{Step, Transition, follow_up_step, follow_up_text, must_see};
use super::store;
use crate::app::AppState;
use crate::attachments::store::Owner;
use crate::auth::AgentCaller;
use crate::db::DbConnection;
use crate::events::subscriptions::TicketWords;
use crate::http::etag::IfMatch;
use crate::http::faults::Faults;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer};
use crate::http::{ApiError, Json, Path};

/// Longest name of a vendor, in characters.
const VENDOR_MAX: usize = 200;

/// Gives a step to the common way of changes.
async fn step(
    state: &AppState,
    asked: Asked,
    body: &impl Serialize,
    step: Step,
) -> Result<StoredAnswer, ApiError> {
    apply(state, asked, body, Change::Step(step)).await
}

/// Moves a ticket along the desk's process.
#[utoipa::path(
    operation_id = "move_ticket", tag = "tickets",
    summary = "Moves a ticket along the desk's process",
    description = "Suspends, resumes, starts, hands over, ends: every move that has no endpoint of its own. `allowed_commands` of the ticket lists what is possible and what each move needs; data that a move does not take are refused.",
    request_body = NewTransition,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/transitions")]
pub async fn move_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewTransition>,
) -> Result<StoredAnswer, ApiError> {
    let transition = read_transition(&state, &caller, &new)?;
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "move_ticket",
    };
    step(&state, asked, &new, Step::Transition(Box::new(transition))).await
}

/// Corrects the category.
#[utoipa::path(
    operation_id = "change_category", tag = "tickets",
    summary = "Corrects the category of a ticket",
    description = "Type, form, approvals and targets follow the new category; the time already used stays used (R-067).",
    request_body = NewCategoryChange,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/category-changes")]
pub async fn change_category(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewCategoryChange>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let reason = faults.take_optional("/reason", new.reason.as_deref(), Reason::parse);
    faults.check()?;
    let change = Step::ChangeCategory {
        category: new.category.clone(),
        reason,
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "change_category",
    };
    step(&state, asked, &new, change).await
}

/// Records an attempt to reach the requester.
#[utoipa::path(
    operation_id = "record_contact_attempt", tag = "tickets",
    summary = "Records an attempt to reach the requester",
    description = "After as many failed attempts as the desk asks for, on as many business days, the ticket can be ended (R-325 to R-331). Needs no `If-Match`: it only adds.",
    request_body = NewContactAttempt,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/contact-attempts")]
pub async fn record_contact_attempt(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewContactAttempt>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let note = faults.take_optional("/note", new.note.as_deref(), Reason::parse);
    faults.check()?;
    let attempt = Step::Attempt {
        channel: new.channel,
        result: new.result,
        note,
        next_contact: new.next_contact,
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: None,
        operation: "record_contact_attempt",
    };
    step(&state, asked, &new, attempt).await
}

/// Answers a control question.
#[utoipa::path(
    operation_id = "answer_control", tag = "tickets",
    summary = "Answers a control question of the desk",
    description = "Some moves wait for it (R-375). A later answer takes the place of an earlier one; the history keeps both. Needs no `If-Match`: it only adds.",
    request_body = NewControlAnswer,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/control-answers")]
pub async fn answer_control(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewControlAnswer>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let note = faults.take_optional("/note", new.note.as_deref(), Reason::parse);
    faults.check()?;
    let control = Step::Control {
        control: new.control.clone(),
        answer: new.answer,
        note,
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: None,
        operation: "answer_control",
    };
    step(&state, asked, &new, control).await
}

/// The next mail of the follow-up series.
#[utoipa::path(
    operation_id = "prepare_follow_up", tag = "tickets",
    summary = "Prepares the next mail of the follow-up series",
    description = "To a requester who does not answer the desk writes a request, a reminder and a closing notice, at most one on a business day (R-327 to R-330). The text is in the language of the requester.",
    params(("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40)),
    responses(
        (status = 200, description = "The mail to start from; without `step` there is none to send", body = FollowUpDraft),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{code}/follow-ups")]
pub async fn prepare_follow_up(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(code): Path<String>,
) -> Result<Json<FollowUpDraft>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<FollowUpDraft, ApiError> {
        let record = store::read_in_sight(conn, &code, &Sight::of(&caller))?
            .ok_or_else(ApiError::not_found)?;
        let desk = desks.version(conn, record.desk_id, record.desk_version)?;
        must_see(&record.state, &desk, &caller.actor_at(desk.id))?;
        let requester = store::requester_by_id(conn, record.state.requester.id)?;
        let lang = Lang::parse(&requester.language).unwrap_or_default();
        let Some(next) = next_follow_up(&record.state, &desk.profile, now) else {
            return Ok(FollowUpDraft {
                step: None,
                text: String::new(),
                from: None,
                ready: false,
            });
        };
        let words = TicketWords {
            desk: &desk.profile,
            ticket: &record.state,
            code: &record.code,
            subject: &record.subject,
            requester: &requester.full_name,
            author: Some(caller.name().to_owned()),
            lang,
        };
        Ok(FollowUpDraft {
            step: Some(follow_up_step(next.step)),
            text: follow_up_text(next.notice, &words),
            from: desk.profile.calendar.zone.local_date(next.from),
            ready: next.from <= now,
        })
    };
    Ok(Json(state.db.read(read).await?))
}

/// Sends the next mail of the follow-up series.
#[utoipa::path(
    operation_id = "send_follow_up", tag = "tickets",
    summary = "Sends the next mail of the follow-up series",
    description = "The mail leaves with the outbox and counts as an attempt to reach the requester (R-327 to R-331). `step` names the mail that is meant, so that a second press does not send the next one.",
    request_body = NewFollowUp,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/follow-ups")]
pub async fn send_follow_up(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewFollowUp>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let Some(text) = faults.take("/text", Reason::parse(&new.text)) else {
        return Err(faults.into_error());
    };
    let mail = Step::FollowUp {
        step: new.step,
        text,
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: None,
        operation: "send_follow_up",
    };
    step(&state, asked, &new, mail).await
}

/// Completes the extra data.
#[utoipa::path(
    operation_id = "complete_extra", tag = "tickets",
    summary = "Completes or corrects the extra data of a ticket",
    description = "The form is the one that the category names (R-035, R-036).",
    request_body = NewExtra,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/extra")]
pub async fn complete_extra(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewExtra>,
) -> Result<StoredAnswer, ApiError> {
    let change = Step::Extra {
        answers: new.extra.clone(),
        files: Files {
            owner: Owner::User(caller.user_id()),
            ids: Vec::new(),
            of_form: Vec::new(),
            ticket_bytes: ticket_bytes(&state),
        },
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "complete_extra",
    };
    step(&state, asked, &new, change).await
}

/// Marks a ticket.
#[utoipa::path(
    operation_id = "mark_ticket", tag = "tickets",
    summary = "Marks a ticket, or takes the mark off",
    description = "A problem keeps its type; a security incident is then seen only by its group and whoever is in charge (R-026, R-063).",
    request_body = NewMark,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/marks")]
pub async fn mark_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewMark>,
) -> Result<StoredAnswer, ApiError> {
    let change = Step::Mark {
        mark: new.mark,
        on: new.on,
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "mark_ticket",
    };
    step(&state, asked, &new, change).await
}

/// Records the cause.
#[utoipa::path(
    operation_id = "record_cause", tag = "tickets",
    summary = "Records the cause that was found",
    description = "A later one takes the place of an earlier one; the history keeps both (R-178).",
    request_body = NewCause,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/causes")]
pub async fn record_cause(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewCause>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let Some(cause) = faults.take("/cause", Body::parse(&new.cause)) else {
        return Err(faults.into_error());
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "record_cause",
    };
    step(&state, asked, &new, Step::Cause(cause)).await
}

/// Puts tickets under this one.
#[utoipa::path(
    operation_id = "relate_tickets", tag = "tickets",
    summary = "Puts existing tickets under this one",
    description = "The ticket becomes the parent, the others its children (R-245 to R-252). A ticket has one parent, and nobody is above itself. Needs no `If-Match`: it only adds.",
    request_body = NewRelation,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/relations")]
pub async fn relate_tickets(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewRelation>,
) -> Result<StoredAnswer, ApiError> {
    let change = Step::Relate {
        children: new.children.clone(),
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: None,
        operation: "relate_tickets",
    };
    step(&state, asked, &new, change).await
}

/// Takes a ticket from under this one.
#[utoipa::path(
    operation_id = "unrelate_ticket", tag = "tickets",
    summary = "Takes a ticket from under this one",
    description = "The history of the child keeps that it was related.",
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("child" = String, Path, description = "Code of the child", example = "INF-1043", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[delete("/{code}/relations/{child}")]
pub async fn unrelate_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path((code, child)): Path<(String, String)>,
) -> Result<StoredAnswer, ApiError> {
    let change = Step::Unrelate {
        child: child.clone(),
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: None,
        operation: "unrelate_ticket",
    };
    step(&state, asked, &child, change).await
}

/// Merges the ticket into another one.
#[utoipa::path(
    operation_id = "merge_ticket", tag = "tickets",
    summary = "Merges a duplicate into another ticket",
    description = "The duplicate closes and `merged_into` of its answer names the ticket that goes on; its own code keeps answering. It can be undone.",
    request_body = NewMerge,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/merge")]
pub async fn merge_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewMerge>,
) -> Result<StoredAnswer, ApiError> {
    let change = Step::Merge {
        into: new.into.clone(),
    };
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "merge_ticket",
    };
    step(&state, asked, &new, change).await
}

/// Undoes the merging.
#[utoipa::path(
    operation_id = "unmerge_ticket", tag = "tickets",
    summary = "Undoes the merging of a ticket",
    description = "The ticket goes back to the state that it was in.",
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Done", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it; the answer says what is missing", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[delete("/{code}/merge")]
pub async fn unmerge_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
) -> Result<StoredAnswer, ApiError> {
    let asked = Asked {
        caller,
        code,
        key,
        seen: Some(seen),
        operation: "unmerge_ticket",
    };
    step(&state, asked, &"unmerge", Step::Unmerge).await
}

/// Which data a move takes, by the names of the fields.
fn taken(command: TransitionCommand) -> &'static [&'static str] {
    match command {
        TransitionCommand::Complete => &["category", "priority", "impact", "urgency", "group"],
        TransitionCommand::Start => &["reason", "diagnosis"],
        TransitionCommand::EscalateOnsite => {
            &["reason", "group", "assignee", "justification", "diagnosis"]
        }
        TransitionCommand::Suspend => &["reason", "justification", "next_contact"],
        TransitionCommand::Resume
        | TransitionCommand::ReturnFromVendor
        | TransitionCommand::CloseByDesk => &["reason", "note"],
        TransitionCommand::SendToVendor => {
            &["reason", "group", "assignee", "vendor", "justification"]
        }
        TransitionCommand::RequestApproval => &["note"],
        TransitionCommand::MarkUnsolvable | TransitionCommand::MarkNotManaged => {
            &["reason", "description"]
        }
        TransitionCommand::Reject => &["reason"],
    }
}

/// Parses a move, noting every wrong field and every one that the move does not take.
fn read_transition(
    state: &AppState,
    caller: &AgentCaller,
    new: &NewTransition,
) -> Result<Transition, ApiError> {
    let mut faults = Faults::new();
    let given = [
        ("reason", new.reason.is_some()),
        ("justification", new.justification.is_some()),
        ("note", new.note.is_some()),
        ("diagnosis", new.diagnosis.is_some()),
        ("description", new.description.is_some()),
        ("group", new.group.is_some()),
        ("assignee", new.assignee.is_some()),
        ("vendor", new.vendor.is_some()),
        ("next_contact", new.next_contact.is_some()),
        ("category", new.category.is_some()),
        ("priority", new.priority.is_some()),
        ("impact", new.impact.is_some()),
        ("urgency", new.urgency.is_some()),
    ];
    for (field, _) in given
        .iter()
        .filter(|(field, given)| *given && !taken(new.command).contains(field))
    {
        faults.add(fault(&format!("/{field}"), "not_taken"));
    }
    let rejects = new.command == TransitionCommand::Reject;
    let words = faults.take_optional(
        "/reason",
        new.reason.as_deref().filter(|_| rejects),
        Reason::parse,
    );
    let justification = faults.take_optional(
        "/justification",
        new.justification.as_deref(),
        Reason::parse,
    );
    let note = faults.take_optional("/note", new.note.as_deref(), Reason::parse);
    let diagnosis = faults.take_optional("/diagnosis", new.diagnosis.as_deref(), Body::parse);
    let description = faults.take_optional("/description", new.description.as_deref(), Body::parse);
    let vendor = new.vendor.as_deref().map(str::trim).map(str::to_owned);
    if vendor
        .as_ref()
        .is_some_and(|vendor| vendor.chars().count() > VENDOR_MAX)
    {
        faults.add(fault("/vendor", "too_long"));
    }
    faults.check()?;
    Ok(Transition {
        command: new.command,
        reason: new.reason.clone().filter(|_| !rejects),
        words,
        justification,
        note,
        diagnosis,
        description,
        group: new.group.clone(),
        assignee: new.assignee,
        vendor,
        next_contact: new.next_contact,
        category: new.category.clone(),
        priority: new.priority.clone(),
        impact: new.impact.clone(),
        urgency: new.urgency.clone(),
        files: Files {
            owner: Owner::User(caller.user_id()),
            ids: new.attachments.clone(),
            of_form: Vec::new(),
            ticket_bytes: ticket_bytes(state),
        },
        despite_children: new.confirm_open_children,
    })
}
