//! `atiende demo`: a first run with sample data, then serving. Never for production: its passwords are known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use shared::api::agents::AgentMembership;
use shared::desk::Desk;
use shared::desk::profile::{Choice, FieldKind, FormField, QuestionKind};
use shared::i18n::Lang;
use shared::ticket::actor::{Actor, ActorKind, ActorRef, Assignee, Privilege, PrivilegeSet};
use shared::ticket::command::{
    Answer, AnswerValue, Command, CommandKind, ContactChannel, ContactResult,
};
use shared::ticket::event::IdentityProof;
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::text::{Body, EmailAddress, PersonName, Reason, Stars, Subject};

use super::desk::{Files, read};
use super::sample::{AGENTS, PEOPLE, Plan, Role, Story, form_answer, stories};
use super::serve;
use super::user::in_words;
use crate::agents::commands::NewAccount;
use crate::app::StartError;
use crate::approvals::commands::appoint;
use crate::approvals::trace::Appointed;
use crate::attachments::store::Owner;
use crate::auth::password;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbConnection, DbError};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::desks::view::approver_roles;
use crate::http::ApiError;
use crate::people::store::{PersonData, Place};
use crate::tickets::commands::{self, Change, Files as TicketFiles, OpenTicket, Scope};
use crate::tickets::error::TicketError;
use crate::tickets::sight::Sight;
use crate::tickets::store::TicketRecord;
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
        let place = if agent.desk.is_empty() {
            "all"
        } else {
            agent.desk
        };
        println!("    {:28} {place:10} {}", agent.email, agent.what);
    }
    println!();
}

fn fill(db: &Db, folder: &Path, now: DateTime<Utc>) -> Result<(), StartError> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    let has_stories = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| !stories(name).is_empty())
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
                .filter(|desk| agent.desk.is_empty() || agent.desk == desk.slug)
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
        fill_approvers(conn, &installed, start)?;
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
            .flat_map(|profile| profile.groups.iter().chain(&profile.onsite).cloned())
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
        Role::Vendor => {
            let of_vendor = desk.groups.iter().filter(|group| group.vendor);
            (
                vec![Privilege::TicketRead, Privilege::TicketWork],
                of_vendor.map(|group| group.key.clone()).collect(),
            )
        }
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
        Role::Coordinator => (
            // Who decides what is approved is not the coordination's to say.
            Privilege::ALL
                .iter()
                .copied()
                .filter(|privilege| *privilege != Privilege::DeskAdmin)
                .collect(),
            groups(1).into_iter().chain(groups(2)).collect(),
        ),
        Role::Administrator => (Privilege::ALL.to_vec(), groups(1)),
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
            people::store::find_or_insert_organization(conn, desk_id, person.entity, at)?;
        let data = PersonData {
            full_name: person.name.to_owned(),
            email: person.email.to_owned(),
            phone: person.phone.to_owned(),
            organization_id: Some(organization.0),
            place: Place {
                site: Some(person.site.to_owned()),
                department: Some(person.department.to_owned()),
                extension: Some(person.extension.to_owned()),
            },
            language: Lang::Es,
        };
        people::store::insert(conn, desk_id, &data, at)?;
    }
    Ok(())
}

/// Each role that is no group of agents is held by two people and a deputy, so that whoever asks finds somebody who decides.
fn fill_approvers(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    at: DateTime<Utc>,
) -> Result<(), ApiError> {
    let mut holders = Vec::new();
    for (place, person) in PEOPLE.iter().skip(3).take(3).enumerate() {
        let row = tickets::store::requester_by_email(conn, desk.id, person.email)?
            .ok_or_else(ApiError::not_found)?;
        holders.push(Appointed {
            person: row.id,
            name: row.full_name,
            deputy: place == 2,
        });
    }
    let administrator = AGENTS
        .iter()
        .find(|agent| agent.role == Role::Administrator)
        .ok_or_else(ApiError::not_found)?;
    let user =
        agents::store::user_by_email(conn, administrator.email)?.ok_or_else(ApiError::not_found)?;
    let author = ActorRef {
        kind: ActorKind::Agent,
        id: Some(user.id),
        name: user.full_name,
    };
    for role in approver_roles(&desk.profile, Lang::Es) {
        if desk.profile.group(&role.id).is_none() {
            appoint(conn, desk, &author, &role.id, holders.clone(), at)?;
        }
    }
    Ok(())
}

