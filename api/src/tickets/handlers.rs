//! The endpoints of tickets for agents and API clients.

use std::sync::Arc;

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::api::page::Page;
use shared::api::problem::{Problem, ProblemType};
use shared::api::tickets::{
    NewAssignment, NewEscalation, NewMessage, NewPriorityChange, NewSolution, NewTicket,
    SlaExplanation, TicketChanged, TicketQuery, TicketRow, TicketView, TimelineEntry, ViewCounts,
};
use shared::ticket::actor::Privilege;
use shared::ticket::status::Level;
use shared::ticket::text::{Body, EmailAddress, Reason, Subject, TextError};

use super::commands::{self, Change, Creation, Files, OpenTicket, Scope};
use super::error::fault;
use super::pipeline::Changed;
use super::queue::{CountsKey, QueuePage, Wanted};
use super::sight::Sight;
use super::steps::must_see;
use super::store::RequesterRow;
use super::view::{FoundTicket, TicketAsk};
use super::{list, query, store, view};
use crate::app::AppState;
use crate::attachments::store::Owner;
use crate::auth::AgentCaller;
use crate::db::DbConnection;
use crate::db::dialect::lock_families;
use crate::db::gather::Prepared;
use crate::desks::registry::InstalledDesk;
use crate::http::etag::IfMatch;
use crate::http::faults::Faults;
use crate::http::idempotency::{
    Guard, OptionalIdempotencyKey, StoredAnswer, once, replay, replay_of,
};
use crate::http::rate::RateClass;
use crate::http::{ApiError, Json, Language, Path, Query, Versioned};

/// The queue: tickets of the caller's desks.
#[utoipa::path(
    operation_id = "list_tickets", tag = "tickets",
    summary = "Lists tickets",
    description = "One page of a view, filtered and sorted. A ticket of a desk where the caller may not read tickets is never among them.",
    params(TicketQuery),
    responses(
        (status = 200, description = "A page of tickets", body = Page<TicketRow>),
        (status = 304, description = "The page is the one named by `If-None-Match`"),
        (status = 404, description = "No such desk or group", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("")]
pub async fn list_tickets(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(asked): Query<TicketQuery>,
    Language(lang): Language,
) -> Result<Versioned<Page<TicketRow>>, ApiError> {
    if asked
        .q
        .as_deref()
        .is_some_and(|text| !text.trim().is_empty())
    {
        state
            .limits
            .check(RateClass::Search, caller.idempotency_actor())?;
    }
    let now = state.clock.now();
    let limit = query::limit(&asked)?;
    let sort = asked.sort.unwrap_or_default();
    let fingerprint = query::fingerprint(&caller, &asked);
    let after: Option<list::Position> = asked
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode(&fingerprint, cursor))
        .transpose()?;
    let (desks, db, kept, names) = (
        state.desks.clone(),
        state.db.clone(),
        Arc::clone(&state.kept),
        Arc::clone(&state.names),
    );
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let filter = query::filter(conn, &desks, &caller, &asked, now)?;
        let wanted = Wanted {
            filter: &filter,
            sort,
            after: after.as_ref(),
            limit,
            lang,
        };
        let read =
            |conn: &mut DbConnection| QueuePage::read(conn, &desks, &names, &kept.rows, &wanted);
        match wanted.key() {
            Some(key) => kept.pages.get_or_read(&db, conn, key, read),
            None => read(conn),
        }
    };
    let page = state.db.read(read).await?;
    let next = page
        .next
        .as_ref()
        .map(|position| state.cursors.encode(&fingerprint, position))
        .transpose()?;
    Ok(Versioned::of_rows(&page.rows, next.as_deref()))
}

/// Query of the counts.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CountsQuery {
    /// Address part of a desk; without it every desk of the caller.
    #[serde(default)]
    pub desk: Option<String>,
}

