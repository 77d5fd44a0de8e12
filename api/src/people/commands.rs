//! Registering requesters, changing them, and deciding who gets access. Each function is one command inside the
//! caller's write transaction; `desks` is always the caller's scope, so a person elsewhere is "not found".

use std::sync::Arc;

use chrono::{DateTime, Utc};
use shared::api::people::{
    AccessApproval, AccessRefusal, AccessRequestStatus, NewAccessRequest, NewOrganization,
    NewPerson, PersonPatch,
};
use shared::desk::own_words::Placeholder;
use shared::desk::profile::{Notice, Recipient};
use shared::i18n::Lang;
use shared::ticket::text::{
    EmailAddress, EntityName, Extension, PersonName, PhoneNumber, PlaceName, Reason, TextError,
};

use super::store::{
    self, AccessRequestRow, NewAccess, OrganizationRow, PersonData, PersonRow, Place, Registered,
};
use crate::db::{DbConnection, DbError};
use crate::desks::registry::InstalledDesk;
use crate::events::subscriptions::{AccessAsked, tell_access_requested};
use crate::http::etag::IfMatch;
use crate::http::faults::Faults;
use crate::http::{ApiError, Fault};
use crate::mail::{Content, MailPayload, OwnWords};
use crate::outbox::store::{NewMail, enqueue, withdraw};
use crate::portal::mails::voice;

/// The data of a person, parsed.
#[derive(Clone, Debug)]
pub struct PersonForm {
    /// Full name.
    pub full_name: PersonName,
    /// Mail address.
    pub email: EmailAddress,
    /// Contact number.
    pub phone: PhoneNumber,
    /// Entity.
    pub entity: EntityName,
}

impl PersonForm {
    /// Reads the four mandatory data.
    ///
    /// # Errors
    /// `validation` with every wrong field.
    pub fn parse(
        full_name: &str,
        email: &str,
        phone: &str,
        entity: &str,
    ) -> Result<Self, ApiError> {
        let mut faults = Faults::new();
        let form = Self::read(&mut faults, full_name, email, phone, entity);
        form.ok_or_else(|| faults.into_error())
    }

    fn read(
        faults: &mut Faults,
        full_name: &str,
        email: &str,
        phone: &str,
        entity: &str,
    ) -> Option<Self> {
        let full_name = faults.take("/full_name", PersonName::parse(full_name));
        let email = faults.take("/email", EmailAddress::parse(email));
        let phone = faults.take("/phone", PhoneNumber::parse(phone));
        let entity = faults.take("/entity", EntityName::parse(entity));
        Some(Self {
            full_name: full_name?,
            email: email?,
            phone: phone?,
            entity: entity?,
        })
    }
}

/// Registers a person at a desk, which keeps its own record whoever else knows the address.
///
/// # Errors
/// `validation`, or `conflict` when the address is registered at the desk already.
pub fn register_person(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    new: &NewPerson,
    now: DateTime<Utc>,
) -> Result<PersonRow, ApiError> {
    let mut faults = Faults::new();
    let form = PersonForm::read(
        &mut faults,
        &new.full_name,
        &new.email,
        &new.phone,
        &new.entity,
    );
    let place = Place {
        site: given(&mut faults, "/site", new.site.as_deref(), PlaceName::parse),
        department: given(
            &mut faults,
            "/department",
            new.department.as_deref(),
            PlaceName::parse,
        ),
        extension: given(
            &mut faults,
            "/extension",
            new.extension.as_deref(),
            Extension::parse,
        ),
    };
    let Some(form) = form.filter(|_| faults.is_empty()) else {
        return Err(faults.into_error());
    };
    let (id, registered) = register(conn, desk.id, &form, place, new.language, now)?;
    if registered != Registered::New {
        return Err(ApiError::conflict(
            "Este correo ya está registrado en la mesa.",
            "This address is registered at the desk already.",
        ));
    }
    if new.vip {
        store::set_vip(conn, id, true)?;
    }
    store::find(conn, &[desk.id], id)?.ok_or_else(ApiError::not_found)
}

/// Changes a person whom one of the caller's desks knows. Shutting them out ends their sessions at the desk, and no mail of it
/// that still waits for them leaves.
///
/// # Errors
/// `not_found`, `version_mismatch` or `validation`.
pub fn change_person(
    conn: &mut DbConnection,
    desks: &[i64],
    id: i64,
    seen: &IfMatch,
    patch: &PersonPatch,
    now: DateTime<Utc>,
) -> Result<PersonRow, ApiError> {
    let person = store::find(conn, desks, id)?.ok_or_else(ApiError::not_found)?;
    seen.check(person.version)?;
    let data = apply(conn, &person, patch, now)?;
    if !store::update(conn, id, person.version, &data, now)? {
        return Err(ApiError::new(
            shared::api::problem::ProblemType::VersionMismatch,
        ));
    }
    if let Some(vip) = patch.vip {
        store::set_vip(conn, id, vip)?;
    }
    if let Some(active) = patch.active {
        let changed = store::set_active(conn, id, active)?;
        if changed && !active {
            store::end_sessions(conn, id, now)?;
            // What waits for them leaves no more; what they get as one of the team is not for the requester.
            withdraw(conn, &person.email, |desk_id, content| {
                desk_id == person.desk_id && !content.is_for_team()
            })
            .map_err(DbError::from)?;
        }
    }
    store::find(conn, desks, id)?.ok_or_else(ApiError::not_found)
}

