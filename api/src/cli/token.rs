//! `atiende token create | revoke | list`.

use chrono::TimeDelta;
use shared::api::tokens::Scope;

use crate::agents;
use crate::app::StartError;
use crate::auth::token::NewApiToken;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbConnection};
use crate::tokens::store::{self, NewRow};

/// What to do with API tokens.
#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Make a token; it is printed once.
    Create {
        /// Mail address of the agent whose rights it narrows.
        #[arg(long)]
        owner: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Scopes: tickets:read, tickets:write, people:write.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// Days until it expires.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
    /// Revoke a token by its first characters (`atk_…`).
    Revoke {
        /// The prefix.
        prefix: String,
    },
    /// List the tokens of an agent.
    List {
        /// Mail address of the agent.
        owner: String,
    },
}

pub(super) fn run(settings: &Settings, action: Action) -> Result<(), StartError> {
    let db = Db::open(&settings.database)?;
    db.migrate()?;
    let now = Clock::system().now();
    match action {
        Action::Create {
            owner,
            name,
            scopes,
            days,
        } => {
            let scopes = scopes
                .iter()
                .map(|word| scope(word))
                .collect::<Result<Vec<Scope>, StartError>>()?;
            let user_id = owner_id(&db, owner)?;
            let made = NewApiToken::random();
            let (prefix, hash) = (made.prefix, made.hash);
            let expires_at = now + TimeDelta::days(i64::from(days));
            db.write_blocking(move |conn| {
                let row = NewRow {
                    user_id,
                    name: &name,
                    prefix: &prefix,
                    secret_hash: &hash,
                    scopes,
                    expires_at,
                };
                store::insert(conn, row, now)
                    .map(drop)
                    .map_err(StartError::from)
            })?;
            println!("{}", made.secret);
        }
        Action::Revoke { prefix } => {
            let revoked = db.write_blocking(move |conn| {
                store::revoke_any(conn, &prefix, now).map_err(StartError::from)
            })?;
            println!(
                "{}",
                if revoked {
                    "revoked"
                } else {
                    "there is no such token"
                }
            );
        }
        Action::List { owner } => {
            let user_id = owner_id(&db, owner)?;
            let rows = db.read_blocking(move |conn: &mut DbConnection| {
                store::list(conn, user_id).map_err(StartError::from)
            })?;
            for row in rows {
                println!(
                    "{}\t{}\texpires {}",
                    row.prefix,
                    row.name,
                    row.expires_at.get().format("%Y-%m-%d")
                );
            }
        }
    }
    Ok(())
}

fn scope(word: &str) -> Result<Scope, StartError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| {
        StartError::Other(format!(
            "{word} is no scope; use tickets:read, tickets:write or people:write"
        ))
    })
}

fn owner_id(db: &Db, email: String) -> Result<i64, StartError> {
    let find = {
        let email = email.to_lowercase();
        move |conn: &mut DbConnection| {
            agents::store::user_by_email(conn, &email).map_err(StartError::from)
        }
    };
    let user = db.read_blocking(find)?;
    user.map(|user| user.id)
        .ok_or_else(|| StartError::Other(format!("there is no account {email}")))
}