/// How many tickets each view holds.
#[utoipa::path(
    operation_id = "count_tickets", tag = "tickets",
    summary = "Counts the tickets of each view",
    params(CountsQuery),
    responses(
        (status = 200, description = "The counts", body = ViewCounts),
        (status = 304, description = "The counts are those named by `If-None-Match`"),
        (status = 404, description = "No such desk", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/counts")]
pub async fn count_tickets(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(asked): Query<CountsQuery>,
) -> Result<Versioned<ViewCounts>, ApiError> {
    let now = state.clock.now();
    let (desks, db, kept) = (
        state.desks.clone(),
        state.db.clone(),
        Arc::clone(&state.kept),
    );
    let read = move |conn: &mut DbConnection| -> Result<ViewCounts, ApiError> {
        let asked = TicketQuery {
            desk: asked.desk,
            ..TicketQuery::default()
        };
        let filter = query::filter(conn, &desks, &caller, &asked, now)?;
        let deciding: Vec<i64> = filter
            .desks
            .iter()
            .copied()
            .filter(|desk| caller.may(*desk, Privilege::AccessDecide))
            .collect();
        let key = CountsKey {
            filter: filter.key_of_counts(),
            deciding: deciding.clone(),
        };
        kept.counts.get_or_read(&db, conn, key, |conn| {
            let counts = list::counts(conn, &filter)?;
            let access_requests =
                crate::people::store::count_pending_access_requests(conn, &deciding)?;
            Ok(ViewCounts {
                mine: counts.mine,
                group: counts.group,
                all: counts.all,
                unassigned: counts.unassigned,
                due_soon: counts.due_soon,
                due_contact: counts.due_contact,
                solved: counts.solved,
                access_requests,
            })
        })
    };
    Versioned::by_content(state.db.read(read).await?)
}

/// Records a ticket for a registered person.
#[utoipa::path(
    operation_id = "create_ticket", tag = "tickets",
    summary = "Records a ticket for a registered person",
    description = "For requests that came by telephone, mail, chat or in person, and for other systems. The requester gets the usual confirmation. With an API token `Idempotency-Key` is required: a program that lost the answer repeats the request, and must not make a second ticket.",
    request_body = NewTicket,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that a repetition makes no second ticket; required with an API token", max_length = 255)),
    responses(
        (status = 400, description = "`Idempotency-Key` is missing (with an API token) or malformed, or the request is", body = Problem, content_type = "application/problem+json"),
        (status = 201, description = "The ticket was created", body = TicketChanged,
            headers(("ETag" = String, description = "Version of the ticket"), ("Location" = String, description = "Address of the ticket"))),
        (status = 403, description = "The caller may not create tickets at this desk", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such desk", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same key is being worked on", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("")]
pub async fn create_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Json(new): Json<NewTicket>,
) -> Result<StoredAnswer, ApiError> {
    state
        .limits
        .check(RateClass::CreateByAgent, caller.idempotency_actor())?;
    let key = match caller.token_id() {
        Some(_) => key.required()?,
        None => key,
    };
    let guard = key.guard(caller.idempotency_actor(), "create_ticket", &new)?;
    let now = state.clock.now();
    let (desks, ticket_bytes) = (state.desks.clone(), ticket_bytes(&state));
    let before = guard.clone();
    let prepare = move |conn: &mut DbConnection| {
        // Before a kept answer is given again: whoever may no longer do this is told nothing.
        let desk = desks
            .by_slug(conn, &new.desk, now)?
            .ok_or_else(ApiError::not_found)?;
        caller.require(desk.id, Privilege::TicketCreate)?;
        let email = EmailAddress::parse(&new.requester_email);
        let asked = (email.as_ref().ok(), before.as_ref());
        let requester = match requester_or_answer(conn, desk.id, asked, now)? {
            Repeated::No(requester) => requester,
            Repeated::Yes(answer) => return Ok::<_, ApiError>(Prepared::Done(answer)),
        };
        let open = parse_new_ticket(&caller, new, email, requester, ticket_bytes)?;
        let actor = caller.actor_at(desk.id);
        let ticket = commands::prepare_ticket(conn, &desk, &actor, open, now)?;
        let answer = created(ticket.changed())?;
        let kept = before.map(|guard| guard.kept(&answer, now)).transpose()?;
        let new = Creation {
            desk,
            ticket,
            answer: kept,
        };
        Ok(Prepared::Store(new, answer))
    };
    let answer = match state.creations.write(prepare).await {
        // Of two at once the other one was stored.
        Err(error) if error.kind() == ProblemType::IdempotencyInProgress => {
            let again = move |conn: &mut DbConnection| replay(conn, guard.as_ref(), now);
            state.db.read(again).await?.ok_or(error)?
        }
        other => other?,
    };
    state.wake.wake();
    Ok(answer)
}

fn created(changed: &Changed) -> Result<StoredAnswer, ApiError> {
    let location = format!("/api/v1/tickets/{}", changed.code);
    Ok(StoredAnswer::created(&summary(changed))?
        .at(location)
        .version(i64::from(changed.version)))
}

fn summary(changed: &Changed) -> TicketChanged {
    TicketChanged {
        code: changed.code.clone(),
        version: changed.version,
        status: changed.ticket.status,
    }
}

pub(super) fn ticket_bytes(state: &AppState) -> i64 {
    i64::try_from(state.settings.limits.ticket_bytes).unwrap_or(i64::MAX)
}

/// Whether a ticket was recorded before by the same request.
enum Repeated {
    /// It was not; who it is for, if there is such a person.
    No(Option<RequesterRow>),
    /// It was; what was answered.
    Yes(StoredAnswer),
}

/// Looks for the requester and for an earlier request of the same name, in one statement where it can: every ticket of a
/// program or an agent begins with both.
fn requester_or_answer(
    conn: &mut DbConnection,
    desk_id: i64,
    (email, guard): (Option<&EmailAddress>, Option<&Guard>),
    now: DateTime<Utc>,
) -> Result<Repeated, ApiError> {
    let email = email.map(EmailAddress::canonical);
    let (email, guard) = match (email, guard) {
        (Some(email), Some(guard)) => (email, guard),
        (Some(email), None) => {
            let requester = store::requester_by_email(conn, desk_id, &email)?;
            return Ok(Repeated::No(requester));
        }
        (None, guard) => {
            let answer = replay(conn, guard, now)?;
            return Ok(answer.map_or(Repeated::No(None), Repeated::Yes));
        }
    };
    let found = store::requester_and_request(conn, desk_id, &email, guard.name())?;
    // A person who is gone takes nothing back of what was answered about them.
    let (requester, answer) = match found {
        Some((requester, kept)) => (Some(requester), replay_of(conn, kept, guard, now)?),
        None => (None, replay(conn, Some(guard), now)?),
    };
    Ok(answer.map_or(Repeated::No(requester), Repeated::Yes))
}

fn parse_new_ticket(
    caller: &AgentCaller,
    new: NewTicket,
    email: Result<EmailAddress, TextError>,
    requester: Option<RequesterRow>,
    ticket_bytes: i64,
) -> Result<OpenTicket, ApiError> {
    let mut faults = Faults::new();
    let subject = faults.take("/subject", Subject::parse(&new.subject));
    let message = faults.take("/message", Body::parse(&new.message));
    let email = faults.take("/requester_email", email);
    if email.is_some() && requester.is_none() {
        faults.add(fault("/requester_email", "unknown_requester"));
    }
    let (Some(subject), Some(message), Some(requester)) = (subject, message, requester) else {
        return Err(faults.into_error());
    };
    Ok(OpenTicket {
        requester,
        channel: new.channel,
        request_type: new.request_type,
        category: new.category,
        priority: new.priority,
        impact: new.impact,
        urgency: new.urgency,
        extra: new.extra,
        group: new.group,
        assignee: new.assignee,
        subject,
        message,
        files: Files {
            owner: Owner::User(caller.user_id()),
            ids: new.attachments,
            of_form: Vec::new(),
            ticket_bytes,
        },
        identity: shared::ticket::event::IdentityProof::RecordedByStaff,
        superseded: Vec::new(),
    })
}

/// The whole ticket.
#[utoipa::path(
    operation_id = "read_ticket", tag = "tickets",
    summary = "Reads a ticket",
    description = "The ticket with its clocks, files, the newest part of its timeline, and what the caller may do now.",
    params(("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40)),
    responses(
        (status = 200, description = "The ticket", body = TicketView, headers(("ETag" = String, description = "Version of the ticket, language of the answer and a hash of all of it, such as `\"3.es.ab12cd34\"`; `If-Match` takes it whole or as `\"3\"`"))),
        (status = 304, description = "The answer is the one named by `If-None-Match`"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{code}")]
pub async fn read_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(code): Path<String>,
    Language(lang): Language,
) -> Result<Versioned<TicketView>, ApiError> {
    let now = state.clock.now();
    let ask = TicketAsk {
        code,
        sight: Sight::of(&caller),
    };
    let (desks, reader) = (state.desks.clone(), caller.clone());
    let shown = move |conn: &mut DbConnection, found: Option<FoundTicket>| {
        let actor_of = |desk: &InstalledDesk| reader.actor_at(desk.id);
        view::detail(conn, &desks, found, &actor_of, lang, now).map_err(ApiError::from)
    };
    let mut detail = state.ticket_reads.load(ask, shown).await?;
    let fingerprint = timeline_fingerprint(&caller, detail.ticket_id);
    detail.view.older = detail
        .older
        .map(|position| state.cursors.encode(&fingerprint, &position))
        .transpose()?;
    // Mails, relations, approvals and rights change without a new version; the tag knows them by the content.
    let version = detail.view.version;
    Ok(Versioned::in_language(version, lang, detail.view))
}

fn timeline_fingerprint(caller: &AgentCaller, ticket_id: i64) -> String {
    format!("timeline:{}:{ticket_id}", caller.user_id())
}

/// Query of the timeline.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// Cursor of the page, from `older` of the ticket or `next` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Older entries of a ticket's timeline.
#[utoipa::path(
    operation_id = "list_timeline", tag = "tickets",
    summary = "Lists the timeline of a ticket",
    description = "Messages, notes, changes and mails, oldest first within a page; `next` leads to older ones.",
    params(("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40), TimelineQuery),
    responses(
        (status = 200, description = "A page of entries", body = Page<TimelineEntry>),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{code}/timeline")]
pub async fn list_timeline(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(code): Path<String>,
    Query(asked): Query<TimelineQuery>,
    Language(lang): Language,
) -> Result<Json<Page<TimelineEntry>>, ApiError> {
    let (desks, cursors, reader) = (state.desks.clone(), state.cursors.clone(), caller.clone());
    let read = move |conn: &mut DbConnection| {
        let position = |ticket_id| {
            let fingerprint = timeline_fingerprint(&reader, ticket_id);
            asked
                .cursor
                .as_deref()
                .map(|cursor| cursors.decode(&fingerprint, cursor))
                .transpose()
        };
        view::older_timeline(
            conn,
            &desks,
            &Sight::of(&reader),
            &code,
            &|desk| reader.actor_at(desk.id),
            position,
            lang,
        )
    };
    let (ticket_id, items, older) = state.db.read(read).await?;
    let fingerprint = timeline_fingerprint(&caller, ticket_id);
    let next = older
        .map(|position| state.cursors.encode(&fingerprint, &position))
        .transpose()?;
    Ok(Json(Page { items, next }))
}

/// Both clocks explained.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SlaExplanations {
    /// Attention, then solution.
    pub clocks: Vec<SlaExplanation>,
}

/// How the figures of a ticket's clocks come about.
#[utoipa::path(
    operation_id = "explain_sla", tag = "tickets",
    summary = "Explains the clocks of a ticket",
    description = "Every stretch of time with what it was; the seconds that counted add up to the time used (R-127, R-130).",
    params(("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40)),
    responses(
        (status = 200, description = "The explanations", body = SlaExplanations),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{code}/sla")]
pub async fn explain_sla(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(code): Path<String>,
    Language(lang): Language,
) -> Result<Json<SlaExplanations>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| {
        view::sla(
            conn,
            &desks,
            &Sight::of(&caller),
            &code,
            &|desk| caller.actor_at(desk.id),
            lang,
            now,
        )
        .map_err(ApiError::from)
    };
    Ok(Json(SlaExplanations {
        clocks: state.db.read(read).await?,
    }))
}

/// Everything that a change of a ticket needs to know about its request.
pub(super) struct Asked {
    pub(super) caller: AgentCaller,
    pub(super) code: String,
    pub(super) key: OptionalIdempotencyKey,
    pub(super) seen: Option<IfMatch>,
    pub(super) operation: &'static str,
}

/// Applies a change once and answers with the new version.
pub(super) async fn apply(
    state: &AppState,
    asked: Asked,
    body: &impl Serialize,
    change: Change,
) -> Result<StoredAnswer, ApiError> {
    let Asked {
        caller,
        code,
        key,
        seen,
        operation,
    } = asked;
    let guard = key.guard(
        caller.idempotency_actor(),
        &format!("{operation}:{code}"),
        body,
    )?;
    let now = state.clock.now();
    let desks = state.desks.clone();
    let created = matches!(change, Change::Write { .. });
    let touches_families = matches!(&change, Change::Step(step) if step.touches_families());
    let work = move |conn: &mut DbConnection| {
        // Whoever changes families holds their lock before any ticket: two that cross would wait for each other.
        if touches_families && let Some(desk_id) = store::desk_of(conn, &code)? {
            lock_families(conn, desk_id)?;
        }
        // Before a kept answer is given again: whoever no longer sees the ticket is told nothing of it.
        let scope = Scope::Console(Sight::of(&caller));
        let (record, desk) = commands::load(conn, &desks, &scope, &code)?;
        let actor = caller.actor_at(desk.id);
        must_see(&record.state, &desk, &actor)?;
        once(conn, guard.as_ref(), now, |conn| {
            let matches = |version: i32| {
                seen.as_ref()
                    .is_none_or(|seen| seen.check(i64::from(version)).is_ok())
            };
            let changed =
                commands::change(conn, &desk, record, &actor, change, Some(&matches), now)?;
            let answer = if created {
                StoredAnswer::created(&summary(&changed))?
            } else {
                StoredAnswer::ok(&summary(&changed))?
            };
            Ok(answer.version(i64::from(changed.version)))
        })
    };
    let answer = state.db.write(work).await?;
    state.wake.wake();
    Ok(answer)
}

/// Writes a public reply or an internal note.
#[utoipa::path(
    operation_id = "create_message", tag = "tickets",
    summary = "Writes a message or an internal note",
    description = "A public message is mailed to the requester and counts as attention (R-129). An internal note is never shown to requesters. Needs no `If-Match`: it only adds.",
    request_body = NewMessage,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that a repetition adds nothing", max_length = 255),
    ),
    responses(
        (status = 201, description = "The message was stored", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not write here", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The ticket has ended", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/messages")]
pub async fn create_message(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewMessage>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let Some(body) = faults.take("/body", Body::parse(&new.body)) else {
        return Err(faults.into_error());
    };
    let files = Files {
        owner: Owner::User(caller.user_id()),
        ids: new.attachments.clone(),
        of_form: Vec::new(),
        ticket_bytes: ticket_bytes(&state),
    };
    let change = Change::Write {
        visibility: new.visibility,
        body,
        files,
    };
    apply(
        &state,
        Asked {
            caller,
            code,
            key,
            seen: None,
            operation: "create_message",
        },
        &new,
        change,
    )
    .await
}

/// Puts somebody in charge.
#[utoipa::path(
    operation_id = "assign_ticket", tag = "tickets",
    summary = "Takes or assigns a ticket",
    description = "The caller's own key takes the ticket. The new assignee is told by mail.",
    request_body = NewAssignment,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Assigned", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it, or it is so already", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/assignments")]
pub async fn assign_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewAssignment>,
) -> Result<StoredAnswer, ApiError> {
    if new.assignee.is_none() && new.group.is_none() {
        return Err(ApiError::field(
            "/assignee",
            "required",
            "Elija una persona o un grupo.",
            "Choose a person or a group.",
        ));
    }
    let change = Change::Assign {
        assignee: new.assignee,
        group: new.group.clone(),
        reason: new.reason.clone(),
    };
    apply(
        &state,
        Asked {
            caller,
            code,
            key,
            seen: Some(seen),
            operation: "assign_ticket",
        },
        &new,
        change,
    )
    .await
}

/// Moves a ticket to another level.
#[utoipa::path(
    operation_id = "escalate_ticket", tag = "tickets",
    summary = "Escalates a ticket, or returns it",
    description = "To another level, group or agent, up or down (R-169, R-190). `needs` of `allowed_commands` says what the desk asks for. The targets of the new level apply from then on (R-108).",
    request_body = NewEscalation,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Escalated", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/escalations")]
pub async fn escalate_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewEscalation>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let justification = faults.take_optional(
        "/justification",
        new.justification.as_deref(),
        Reason::parse,
    );
    let diagnosis = faults.take_optional("/diagnosis", new.diagnosis.as_deref(), Body::parse);
    let level = new.level.and_then(|level| Level::parse(level).ok());
    if new.level.is_some() && level.is_none() {
        faults.add(fault("/level", "out_of_range"));
    }
    faults.check()?;
    let change = Change::Escalate {
        level,
        group: new.group.clone(),
        assignee: new.assignee,
        reason: new.reason.clone(),
        justification,
        diagnosis,
    };
    apply(
        &state,
        Asked {
            caller,
            code,
            key,
            seen: Some(seen),
            operation: "escalate_ticket",
        },
        &new,
        change,
    )
    .await
}

/// Corrects the priority.
#[utoipa::path(
    operation_id = "change_priority", tag = "tickets",
    summary = "Corrects the priority of a ticket",
    description = "With a reason that stays in the history (R-096). The time already used counts against the new target.",
    request_body = NewPriorityChange,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Corrected", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it, or it is so already", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/priority-changes")]
pub async fn change_priority(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewPriorityChange>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let reason = faults.take("/reason", Reason::parse(&new.reason));
    faults.check()?;
    let change = Change::Prioritise {
        priority: new.priority.clone(),
        impact: new.impact.clone(),
        urgency: new.urgency.clone(),
        reason,
    };
    apply(
        &state,
        Asked {
            caller,
            code,
            key,
            seen: Some(seen),
            operation: "change_priority",
        },
        &new,
        change,
    )
    .await
}

/// Delivers a solution.
#[utoipa::path(
    operation_id = "solve_ticket", tag = "tickets",
    summary = "Delivers a solution",
    description = "The requester is told by mail and accepts or rejects it (R-271, R-292). The solution clock stops.",
    request_body = NewSolution,
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    responses(
        (status = 200, description = "Solved", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        (status = 403, description = "The caller may not do this", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such ticket for this caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The state does not allow it", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the ticket meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/{code}/solutions")]
pub async fn solve_ticket(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewSolution>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let solution = faults.take("/solution", Body::parse(&new.solution));
    faults.check()?;
    let files = Files {
        owner: Owner::User(caller.user_id()),
        ids: new.attachments.clone(),
        of_form: Vec::new(),
        ticket_bytes: ticket_bytes(&state),
    };
    let change = Change::Solve {
        solution,
        reason: new.reason.clone(),
        files,
        despite_children: new.confirm_open_children,
    };
    apply(
        &state,
        Asked {
            caller,
            code,
            key,
            seen: Some(seen),
            operation: "solve_ticket",
        },
        &new,
        change,
    )
    .await
}