/// Makes an organization at a desk.
///
/// # Errors
/// `validation`, or `conflict` when the name exists at the desk, whatever its case and accents.
pub fn create_organization(
    conn: &mut DbConnection,
    desk_id: i64,
    new: &NewOrganization,
    now: DateTime<Utc>,
) -> Result<OrganizationRow, ApiError> {
    let mut faults = Faults::new();
    let Some(name) = faults.take("/name", EntityName::parse(&new.name)) else {
        return Err(faults.into_error());
    };
    match store::find_or_insert_organization(conn, desk_id, name.as_str(), now)? {
        (row, true) => Ok(row),
        (_, false) => Err(ApiError::conflict(
            "Ya existe una entidad con este nombre.",
            "An organization of this name exists already.",
        )),
    }
}

/// Keeps a request for access and tells those who decide. To whoever asks nothing is mailed: the address is not
/// proved.
///
/// # Errors
/// `validation`.
pub fn request_access(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    new: &NewAccessRequest,
    reference: impl FnOnce(&str) -> String,
    language: Lang,
    now: DateTime<Utc>,
) -> Result<String, ApiError> {
    let form = PersonForm::parse(&new.full_name, &new.email, &new.phone, &new.entity)?;
    let email = form.email.canonical();
    let reference = reference(&email);
    let access = NewAccess {
        desk_id: desk.id,
        reference: reference.clone(),
        full_name: form.full_name.into_string(),
        phone: form.phone.into_string(),
        email,
        entity: form.entity.into_string(),
        language,
    };
    // Those who decide are told once of an address, however often somebody writes it.
    if let Some(inserted) =
        store::insert_access_request(conn, &access, now)?.filter(|inserted| inserted.first)
    {
        let asked = AccessAsked {
            id: inserted.id,
            reference: &access.reference,
            full_name: &access.full_name,
            email: &access.email,
            phone: &access.phone,
            entity: &access.entity,
        };
        tell_access_requested(conn, desk, &asked, now).map_err(DbError::from)?;
    }
    Ok(reference)
}

/// Who decides a request for access.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// The agent.
    pub user_id: i64,
    /// Desks at which the agent decides.
    pub desks: &'a [i64],
}

/// Registers whoever asked, with the corrections given, and tells them by mail.
///
/// # Errors
/// `not_found`, `conflict` when it was decided already, or `validation`.
pub fn approve_access(
    conn: &mut DbConnection,
    decider: Decider<'_>,
    id: i64,
    approval: &AccessApproval,
    desk_of: impl FnOnce(&mut DbConnection, i64) -> Result<Arc<InstalledDesk>, DbError>,
    now: DateTime<Utc>,
) -> Result<AccessRequestRow, ApiError> {
    let request = pending(conn, decider, id)?;
    let form = PersonForm::parse(
        approval.full_name.as_deref().unwrap_or(&request.full_name),
        &request.email,
        approval.phone.as_deref().unwrap_or(&request.phone),
        approval.entity.as_deref().unwrap_or(&request.entity),
    )?;
    let place = Place::default();
    register(conn, request.desk_id, &form, place, request.language.0, now)?;
    store::decide_access_request(
        conn,
        id,
        AccessRequestStatus::Approved,
        None,
        decider.user_id,
        now,
    )?;
    let desk = desk_of(conn, request.desk_id)?;
    let content = Content::AccessApproved {
        name: form.full_name.into_string(),
        organization: Some(form.entity.into_string()),
    };
    tell(conn, &desk, &request, content, now)?;
    store::find_access_request(conn, decider.desks, id)?.ok_or_else(ApiError::not_found)
}

/// Refuses access and tells the person why.
///
/// # Errors
/// `not_found`, `conflict` when it was decided already, or `validation`.
pub fn refuse_access(
    conn: &mut DbConnection,
    decider: Decider<'_>,
    id: i64,
    refusal: &AccessRefusal,
    desk_of: impl FnOnce(&mut DbConnection, i64) -> Result<Arc<InstalledDesk>, DbError>,
    now: DateTime<Utc>,
) -> Result<AccessRequestRow, ApiError> {
    let mut faults = Faults::new();
    let Some(reason) = faults.take("/reason", Reason::parse(&refusal.reason)) else {
        return Err(faults.into_error());
    };
    let request = pending(conn, decider, id)?;
    store::decide_access_request(
        conn,
        id,
        AccessRequestStatus::Refused,
        Some(reason.as_str()),
        decider.user_id,
        now,
    )?;
    let desk = desk_of(conn, request.desk_id)?;
    let content = Content::AccessRefused {
        name: request.full_name.clone(),
        reason: reason.into_string(),
    };
    tell(conn, &desk, &request, content, now)?;
    store::find_access_request(conn, decider.desks, id)?.ok_or_else(ApiError::not_found)
}

