//! The rows of people, organizations and requests for access. Each desk has its own row of a person: what one desk keeps
//! is not another's to see or change. Across desks a person is known by the mail address alone.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use shared::api::people::AccessRequestStatus;
use shared::fold::fold;
use shared::i18n::Lang;

use crate::auth::session::{self, Audience};
use crate::db::dialect::lock_name;
use crate::db::schema::{access_requests, organizations, people, tickets, users};
use crate::db::{DbConnection, DbError, MultiBackend, Ts};
use crate::tickets::sight::Visible;
use crate::{each, load_locked, text_enum};

fn status_word(status: AccessRequestStatus) -> &'static str {
    match status {
        AccessRequestStatus::Pending => "pending",
        AccessRequestStatus::Approved => "approved",
        AccessRequestStatus::Refused => "refused",
    }
}

fn status_of(word: &str) -> Option<AccessRequestStatus> {
    match word {
        "pending" => Some(AccessRequestStatus::Pending),
        "approved" => Some(AccessRequestStatus::Approved),
        "refused" => Some(AccessRequestStatus::Refused),
        _ => None,
    }
}

text_enum!(
    /// The status of an access request in its column.
    pub StatusText(AccessRequestStatus), status_word, status_of
);
text_enum!(
    /// The language in its column.
    pub LangText(Lang), Lang::as_str, Lang::parse
);

/// What a desk keeps of a person, with the entity, as the console sees it.
#[derive(Clone, Debug, Queryable)]
pub struct PersonRow {
    /// Key of this desk's record.
    pub id: i64,
    /// The desk whose record it is.
    pub desk_id: i64,
    /// Full name.
    pub full_name: String,
    /// Address in its canonical spelling.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// The entity.
    pub organization: Option<(i64, String)>,
    /// Where they work.
    pub place: Place,
    /// Language of the mails.
    pub language: LangText,
    /// What is searched in, and sorted by.
    pub search_key: String,
    /// Whether the person may use the desk.
    pub active: bool,
    /// Whether the person raises the priority at desks that say so.
    pub vip: bool,
    /// When the person was registered.
    pub created_at: Ts,
    /// Version for `If-Match`.
    pub version: i32,
}

/// Where a page of people begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PersonPosition {
    /// The search key of the last person before it.
    pub search_key: String,
    /// The key of that person.
    pub id: i64,
}

/// Where a person works; each only where the desk knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Place {
    /// Site.
    pub site: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Telephone extension.
    pub extension: Option<String>,
}

/// What is stored of a person.
#[derive(Clone, Debug)]
pub struct PersonData {
    /// Full name.
    pub full_name: String,
    /// Address in its canonical spelling.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// The entity.
    pub organization_id: Option<i64>,
    /// Where they work.
    pub place: Place,
    /// Language of the mails.
    pub language: Lang,
}

/// What people are found by: name and address, folded.
pub fn search_key(full_name: &str, email: &str) -> String {
    fold(&format!("{full_name} {email}"))
}

/// Makes `%`, `_` and the escape itself literal.
fn contains_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

macro_rules! person_columns {
    () => {
        (
            people::id,
            people::desk_id,
            people::full_name,
            people::email,
            people::phone,
            (organizations::id, organizations::name).nullable(),
            (people::site, people::department, people::extension),
            people::language,
            people::search_key,
            people::active,
            people::vip,
            people::created_at,
            people::version,
        )
    };
}

/// What any of the desks keep of people, by name; one more than asked tells whether another page follows.
pub fn list(
    conn: &mut DbConnection,
    desks: &[i64],
    text: Option<&str>,
    after: Option<&PersonPosition>,
    limit: i64,
) -> Result<Vec<PersonRow>, DbError> {
    let mut query = people::table
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .filter(people::desk_id.eq_any(desks.to_vec()))
        .select(person_columns!())
        .into_boxed::<MultiBackend>();
    if let Some(text) = text {
        query = query.filter(
            people::search_key
                .like(contains_pattern(&fold(text.trim())))
                .escape('\\'),
        );
    }
    if let Some(after) = after {
        let same_key = people::search_key
            .eq(after.search_key.clone())
            .and(people::id.gt(after.id));
        query = query.filter(people::search_key.gt(after.search_key.clone()).or(same_key));
    }
    Ok(query
        .order((people::search_key, people::id))
        .limit(limit)
        .load(conn)?)
}

