//! Answers to forms that name something: a file that was sent, a person of the directory. The rules know only
//! their form; that they exist, and whose they are, is asked here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::desk::Desk;
use shared::desk::profile::FieldKind;
use shared::i18n::Lang;
use shared::ticket::actor::Actor;
use shared::ticket::command::Command;
use shared::ticket::decide;
use shared::ticket::text::Body;
use uuid::Uuid;

use super::commands::{Files, FormFile, run};
use super::error::{TicketError, fault};
use super::pipeline::Changed;
use super::steps::note_first;
use super::store::TicketRecord;
use crate::attachments::store::{self as attachments, AttachmentRow};
use crate::db::DbConnection;
use crate::db::schema::people;
use crate::desks::registry::InstalledDesk;
use crate::events::subscriptions::Written;
use crate::http::Fault;

/// The files that answer the form of a category.
pub fn files(
    desk: &Desk,
    category: Option<&str>,
    answers: &BTreeMap<String, String>,
) -> Vec<FormFile> {
    let form = desk.form_of(category).into_iter();
    form.flat_map(|form| form.answers_of(FieldKind::File, answers))
        .map(|(field, id)| FormFile {
            field: field.to_owned(),
            id: id.to_owned(),
        })
        .collect()
}

/// A fault for each answer that should name a person of the desk and does not.
pub fn wrong_people(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    category: Option<&str>,
    answers: &BTreeMap<String, String>,
) -> QueryResult<Vec<Fault>> {
    let Some(form) = desk.profile.form_of(category) else {
        return Ok(Vec::new());
    };
    let mut faults = Vec::new();
    for (field, key) in form.answers_of(FieldKind::Person, answers) {
        let known = match key.parse::<i64>() {
            Ok(id) => is_known(conn, desk.id, id)?,
            Err(_) => false,
        };
        if !known {
            faults.push(fault(&format!("/extra/{field}"), "unknown"));
        }
    }
    Ok(faults)
}

fn is_known(conn: &mut DbConnection, desk_id: i64, person_id: i64) -> QueryResult<bool> {
    let found: Option<i64> = people::table
        .filter(people::id.eq(person_id))
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select(people::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Whether an answer names a file; keys may be written in several ways.
fn is_key_of(answer: &str, file: &AttachmentRow) -> bool {
    Uuid::try_parse(answer).is_ok_and(|id| id == file.id.0)
}

/// What the desk calls the fields that files answer: the words of the note that keeps them, in the desk's own language.
fn names_of(desk: &Desk, category: Option<&str>, files: &[FormFile]) -> Body {
    let form = desk.form_of(category);
    let fields = form.into_iter().flat_map(|form| &form.fields);
    let labels: Vec<&str> = fields
        .filter(|field| files.iter().any(|file| file.field == field.id))
        .map(|field| field.label.get(Lang::Es))
        .collect();
    Body::parse(&labels.join(", ")).unwrap_or_else(|_| {
        Body::parse("Archivos del formulario.").expect("the sentence is a body")
    })
}

/// Completes or corrects the answers. A file among them is one of the ticket, or an upload of the caller, which is kept with
/// an internal note.
///
/// # Errors
/// [`TicketError::Refused`] and [`TicketError::Invalid`] with every wrong answer.
pub fn complete(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    answers: BTreeMap<String, String>,
    files: Files,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let command = Command::SetExtra {
        extra: answers.clone(),
    };
    decide(&record.state, &desk.profile, actor, &command, now)?;
    let category = record.state.category.clone();
    let known = &record.state.extra;
    let changed: BTreeMap<String, String> = answers
        .into_iter()
        .filter(|(field, value)| known.get(field).map(String::as_str) != Some(value.trim()))
        .collect();
    let wrong = wrong_people(conn, desk, category.as_deref(), &changed)?;
    if !wrong.is_empty() {
        return Err(TicketError::Invalid(wrong));
    }
    let mut of_form = self::files(&desk.profile, category.as_deref(), &changed);
    let keys: Vec<String> = of_form.iter().map(|file| file.id.clone()).collect();
    let present = attachments::of_ticket(conn, record.id, &keys)?;
    of_form.retain(|file| !present.iter().any(|known| is_key_of(&file.id, known)));
    let mut record = record;
    if !of_form.is_empty() {
        let body = names_of(&desk.profile, category.as_deref(), &of_form);
        let files = Files { of_form, ..files };
        (record, _) = note_first(conn, desk, record, actor, body, files, now)?;
    }
    run(conn, desk, record, actor, &command, Written::default(), now)
}
