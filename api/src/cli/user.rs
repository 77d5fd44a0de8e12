//! `atiende user add | disable | list | password`.

use std::io::{BufRead, IsTerminal, Write};

use shared::api::agents::{AgentMembership, AgentPatch};
use shared::i18n::Lang;
use shared::ticket::actor::Privilege;
use shared::ticket::text::{EmailAddress, PersonName};

use crate::agents::commands::{self, NewAccount};
use crate::agents::store;
use crate::app::StartError;
use crate::auth::password;
use crate::auth::session::{self, Audience};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbConnection};
use crate::desks::registry::DeskRegistry;
use crate::http::ApiError;

/// What to do with agent accounts.
#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Make an account; the password is asked for, or read from the standard input when that is no terminal.
    Add {
        /// Mail address.
        #[arg(long)]
        email: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// May administer the whole installation.
        #[arg(long)]
        admin: bool,
        /// Desk to work at, by address part.
        #[arg(long)]
        desk: Option<String>,
        /// Groups at the desk.
        #[arg(long, value_delimiter = ',')]
        groups: Vec<String>,
        /// Privileges at the desk, such as `ticket_read,ticket_work`; all of them without this.
        #[arg(long, value_delimiter = ',')]
        privileges: Vec<String>,
        /// Language of the agent: es or en.
        #[arg(long, default_value = "es")]
        language: String,
    },
    /// Forbid an agent to sign in, and end all sessions.
    Disable {
        /// Mail address.
        email: String,
    },
    /// Replace a password; it is asked for, or read from the standard input when that is no terminal.
    Password {
        /// Mail address.
        email: String,
    },
    /// List the accounts.
    List,
}

pub(super) fn run(settings: &Settings, action: Action) -> Result<(), StartError> {
    let db = Db::open(&settings.database)?;
    db.migrate()?;
    let now = Clock::system().now();
    match action {
        Action::Add {
            email,
            name,
            admin,
            desk,
            groups,
            privileges,
            language,
        } => {
            let account = parse(&email, &name, admin, desk, groups, &privileges, &language)?;
            let desks = DeskRegistry::default();
            let id = db
                .write_blocking(move |conn| commands::create(conn, &desks, account, now))
                .map_err(in_words)?;
            println!("account {id} made for {email}");
        }
        Action::Disable { email } => {
            let find_and_change = move |conn: &mut DbConnection| -> Result<(), ApiError> {
                let user = store::user_by_email(conn, &email.to_lowercase())?
                    .ok_or_else(ApiError::not_found)?;
                let patch = AgentPatch {
                    active: Some(false),
                    memberships: None,
                };
                commands::change(conn, &DeskRegistry::default(), user.id, &patch, now)
            };
            db.write_blocking(find_and_change).map_err(in_words)?;
            println!("disabled; every session has ended");
        }
        Action::Password { email } => {
            let text = ask_password()?;
            let user = db
                .read_blocking({
                    let email = email.to_lowercase();
                    move |conn: &mut DbConnection| {
                        store::user_by_email(conn, &email).map_err(StartError::from)
                    }
                })?
                .ok_or_else(|| StartError::Other(format!("there is no account {email}")))?;
            check_password(&text, &user.email, &user.full_name)?;
            let hash = password::hash_blocking(&text)?;
            db.write_blocking(move |conn| -> Result<(), StartError> {
                store::set_password(conn, user.id, &hash)?;
                session::end_all(conn, Audience::Console, user.id, now)?;
                Ok(())
            })?;
            println!("password replaced; every session has ended");
        }
        Action::List => {
            let users = db.read_blocking(|conn: &mut DbConnection| {
                store::list(conn, 0, 10_000).map_err(StartError::from)
            })?;
            for user in users {
                let state = if user.active { "active" } else { "disabled" };
                let role = if user.is_admin {
                    "administrator"
                } else {
                    "agent"
                };
                println!(
                    "{}\t{}\t{}\t{role}\t{state}",
                    user.id, user.email, user.full_name
                );
            }
        }
    }
    Ok(())
}

fn parse(
    email: &str,
    name: &str,
    admin: bool,
    desk: Option<String>,
    groups: Vec<String>,
    privileges: &[String],
    language: &str,
) -> Result<NewAccount, StartError> {
    let words =
        |what: &str, error: &dyn std::fmt::Display| StartError::Other(format!("{what}: {error}"));
    let address = EmailAddress::parse(email).map_err(|error| words("--email", &error))?;
    let full_name = PersonName::parse(name).map_err(|error| words("--name", &error))?;
    let mut rights: Vec<Privilege> = Vec::new();
    for word in privileges {
        rights.push(
            word.parse()
                .map_err(|error| words(&format!("--privileges {word}"), &error))?,
        );
    }
    if rights.is_empty() {
        rights = Privilege::ALL.to_vec();
    }
    let text = ask_password()?;
    check_password(&text, email, name)?;
    Ok(NewAccount {
        email: address,
        full_name,
        language: Lang::parse(language)
            .ok_or_else(|| StartError::Other("--language must be es or en".to_owned()))?,
        is_admin: admin,
        password_hash: password::hash_blocking(&text)?,
        memberships: desk
            .map(|desk| AgentMembership {
                desk,
                privileges: rights,
                groups,
            })
            .into_iter()
            .collect(),
    })
}

/// Reads one line; never from the arguments, which every process of the machine can see. On a terminal nothing of it is shown
/// and it is asked for twice; a script gives it on the standard input.
fn ask_password() -> Result<String, StartError> {
    if std::io::stdin().is_terminal() {
        let first = ask_unseen("Password (12 to 128 characters, not shown): ")?;
        if ask_unseen("The same again: ")? != first {
            return Err(StartError::Other(
                "the passwords are not the same".to_owned(),
            ));
        }
        return Ok(first);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_unseen(question: &str) -> Result<String, StartError> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    Ok(rpassword::read_password()?)
}

fn check_password(text: &str, email: &str, name: &str) -> Result<(), StartError> {
    match password::faults("password", text, email, name).first() {
        Some(fault) => Err(StartError::Other(format!(
            "password: {}",
            fault.detail.in_lang(Lang::En)
        ))),
        None => Ok(()),
    }
}

/// An error of a command in words for the terminal.
pub(super) fn in_words(error: ApiError) -> StartError {
    let faults: Vec<String> = error
        .faults()
        .iter()
        .map(|fault| format!("{}: {}", fault.pointer, fault.detail.in_lang(Lang::En)))
        .collect();
    let cause = error.chain();
    let mut text = error.to_string();
    for part in faults
        .into_iter()
        .chain((!cause.is_empty()).then_some(cause))
    {
        text.push_str("\n  ");
        text.push_str(&part);
    }
    StartError::Other(text)
}
