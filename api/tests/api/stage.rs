//! A desk with people, for stories that need one.

use api::db::schema::{group_members, groups, outbox, tickets};
use api::db::{DbConnection, JsonText};
use api::desks;
use api::http::ApiError;
use api::mail::{Content, MailPayload};
use api::people::store::{PersonData, Place, find_or_insert_organization, register};
use diesel::prelude::*;
use shared::api::portal::{Challenge, CodeProof, NewDraft, Verified};
use shared::desk::load::load;
use shared::i18n::Lang;
use shared::ticket::status::RequestType;

use crate::harness::{Agent, Answer, Browser, TestApp};

/// The desk's address part.
pub const DESK: &str = "infortec";
/// The address of the person that most stories are about.
pub const ANA: &str = "ana.rojas@example.org";
/// Somebody else who is registered.
pub const BEN: &str = "ben.luna@example.org";
/// Nobody is registered under this address.
pub const NOBODY: &str = "nadie@example.org";

/// The address part of another desk.
pub const SECOND_DESK: &str = "otra";
/// Somebody registered at the other desk.
pub const CARO: &str = "caro.vega@example.org";

/// A desk with two registered people.
pub struct Stage {
    /// Key of the desk.
    pub desk: i64,
    /// Key of Ana.
    pub ana: i64,
    /// Key of Ben.
    pub ben: i64,
}

/// Installs the desk and registers Ana and Ben.
pub async fn set(app: &TestApp) -> Stage {
    let now = app.clock.now();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("desks")
        .join(DESK);
    let read = |name: &str| {
        (
            name.to_owned(),
            std::fs::read_to_string(folder.join(name)).unwrap(),
        )
    };
    let files = vec![read("desk.toml"), read("catalog.csv")];
    let (profile, _) = load(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
    app.seed(move |conn| {
        let (desk, _) = desks::store::install(conn, &profile, &files, "story", now)?;
        let ana = add_person(conn, desk, "Ana María Rojas", ANA, now)?;
        let ben = add_person(conn, desk, "Ben Luna", BEN, now)?;
        Ok(Stage { desk, ana, ben })
    })
    .await
}

/// Installs a second desk like the first, with a person of its own; gives the keys of desk and person.
pub async fn set_second(app: &TestApp) -> (i64, i64) {
    let now = app.clock.now();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("desks")
        .join(DESK);
    let read = |name: &str| {
        (
            name.to_owned(),
            std::fs::read_to_string(folder.join(name)).unwrap(),
        )
    };
    let (name, text) = read("desk.toml");
    let text = text
        .replace(
            &format!("slug = \"{DESK}\""),
            &format!("slug = \"{SECOND_DESK}\""),
        )
        .replace("INF-{number}", "OTR-{number}");
    let files = vec![(name, text), read("catalog.csv")];
    let (profile, _) = load(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
    app.seed(move |conn| {
        let (desk, _) = desks::store::install(conn, &profile, &files, "story", now)?;
        let caro = add_person(conn, desk, "Caro Vega", CARO, now)?;
        Ok((desk, caro))
    })
    .await
}

/// A complete ticket form for a desk.
pub fn draft_at(desk: &str, email: &str) -> NewDraft {
    NewDraft {
        desk: desk.to_owned(),
        ..draft(email)
    }
}

/// Registers a person at a desk.
pub fn add_person(
    conn: &mut DbConnection,
    desk: i64,
    name: &str,
    email: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<i64, ApiError> {
    let ((organization_id, ..), _) =
        find_or_insert_organization(conn, desk, "Alcaldía de San Roque", now)?;
    let data = PersonData {
        full_name: name.to_owned(),
        email: email.to_owned(),
        phone: "601 555 0134".to_owned(),
        organization_id: Some(organization_id),
        place: Place::default(),
        language: Lang::Es,
    };
    Ok(register(conn, desk, &data, now)?.0)
}

/// A complete ticket form.
pub fn draft(email: &str) -> NewDraft {
    NewDraft {
        desk: DESK.to_owned(),
        email: email.to_owned(),
        request_type: RequestType::Incident,
        category: "eset".to_owned(),
        priority: Some("p3".to_owned()),
        impact: None,
        urgency: None,
        extra: Default::default(),
        subject: "La consola no actualiza las firmas".to_owned(),
        message: "Desde ayer tres equipos no reciben firmas nuevas.".to_owned(),
        attachments: Vec::new(),
        language: Lang::Es,
    }
}

/// The mails that wait for an address, oldest first; withheld ones are no mails.
pub async fn mails(app: &TestApp, email: &str) -> Vec<Content> {
    let email = email.to_owned();
    app.seed(move |conn| {
        let rows: Vec<JsonText<MailPayload>> = outbox::table
            .filter(outbox::recipient.eq(email))
            .filter(outbox::status.ne("withheld"))
            .order(outbox::id)
            .select(outbox::payload)
            .load(conn)?;
        Ok(rows.into_iter().map(|row| row.0.content).collect())
    })
    .await
}

/// The codes that were mailed to an address, oldest first.
pub async fn codes(app: &TestApp, email: &str) -> Vec<String> {
    let code = |content: Content| match content {
        Content::Code { code, .. } => Some(code),
        _ => None,
    };
    mails(app, email)
        .await
        .into_iter()
        .filter_map(code)
        .collect()
}

/// The code that was mailed last.
pub async fn last_code(app: &TestApp, email: &str) -> String {
    codes(app, email).await.pop().expect("a code was mailed")
}

/// How many tickets there are.
pub async fn ticket_count(app: &TestApp) -> i64 {
    app.seed(|conn| Ok(tickets::table.count().get_result(conn)?))
        .await
}

/// Sends a draft.
pub async fn ask(browser: &Browser, draft: &NewDraft) -> Challenge {
    browser
        .post("/api/v1/portal/drafts")
        .with_key()
        .json(draft)
        .send()
        .await
        .expect(202)
        .json()
}

/// Tries a code.
pub async fn prove(browser: &Browser, challenge: &Challenge, code: &str) -> Answer {
    let path = format!("/api/v1/portal/challenges/{}/verify", challenge.id);
    browser
        .post(&path)
        .json(&CodeProof {
            code: code.to_owned(),
        })
        .send()
        .await
}

/// Opens a ticket from the form to the proof, and the session with it.
pub async fn open_ticket(app: &TestApp, browser: &Browser, draft: &NewDraft) -> Verified {
    let challenge = ask(browser, draft).await;
    let code = last_code(app, &draft.email).await;
    prove(browser, &challenge, &code).await.expect(200).json()
}

/// Makes an agent a member of a group.
pub async fn join_group(app: &TestApp, agent: &Agent, desk: i64, group: &str) {
    let (user, group) = (agent.id, group.to_owned());
    app.seed(move |conn| {
        let id: i64 = groups::table
            .filter(groups::desk_id.eq(desk))
            .filter(groups::slug.eq(group))
            .select(groups::id)
            .first(conn)?;
        let row = (
            group_members::desk_id.eq(desk),
            group_members::group_id.eq(id),
            group_members::user_id.eq(user),
        );
        diesel::insert_into(group_members::table)
            .values(row)
            .execute(conn)?;
        Ok(())
    })
    .await;
}
