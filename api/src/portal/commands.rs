//! Asking for a proof of an address, and what a proof opens. Each function is one command inside the caller's write
//! transaction.
//!
//! Whether an address is known never shows: both ways ask the same questions of the database, store the same rows and
//! give the same answer; only the mail is withheld, and no code is ever right.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::api::portal::{Challenge, NewDraft, NewLookup, Purpose};
use shared::api::problem::ProblemType;
use shared::desk::profile::Admission;
use shared::i18n::Lang;
use shared::ticket::actor::Actor;
use shared::ticket::event::{IdentityProof, RequesterRef};
use shared::ticket::refusal::Refusal;
use shared::ticket::status::{Channel, Status};
use shared::ticket::text::{Body, EmailAddress, Subject};
use shared::ticket::{NewTicket, open};
use uuid::Uuid;

use super::code::{Code, Codes, short_reference};
use super::store::{self, ChallengeRow, CodeWay, FreshCode, MAX_SENDS, NewChallenge, StoredDraft};
use super::{mails, view};
use crate::approvals::commands as approvals;
use crate::attachments::store::{self as attachments, Owner};
use crate::config::Limits;
use crate::db::dialect::lock_name;
use crate::db::{DbConnection, DbError, Uid};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::faults::Faults;
use crate::http::{ApiError, Fault};
use crate::outbox::store as outbox;
use crate::people::commands::unknown_desk;
use crate::people::store::{self as people, PersonData, Place};
use crate::tickets::commands::{Files, OpenTicket, bind_faults, open_ticket};
use crate::tickets::error::fault;
use crate::tickets::extra;
use crate::tickets::store::{self as tickets, RequesterRow};
use crate::vouching::store as vouching;

/// What every command here needs to know.
#[derive(Clone)]
pub struct Context {
    /// Makes and checks codes.
    pub codes: Codes,
    /// The installed desks.
    pub desks: DeskRegistry,
    /// Budgets of mails and sizes.
    pub limits: Limits,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Keeps a complete draft and mails the code that makes it a ticket.
///
/// `uploaders` are the callers whose uploads the draft may name: the browser, and the person where it has a session. With a
/// session of the address the code is of a budget of its own, which nobody without one can use up.
///
/// # Errors
/// `validation` with every wrong field; no code goes out then.
pub fn send_draft(
    conn: &mut DbConnection,
    ctx: &Context,
    browser: &[u8],
    uploaders: &[Owner],
    new: &NewDraft,
) -> Result<Challenge, ApiError> {
    let desk = portal_desk(conn, ctx, &new.desk)?;
    let (email, mut draft, mut faults) = read_draft(&desk, new, ctx.now);
    let category = draft.category.as_deref();
    for fault in extra::wrong_people(conn, &desk, category, &draft.extra)? {
        faults.add(fault);
    }
    let files = files_of(ctx, browser, &desk, &draft);
    let uploads = check_uploads(conn, ctx, &desk, uploaders, &files, &mut faults)?;
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(faults.into_error());
    };
    let email = email.canonical();
    draft.admitted = admits(&desk, &email);
    let person_id = store::registered_person(conn, desk.id, &email)?;
    let eligible = person_id.is_some() || draft.admitted;
    let challenge = NewChallenge {
        draft: Some((free_reference(conn, desk.id, ctx.now)?, draft)),
        by_owner: person_id.is_some_and(|id| uploaders.contains(&Owner::Person(id))),
        ..blank(ctx, &desk, Purpose::Draft, email, browser, new.language)
    };
    let row = ask(conn, ctx, &desk, challenge, person_id, eligible)?;
    let reserved = attachments::reserve(conn, &Owner::Browser(browser.to_vec()), &uploads, row.id)?;
    if reserved < uploads.len() {
        // One was taken back or cleared away at this very moment.
        return Err(ApiError::validation(vec![fault(
            "/attachments",
            "unknown_upload",
        )]));
    }
    Ok(view::challenge(row, &desk.slug, ctx.now))
}