fn fill_tickets(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let team = Team {
        first: agent(conn, desk, Role::Level(1))?,
        second: agent(conn, desk, Role::Level(2))?,
        third: match agent(conn, desk, Role::Level(3)).or_else(|_| agent(conn, desk, Role::Vendor))
        {
            Ok(third) => third,
            // A desk whose vendor is outside has nobody there.
            Err(_) => agent(conn, desk, Role::Level(2))?,
        },
    };
    for (number, story) in stories(&desk.profile.slug).iter().enumerate() {
        let at = business_moment(desk, now, story.hours_ago);
        let code = open_story(conn, desk, story, number, at)?;
        let pace = TimeDelta::minutes(17 + i64::try_from(number).unwrap_or(0));
        let mut life = Life {
            conn,
            registry,
            code,
            at,
            pace,
            now,
        };
        let requester = requester(life.conn, desk, number)?;
        life.follow(story, &team, &requester)?;
    }
    Ok(())
}

/// Who works on the sample tickets.
struct Team {
    first: (Actor, Assignee),
    second: (Actor, Assignee),
    third: (Actor, Assignee),
}

/// The life of one sample ticket, moved by what its desk allows.
struct Life<'a> {
    conn: &'a mut DbConnection,
    registry: &'a DeskRegistry,
    code: String,
    at: DateTime<Utc>,
    pace: TimeDelta,
    now: DateTime<Utc>,
}

