//! A ticket as agents see it: rows of the queue, the whole ticket, its timeline, its clocks explained.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::dsl::exists;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use shared::api::desks::StateView;
use shared::api::process::RelationKind;
use shared::api::tickets::{
    ClockView, IdentityProof, Labelled, OTHERS_MAX, PersonRef, RequesterPanel, SegmentKind,
    SlaChip, SlaExplanation, SlaSegment, SolutionEntry, TicketRow, TicketView, TimelineEntry,
};
use shared::api::uploads::Attachment;
use shared::desk::Desk;
use shared::desk::profile::FieldKind;
use shared::i18n::Lang;
use shared::sla::clock::ClockState;
use shared::sla::explain::{Explanation, SegmentKind as EngineSegment, explain};
use shared::sla::policy::{ClockEffect, CountsFrom};
use shared::ticket::actor::Actor;
use shared::ticket::event::IdentityProof as Proof;
use shared::ticket::status::Status;
use shared::ticket::{Ticket, handed_over_at, is_restricted};

use super::error::TicketError;
use super::list::ListRow;
use super::pipeline::{clock_input, clock_name, clock_status, clocks};
use super::process_view;
use super::relations;
use super::sight::{AtDesks, Sight, Visible};
use super::steps::must_see;
use super::store;
use super::timeline::{Happened, Happenings, TimelinePosition};
use crate::approvals;
use crate::attachments::store::AttachmentRow;
use crate::db::loader::Ask;
use crate::db::schema::{attachments, organizations, people, ticket_ties, tickets};
use crate::db::{DbConnection, JsonText, MultiBackend, Ts};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::desks::view::target_words;
use crate::each;
use crate::people::names::Named;
use crate::people::store::Place;

/// A row of the queue.
pub fn row<'a>(
    row: &'a ListRow,
    named: &'a Named,
    desk: &'a InstalledDesk,
    lang: Lang,
) -> TicketRow<&'a str> {
    let profile = &desk.profile;
    let status = row.status.0;
    TicketRow {
        code: &row.code,
        desk: &desk.slug,
        subject: &row.subject,
        status,
        status_label: profile.status_label(status, lang),
        request_type: row.request_type.0,
        priority: priority(profile, &row.priority, lang),
        priority_rank: u8::try_from(row.priority_rank).unwrap_or(u8::MAX),
        level: u8::try_from(row.level).unwrap_or(1),
        group: row
            .group_id
            .and_then(|id| desk.group_slug(id))
            .map(|slug| group(profile, slug, lang)),
        assignee: row
            .assignee_id
            .zip(named.assignee.as_deref())
            .map(|(id, name)| PersonRef { id, name }),
        requester: PersonRef {
            id: row.requester_id,
            name: &named.requester.name,
        },
        requester_entity: named.requester.entity.as_deref(),
        awaits_reply: row.awaits_reply,
        sla: SlaChip {
            clock: row.due_clock.0,
            status: row.clock_status.0,
            due_at: row.due_at.map(Ts::get),
        },
        created_at: row.created_at.get(),
        updated_at: row.updated_at.get(),
        version: row.version,
    }
}

fn priority<'a, Text: From<&'a str>>(desk: &'a Desk, key: &'a str, lang: Lang) -> Labelled<Text> {
    let label = desk
        .priority
        .get(key)
        .map_or(key, |priority| priority.label.get(lang));
    labelled(key, label)
}

fn group<'a, Text: From<&'a str>>(desk: &'a Desk, key: &'a str, lang: Lang) -> Labelled<Text> {
    let label = desk.group(key).map_or(key, |group| group.name.get(lang));
    labelled(key, label)
}

fn labelled<'a, Text: From<&'a str>>(id: &'a str, label: &'a str) -> Labelled<Text> {
    Labelled {
        id: id.into(),
        label: label.into(),
    }
}

/// A ticket as loaded for reading.
#[derive(Debug, Queryable)]
struct ReadRow {
    id: i64,
    desk_id: i64,
    desk_version: i32,
    code: String,
    version: i32,
    state: JsonText<Ticket>,
    requester_id: i64,
    requester_name: String,
    requester_email: String,
    requester_phone: String,
    entity: Option<String>,
    place: Place,
    other_open_tickets: i64,
    has_files: bool,
    has_children: bool,
}