/// Mails the code that opens "my tickets", if the ticket is of that address at that desk.
///
/// # Errors
/// `validation` when the data cannot be an address or a ticket's code at all.
pub fn send_lookup(
    conn: &mut DbConnection,
    ctx: &Context,
    browser: &[u8],
    new: &NewLookup,
) -> Result<Challenge, ApiError> {
    let desk = portal_desk(conn, ctx, &new.desk)?;
    let mut faults = Faults::new();
    let email = faults.take("/email", EmailAddress::parse(&new.email));
    let code = read_code(&desk, &new.ticket_code);
    if code.is_none() {
        faults.add(wrong_code_form(&desk));
    }
    let (Some(email), Some(code)) = (email, code) else {
        return Err(faults.into_error());
    };
    let email = email.canonical();
    let person_id = owner_of(conn, &ctx.desks, desk.id, &email, &code)?;
    let challenge = NewChallenge {
        ticket_code: Some(code),
        ..blank(ctx, &desk, Purpose::Lookup, email, browser, new.language)
    };
    let row = ask(conn, ctx, &desk, challenge, person_id, person_id.is_some())?;
    Ok(view::challenge(row, &desk.slug, ctx.now))
}

/// A challenge of this browser that can still be proved or given another code.
///
/// # Errors
/// `not_found`.
pub fn find_challenge(
    conn: &mut DbConnection,
    ctx: &Context,
    id: &str,
    browser: &[u8],
) -> Result<Challenge, ApiError> {
    let row = store::find(conn, parse_id(id)?, browser)?
        .filter(|row| row.is_open(ctx.now))
        .ok_or_else(ApiError::not_found)?;
    let desk = ctx.desks.by_id(conn, row.desk_id, ctx.now)?;
    Ok(view::challenge(row, &desk.slug, ctx.now))
}

/// Replaces the code by a new one and mails it; the old one is dead.
///
/// # Errors
/// `not_found`, or `rate_limited` when it is too soon or too often.
pub fn resend(
    conn: &mut DbConnection,
    ctx: &Context,
    id: &str,
    browser: &[u8],
) -> Result<Challenge, ApiError> {
    let row = store::lock(conn, parse_id(id)?, browser)?
        .filter(|row| row.is_open(ctx.now))
        .ok_or_else(ApiError::not_found)?;
    if row.sends >= MAX_SENDS || ctx.now < row.resend_at() {
        return Err(too_soon(&row, ctx.now));
    }
    let desk = ctx.desks.by_id(conn, row.desk_id, ctx.now)?;
    // Somebody may have been registered since the first code was asked for.
    let person_id = match (row.purpose.0, &row.ticket_code) {
        (Purpose::Draft, _) => store::registered_person(conn, row.desk_id, &row.email)?,
        (Purpose::Lookup, Some(code)) => owner_of(conn, &ctx.desks, row.desk_id, &row.email, code)?,
        (Purpose::Lookup, None) => None,
    };
    let eligible = person_id.is_some() || row.draft.as_ref().is_some_and(|draft| draft.0.admitted);
    let mailed = eligible & has_budget(conn, ctx, &row.email, row.by_owner)?;
    let code = Code::random();
    let fresh = FreshCode {
        code_hash: ctx.codes.hash(row.id.0, &code),
        person_id,
        way: CodeWay::Asked { mailed },
    };
    let row = store::replace_code(conn, &row, fresh, ctx.now)?;
    mails::send_code(conn, &desk, &row, &code, mailed.into(), ctx.now)?;
    Ok(view::challenge(row, &desk.slug, ctx.now))
}

/// What came of a try of a code. A wrong try is a result, not an error: it must be committed to count.
#[derive(Debug)]
pub enum Tried {
    /// It was right, and what waited for it is done.
    Proved(Proved),
    /// It was wrong; so many tries are left, at least one.
    Wrong {
        /// Tries left.
        tries_left: u8,
    },
    /// No code of this challenge can be right any more, or there is no such challenge for this browser.
    Dead,
}

/// What a right code proved.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The desk.
    pub desk_id: i64,
    /// The person.
    pub person_id: i64,
    /// The ticket that was created or asked for.
    pub ticket_code: Option<String>,
    /// Whether it proved the address, and not only a caller's identity for one draft.
    pub opens_session: bool,
}

