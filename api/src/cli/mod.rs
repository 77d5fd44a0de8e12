//! The command line: one file per subcommand. Each gets the settings and ends with an error in words, or in silence.

mod audit;
mod demo;
mod desk;
mod sample;
mod serve;
mod token;
mod user;

use clap::{Parser, Subcommand};

use crate::app::StartError;
use crate::clock::Clock;
use crate::config::{Overrides, Settings};
use crate::telemetry;

/// Service desk: REST API, requester portal, agent console and workers in one program.
#[derive(Parser)]
#[command(name = "atiende", version)]
struct Arguments {
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve portal, console and API, with the workers in the same process.
    Serve(serve::Options),
    /// Run only the workers: mail, deadlines, cleaning.
    Worker,
    /// Bring the database schema up to date.
    Migrate,
    /// Print the API description (OpenAPI 3.1).
    Openapi,
    /// Check, compare, install and export desks.
    #[command(subcommand)]
    Desk(desk::Action),
    /// Keep agent accounts.
    #[command(subcommand)]
    User(user::Action),
    /// Keep API tokens.
    #[command(subcommand)]
    Token(token::Action),
    /// Verify the histories of tickets.
    #[command(subcommand)]
    Audit(audit::Action),
    /// First run: sample desks, people and tickets, then serve. Not for production.
    Demo(demo::Options),
}

/// Runs the program with the process's arguments.
///
/// # Errors
/// What stopped it, in words for the person at the terminal.
pub fn run() -> Result<(), StartError> {
    let Arguments {
        mut overrides,
        command,
    } = Arguments::parse();
    if let Command::Openapi = command {
        return print_openapi();
    }
    match &command {
        Command::Serve(options) => options.apply(&mut overrides),
        Command::Demo(options) => options.serve.apply(&mut overrides),
        _ => {}
    }
    let settings = Settings::load(&overrides)?;
    telemetry::start(&settings.log).map_err(StartError::Other)?;
    match command {
        Command::Serve(options) => serve::run(settings, options.clock(), &options),
        Command::Worker => serve::run_workers_only(settings, Clock::system()),
        Command::Migrate => migrate(&settings),
        Command::Openapi => Ok(()),
        Command::Desk(action) => desk::run(&settings, action),
        Command::User(action) => user::run(&settings, action),
        Command::Token(action) => token::run(&settings, action),
        Command::Audit(action) => audit::run(&settings, &action),
        Command::Demo(options) => demo::run(settings, &options),
    }
}

fn print_openapi() -> Result<(), StartError> {
    let text = crate::app::api_document()
        .to_pretty_json()
        .map_err(|error| StartError::Other(error.to_string()))?;
    println!("{text}");
    Ok(())
}

fn migrate(settings: &Settings) -> Result<(), StartError> {
    let count = crate::db::Db::open(&settings.database)?.migrate()?;
    println!("{count} migrations ran; the schema is up to date.");
    Ok(())
}