/// How many other open tickets the requester has, up to [`OTHERS_MAX`]: a monitoring system that opens tickets may have
/// thousands, and nobody wants to know how many.
#[derive(Clone, Copy, Debug)]
struct OthersOpen;

/// The same, of those that somebody sees; the condition is about `other`.
#[derive(Clone, Debug)]
struct OthersOpenOf(Visible);

const OTHERS_OPEN: &str = "(SELECT COUNT(*) FROM (SELECT 1 FROM tickets other WHERE other.requester_id = tickets.requester_id \
     AND other.open AND other.id <> tickets.id";

/// Around the tickets that are counted: what follows their condition.
static OTHERS_END: LazyLock<String> = LazyLock::new(|| format!(" LIMIT {OTHERS_MAX}) others)"));

impl Expression for OthersOpen {
    type SqlType = BigInt;
}

impl Expression for OthersOpenOf {
    type SqlType = BigInt;
}

// Whoever selects them has `tickets` in the query.
impl<QS> AppearsOnTable<QS> for OthersOpen {}
impl<QS> SelectableExpression<QS> for OthersOpen {}
impl<QS> AppearsOnTable<QS> for OthersOpenOf {}
impl<QS> SelectableExpression<QS> for OthersOpenOf {}

impl<GB> ValidGrouping<GB> for OthersOpen {
    type IsAggregate = is_aggregate::No;
}

impl<GB> ValidGrouping<GB> for OthersOpenOf {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for OthersOpen {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryId for OthersOpenOf {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for OthersOpen {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(OTHERS_OPEN);
        pass.push_sql(&OTHERS_END);
        Ok(())
    }
}

impl<DB: Backend> QueryFragment<DB> for OthersOpenOf
where
    Visible: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(OTHERS_OPEN);
        pass.push_sql(" AND ");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(&OTHERS_END);
        Ok(())
    }
}

/// Everything of a ticket that is one row, with the number of others that is counted.
macro_rules! ticket_row {
    ($others:expr) => {
        tickets::table
            .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
            .left_join(
                organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
            )
            .select((
                tickets::id,
                tickets::desk_id,
                tickets::desk_version,
                tickets::code,
                tickets::version,
                tickets::state,
                people::id,
                people::full_name,
                people::email,
                people::phone,
                organizations::name.nullable(),
                (people::site, people::department, people::extension),
                $others,
                exists(
                    attachments::table
                        .filter(attachments::ticket_id.eq(tickets::id.nullable()))
                        .select(attachments::ticket_id),
                ),
                exists(
                    ticket_ties::table
                        .filter(ticket_ties::parent_id.eq(tickets::id.nullable()))
                        .select(ticket_ties::parent_id),
                ),
            ))
    };
}

/// One statement for everything that is one row, so that most tickets take two in all.
fn read(conn: &mut DbConnection, code: &str, sight: &Sight) -> QueryResult<Option<ReadRow>> {
    let row = match (&sight.visible, sight.desks.as_deref()) {
        // What coordinators ask, whose statement is the same each time, so that it is not written again to be found among
        // those that are prepared.
        (Visible::All, Some([desk])) => {
            let query = ticket_row!(OthersOpen)
                .filter(tickets::code.eq(code))
                .filter(tickets::desk_id.eq(desk));
            each!(conn, inner => query.first(inner))
        }
        (Visible::All, None) => {
            let query = ticket_row!(OthersOpen).filter(tickets::code.eq(code));
            each!(conn, inner => query.first(inner))
        }
        (visible, desks) => {
            let query = ticket_row!(OthersOpenOf(visible.clone().named("other")))
                .filter(tickets::code.eq(code))
                .filter(visible.clone())
                .into_boxed::<MultiBackend>();
            let query = match desks {
                None => query,
                Some([desk]) => query.filter(tickets::desk_id.eq(*desk)),
                Some(desks) => query.filter(AtDesks(desks.to_vec())),
            };
            query.first(conn)
        }
    };
    row.optional()
}

