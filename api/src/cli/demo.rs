//! `atiende demo`: a first run with sample data, then serving. Never for production: its passwords are known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use shared::api::agents::AgentMembership;
use shared::desk::Desk;
use shared::i18n::Lang;
use shared::ticket::actor::{Actor, Assignee, Privilege, PrivilegeSet};
use shared::ticket::event::IdentityProof;
use shared::ticket::status::{Channel, Level, RequestType, Visibility};
use shared::ticket::text::{Body, EmailAddress, PersonName, Reason, Stars, Subject};

use super::desk::{Files, read};
use super::sample::{AGENTS, DESKS, PEOPLE, Plan, Role, STORIES, Story};
use super::serve;
use super::user::in_words;
use crate::agents::commands::NewAccount;
use crate::app::StartError;
use crate::attachments::store::Owner;
use crate::auth::password;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbConnection, DbError};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::ApiError;
use crate::people::store::PersonData;
use crate::tickets::commands::{self, Change, Files as TicketFiles, OpenTicket, Scope};
use crate::{agents, desks, people, tickets};

/// Password of every sample account.
pub(super) const PASSWORD: &str = "mesa-abierta-2026";

/// Flags of `demo`.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) serve: serve::Options,
    /// Folder with the desks' folders.
    #[arg(long, value_name = "FOLDER")]
    desks: Option<PathBuf>,
    /// Prepare the data and stop.
    #[arg(long)]
    no_serve: bool,
}

pub(super) fn run(settings: Settings, options: &Options) -> Result<(), StartError> {
    crate::config::create_private_folder(&settings.data_dir)?;
    let db = Db::open(&settings.database)?;
    db.migrate()?;
    let known = db.read_blocking(|conn: &mut DbConnection| {
        desks::store::active_versions(conn).map_err(StartError::from)
    })?;
    if known.is_empty() {
        let folder = options
            .desks
            .clone()
            .or_else(default_desks)
            .ok_or_else(|| {
                StartError::Other("no desk folders found; give them with --desks FOLDER".to_owned())
            })?;
        fill(&db, &folder, Clock::system().now())?;
    }
    let slugs: Vec<String> = db
        .read_blocking(|conn: &mut DbConnection| {
            desks::store::active_versions(conn).map_err(StartError::from)
        })?
        .into_iter()
        .map(|row| row.1)
        .collect();
    drop(db);
    welcome(&settings, &slugs);
    if options.no_serve {
        Ok(())
    } else {
        serve::run(settings, Clock::system(), &options.serve)
    }
}

fn default_desks() -> Option<PathBuf> {
    ["api/desks", "/usr/share/atiende/desks"]
        .into_iter()
        .map(PathBuf::from)
        .find(|folder| folder.is_dir())
}

fn welcome(settings: &Settings, slugs: &[String]) {
    let base = settings.public_url.as_str().trim_end_matches('/');
    println!();
    println!("  Atiende is ready, with sample data.");
    println!();
    for slug in slugs {
        println!("  Portal    {base}/{slug}");
    }
    println!("  Console   {base}/console/");
    if settings.smtp.is_none() {
        println!("  Mailbox   {base}/mailbox      every mail arrives here");
    }
    println!("  API       {base}/api/docs/");
    println!();
    println!("  Requesters prove their address by a mailed code. Registered samples:");
    for person in PEOPLE.iter().take(3) {
        println!("    {:32} {}", person.email, person.name);
    }
    println!();
    println!("  Agents sign in to the console with the password  {PASSWORD}");
    for agent in AGENTS {
        println!("    {:32} {}", agent.email, agent.what);
    }
    println!();
}

fn fill(db: &Db, folder: &Path, now: DateTime<Utc>) -> Result<(), StartError> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    let has_stories = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| DESKS.contains(&name))
    };
    folders.retain(|path| path.join("desk.toml").is_file() && has_stories(path));
    folders.sort();
    let mut read_desks: Vec<(Desk, Files)> = Vec::new();
    for path in &folders {
        let (desk, files, _) = read(path)?;
        read_desks.push((desk, files));
    }
    let hash = password::hash_blocking(PASSWORD)?;
    db.write_blocking(move |conn| fill_tables(conn, read_desks, &hash, now).map_err(in_words_of_db))
        .map_err(|error: Wrapped| error.0)
}

/// An error of the sample data, in words.
struct Wrapped(StartError);

impl From<DbError> for Wrapped {
    fn from(error: DbError) -> Self {
        Self(error.into())
    }
}

fn in_words_of_db(error: ApiError) -> Wrapped {
    Wrapped(in_words(error))
}