/// Finds or makes the desk's record of an address, with the entity, and lets the person use the desk.
pub fn register(
    conn: &mut DbConnection,
    desk_id: i64,
    form: &PersonForm,
    place: Place,
    language: Lang,
    now: DateTime<Utc>,
) -> Result<(i64, Registered), DbError> {
    let ((organization_id, ..), _) =
        store::find_or_insert_organization(conn, desk_id, form.entity.as_str(), now)?;
    let data = PersonData {
        full_name: form.full_name.as_str().to_owned(),
        email: form.email.canonical(),
        phone: form.phone.as_str().to_owned(),
        organization_id: Some(organization_id),
        place,
        language,
    };
    store::register(conn, desk_id, &data, now)
}

fn pending(
    conn: &mut DbConnection,
    decider: Decider<'_>,
    id: i64,
) -> Result<AccessRequestRow, ApiError> {
    let status =
        store::lock_access_request(conn, decider.desks, id)?.ok_or_else(ApiError::not_found)?;
    if status != AccessRequestStatus::Pending {
        return Err(ApiError::conflict(
            "Esta solicitud ya fue decidida.",
            "This request was decided already.",
        ));
    }
    store::find_access_request(conn, decider.desks, id)?.ok_or_else(ApiError::not_found)
}

/// A datum that may be left out, or left empty.
fn given<T: Into<String>>(
    faults: &mut Faults,
    pointer: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, TextError>,
) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty());
    faults.take_optional(pointer, text, parse).map(Into::into)
}

/// A datum that a change may leave as it is, replace, or take out.
fn changed<T: Into<String>>(
    faults: &mut Faults,
    pointer: &str,
    new: &Option<String>,
    known: &Option<String>,
    parse: impl Fn(&str) -> Result<T, TextError>,
) -> Option<String> {
    match new {
        Some(text) => given(faults, pointer, Some(text), parse),
        None => known.clone(),
    }
}

fn apply(
    conn: &mut DbConnection,
    person: &PersonRow,
    patch: &PersonPatch,
    now: DateTime<Utc>,
) -> Result<PersonData, ApiError> {
    let mut faults = Faults::new();
    let full_name =
        faults.take_optional("/full_name", patch.full_name.as_deref(), PersonName::parse);
    let phone = faults.take_optional("/phone", patch.phone.as_deref(), PhoneNumber::parse);
    let entity = faults.take_optional("/entity", patch.entity.as_deref(), EntityName::parse);
    let known = &person.place;
    let place = Place {
        site: changed(
            &mut faults,
            "/site",
            &patch.site,
            &known.site,
            PlaceName::parse,
        ),
        department: changed(
            &mut faults,
            "/department",
            &patch.department,
            &known.department,
            PlaceName::parse,
        ),
        extension: changed(
            &mut faults,
            "/extension",
            &patch.extension,
            &known.extension,
            Extension::parse,
        ),
    };
    faults.check()?;
    let organization_id = match entity {
        Some(entity) => Some(
            store::find_or_insert_organization(conn, person.desk_id, entity.as_str(), now)?
                .0
                .0,
        ),
        None => person.organization.as_ref().map(|(id, _)| *id),
    };
    Ok(PersonData {
        full_name: full_name.map_or_else(|| person.full_name.clone(), PersonName::into_string),
        email: person.email.clone(),
        phone: phone.map_or_else(|| person.phone.clone(), PhoneNumber::into_string),
        organization_id,
        place,
        language: patch.language.unwrap_or(person.language.0),
    })
}

fn tell(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    request: &AccessRequestRow,
    content: Content,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let recipient = EmailAddress::parse(&request.email).map_err(ApiError::internal)?;
    let language = request.language.0;
    let own = OwnWords::of(
        desk.profile.notification(Notice::AccessDecided),
        Recipient::Requester,
        language,
        |placeholder| {
            if placeholder == Placeholder::Requester {
                request.full_name.clone()
            } else {
                desk.profile.name.get(language).to_owned()
            }
        },
    );
    let mail = NewMail {
        desk_id: desk.id,
        ticket_id: None,
        event_seq: None,
        recipient,
        language,
        payload: MailPayload {
            desk: voice(&desk.profile, language),
            ticket: None,
            own,
            content,
        },
        cause: format!("access:{}", request.id),
    };
    enqueue(conn, now, mail).map_err(DbError::from)?;
    Ok(())
}

/// A field that names a desk which does not exist or takes no requests.
pub fn unknown_desk(pointer: &str) -> Fault {
    Fault::new(
        pointer,
        "unknown",
        "Esta mesa no existe.",
        "There is no such desk.",
    )
}