/// What several ask for who see all tickets of a desk, or of all desks, in one statement of PostgreSQL: each row begins with
/// the place of who asked, from 1.
#[derive(QueryId)]
struct OfEach<Q> {
    codes: Codes,
    desks: Desks,
    /// The tickets, filtered by [`Asked`].
    tickets: Q,
}

/// The codes that are asked for.
#[derive(QueryId)]
struct Codes(Vec<String>);

/// The desk of each; none is every desk.
#[derive(QueryId)]
struct Desks(Vec<Option<i64>>);

impl<Q: Query> Query for OfEach<Q> {
    type SqlType = (BigInt, Q::SqlType);
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for OfEach<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("SELECT asked.place, found.* FROM unnest(");
        pass.push_bind_param::<Array<Text>, _>(&self.codes.0)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.desks.0)?;
        pass.push_sql(") WITH ORDINALITY AS asked (code, desk, place) CROSS JOIN LATERAL (");
        self.tickets.walk_ast(pass.reborrow())?;
        pass.push_sql(") found");
        Ok(())
    }
}

impl<Q> RunQueryDsl<PgConnection> for OfEach<Q> {}

/// A condition on `tickets`: what somebody of [`OfEach`] asks for.
#[derive(Clone, Copy, Debug, QueryId)]
struct Asked;

impl Expression for Asked {
    type SqlType = Bool;
}

// As with `OthersOpen`.
impl<QS> AppearsOnTable<QS> for Asked {}
impl<QS> SelectableExpression<QS> for Asked {}

impl<GB> ValidGrouping<GB> for Asked {
    type IsAggregate = is_aggregate::No;
}

impl<DB: Backend> QueryFragment<DB> for Asked {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(
            "tickets.code = asked.code AND (asked.desk IS NULL OR tickets.desk_id = asked.desk)",
        );
        Ok(())
    }
}

/// A ticket that an agent wants to read.
#[derive(Clone, Debug)]
pub struct TicketAsk {
    /// Its code.
    pub code: String,
    /// What the agent sees.
    pub sight: Sight,
}

/// What most tickets take: the row and the newest of what happened.
#[derive(Debug)]
pub struct FoundTicket {
    row: ReadRow,
    newest: Happenings,
}

impl TicketAsk {
    /// The desk that is asked for, where what is seen there is all of it.
    fn plain(&self) -> Option<Option<i64>> {
        match (&self.sight.visible, self.sight.desks.as_deref()) {
            (Visible::All, None) => Some(None),
            (Visible::All, Some([desk])) => Some(Some(*desk)),
            _ => None,
        }
    }
}

impl Ask for TicketAsk {
    type Found = Option<FoundTicket>;

    // What few see, or at several desks, is asked with conditions of its own.
    fn is_alone(&self) -> bool {
        self.plain().is_none()
    }

    fn one(&self, conn: &mut DbConnection) -> QueryResult<Self::Found> {
        let Some(row) = read(conn, &self.code, &self.sight)? else {
            return Ok(None);
        };
        let newest = Happenings::read(conn, row.id, None)?;
        Ok(Some(FoundTicket { row, newest }))
    }

    fn all(asks: &[&Self], conn: &mut DbConnection) -> QueryResult<Vec<Self::Found>> {
        let plain: Option<Vec<Option<i64>>> = asks.iter().map(|ask| ask.plain()).collect();
        let (DbConnection::Pg(conn), Some(desks)) = (&mut *conn, plain) else {
            return asks.iter().map(|ask| ask.one(conn)).collect();
        };
        let query = OfEach {
            codes: Codes(asks.iter().map(|ask| ask.code.clone()).collect()),
            desks: Desks(desks),
            tickets: ticket_row!(OthersOpen).filter(Asked),
        };
        let mut rows: Vec<Option<ReadRow>> = asks.iter().map(|_| None).collect();
        let found: Vec<(i64, ReadRow)> = query.load(conn)?;
        for (place, row) in found {
            // Places count from 1.
            let place = usize::try_from(place - 1).ok();
            if let Some(slot) = place.and_then(|place| rows.get_mut(place)) {
                *slot = Some(row);
            }
        }
        let ids = rows.iter().flatten().map(|row| row.id).collect();
        let mut newest = Happenings::read_each(conn, ids)?.into_iter();
        let found = rows.into_iter().map(|row| {
            row.map(|row| FoundTicket {
                row,
                newest: newest.next().unwrap_or_default(),
            })
        });
        Ok(found.collect())
    }
}