/// A record that one of the desks keeps of a person.
pub fn find(conn: &mut DbConnection, desks: &[i64], id: i64) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .filter(people::id.eq(id))
        .filter(people::desk_id.eq_any(desks.to_vec()))
        .select(person_columns!())
        .first(conn)
        .optional()?)
}

/// How many open tickets of these people somebody sees.
pub fn open_tickets(
    conn: &mut DbConnection,
    ids: &[i64],
    visible: &Visible,
) -> Result<Vec<(i64, i64)>, DbError> {
    Ok(tickets::table
        .filter(tickets::requester_id.eq_any(ids.to_vec()))
        .filter(visible.clone())
        .filter(tickets::open.eq(true))
        .group_by(tickets::requester_id)
        .select((tickets::requester_id, diesel::dsl::count_star()))
        .load(conn)?)
}

/// Key of the desk's record of an address, whether it may use the desk or not.
pub fn id_by_email(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> Result<Option<i64>, DbError> {
    Ok(people::table
        .filter(people::desk_id.eq(desk_id))
        .filter(people::email.eq(email))
        .select(people::id)
        .first(conn)
        .optional()?)
}

/// Keeps a record of somebody who may use the desk from now on; gives its key. `None` when the desk knows the address
/// already: then nothing changes, also when somebody else registers it at this very moment.
pub fn insert(
    conn: &mut DbConnection,
    desk_id: i64,
    data: &PersonData,
    now: DateTime<Utc>,
) -> Result<Option<i64>, DbError> {
    let row = (
        people::desk_id.eq(desk_id),
        people::full_name.eq(&data.full_name),
        people::email.eq(&data.email),
        people::phone.eq(&data.phone),
        people::organization_id.eq(data.organization_id),
        people::site.eq(&data.place.site),
        people::department.eq(&data.place.department),
        people::extension.eq(&data.place.extension),
        people::language.eq(LangText(data.language)),
        people::search_key.eq(search_key(&data.full_name, &data.email)),
        people::active.eq(true),
        people::version.eq(1),
        people::epoch.eq(0),
        people::created_at.eq(Ts::from(now)),
        people::updated_at.eq(Ts::from(now)),
    );
    Ok(each!(conn, inner => diesel::insert_into(people::table)
        .values(row)
        .on_conflict((people::desk_id, people::email))
        .do_nothing()
        .returning(people::id)
        .get_result::<i64>(inner)
        .optional())?)
}

/// Saves a changed person; `false` when somebody else changed them meanwhile.
pub fn update(
    conn: &mut DbConnection,
    id: i64,
    expected_version: i32,
    data: &PersonData,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let saved = diesel::update(
        people::table
            .filter(people::id.eq(id))
            .filter(people::version.eq(expected_version)),
    )
    .set((
        people::full_name.eq(&data.full_name),
        people::phone.eq(&data.phone),
        people::organization_id.eq(data.organization_id),
        people::site.eq(&data.place.site),
        people::department.eq(&data.place.department),
        people::extension.eq(&data.place.extension),
        people::language.eq(LangText(data.language)),
        people::search_key.eq(search_key(&data.full_name, &data.email)),
        people::version.eq(expected_version + 1),
        people::updated_at.eq(Ts::from(now)),
    ))
    .execute(conn)?;
    Ok(saved == 1)
}

/// Notes the language in which a person wants to be written to.
pub fn set_language(
    conn: &mut DbConnection,
    id: i64,
    language: Lang,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(people::table.filter(people::id.eq(id)))
        .set((
            people::language.eq(LangText(language)),
            people::version.eq(people::version + 1),
            people::updated_at.eq(Ts::from(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Says whether a person raises the priority at desks that say so.
pub fn set_vip(conn: &mut DbConnection, id: i64, vip: bool) -> Result<(), DbError> {
    diesel::update(people::table.filter(people::id.eq(id)))
        .set(people::vip.eq(vip))
        .execute(conn)?;
    Ok(())
}

/// Ends the person's portal sessions at their desk: refresh tokens are revoked, access tokens of the old epoch no longer count.
pub fn end_sessions(conn: &mut DbConnection, id: i64, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::update(people::table.filter(people::id.eq(id)))
        .set(people::epoch.eq(people::epoch + 1))
        .execute(conn)?;
    session::end_all(conn, Audience::Portal, id, now)?;
    Ok(())
}

/// What a registration at a desk became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The person was not known at the desk.
    New,
    /// The person was known, but could not use the desk.
    Again,
    /// Nothing changed.
    Already,
}

/// Registers a person at a desk. Whom the desk knows keeps the data that it has of them, and may use it again.
pub fn register(
    conn: &mut DbConnection,
    desk_id: i64,
    data: &PersonData,
    now: DateTime<Utc>,
) -> Result<(i64, Registered), DbError> {
    if let Some(id) = insert(conn, desk_id, data, now)? {
        return Ok((id, Registered::New));
    }
    let id = id_by_email(conn, desk_id, &data.email)?.ok_or(diesel::result::Error::NotFound)?;
    let again = set_active(conn, id, true)?;
    Ok((
        id,
        if again {
            Registered::Again
        } else {
            Registered::Already
        },
    ))
}

/// Lets a person use their desk, or not; `false` when it was so already.
pub fn set_active(conn: &mut DbConnection, id: i64, active: bool) -> Result<bool, DbError> {
    let other = people::table
        .filter(people::id.eq(id))
        .filter(people::active.ne(active));
    Ok(diesel::update(other)
        .set(people::active.eq(active))
        .execute(conn)?
        > 0)
}

/// An organization as stored: key, name, the form of the name that is unique at its desk, and the desk.
pub type OrganizationRow = (i64, String, String, i64);

/// Organizations of the desks by name; one more than asked tells whether another page follows.
pub fn list_organizations(
    conn: &mut DbConnection,
    desks: &[i64],
    text: Option<&str>,
    after: Option<&(String, i64)>,
    limit: i64,
) -> Result<Vec<OrganizationRow>, DbError> {
    let mut query = organizations::table
        .filter(organizations::desk_id.eq_any(desks.to_vec()))
        .select((
            organizations::id,
            organizations::name,
            organizations::name_key,
            organizations::desk_id,
        ))
        .into_boxed::<MultiBackend>();
    if let Some(text) = text {
        query = query.filter(
            organizations::name_key
                .like(contains_pattern(&fold(text.trim())))
                .escape('\\'),
        );
    }
    if let Some((name_key, id)) = after {
        let same_name = organizations::name_key
            .eq(name_key.clone())
            .and(organizations::id.gt(*id));
        query = query.filter(organizations::name_key.gt(name_key.clone()).or(same_name));
    }
    Ok(query
        .order((organizations::name_key, organizations::id))
        .limit(limit)
        .load(conn)?)
}

/// The desk's organization of a name, made when it is not there; tells whether it was made.
pub fn find_or_insert_organization(
    conn: &mut DbConnection,
    desk_id: i64,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(OrganizationRow, bool), DbError> {
    let name_key = fold(name);
    let row = (
        organizations::desk_id.eq(desk_id),
        organizations::name.eq(name),
        organizations::name_key.eq(&name_key),
        organizations::created_at.eq(Ts::from(now)),
    );
    let added = each!(conn, inner => diesel::insert_into(organizations::table)
        .values(row)
        .on_conflict((organizations::desk_id, organizations::name_key))
        .do_nothing()
        .execute(inner))?;
    let found = organizations::table
        .filter(organizations::desk_id.eq(desk_id))
        .filter(organizations::name_key.eq(&name_key))
        .select((
            organizations::id,
            organizations::name,
            organizations::name_key,
            organizations::desk_id,
        ))
        .first(conn)?;
    Ok((found, added == 1))
}

/// A request for access as stored, with the name of whoever decided.
#[derive(Clone, Debug, Queryable)]
pub struct AccessRequestRow {
    /// Key.
    pub id: i64,
    /// Desk.
    pub desk_id: i64,
    /// Short reference.
    pub reference: String,
    /// Full name.
    pub full_name: String,
    /// Contact number.
    pub phone: String,
    /// Address, not proved.
    pub email: String,
    /// Entity.
    pub entity: String,
    /// Language of the answer.
    pub language: LangText,
    /// Where it stands.
    pub status: StatusText,
    /// When it came in.
    pub created_at: Ts,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Ts>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// A request for access to be stored.
#[derive(Clone, Debug)]
pub struct NewAccess {
    /// Desk.
    pub desk_id: i64,
    /// Short reference.
    pub reference: String,
    /// Full name.
    pub full_name: String,
    /// Contact number.
    pub phone: String,
    /// Address in its canonical spelling, not proved.
    pub email: String,
    /// Entity.
    pub entity: String,
    /// Language of the answer.
    pub language: Lang,
}

/// A request for access that was stored.
#[derive(Clone, Copy, Debug)]
pub struct AccessInserted {
    /// Key.
    pub id: i64,
    /// Whether none of the same address waited at the desk before it.
    pub first: bool,
}

/// Stores a request for access. Nobody proved the address, so a later request of the same address changes nothing of one
/// that waits: it is a row of its own beside it, and whoever decides sees both, and calls back the number that was given
/// before a stranger could give theirs. The very same data again is no second request.
pub fn insert_access_request(
    conn: &mut DbConnection,
    new: &NewAccess,
    now: DateTime<Utc>,
) -> Result<Option<AccessInserted>, DbError> {
    // Two requests at once must not both find nothing.
    lock_name(conn, &format!("access:{}:{}", new.desk_id, new.email))?;
    let waiting: Vec<(String, String, String)> = access_requests::table
        .filter(access_requests::desk_id.eq(new.desk_id))
        .filter(access_requests::email.eq(&new.email))
        .filter(access_requests::status.eq(StatusText(AccessRequestStatus::Pending)))
        .select((
            access_requests::full_name,
            access_requests::phone,
            access_requests::entity,
        ))
        .load(conn)?;
    let same = |(name, phone, entity): &(String, String, String)| {
        *name == new.full_name && *phone == new.phone && *entity == new.entity
    };
    if waiting.iter().any(same) {
        return Ok(None);
    }
    let id = diesel::insert_into(access_requests::table)
        .values((
            access_requests::desk_id.eq(new.desk_id),
            access_requests::reference.eq(&new.reference),
            access_requests::full_name.eq(&new.full_name),
            access_requests::phone.eq(&new.phone),
            access_requests::email.eq(&new.email),
            access_requests::entity.eq(&new.entity),
            access_requests::language.eq(LangText(new.language)),
            access_requests::status.eq(StatusText(AccessRequestStatus::Pending)),
            access_requests::created_at.eq(Ts::from(now)),
        ))
        .returning(access_requests::id)
        .get_result(conn)?;
    Ok(Some(AccessInserted {
        id,
        first: waiting.is_empty(),
    }))
}

/// How many requests of these addresses wait at which of the desks.
pub fn pending_of(
    conn: &mut DbConnection,
    desks: &[i64],
    emails: &[String],
) -> Result<Vec<(i64, String, i64)>, DbError> {
    Ok(access_requests::table
        .filter(access_requests::desk_id.eq_any(desks.to_vec()))
        .filter(access_requests::email.eq_any(emails.to_vec()))
        .filter(access_requests::status.eq(StatusText(AccessRequestStatus::Pending)))
        .group_by((access_requests::desk_id, access_requests::email))
        .select((
            access_requests::desk_id,
            access_requests::email,
            diesel::dsl::count_star(),
        ))
        .load(conn)?)
}

macro_rules! access_columns {
    () => {
        (
            access_requests::id,
            access_requests::desk_id,
            access_requests::reference,
            access_requests::full_name,
            access_requests::phone,
            access_requests::email,
            access_requests::entity,
            access_requests::language,
            access_requests::status,
            access_requests::created_at,
            users::full_name.nullable(),
            access_requests::decided_at,
            access_requests::reason,
        )
    };
}

/// Requests for access at the desks, newest first; one more than asked tells whether another page follows.
pub fn list_access_requests(
    conn: &mut DbConnection,
    desks: &[i64],
    status: Option<AccessRequestStatus>,
    before_id: Option<i64>,
    limit: i64,
) -> Result<Vec<AccessRequestRow>, DbError> {
    let mut query = access_requests::table
        .left_join(users::table.on(access_requests::decided_by.eq(users::id.nullable())))
        .filter(access_requests::desk_id.eq_any(desks.to_vec()))
        .select(access_columns!())
        .into_boxed::<MultiBackend>();
    if let Some(status) = status {
        query = query.filter(access_requests::status.eq(StatusText(status)));
    }
    if let Some(before_id) = before_id {
        query = query.filter(access_requests::id.lt(before_id));
    }
    Ok(query
        .order(access_requests::id.desc())
        .limit(limit)
        .load(conn)?)
}

/// A request for access at one of the desks.
pub fn find_access_request(
    conn: &mut DbConnection,
    desks: &[i64],
    id: i64,
) -> Result<Option<AccessRequestRow>, DbError> {
    Ok(access_requests::table
        .left_join(users::table.on(access_requests::decided_by.eq(users::id.nullable())))
        .filter(access_requests::id.eq(id))
        .filter(access_requests::desk_id.eq_any(desks.to_vec()))
        .select(access_columns!())
        .first(conn)
        .optional()?)
}

/// Locks a request for access to the end of the write; tells where it stands.
pub fn lock_access_request(
    conn: &mut DbConnection,
    desks: &[i64],
    id: i64,
) -> Result<Option<AccessRequestStatus>, DbError> {
    let query = access_requests::table
        .filter(access_requests::id.eq(id))
        .filter(access_requests::desk_id.eq_any(desks.to_vec()))
        .select(access_requests::status);
    Ok(load_locked!(conn, query => first::<StatusText>)
        .optional()?
        .map(|status| status.0))
}

/// Notes the decision about a request for access.
pub fn decide_access_request(
    conn: &mut DbConnection,
    id: i64,
    status: AccessRequestStatus,
    reason: Option<&str>,
    decided_by: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(access_requests::table.filter(access_requests::id.eq(id)))
        .set((
            access_requests::status.eq(StatusText(status)),
            access_requests::reason.eq(reason),
            access_requests::decided_by.eq(Some(decided_by)),
            access_requests::decided_at.eq(Some(Ts::from(now))),
        ))
        .execute(conn)?;
    Ok(())
}

/// Which of these addresses are registered and active at which of the desks.
pub fn registered_among(
    conn: &mut DbConnection,
    desks: &[i64],
    emails: &[String],
) -> Result<Vec<(i64, String)>, DbError> {
    Ok(people::table
        .filter(people::email.eq_any(emails.to_vec()))
        .filter(people::desk_id.eq_any(desks.to_vec()))
        .filter(people::active.eq(true))
        .select((people::desk_id, people::email))
        .load(conn)?)
}

/// How many access requests of these desks wait for a decision.
pub fn count_pending_access_requests(
    conn: &mut DbConnection,
    desks: &[i64],
) -> Result<i64, DbError> {
    Ok(access_requests::table
        .filter(access_requests::desk_id.eq_any(desks.to_vec()))
        .filter(access_requests::status.eq("pending"))
        .count()
        .get_result(conn)?)
}