fn fill_tables(
    conn: &mut DbConnection,
    read_desks: Vec<(Desk, Files)>,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let registry = DeskRegistry::default();
    let start = now - TimeDelta::days(30);
    for (desk, files) in &read_desks {
        desks::store::install(conn, desk, files, "sample data", start)?;
    }
    let profiles: Vec<&Desk> = read_desks.iter().map(|(desk, _)| desk).collect();
    for agent in AGENTS {
        let account = NewAccount {
            email: parsed(EmailAddress::parse(agent.email))?,
            full_name: parsed(PersonName::parse(agent.name))?,
            language: Lang::Es,
            is_admin: agent.role == Role::Administrator,
            password_hash: password_hash.to_owned(),
            memberships: profiles
                .iter()
                .map(|desk| place(desk, agent.role))
                .collect(),
        };
        agents::commands::create(conn, &registry, account, start)?;
    }
    for (desk, _) in &read_desks {
        let installed = registry
            .by_slug(conn, &desk.slug, now)?
            .ok_or_else(ApiError::not_found)?;
        fill_people(conn, installed.id, start)?;
        fill_tickets(conn, &registry, &installed, now)?;
    }
    // What happened in the sample's past was mailed in its past.
    mark_mails_sent(conn)?;
    Ok(())
}

fn parsed<T>(result: Result<T, shared::ticket::text::TextError>) -> Result<T, ApiError> {
    result.map_err(ApiError::internal)
}

fn place(desk: &Desk, role: Role) -> AgentMembership {
    let groups = |level: u8| -> Vec<String> {
        desk.levels
            .iter()
            .filter(|profile| profile.level.number() == level)
            .flat_map(|profile| profile.groups.clone())
            .collect()
    };
    let work = [
        Privilege::TicketRead,
        Privilege::TicketWork,
        Privilege::TicketAssign,
        Privilege::TicketEscalate,
        Privilege::PriorityChange,
    ];
    let (privileges, groups) = match role {
        Role::Level(1) => {
            let line = [Privilege::TicketCreate, Privilege::IdentityVouch];
            (work.into_iter().chain(line).collect(), groups(1))
        }
        Role::Level(level) => (work.to_vec(), groups(level)),
        Role::Assistant => (
            vec![
                Privilege::TicketRead,
                Privilege::TicketCreate,
                Privilege::PeopleManage,
                Privilege::AccessDecide,
                Privilege::IdentityVouch,
            ],
            Vec::new(),
        ),
        Role::Coordinator | Role::Administrator => (Privilege::ALL.to_vec(), groups(1)),
    };
    AgentMembership {
        desk: desk.slug.clone(),
        privileges,
        groups,
    }
}

fn fill_people(conn: &mut DbConnection, desk_id: i64, at: DateTime<Utc>) -> Result<(), ApiError> {
    for person in PEOPLE {
        let (organization, _) =
            people::store::find_or_insert_organization(conn, person.entity, at)?;
        let data = PersonData {
            full_name: person.name.to_owned(),
            email: person.email.to_owned(),
            phone: person.phone.to_owned(),
            organization_id: Some(organization.0),
            language: Lang::Es,
        };
        people::store::insert(conn, desk_id, &data, at)?;
    }
    Ok(())
}