impl Life<'_> {
    fn load(&mut self) -> Result<(TicketRecord, Arc<InstalledDesk>), ApiError> {
        Ok(commands::load(
            self.conn,
            self.registry,
            &Scope::Console(Sight::whole(None)),
            &self.code,
        )?)
    }

    fn status(&mut self) -> Result<Status, ApiError> {
        Ok(self.load()?.0.state.status)
    }

    fn tick(&mut self) -> DateTime<Utc> {
        self.at = (self.at + self.pace).min(self.now);
        self.at
    }

    /// A change as an agent or requester makes it.
    fn step(&mut self, actor: &Actor, change: Change) -> Result<(), ApiError> {
        let at = self.tick();
        let (record, desk) = self.load()?;
        commands::change(self.conn, &desk, record, actor, change, None, at)?;
        Ok(())
    }

    /// A command of the desk's process; one that the desk does not have is left out.
    fn try_to(&mut self, actor: &Actor, command: &Command) -> Result<bool, ApiError> {
        let at = self.tick();
        let (record, desk) = self.load()?;
        match commands::give(self.conn, &desk, record, actor, command, at) {
            Ok(_) => Ok(true),
            Err(TicketError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The first reason of a state, where it has any.
    fn reason(&mut self, status: Status) -> Result<Option<String>, ApiError> {
        let desk = self.load()?.1;
        let state = desk.profile.state(status);
        Ok(state.and_then(|state| state.reasons.first().map(|reason| reason.id.clone())))
    }

    /// Answers the control questions that stand before a command.
    fn answer_controls(&mut self, actor: &Actor, before: CommandKind) -> Result<(), ApiError> {
        let (record, desk) = self.load()?;
        for control in &desk.profile.controls {
            if control.stands_before(before, record.state.level) {
                let command = Command::RecordControl {
                    control: control.id.clone(),
                    answer: control.wanted(before).unwrap_or(true),
                    note: None,
                };
                self.try_to(actor, &command)?;
            }
        }
        Ok(())
    }

    /// Priority and control questions, then somebody in charge, then the state in which work goes on.
    fn begin(&mut self, who: &(Actor, Assignee), urgency: u8) -> Result<(), ApiError> {
        self.prioritise(&who.0, urgency)?;
        self.answer_controls(&who.0, CommandKind::Take)?;
        let take = Change::Assign {
            assignee: Some(who.1.id),
            group: None,
            reason: None,
        };
        self.step(&who.0, take)?;
        self.start(&who.0)
    }

    fn start(&mut self, actor: &Actor) -> Result<(), ApiError> {
        let start = Command::Start {
            reason: self.reason(Status::InProgress)?,
            diagnosis: None,
        };
        self.try_to(actor, &start).map(drop)
    }

    fn prioritise(&mut self, actor: &Actor, urgency: u8) -> Result<(), ApiError> {
        let (record, desk) = self.load()?;
        if record.state.prioritised {
            return Ok(());
        }
        let (priority, impact, pressing) = choice(&desk, urgency);
        let command = Command::ChangePriority {
            priority,
            impact,
            urgency: pressing,
            reason: Some(parsed(Reason::parse(
                "Según el impacto que describe la persona.",
            ))?),
        };
        self.try_to(actor, &command).map(drop)
    }

    fn suspend(&mut self, actor: &Actor, why: &str) -> Result<bool, ApiError> {
        let attempt = Command::RecordContactAttempt {
            channel: ContactChannel::Mail,
            result: ContactResult::NoAnswer,
            note: None,
            evidence: None,
            next_contact: None,
        };
        self.try_to(actor, &attempt)?;
        self.answer_controls(actor, CommandKind::Suspend)?;
        let suspend = Command::Suspend {
            reason: self.reason(Status::Suspended)?,
            justification: Some(parsed(Reason::parse(why))?),
            next_contact: None,
        };
        self.try_to(actor, &suspend)
    }

    fn escalate(&mut self, team: &Team, why: &str) -> Result<(), ApiError> {
        let (record, desk) = self.load()?;
        let usual = || desk.profile.level(Level::TWO)?.groups.first();
        let category = record.state.category.as_deref();
        let group = desk
            .profile
            .proposed_group(category, Level::TWO)
            .filter(|group| team.second.1.groups.iter().any(|one| one == group))
            .or_else(|| usual().map(String::as_str));
        let Some(group) = group.map(str::to_owned) else {
            return Ok(());
        };
        let change = Change::Escalate {
            level: Some(Level::TWO),
            group: Some(group),
            assignee: Some(team.second.1.id),
            reason: self.reason(Status::Escalated)?,
            justification: Some(parsed(Reason::parse(why))?),
            diagnosis: Some(parsed(Body::parse(why))?),
        };
        self.step(&team.first.0, change)
    }

    fn solve(&mut self, who: &(Actor, Assignee), solution: &str) -> Result<(), ApiError> {
        self.answer_controls(&who.0, CommandKind::Solve)?;
        let change = Change::Solve {
            solution: Some(parsed(Body::parse(solution))?),
            reason: self.reason(Status::Solved)?,
            files: no_files(who.1.id),
            despite_children: false,
        };
        self.step(&who.0, change)
    }

    /// The requester's last word, as the desk asks for it.
    fn judge(&mut self, requester: &Actor, stars: u8, words: &str) -> Result<(), ApiError> {
        let (record, desk) = self.load()?;
        let survey = desk.profile.surveys(record.state.category.as_deref());
        let questions = if survey {
            &desk.profile.survey.questions[..]
        } else {
            &[]
        };
        let stars = parsed(Stars::parse(stars))?;
        let answers = questions.iter().filter_map(|question| {
            let value = match question.kind {
                QuestionKind::Stars => AnswerValue::Stars(stars),
                QuestionKind::YesNo => AnswerValue::YesNo(stars.number() > 2),
                QuestionKind::Choice => AnswerValue::Choice(question.options.first()?.id.clone()),
                QuestionKind::Text => AnswerValue::Text(Reason::parse(words).ok()?),
            };
            Some(Answer {
                question: question.id.clone(),
                value,
            })
        });
        let answers: Vec<Answer> = answers.collect();
        let rate = if answers.is_empty() {
            self.step(requester, Change::Accept)?;
            Change::Rate {
                stars: Some(stars),
                comment: Reason::parse(words).ok(),
                answers,
            }
        } else {
            Change::Rate {
                stars: None,
                comment: None,
                answers,
            }
        };
        self.step(requester, rate)
    }

    fn follow(&mut self, story: &Story, team: &Team, requester: &Actor) -> Result<(), ApiError> {
        let first = &team.first;
        match story.plan {
            Plan::Untouched => return Ok(()),
            Plan::Incomplete => {
                return self.suspend(&first.0, story.answer).map(drop);
            }
            Plan::Approval => {
                self.prioritise(&first.0, story.urgency)?;
                self.answer_controls(&first.0, CommandKind::RequestApproval)?;
                let ticket = self.load()?.0.id;
                let message = tickets::store::first_message(self.conn, ticket)?;
                let ask = Command::RequestApproval {
                    note: Some(parsed(Reason::parse(story.answer))?),
                    evidence: message.into_iter().map(|message| message.id).collect(),
                    files: Vec::new(),
                };
                return self.try_to(&first.0, &ask).map(drop);
            }
            _ => self.begin(first, story.urgency)?,
        }
        match story.plan {
            Plan::Untouched | Plan::Incomplete | Plan::Approval => {}
            Plan::InProgress => self.step(&first.0, say(story.answer)?)?,
            Plan::Answered => {
                self.step(&first.0, say(story.answer)?)?;
                self.step(requester, say(story.reply)?)?;
            }
            Plan::Escalated => self.escalate(team, story.answer)?,
            Plan::Onsite => {
                let desk = self.load()?.1;
                let group = desk
                    .profile
                    .levels
                    .iter()
                    .find_map(|level| level.onsite.first());
                let command = Command::EscalateOnsite {
                    group: group.cloned(),
                    assignee: None,
                    reason: self.reason(Status::EscalatedOnsite)?,
                    justification: Some(parsed(Reason::parse(story.answer))?),
                    diagnosis: None,
                };
                self.try_to(&first.0, &command)?;
            }
            Plan::Suspended => {
                if !self.suspend(&first.0, story.answer)? {
                    // Where waiting is a matter of another level, it begins with handing over.
                    self.escalate(team, story.answer)?;
                }
            }
            Plan::Vendor => self.ask_vendor(team, story.answer)?,
            Plan::Solved => self.solve(first, story.answer)?,
            Plan::Unsolvable => {
                let command = Command::MarkUnsolvable {
                    description: Some(parsed(Body::parse(story.answer))?),
                    reason: self.reason(Status::Unsolvable)?,
                };
                self.try_to(&first.0, &command)?;
            }
            Plan::NotManaged => {
                let desk = self.load()?.1;
                let reasons = desk.profile.state(Status::NotManaged);
                let command = Command::MarkNotManaged {
                    description: Some(parsed(Body::parse(story.answer))?),
                    // The first is silence, which takes three attempts.
                    reason: reasons
                        .and_then(|state| state.reasons.last().map(|reason| reason.id.clone())),
                };
                self.try_to(&first.0, &command)?;
            }
            Plan::Closed(stars) => {
                self.solve(first, story.answer)?;
                self.judge(requester, stars, story.reply)?;
                let close = Command::CloseByDesk {
                    reason: None,
                    note: None,
                };
                if self.status()? == Status::Solved {
                    self.try_to(&first.0, &close)?;
                }
            }
            Plan::Reopened => {
                self.solve(first, story.answer)?;
                self.judge(requester, 1, story.reply)?;
            }
        }
        Ok(())
    }

    fn ask_vendor(&mut self, team: &Team, why: &str) -> Result<(), ApiError> {
        let (desk, third) = (self.load()?.1, &team.third.1);
        let vendors = desk.profile.groups.iter().filter(|group| group.vendor);
        let group = vendors
            .map(|group| group.key.clone())
            .find(|key| third.groups.contains(key));
        let named = Command::SendToVendor {
            group,
            assignee: Some(third.clone()),
            vendor: None,
            reason: None,
            justification: Some(parsed(Reason::parse(why))?),
        };
        if self.try_to(&team.first.0, &named)? {
            return Ok(());
        }
        // Where a vendor is outside the desk, the second level asks it and stays in charge.
        self.escalate(team, why)?;
        self.answer_controls(&team.second.0, CommandKind::SendToVendor)?;
        let cause = Command::RecordCause {
            cause: Some(parsed(Body::parse(why))?),
        };
        self.try_to(&team.second.0, &cause)?;
        let outside = Command::SendToVendor {
            group: None,
            assignee: None,
            vendor: Some("Redes del Valle".to_owned()),
            reason: None,
            justification: Some(parsed(Reason::parse(why))?),
        };
        self.try_to(&team.second.0, &outside).map(drop)
    }
}

/// The keys of a priority, or of impact and urgency, for a sample's urgency: 0 is the worst.
fn choice(desk: &InstalledDesk, urgency: u8) -> (Option<String>, Option<String>, Option<String>) {
    let scheme = &desk.profile.priority;
    let place = usize::from(urgency);
    match &scheme.matrix {
        Some(matrix) => {
            let at = |choices: &[Choice]| {
                choices
                    .get(place.min(choices.len().saturating_sub(1)))
                    .map(|choice| choice.id.clone())
            };
            (None, at(&matrix.impact), at(&matrix.urgency))
        }
        None => {
            let key = scheme
                .items
                .get(place.min(scheme.items.len().saturating_sub(1)))
                .map(|priority| priority.key.clone());
            (key, None, None)
        }
    }
}

fn no_files(user: i64) -> TicketFiles {
    TicketFiles {
        owner: Owner::User(user),
        ids: Vec::new(),
        of_form: Vec::new(),
        ticket_bytes: i64::MAX,
    }
}

fn say(text: &str) -> Result<Change, ApiError> {
    Ok(Change::Write {
        visibility: Visibility::Public,
        body: parsed(Body::parse(text))?,
        files: no_files(0),
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
    let category = if story.category.is_empty() {
        choices
            .get(number * 7 % choices.len().max(1))
            .cloned()
            .unwrap_or_default()
    } else {
        story.category.to_owned()
    };
    let needs_file = desk
        .profile
        .catalog
        .get(&category)
        .is_some_and(|entry| entry.evidence);
    // The sample has no files: what needs one was told by telephone, and waits for it.
    let (actor, channel, identity) = if needs_file {
        let (agent, _) = agent(conn, desk, Role::Level(1))?;
        (agent, Channel::Phone, IdentityProof::RecordedByStaff)
    } else {
        let person = Actor::Requester {
            person_id: requester.id,
            name: requester.full_name.clone(),
            also_agent: None,
        };
        (person, Channel::Portal, IdentityProof::MailCode)
    };
    let by_requester = if desk.profile.priority.chosen_by_requester {
        choice(desk, story.urgency)
    } else {
        (None, None, None)
    };
    let new = OpenTicket {
        requester,
        channel,
        request_type: if story.incident {
            RequestType::Incident
        } else {
            RequestType::Request
        },
        category,
        priority: by_requester.0,
        impact: by_requester.1,
        urgency: by_requester.2,
        extra: extra(desk, story.category),
        group: None,
        assignee: None,
        subject: parsed(Subject::parse(story.subject))?,
        message: parsed(Body::parse(story.message))?,
        files: no_files(0),
        identity,
        superseded: Vec::new(),
    };
    Ok(commands::open_ticket(conn, desk, &actor, new, at)?.code)
}

/// Answers to the form of a category, for those of its fields that must have one.
fn extra(desk: &InstalledDesk, category: &str) -> BTreeMap<String, String> {
    let fields = desk.profile.form_of(Some(category));
    let fields = fields.into_iter().flat_map(|form| &form.fields);
    let value = |field: &FormField| match field.kind {
        FieldKind::Number => "4".to_owned(),
        FieldKind::Date => "2026-11-20".to_owned(),
        FieldKind::YesNo => "no".to_owned(),
        FieldKind::Text | FieldKind::File | FieldKind::Person => match field.options.first() {
            Some(option) => option.id.clone(),
            None => form_answer(&field.id).to_owned(),
        },
    };
    let asked = fields.filter(|field| field.required && field.shown_when.is_none());
    asked
        .map(|field| (field.id.clone(), value(field)))
        .collect()
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
        .find(|agent| agent.role == role && agent.desk == desk.profile.slug)
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
