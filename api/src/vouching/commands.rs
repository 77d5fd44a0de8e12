//! Finding a caller's draft and giving it a code that the agent reads out. One command inside the caller's write
//! transaction; `desks` is where the agent may vouch.

use chrono::{DateTime, Utc};
use shared::api::vouching::{NewVouchedCode, PendingDraft, VouchedCode};
use shared::desk::Desk;
use shared::i18n::Lang;
use shared::ticket::actor::AgentRef;
use shared::ticket::event::IdentityProof;
use shared::ticket::text::Reason;
use uuid::Uuid;

use super::store::{self, Which};
use super::view;
use crate::db::{DbConnection, Uid};
use crate::desks::registry::InstalledDesk;
use crate::http::faults::Faults;
use crate::http::{ApiError, Fault};
use crate::portal::code::Code;
use crate::portal::commands::Context;
use crate::portal::mails;
use crate::portal::store::{self as challenges, CodeWay, FreshCode};

/// Longest reference that is looked for.
const REFERENCE_MAX: usize = 16;

/// The open draft of a registered person that bears this reference.
///
/// # Errors
/// `not_found`, alike for references that do not exist, have expired, or belong to an unknown address.
pub fn find_draft(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    reference: &str,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<PendingDraft, ApiError> {
    let reference: String = reference
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(REFERENCE_MAX)
        .collect::<String>()
        .to_uppercase();
    let which = Which::Reference {
        desk_id: desk.id,
        reference: &reference,
    };
    let (draft, caller) =
        store::find_open_draft(conn, which, now)?.ok_or_else(ApiError::not_found)?;
    Ok(view::pending_draft(&desk.profile, draft, caller, lang))
}

/// Replaces the mailed code of a draft by a fresh one for the phone, tells the address on file, and keeps who
/// validated the caller and how. The code is answered once and is stored only as a hash.
///
/// # Errors
/// `not_found`, or `validation` when an item of the desk's checklist or the note is missing.
pub fn issue_code(
    conn: &mut DbConnection,
    ctx: &Context,
    desks: &[i64],
    agent: AgentRef,
    id: &str,
    new: &NewVouchedCode,
) -> Result<VouchedCode, ApiError> {
    let id = Uuid::try_parse(id)
        .map(Uid)
        .map_err(|_| ApiError::not_found())?;
    let (draft, caller) = store::find_open_draft(conn, Which::Id { desks, id }, ctx.now)?
        .ok_or_else(ApiError::not_found)?;
    let desk = ctx.desks.by_id(conn, draft.desk_id, ctx.now)?;
    let note = check_statement(&desk.profile, new)?;
    // The lock keeps a try of the old code from slipping in between; the browser that asked stays the only one that counts.
    let draft = challenges::lock(conn, draft.id, &draft.browser_hash)?
        .filter(|row| row.is_open(ctx.now))
        .ok_or_else(ApiError::not_found)?;
    let code = Code::random();
    let proof = IdentityProof::Vouched {
        by: agent.clone(),
        checklist: new.verified.clone(),
        note: Some(note),
        at: Some(ctx.now),
    };
    store::record(conn, &draft, caller.id, &agent, &proof, ctx.now)?;
    let fresh = FreshCode {
        code_hash: ctx.codes.hash(draft.id.0, &code),
        person_id: Some(caller.id),
        way: CodeWay::ReadOut(proof),
    };
    let draft = challenges::replace_code(conn, &draft, fresh, ctx.now)?;
    mails::tell_vouched(conn, &desk, &draft, ctx.now)?;
    tracing::info!(agent.id = agent.id, challenge.id = %draft.id.0, person.id = caller.id, "a caller's identity was validated and a code was read out");
    Ok(VouchedCode {
        code: code.shown(),
        expires_at: draft.expires_at.get(),
    })
}

/// Every required item of the checklist must have been validated, and the note says how.
fn check_statement(desk: &Desk, new: &NewVouchedCode) -> Result<Reason, ApiError> {
    let mut faults = Faults::new();
    for (position, given) in new.verified.iter().enumerate() {
        if !desk.vouching.iter().any(|item| item.id == *given) {
            let pointer = format!("/verified/{position}");
            faults.add(Fault::new(
                pointer,
                "unknown",
                "Este punto no está en la lista de la mesa.",
                "This item is not on the desk's list.",
            ));
        }
    }
    if desk
        .vouching
        .iter()
        .any(|item| item.required && !new.verified.contains(&item.id))
    {
        faults.add(Fault::new(
            "/verified",
            "required",
            "Valide todos los puntos obligatorios antes de dar el código.",
            "Validate every required item before you give the code.",
        ));
    }
    match (
        faults.take("/note", Reason::parse(&new.note)),
        faults.is_empty(),
    ) {
        (Some(note), true) => Ok(note),
        _ => Err(faults.into_error()),
    }
}