/// A read ticket.
pub struct Detail {
    /// The ticket.
    pub view: TicketView,
    /// Position of the older entries, unsigned.
    pub older: Option<TimelinePosition>,
    /// Key of the row, for the cursor's fingerprint.
    pub ticket_id: i64,
}

/// The whole ticket for an agent. `actor_of` gives the caller's rights at the ticket's desk.
pub fn detail(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    found: Option<FoundTicket>,
    actor_of: &dyn Fn(&InstalledDesk) -> Actor,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<Detail, TicketError> {
    let FoundTicket { row, newest } = found.ok_or(TicketError::NotFound)?;
    let desk = desks.version(conn, row.desk_id, row.desk_version)?;
    let actor = actor_of(&desk);
    must_see(&row.state.0, &desk, &actor)?;
    let hidden = hidden_notes(conn, &row, &desk, &actor)?;
    let files = files_of(conn, &row, &hidden)?;
    let solution_log = solution_log(conn, row.id, &newest, &desk.profile, lang)?;
    let page = newest.page(&files, &hidden, &desk.profile, lang);
    let family = relations::Family {
        ticket_id: row.id,
        ticket: &row.state.0,
        has_children: row.has_children,
    };
    let relations = family.shown_to(conn, desks, &actor, lang)?;
    let profile = &desk.profile;
    let ticket = row.state.0;
    let approval = approvals::view::of_ticket(conn, &desk, row.id, &ticket, &actor, lang)?;
    let allowed = process_view::allowed(&ticket, profile, &actor, lang);
    let (impact, urgency) = process_view::matrix_choice(&ticket, profile, lang);
    let people = names_of(
        conn,
        row.desk_id,
        &process_view::people_named(&ticket, profile),
    )?;
    let named = |kind: FieldKind, key: &str| match kind {
        FieldKind::File => file_name(&files, key),
        FieldKind::Person => people.get(&key.parse::<i64>().ok()?).cloned(),
        FieldKind::Text | FieldKind::Number | FieldKind::Date | FieldKind::YesNo => None,
    };
    let view = TicketView {
        code: row.code,
        desk: desk.slug.clone(),
        version: row.version,
        subject: ticket.subject.to_string(),
        status: ticket.status,
        status_label: profile.status_label(ticket.status, lang).to_owned(),
        reason: ticket
            .reason
            .as_deref()
            .and_then(|id| profile.reason(ticket.status, id))
            .map(|reason| reason.label.get(lang).to_owned()),
        reason_id: ticket.reason.clone(),
        came_from: ticket.came_from.map(|status| StateView {
            id: status,
            label: profile.status_label(status, lang).to_owned(),
        }),
        request_type: ticket.request_type,
        request_type_label: profile
            .request_type(ticket.request_type)
            .map_or_else(String::new, |kind| kind.label.get(lang).to_owned()),
        category: category(profile, &ticket, lang),
        category_id: ticket.category.clone(),
        restricted: is_restricted(&ticket, profile),
        impact,
        urgency,
        extra: process_view::extra(&ticket, profile, lang, &named),
        vendor: ticket.vendor.clone(),
        priority: priority(profile, &ticket.priority, lang),
        priority_rank: profile
            .priority
            .get(&ticket.priority)
            .map_or(u8::MAX, |priority| priority.rank),
        level: ticket.level.number(),
        group: ticket.group.as_deref().map(|key| group(profile, key, lang)),
        assignee: ticket.assignee.as_ref().map(|agent| PersonRef {
            id: agent.id,
            name: agent.name.clone(),
        }),
        requester: RequesterPanel {
            id: row.requester_id,
            name: row.requester_name,
            email: row.requester_email,
            phone: row.requester_phone,
            entity: row.entity,
            site: row.place.site,
            department: row.place.department,
            extension: row.place.extension,
            vip: ticket.requester.vip,
            other_open_tickets: row.other_open_tickets,
        },
        channel: ticket.channel,
        identity: match ticket.identity {
            Proof::MailCode => IdentityProof::MailCode,
            Proof::Vouched { .. } => IdentityProof::Phone,
            Proof::RecordedByStaff | Proof::Unproved => IdentityProof::Agent,
        },
        created_at: ticket.created_at,
        updated_at: ticket.changed_at(),
        reopen_count: ticket.reopen_count,
        solution: ticket
            .solution
            .as_ref()
            .and_then(|solution| solution.text.as_ref())
            .map(ToString::to_string),
        solution_log,
        stars: ticket
            .rating
            .as_ref()
            .and_then(|rating| rating.stars)
            .map(|stars| stars.number()),
        comment: ticket
            .rating
            .as_ref()
            .and_then(|rating| rating.comment.as_ref())
            .map(ToString::to_string),
        survey: process_view::survey(&ticket, profile, lang),
        survey_version: ticket.rating.as_ref().and_then(|rating| rating.version),
        contact: process_view::contact(&ticket, profile),
        next_contact: ticket.next_contact,
        suspended_minutes: process_view::suspended_minutes(&ticket, profile, now),
        controls: process_view::controls(&ticket, profile, &allowed, lang),
        approval,
        merged_into: relations
            .iter()
            .find(|relation| relation.kind == RelationKind::MergedInto)
            .map(|relation| relation.code.clone()),
        marks: ticket.marks.iter().copied().collect(),
        cause: ticket.cause.as_ref().map(ToString::to_string),
        relations,
        clocks: clock_views(&ticket, &desk, lang, now),
        attachments: files.iter().map(attachment).collect(),
        allowed_commands: allowed,
        timeline: page.entries,
        older: None,
    };
    Ok(Detail {
        view,
        older: page.older,
        ticket_id: row.id,
    })
}

/// An older page of a ticket's timeline with the key of the ticket.
pub fn older_timeline(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    sight: &Sight,
    code: &str,
    actor_of: &dyn Fn(&InstalledDesk) -> Actor,
    before: impl FnOnce(i64) -> Result<Option<TimelinePosition>, crate::http::ApiError>,
    lang: Lang,
) -> Result<(i64, Vec<TimelineEntry>, Option<TimelinePosition>), crate::http::ApiError> {
    let row = read(conn, code, sight)?.ok_or(TicketError::NotFound)?;
    let desk = desks.version(conn, row.desk_id, row.desk_version)?;
    let actor = actor_of(&desk);
    must_see(&row.state.0, &desk, &actor)?;
    let position = before(row.id)?;
    let hidden = hidden_notes(conn, &row, &desk, &actor)?;
    let files = files_of(conn, &row, &hidden)?;
    let before = position.and_then(|position| DateTime::from_timestamp_micros(position.before));
    let page = Happenings::read(conn, row.id, before)?.page(&files, &hidden, &desk.profile, lang);
    Ok((row.id, page.entries, page.older))
}

/// How both clocks of a ticket come about.
pub fn sla(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    sight: &Sight,
    code: &str,
    actor_of: &dyn Fn(&InstalledDesk) -> Actor,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<Vec<SlaExplanation>, TicketError> {
    let row = read(conn, code, sight)?.ok_or(TicketError::NotFound)?;
    let desk = desks.version(conn, row.desk_id, row.desk_version)?;
    must_see(&row.state.0, &desk, &actor_of(&desk))?;
    let ticket = row.state.0;
    let (attention, solution) = clocks(&ticket, &desk, now);
    let explained = |state: &ClockState| {
        let explanation = explain(&clock_input(&ticket, &desk), state.kind, now);
        explanation_view(&explanation, state, &desk.profile, lang)
    };
    Ok(vec![explained(&attention), explained(&solution)])
}

fn category(desk: &Desk, ticket: &Ticket, lang: Lang) -> Vec<String> {
    ticket
        .category
        .as_deref()
        .and_then(|key| desk.catalog.get(key))
        .map_or_else(Vec::new, |entry| entry.labels(lang).to_vec())
}

/// Both clocks with their figures.
pub fn clock_views(
    ticket: &Ticket,
    desk: &InstalledDesk,
    lang: Lang,
    now: DateTime<Utc>,
) -> Vec<ClockView> {
    let (attention, solution) = clocks(ticket, desk, now);
    vec![
        clock_view(&attention, &desk.profile, ticket, lang),
        clock_view(&solution, &desk.profile, ticket, lang),
    ]
}

fn clock_view(state: &ClockState, desk: &Desk, ticket: &Ticket, lang: Lang) -> ClockView {
    let live = state.effect != ClockEffect::Stopped && state.met_at.is_none();
    let paused = state.effect == ClockEffect::Paused && state.met_at.is_none();
    ClockView {
        clock: clock_name(state),
        status: clock_status(state),
        target: state.target.map(|target| target_words(target, lang)),
        used_minutes: minutes(state.used.micros()),
        remaining_minutes: state.remaining.map(|remaining| minutes(remaining.micros())),
        due_at: if live { state.due_at } else { None },
        met_at: state.met_at,
        breached_at: state.first_breached_at,
        paused_by: paused.then(|| pause_label(desk, ticket.status, ticket.reason.as_deref(), lang)),
    }
}

fn pause_label(desk: &Desk, status: Status, reason: Option<&str>, lang: Lang) -> String {
    let label = desk.status_label(status, lang);
    match reason.and_then(|id| desk.reason(status, id)) {
        Some(reason) => format!("{label}: {}", reason.label.get(lang)),
        None => label.to_owned(),
    }
}

fn minutes(micros: i64) -> i64 {
    micros.div_euclid(60_000_000)
}

fn explanation_view(
    explanation: &Explanation,
    state: &ClockState,
    desk: &Desk,
    lang: Lang,
) -> SlaExplanation {
    let segments: Vec<SlaSegment> = explanation
        .segments
        .iter()
        .map(|segment| {
            let (kind, note) = match &segment.kind {
                EngineSegment::Ran => (SegmentKind::Ran, None),
                EngineSegment::Paused { reason, by } => (
                    SegmentKind::Paused,
                    Some(pause_note(desk, reason, by.as_deref(), lang)),
                ),
                EngineSegment::OffHours => (SegmentKind::OffHours, None),
                EngineSegment::Holiday { name_es, name_en } => {
                    let name = match lang {
                        Lang::Es => name_es,
                        Lang::En => name_en,
                    };
                    (SegmentKind::Holiday, Some(name.clone()))
                }
                EngineSegment::Override { name } => (SegmentKind::Exception, Some(name.clone())),
                EngineSegment::Solved => (SegmentKind::Solved, None),
                EngineSegment::AfterCutoff => (SegmentKind::AfterCutoff, None),
            };
            SlaSegment {
                from: segment.from,
                to: segment.to,
                kind,
                note,
                counted_seconds: segment.counted.micros() / 1_000_000,
            }
        })
        .collect();
    let clock = ClockView {
        clock: clock_name(state),
        status: clock_status(state),
        target: state.target.map(|target| target_words(target, lang)),
        used_minutes: minutes(state.used.micros()),
        remaining_minutes: state.remaining.map(|remaining| minutes(remaining.micros())),
        due_at: state.due_at,
        met_at: state.met_at,
        breached_at: state.first_breached_at,
        paused_by: None,
    };
    SlaExplanation {
        rule: rule_words(explanation, desk, lang),
        calendar_version: explanation.calendar_version,
        used_seconds: explanation.used.micros() / 1_000_000,
        segments,
        clock,
    }
}

fn pause_note(desk: &Desk, reason: &str, by: Option<&str>, lang: Lang) -> String {
    let known = desk
        .states
        .iter()
        .flat_map(|state| &state.reasons)
        .find(|known| known.id == reason)
        .map(|known| known.label.get(lang));
    let label = known
        .or_else(|| {
            reason
                .parse::<Status>()
                .ok()
                .map(|status| desk.status_label(status, lang))
        })
        .unwrap_or(reason);
    by.map_or_else(|| label.to_owned(), |by| format!("{label} ({by})"))
}

/// Which rule gave the target, and from when it counts.
fn rule_words(explanation: &Explanation, desk: &Desk, lang: Lang) -> String {
    let es = lang == Lang::Es;
    let Some((_, row)) = &explanation.rule.row else {
        return if es {
            "Sin tiempo comprometido".to_owned()
        } else {
            "No committed time".to_owned()
        };
    };
    let mut parts = Vec::new();
    if let Some(key) = &row.priority {
        parts.push(priority(desk, key, lang).label);
    }
    if let Some(level) = row.level {
        parts.push(if es {
            format!("nivel {level}")
        } else {
            format!("level {level}")
        });
    }
    if let Some(kind) = row
        .request_type
        .as_deref()
        .and_then(|kind| kind.parse().ok())
        .and_then(|kind| desk.request_type(kind))
    {
        parts.push(kind.label.get(lang).to_owned());
    }
    if let Some(entry) = row
        .category
        .as_deref()
        .and_then(|key| desk.catalog.get(key))
    {
        parts.push(entry.path_label(lang));
    }
    if let Some(key) = &row.group {
        parts.push(group(desk, key, lang).label);
    }
    let from = match (
        explanation.rule.counts_from == CountsFrom::ArrivalAtLevel,
        es,
    ) {
        (true, true) => "contado desde la llegada al nivel",
        (true, false) => "counted from the arrival at the level",
        (false, true) => "contado desde la creación",
        (false, false) => "counted from creation",
    };
    if parts.is_empty() {
        from.to_owned()
    } else {
        format!("{}, {from}", parts.join(", "))
    }
}

/// The name of one of these files by its key.
pub fn file_name(files: &[AttachmentRow], key: &str) -> Option<String> {
    let file = files.iter().find(|file| file.id.0.to_string() == key)?;
    Some(file.name.clone())
}

/// Names of people of a desk by their keys; only for agents, who may read the directory.
fn names_of(
    conn: &mut DbConnection,
    desk_id: i64,
    keys: &[i64],
) -> QueryResult<HashMap<i64, String>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String)> = people::table
        .filter(people::desk_id.eq(desk_id))
        .filter(people::id.eq_any(keys))
        .select((people::id, people::full_name))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// A file in wire form.
pub fn attachment(row: &AttachmentRow) -> Attachment {
    Attachment {
        id: row.id.0.to_string(),
        name: row.name.clone(),
        size: row.size,
        sha256: crate::auth::token::hex(&row.sha256),
        created_at: row.created_at.get(),
    }
}

/// Internal notes that the reader is not shown: those from before the ticket came to a vendor's people.
fn hidden_notes(
    conn: &mut DbConnection,
    row: &ReadRow,
    desk: &InstalledDesk,
    actor: &Actor,
) -> QueryResult<Vec<i64>> {
    match handed_over_at(&row.state.0, &desk.profile, actor) {
        Some(since) => store::notes_before(conn, row.id, since),
        None => Ok(Vec::new()),
    }
}

fn files_of(
    conn: &mut DbConnection,
    row: &ReadRow,
    hidden: &[i64],
) -> QueryResult<Vec<AttachmentRow>> {
    if !row.has_files {
        return Ok(Vec::new());
    }
    let mut files = ticket_files(conn, row.id)?;
    files.retain(|file| !file.message_id.is_some_and(|id| hidden.contains(&id)));
    Ok(files)
}

/// Every bound file of a ticket, oldest first.
pub fn ticket_files(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<AttachmentRow>> {
    attachments::table
        .filter(attachments::ticket_id.eq(ticket_id))
        .order((attachments::created_at, attachments::id))
        .select(AttachmentRow::as_select())
        .load(conn)
}

/// What was done and decided about the solution, from the newest events of the ticket. Only where those are not all of them is
/// the history asked once more.
fn solution_log(
    conn: &mut DbConnection,
    ticket_id: i64,
    newest: &Happenings,
    desk: &Desk,
    lang: Lang,
) -> QueryResult<Vec<SolutionEntry>> {
    if !newest.is_cut() {
        let events = newest.events.iter().rev();
        return Ok(process_view::solution_log(events, desk, lang));
    }
    let rows = store::events_about_solution(conn, ticket_id)?;
    let events: Vec<Happened> = rows
        .into_iter()
        .filter_map(|row| {
            let (kind, name) = (row.actor_kind, row.actor_name);
            Happened::read(row.seq.into(), row.at.get(), kind, name, &row.data)
        })
        .collect();
    Ok(process_view::solution_log(events.iter(), desk, lang))
}