/// Tries a code. The right one makes the draft a ticket; all in one transaction, and once (B-16, B-18).
///
/// # Errors
/// Only when a draft cannot become a ticket any more, because the desk's profile changed; the code is not used up then.
pub fn verify(
    conn: &mut DbConnection,
    ctx: &Context,
    id: &str,
    browser: &[u8],
    code: &Code,
) -> Result<Tried, ApiError> {
    let Ok(id) = parse_id(id) else {
        return Ok(Tried::Dead);
    };
    let Some(row) = store::lock(conn, id, browser)? else {
        return Ok(Tried::Dead);
    };
    if !row.is_alive(ctx.now) {
        return Ok(Tried::Dead);
    }
    let right = ctx.codes.matches(row.id.0, code, &row.code_hash);
    let eligible =
        row.person_id.is_some() || row.draft.as_ref().is_some_and(|draft| draft.0.admitted);
    if !(right & eligible) {
        return wrong_try(conn, &row);
    }
    let desk = ctx.desks.by_id(conn, row.desk_id, ctx.now)?;
    let proved = match row.draft.clone() {
        Some(draft) => open_draft(conn, ctx, &desk, &row, draft.0)?,
        None => open_list(conn, &desk, &row)?,
    };
    // Registered when the code was sent, and no longer: the code proves nothing now.
    let Some(proved) = proved else {
        return wrong_try(conn, &row);
    };
    let used = store::mark_used(
        conn,
        row.id,
        proved.person_id,
        proved.ticket_code.as_deref(),
        ctx.now,
    )?;
    if used {
        Ok(Tried::Proved(proved))
    } else {
        Err(ApiError::new(ProblemType::CodeDead))
    }
}

/// What a used code proved, for a client that lost the answer and repeats its request.
pub fn proved_before(
    conn: &mut DbConnection,
    id: &str,
    browser: &[u8],
) -> Result<Option<Proved>, ApiError> {
    let Ok(id) = parse_id(id) else {
        return Ok(None);
    };
    let Some(row) = store::find(conn, id, browser)? else {
        return Ok(None);
    };
    let (Some(_), Some(person_id)) = (row.used_at, row.person_id) else {
        return Ok(None);
    };
    Ok(Some(Proved {
        desk_id: row.desk_id,
        person_id,
        ticket_code: row.ticket_code,
        opens_session: row.vouched.is_none(),
    }))
}

