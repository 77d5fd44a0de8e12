//! What SQLite gives without a server: the same statements on connections of the driver itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use api::db::schema::idempotency;
use api::db::{DbConnection, Ts};
use api::desks::registry::{DeskRegistry, InstalledDesk};
use api::mail::MailPayload;
use api::outbox::store::{MailRow, NewMail};
use api::tickets::list::{self, ListFilter};
use api::tickets::opening::{self, OpeningRows};
use api::tickets::pipeline::{self, Before, Folded};
use api::tickets::store::{self, NewMessageRow, NewTicketRow};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use shared::api::tickets::{Sort, View};
use shared::i18n::Lang;
use shared::ticket::actor::{Actor, PrivilegeSet};
use shared::ticket::event::{IdentityProof, RequesterRef};
use shared::ticket::status::{Channel, Status};
use shared::ticket::text::{EmailAddress, Subject};
use shared::ticket::{NewTicket, open};

use crate::Outcome;
use crate::base::{Sample, connect};

/// Everything of a ticket that does not change from one to the next, made once.
struct Template {
    desk: std::sync::Arc<InstalledDesk>,
    folded: Folded,
    mails: Vec<(EmailAddress, MailPayload)>,
    now: DateTime<Utc>,
    email: String,
}

#[derive(QueryableByName)]
struct Mail {
    #[diesel(sql_type = diesel::sql_types::Text)]
    recipient: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    payload: String,
}

fn template(conn: &mut DbConnection, sample: &Sample, code: &str) -> Outcome<Template> {
    let now = api::clock::Clock::system().now();
    let desk = DeskRegistry::default()
        .by_slug(conn, &sample.desk, now)?
        .ok_or("no desk")?;
    let requester =
        store::requester_by_email(conn, desk.id, &sample.email)?.ok_or("no requester")?;
    let actor = Actor::Agent {
        user_id: 5,
        name: "Julián Soto".to_owned(),
        privileges: PrivilegeSet::all(),
        groups: Vec::new(),
    };
    let new = NewTicket {
        status: Status::New,
        request_type: sample
            .request_type
            .parse()
            .map_err(|_| "no such kind of request")?,
        category: Some(sample.category.clone()),
        priority: Some(sample.priority.clone()),
        impact: None,
        urgency: None,
        channel: Channel::Phone,
        requester: RequesterRef {
            id: requester.id,
            name: requester.full_name,
            vip: false,
        },
        identity: IdentityProof::RecordedByStaff,
        subject: Subject::parse("La consola no actualiza las firmas").map_err(|_| "no subject")?,
        message_id: None,
        files: 0,
        group: None,
        assignee: None,
        extra: BTreeMap::new(),
    };
    let events =
        open(&desk.profile, new, &actor, now).map_err(|_| "the rules refuse the ticket")?;
    let before = Before::Nothing { code: "B-0" };
    let folded = pipeline::fold(before, &desk, &actor, events, now)?;
    let sql = format!(
        "SELECT recipient, payload FROM outbox WHERE ticket_id = (SELECT id FROM tickets WHERE code = '{code}') ORDER BY id"
    );
    let stored: Vec<Mail> = api::each!(conn, inner => diesel::sql_query(sql).load(inner))?;
    let mails = stored.into_iter().map(|mail| {
        let recipient = EmailAddress::parse(&mail.recipient).map_err(|_| "no address")?;
        Ok((recipient, serde_json::from_str(&mail.payload)?))
    });
    Ok(Template {
        folded,
        mails: mails.collect::<Outcome<_>>()?,
        now,
        email: sample.email.clone(),
        desk,
    })
}