fn fill_tickets(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    for (number, story) in STORIES.iter().enumerate() {
        let mut at = business_moment(desk, now, story.hours_ago);
        let code = open_story(conn, desk, story, number, at)?;
        let mut step =
            |conn: &mut DbConnection, actor: &Actor, change: Change| -> Result<(), ApiError> {
                at = (at + TimeDelta::minutes(17 + i64::try_from(number).unwrap_or(0))).min(now);
                let (record, desk) = commands::load(conn, registry, &Scope::Desks(None), &code)?;
                commands::change(conn, &desk, record, actor, change, None, at)?;
                Ok(())
            };
        let first = agent(conn, desk, Role::Level(1))?;
        let second = agent(conn, desk, Role::Level(2))?;
        let requester = requester(conn, desk, number)?;
        let take = |who: &(Actor, Assignee)| Change::Assign {
            assignee: Some(who.1.id),
            group: None,
            reason: None,
        };
        match story.plan {
            Plan::Untouched => {}
            Plan::InProgress => {
                step(conn, &first.0, take(&first))?;
                step(conn, &first.0, say(story.answer)?)?;
            }
            Plan::Answered => {
                step(conn, &first.0, take(&first))?;
                step(conn, &first.0, say(story.answer)?)?;
                step(conn, &requester, say(story.reply)?)?;
            }
            Plan::Escalated => {
                step(conn, &first.0, take(&first))?;
                let group = desk
                    .profile
                    .levels
                    .iter()
                    .find(|level| level.level == Level::TWO)
                    .and_then(|level| level.groups.first());
                if let Some(group) = group {
                    let change = Change::Escalate {
                        level: Level::TWO,
                        group: group.clone(),
                        assignee: Some(second.1.id),
                        reason: None,
                        justification: Some(parsed(Reason::parse(story.answer))?),
                        diagnosis: None,
                    };
                    step(conn, &first.0, change)?;
                }
            }
            Plan::Solved | Plan::Closed(_) => {
                step(conn, &first.0, take(&first))?;
                let solution = Some(parsed(Body::parse(story.answer))?);
                let files = TicketFiles {
                    owner: Owner::User(first.1.id),
                    ids: Vec::new(),
                    ticket_bytes: i64::MAX,
                };
                step(
                    conn,
                    &first.0,
                    Change::Solve {
                        solution,
                        reason: None,
                        files,
                    },
                )?;
                if let Plan::Closed(stars) = story.plan {
                    step(conn, &requester, Change::Accept)?;
                    let comment = if story.reply.is_empty() {
                        None
                    } else {
                        Some(parsed(Reason::parse(story.reply))?)
                    };
                    step(
                        conn,
                        &requester,
                        Change::Rate {
                            stars: Some(parsed(Stars::parse(stars))?),
                            comment,
                            answers: Vec::new(),
                        },
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn say(text: &str) -> Result<Change, ApiError> {
    let files = TicketFiles {
        owner: Owner::User(0),
        ids: Vec::new(),
        ticket_bytes: i64::MAX,
    };
    Ok(Change::Write {
        visibility: Visibility::Public,
        body: parsed(Body::parse(text))?,
        files,
    })
}

fn open_story(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    story: &Story,
    number: usize,
    at: DateTime<Utc>,
) -> Result<String, ApiError> {
    let person = &PEOPLE[number % PEOPLE.len()];
    let requester = tickets::store::requester_by_email(conn, desk.id, person.email)?
        .ok_or_else(ApiError::not_found)?;
    let choices: Vec<String> = desk
        .profile
        .catalog
        .selectable(desk.profile.intake.leaf_only)
        .map(|entry| entry.key.clone())
        .collect();
    let priorities = &desk.profile.priority.items;
    let actor = Actor::Requester {
        person_id: requester.id,
        name: requester.full_name.clone(),
        also_agent: None,
    };
    let new = OpenTicket {
        requester,
        channel: Channel::Portal,
        request_type: if story.incident {
            RequestType::Incident
        } else {
            RequestType::Request
        },
        category: choices
            .get(number % choices.len().max(1))
            .cloned()
            .unwrap_or_default(),
        priority: priorities
            .get(usize::from(story.urgency).min(priorities.len().saturating_sub(1)))
            .map(|priority| priority.key.clone()),
        impact: None,
        urgency: None,
        extra: BTreeMap::new(),
        group: None,
        assignee: None,
        subject: parsed(Subject::parse(story.subject))?,
        message: parsed(Body::parse(story.message))?,
        files: TicketFiles {
            owner: Owner::User(0),
            ids: Vec::new(),
            ticket_bytes: i64::MAX,
        },
        identity: IdentityProof::MailCode,
    };
    Ok(commands::open_ticket(conn, desk, &actor, new, at)?.code)
}

/// A working moment some hours ago: not at night and not on a weekend, so that the sample's clocks look like real ones.
fn business_moment(desk: &InstalledDesk, now: DateTime<Utc>, hours_ago: i64) -> DateTime<Utc> {
    let mut at = now - TimeDelta::hours(hours_ago);
    while matches!(at.weekday(), Weekday::Sat | Weekday::Sun) {
        at -= TimeDelta::days(1);
    }
    let moment = desk.profile.calendar.next_business_moment(at).unwrap_or(at);
    if moment < now { moment } else { at }
}

fn agent(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    role: Role,
) -> Result<(Actor, Assignee), ApiError> {
    let sample = AGENTS
        .iter()
        .find(|agent| agent.role == role)
        .ok_or_else(ApiError::not_found)?;
    let user = agents::store::user_by_email(conn, sample.email)?.ok_or_else(ApiError::not_found)?;
    let (row, groups) =
        tickets::store::desk_agent(conn, desk.id, user.id)?.ok_or_else(ApiError::not_found)?;
    let actor = Actor::Agent {
        user_id: row.id,
        name: row.full_name.clone(),
        privileges: PrivilegeSet::all(),
        groups: groups.clone(),
    };
    Ok((
        actor,
        Assignee {
            id: row.id,
            name: row.full_name,
            groups,
        },
    ))
}

fn requester(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    number: usize,
) -> Result<Actor, ApiError> {
    let person = &PEOPLE[number % PEOPLE.len()];
    let row = tickets::store::requester_by_email(conn, desk.id, person.email)?
        .ok_or_else(ApiError::not_found)?;
    Ok(Actor::Requester {
        person_id: row.id,
        name: row.full_name,
        also_agent: None,
    })
}

fn mark_mails_sent(conn: &mut DbConnection) -> Result<(), ApiError> {
    use crate::db::schema::outbox;
    use diesel::prelude::*;
    diesel::update(outbox::table)
        .set((
            outbox::status.eq("sent"),
            outbox::attempts.eq(1),
            outbox::sent_at.eq(outbox::created_at.nullable()),
        ))
        .execute(conn)?;
    Ok(())
}