/// Removes challenges that are over, with their drafts, and gives up their uploads. The worker calls it.
pub fn cleanup(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<usize, DbError> {
    let over = store::list_over(conn, now)?;
    attachments::discard_for_challenges(conn, &over)?;
    store::delete(conn, &over)?;
    outbox::forget_withheld(conn, store::over_before(now))?;
    Ok(over.len())
}

/// The desk of an address part, if its portal takes requests.
///
/// # Errors
/// `validation` at `/desk`.
pub fn portal_desk(
    conn: &mut DbConnection,
    ctx: &Context,
    slug: &str,
) -> Result<Arc<InstalledDesk>, ApiError> {
    let desk = ctx
        .desks
        .by_slug(conn, slug, ctx.now)?
        .filter(|desk| takes_requests(desk));
    desk.ok_or_else(|| ApiError::validation(vec![unknown_desk("/desk")]))
}

/// Whether requesters reach the desk through the portal.
pub fn takes_requests(desk: &InstalledDesk) -> bool {
    desk.profile.intake.channels.contains(&Channel::Portal)
}

fn ask(
    conn: &mut DbConnection,
    ctx: &Context,
    desk: &InstalledDesk,
    new: NewChallenge,
    person_id: Option<i64>,
    eligible: bool,
) -> Result<ChallengeRow, ApiError> {
    // No short cut: an address that is not eligible costs the same queries.
    let mailed = eligible & has_budget(conn, ctx, &new.email, new.by_owner)?;
    let code = Code::random();
    let code_hash = ctx.codes.hash(new.id.0, &code);
    let row = store::insert(
        conn,
        NewChallenge {
            person_id,
            code_hash,
            mailed,
            ..new
        },
        ctx.now,
    )?;
    mails::send_code(conn, desk, &row, &code, mailed.into(), ctx.now)?;
    Ok(row)
}

fn blank(
    ctx: &Context,
    desk: &InstalledDesk,
    purpose: Purpose,
    email: String,
    browser: &[u8],
    language: Lang,
) -> NewChallenge {
    let id = Uuid::new_v4();
    NewChallenge {
        id: Uid(id),
        desk_id: desk.id,
        purpose,
        email,
        person_id: None,
        ticket_code: None,
        browser_hash: browser.to_vec(),
        code_hash: ctx.codes.hash(id, &Code::random()),
        mailed: false,
        draft: None,
        by_owner: false,
        language,
    }
}

/// Whether one code more may be mailed to an address: those that are asked for with a session of it, and the others, count
/// apart.
fn has_budget(
    conn: &mut DbConnection,
    ctx: &Context,
    email: &str,
    by_owner: bool,
) -> Result<bool, DbError> {
    // Two asks at once must not both find the last mail of the budget unspent.
    lock_name(conn, &format!("code-mails:{email}"))?;
    let budget = ctx.limits.code_ask_per_address;
    let most = i32::try_from(budget.count).unwrap_or(i32::MAX);
    Ok(store::mails_within(conn, email, by_owner, budget.seconds, ctx.now)? < most)
}

/// Parses a draft and asks the rules whether a ticket could be opened with it, noting everything that is wrong.
fn read_draft(
    desk: &InstalledDesk,
    new: &NewDraft,
    now: DateTime<Utc>,
) -> (Option<EmailAddress>, StoredDraft, Faults) {
    let mut faults = Faults::new();
    let email = faults.take("/email", EmailAddress::parse(&new.email));
    let subject = faults.take("/subject", Subject::parse(&new.subject));
    let message = faults.take("/message", Body::parse(&new.message));
    let given = |key: &str| Some(key.to_owned()).filter(|key| !key.is_empty());
    // Where the desk prioritises, what a requester sends is not looked at.
    let choice = |key: &Option<String>| {
        key.as_deref()
            .and_then(given)
            .filter(|_| desk.profile.priority.chosen_by_requester)
    };
    let placeholder = || Subject::parse("-").expect("a dash is a subject");
    let category = given(&new.category);
    let draft = StoredDraft {
        request_type: new.request_type,
        category,
        // Where impact and urgency give the priority, it is not chosen besides.
        priority: choice(&new.priority).filter(|_| desk.profile.priority.matrix.is_none()),
        impact: choice(&new.impact),
        urgency: choice(&new.urgency),
        extra: new.extra.clone(),
        subject: subject.unwrap_or_else(placeholder),
        message: message.unwrap_or_else(|| Body::parse("-").expect("a dash is a body")),
        attachments: new.attachments.clone(),
        admitted: false,
    };
    for refused in refused_fields(desk, &draft, now) {
        faults.add(refused);
    }
    (email, draft, faults)
}

/// What the rules would say to this draft as a ticket.
fn refused_fields(desk: &InstalledDesk, draft: &StoredDraft, now: DateTime<Utc>) -> Vec<Fault> {
    let rules = NewTicket {
        status: Status::New,
        request_type: draft.request_type,
        category: draft.category.clone(),
        priority: draft.priority.clone(),
        impact: draft.impact.clone(),
        urgency: draft.urgency.clone(),
        channel: Channel::Portal,
        requester: RequesterRef {
            id: 0,
            name: String::new(),
            vip: false,
        },
        identity: IdentityProof::MailCode,
        subject: draft.subject.clone(),
        message_id: None,
        files: draft.attachments.len(),
        group: None,
        assignee: None,
        extra: draft.extra.clone(),
    };
    let nobody = Actor::Requester {
        person_id: 0,
        name: String::new(),
        also_agent: None,
    };
    match open(&desk.profile, rules, &nobody, now) {
        Err(Refusal::Invalid { errors }) => errors
            .into_iter()
            .map(|error| fault(&error.pointer, error.code.as_str()))
            .collect(),
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn check_uploads(
    conn: &mut DbConnection,
    ctx: &Context,
    desk: &InstalledDesk,
    uploaders: &[Owner],
    files: &Files,
    faults: &mut Faults,
) -> Result<Vec<Uid>, DbError> {
    let quota = files.quota(&desk.profile);
    match attachments::check(conn, uploaders, &files.keys(), quota, ctx.now) {
        Ok(found) => Ok(found),
        Err(error) => {
            for fault in bind_faults(error, files)? {
                faults.add(fault);
            }
            Ok(Vec::new())
        }
    }
}

/// The files of a draft: what is attached, and what answers the form of its category.
fn files_of(ctx: &Context, browser: &[u8], desk: &InstalledDesk, draft: &StoredDraft) -> Files {
    Files {
        owner: Owner::Browser(browser.to_vec()),
        ids: draft.attachments.clone(),
        of_form: extra::files(&desk.profile, draft.category.as_deref(), &draft.extra),
        ticket_bytes: ticket_bytes(&ctx.limits),
    }
}

/// Most bytes of all files of a ticket.
pub fn ticket_bytes(limits: &Limits) -> i64 {
    i64::try_from(limits.ticket_bytes).unwrap_or(i64::MAX)
}

/// Whether the desk takes requests of an address under which nobody is registered.
fn admits(desk: &InstalledDesk, email: &str) -> bool {
    match &desk.profile.intake.who {
        Admission::Registered => false,
        Admission::Domains(domains) => email
            .rsplit_once('@')
            .is_some_and(|(_, domain)| domains.iter().any(|listed| listed == domain)),
        Admission::Anyone => true,
    }
}

/// A reference that no other open draft of the desk bears.
fn free_reference(
    conn: &mut DbConnection,
    desk_id: i64,
    now: DateTime<Utc>,
) -> Result<String, DbError> {
    let mut reference = short_reference();
    // A million references and few drafts: two tries are already rare.
    for _ in 0..8 {
        if !store::reference_is_taken(conn, desk_id, &reference, now)? {
            break;
        }
        reference = short_reference();
    }
    Ok(reference)
}

/// The canonical spelling of what may be a ticket's code, or its number alone.
fn read_code(desk: &InstalledDesk, text: &str) -> Option<String> {
    let format = &desk.profile.code;
    let text = text.trim();
    let plain = || text.parse::<i64>().ok().filter(|number| *number >= 0);
    format
        .number(text)
        .or_else(plain)
        .map(|number| format.code(number))
}

fn wrong_code_form(desk: &InstalledDesk) -> Fault {
    let example = desk.profile.code.code(1042);
    Fault::new(
        "/ticket_code",
        "invalid",
        format!("Escriba el código como {example}."),
        format!("Write the code as {example}."),
    )
}

fn owner_of(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    desk_id: i64,
    email: &str,
    code: &str,
) -> Result<Option<i64>, DbError> {
    let person_id = store::registered_person(conn, desk_id, email)?;
    // Ask in any case: the time must not tell whether the address is known.
    let owns = store::owns_ticket(conn, desk_id, person_id.unwrap_or(0), code)?;
    // Whoever comes late to a decision is let in, too, to be told so.
    let asked = approvals::concerns(conn, desks, desk_id, person_id.unwrap_or(0), code)?;
    Ok(person_id.filter(|_| owns | asked))
}

fn wrong_try(conn: &mut DbConnection, row: &ChallengeRow) -> Result<Tried, ApiError> {
    let left = store::count_wrong_try(conn, row.id)?;
    match u8::try_from(left) {
        Ok(tries_left) if tries_left > 0 => Ok(Tried::Wrong { tries_left }),
        _ => Ok(Tried::Dead),
    }
}

fn open_draft(
    conn: &mut DbConnection,
    ctx: &Context,
    desk: &InstalledDesk,
    row: &ChallengeRow,
    draft: StoredDraft,
) -> Result<Option<Proved>, ApiError> {
    if draft.admitted {
        register_admitted(conn, desk.id, row, ctx.now)?;
    }
    let Some(requester) = tickets::requester_by_email(conn, desk.id, &row.email)? else {
        return Ok(None);
    };
    let actor = Actor::Requester {
        person_id: requester.id,
        name: requester.full_name.clone(),
        also_agent: tickets::agent_with_email(conn, &row.email)?,
    };
    let person_id = requester.id;
    let requester = speaking_as_the_form(conn, requester, row.language.0, ctx.now)?;
    let files = files_of(ctx, &row.browser_hash, desk, &draft);
    let identity = row
        .vouched
        .clone()
        .map_or(IdentityProof::MailCode, |proof| proof.0);
    let superseded = superseded(conn, row)?;
    let ticket = OpenTicket {
        requester,
        channel: Channel::Portal,
        request_type: draft.request_type,
        category: draft.category.unwrap_or_default(),
        priority: draft.priority,
        impact: draft.impact,
        urgency: draft.urgency,
        extra: draft.extra,
        group: None,
        assignee: None,
        subject: draft.subject,
        message: draft.message,
        files,
        identity,
        superseded,
    };
    let opened = open_ticket(conn, desk, &actor, ticket, ctx.now)?;
    if row.times_vouched > 0 {
        vouching::note_ticket(conn, row.id, opened.ticket_id)?;
    }
    Ok(Some(Proved {
        desk_id: desk.id,
        person_id,
        ticket_code: Some(opened.code),
        opens_session: row.vouched.is_none(),
    }))
}

/// How callers were validated for a draft before another code took the place of the one that was read out to them.
fn superseded(conn: &mut DbConnection, row: &ChallengeRow) -> Result<Vec<IdentityProof>, DbError> {
    // Nobody called about most drafts, and then there is nothing to look for.
    if row.times_vouched <= i32::from(row.vouched.is_some()) {
        return Ok(Vec::new());
    }
    let mut proofs = vouching::proofs(conn, row.id)?;
    if row.vouched.is_some() {
        // The last one is the one that counts.
        proofs.pop();
    }
    Ok(proofs)
}

/// The person in the language of the form that was proved to be theirs. It is theirs from here on: whoever was confirmed a
/// ticket in one language is not written to about it in another.
fn speaking_as_the_form(
    conn: &mut DbConnection,
    requester: RequesterRow,
    language: Lang,
    now: DateTime<Utc>,
) -> Result<RequesterRow, DbError> {
    if requester.language == language.as_str() {
        return Ok(requester);
    }
    people::set_language(conn, requester.id, language, now)?;
    Ok(RequesterRow {
        language: language.as_str().to_owned(),
        ..requester
    })
}

fn open_list(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    row: &ChallengeRow,
) -> Result<Option<Proved>, ApiError> {
    let person_id = store::registered_person(conn, desk.id, &row.email)?;
    Ok(person_id.map(|person_id| Proved {
        desk_id: desk.id,
        person_id,
        ticket_code: row.ticket_code.clone(),
        opens_session: true,
    }))
}

/// Registers an address that the desk admits and that has just been proved. Whoever was shut out stays so.
fn register_admitted(
    conn: &mut DbConnection,
    desk_id: i64,
    row: &ChallengeRow,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let name = row.email.split('@').next().unwrap_or_default().to_owned();
    let data = PersonData {
        full_name: name,
        email: row.email.clone(),
        phone: String::new(),
        organization_id: None,
        place: Place::default(),
        language: row.language.0,
    };
    people::insert(conn, desk_id, &data, now).map(drop)
}

fn too_soon(row: &ChallengeRow, now: DateTime<Utc>) -> ApiError {
    let wait = (row.resend_at() - now).max(TimeDelta::seconds(1));
    let seconds = u64::try_from(wait.num_milliseconds().saturating_add(999) / 1000).unwrap_or(1);
    ApiError::rate_limited(seconds).detail(
        format!("Puede pedir otro código en {seconds} segundos."),
        format!("You can ask for another code in {seconds} seconds."),
    )
}

fn parse_id(id: &str) -> Result<Uid, ApiError> {
    Uuid::try_parse(id)
        .map(Uid)
        .map_err(|_| ApiError::not_found())
}