/// The statements of one creation, in their order.
fn create(conn: &mut DbConnection, template: &Template, key: &str) -> Outcome<()> {
    let Template {
        desk,
        folded,
        mails,
        now,
        email,
    } = template;
    let (hash, at) = (folded.head.as_slice(), Ts::new(*now));
    let name = ("bare", "create_ticket", key);
    let (requester, _) =
        store::requester_and_request(conn, desk.id, email, name)?.ok_or("no requester")?;
    let group = folded.ticket.group.as_deref();
    let drawn = store::draw(conn, desk.id, None)?;
    if let Some(group) = group.and_then(|key| desk.group_id(key)) {
        store::group_agents(conn, desk.id, group)?;
    }
    let code = format!("B-{}", drawn.number);
    let mails = mails.iter().map(|(recipient, payload)| {
        let mail = NewMail {
            desk_id: desk.id,
            ticket_id: Some(drawn.id),
            event_seq: Some(1),
            recipient: recipient.clone(),
            language: Lang::Es,
            payload: payload.clone(),
            cause: format!("ticket:{}:event:1", drawn.id),
        };
        MailRow::of(mail, *now)
    });
    let (mails, projection) = (
        mails.collect::<Vec<_>>(),
        pipeline::project(folded, desk, *now),
    );
    let events = pipeline::event_rows(desk.id, drawn.id, folded);
    let rows = OpeningRows {
        id: drawn.id,
        ticket: NewTicketRow {
            desk_id: desk.id,
            number: drawn.number,
            code: &code,
            desk_version: desk.version,
            requester_id: requester.id,
            channel: "phone",
            subject: "La consola no actualiza las firmas",
            search_key: "la consola no actualiza las firmas",
            version: 1,
            created_at: at,
        },
        projection: &projection,
        events: &events,
        description: NewMessageRow {
            desk_id: desk.id,
            ticket_id: drawn.id,
            author_kind: "requester",
            author_id: Some(requester.id),
            author_name: &requester.full_name,
            visibility: "public",
            body: "Desde ayer tres equipos no reciben firmas nuevas. Ya se reinició el servicio y sigue igual.",
            created_at: at,
        },
        mails: &mails,
        answer: None,
    };
    opening::insert(conn, &[rows])?;
    let key_row = (
        idempotency::actor.eq("bare"),
        idempotency::route.eq("create_ticket"),
        idempotency::key.eq(key),
        idempotency::body_hash.eq(hash),
        idempotency::status.eq(201),
        idempotency::answer.eq(&code),
        idempotency::created_at.eq(at),
    );
    api::each!(conn, inner => diesel::insert_into(idempotency::table).values(key_row).execute(inner))?;
    Ok(())
}

/// A writer that does nothing else, with `group` tickets to a transaction; gives tickets per second.
pub fn writer(path: &str, sample: &Sample, code: &str, group: u32, time: Duration) -> Outcome<f64> {
    let mut conn = connect(path)?;
    let template = template(&mut conn, sample, code)?;
    let run = uuid::Uuid::new_v4().simple().to_string();
    let (started, mut count) = (Instant::now(), 0_u32);
    while started.elapsed() < time {
        conn.batch_execute("BEGIN IMMEDIATE")?;
        for _ in 0..group {
            create(&mut conn, &template, &format!("{run}-{count}"))?;
            count += 1;
        }
        conn.batch_execute("COMMIT")?;
    }
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}

/// Readers that do nothing else, on as many threads; gives pages of the queue per second. They read whole rows, or what
/// rows are known by.
pub fn readers(
    path: &str,
    sample: &Sample,
    threads: usize,
    time: Duration,
    whole: bool,
) -> Outcome<f64> {
    let filter = ListFilter {
        desks: vec![sample.desk_id],
        view: View::All,
        user_id: 0,
        group_ids: Vec::new(),
        statuses: Vec::new(),
        priorities: vec![sample.priority.clone()],
        visible: api::tickets::sight::Visible::All,
        request_type: None,
        level: None,
        now: DateTime::UNIX_EPOCH,
        group_id: None,
        assignee: None,
        requester: None,
        found: None,
        due_before: DateTime::UNIX_EPOCH,
    };
    let read = || -> Result<f64, String> {
        let mut conn = connect(path).map_err(|error| error.to_string())?;
        let (started, mut count) = (Instant::now(), 0_u32);
        while started.elapsed() < time {
            let rows = if whole {
                list::page(&mut conn, &filter, Sort::Due, None, 50).map(|rows| rows.len())
            } else {
                list::page_seen(&mut conn, &filter, Sort::Due, None, 50).map(|rows| rows.len())
            };
            if rows.map_err(|error| error.to_string())? != 51 {
                return Err("the base is too small".to_owned());
            }
            count += 1;
        }
        Ok(f64::from(count) / started.elapsed().as_secs_f64())
    };
    let results: Vec<Result<f64, String>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        handles
            .into_iter()
            .map(|handle| {
                handle
                    .join()
                    .unwrap_or_else(|_| Err("a reader panicked".to_owned()))
            })
            .collect()
    });
    let mut sum = 0.0;
    for result in results {
        sum += result?;
    }
    Ok(sum)
}
