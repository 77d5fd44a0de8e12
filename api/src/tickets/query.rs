//! From what a list was asked to what the database is asked.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use shared::api::tickets::{TicketQuery, View};
use shared::ticket::actor::Privilege;
use shared::ticket::status::Status;

use super::list::{ListFilter, due_soon_limit, search};
use super::sight::Visible;
use crate::auth::AgentCaller;
use crate::db::DbConnection;
use crate::desks::registry::DeskRegistry;
use crate::http::{ApiError, Fault};

/// Rows of a page: 1 to 100, 25 unless asked.
///
/// # Errors
/// 422 outside of that.
pub fn limit(asked: &TicketQuery) -> Result<i64, ApiError> {
    match asked.limit.unwrap_or(25) {
        limit @ 1..=100 => Ok(i64::from(limit)),
        _ => Err(ApiError::field(
            "?limit",
            "out_of_range",
            "Pida de 1 a 100 filas.",
            "Ask for 1 to 100 rows.",
        )),
    }
}

/// What makes a list the list it is, so that a cursor fits no other.
pub fn fingerprint(caller: &AgentCaller, asked: &TicketQuery) -> String {
    let without_place = TicketQuery {
        cursor: None,
        limit: None,
        ..asked.clone()
    };
    format!("tickets:{}:{without_place:?}", caller.user_id())
}

/// The conditions of a list, with the caller's scope in them.
///
/// # Errors
/// 404 for a desk or group that the caller may not know of, 422 for words that are none.
pub fn filter(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    caller: &AgentCaller,
    asked: &TicketQuery,
    now: DateTime<Utc>,
) -> Result<ListFilter, ApiError> {
    let readable = caller.desks_with(Privilege::TicketRead);
    let chosen = match &asked.desk {
        Some(slug) => {
            let desk = desks
                .by_slug(conn, slug, now)?
                .ok_or_else(ApiError::not_found)?;
            caller.require(desk.id, Privilege::TicketRead)?;
            vec![desk]
        }
        None => {
            let all = desks.all(conn, now)?;
            all.into_iter()
                .filter(|desk| readable.as_ref().is_none_or(|ids| ids.contains(&desk.id)))
                .collect()
        }
    };
    let group_id = match &asked.group {
        Some(slug) => Some(
            chosen
                .iter()
                .find_map(|desk| desk.group_id(slug))
                .ok_or_else(ApiError::not_found)?,
        ),
        None => None,
    };
    if asked.level.is_some_and(|level| !(1..=3).contains(&level)) {
        return Err(ApiError::field(
            "?level",
            "out_of_range",
            "El nivel va de 1 a 3.",
            "The level goes from 1 to 3.",
        ));
    }
    let text = asked
        .q
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > 100) {
        return Err(ApiError::field(
            "?q",
            "too_long",
            "Busque con 100 caracteres a lo sumo.",
            "Search with 100 characters at most.",
        ));
    }
    let group_ids: Vec<i64> = chosen
        .iter()
        .flat_map(|desk| caller.group_ids_at(desk.id).to_vec())
        .collect();
    let places: Vec<i64> = chosen.iter().map(|desk| desk.id).collect();
    let found = text
        .map(words_of)
        .filter(|words| !words.is_empty())
        .map(|words| search(conn, &places, words))
        .transpose()?;
    Ok(ListFilter {
        view: asked.view.unwrap_or(View::All),
        user_id: caller.user_id(),
        visible: Visible::to(caller, Some(&places)),
        group_ids,
        statuses: words::<Status>(asked.status.as_deref(), "?status")?,
        priorities: words::<String>(asked.priority.as_deref(), "?priority")?,
        request_type: asked.request_type,
        level: asked.level,
        now,
        group_id,
        assignee: asked.assignee,
        requester: asked.requester,
        found,
        due_before: due_soon_limit(
            now,
            chosen
                .first()
                .filter(|_| chosen.len() == 1)
                .map(|desk| &desk.profile.calendar),
        ),
        desks: places,
    })
}

/// Most words that are looked for apart; what follows is one phrase with the last of them.
const WORDS_MAX: usize = 6;

/// The folded words of a text, in any order: who looks for `Ana Rojas` means Ana María Rojas too.
fn words_of(text: &str) -> Vec<String> {
    let folded = shared::fold::fold(text);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let (apart, rest) = words.split_at(words.len().min(WORDS_MAX - 1));
    let apart = apart.iter().map(ToString::to_string);
    let rest = (!rest.is_empty()).then(|| rest.join(" "));
    apart.chain(rest).collect()
}

/// A comma-separated list of words, at most 20.
fn words<T: FromStr>(text: Option<&str>, pointer: &'static str) -> Result<Vec<T>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    let wrong = || {
        ApiError::validation(vec![Fault::new(
            pointer,
            "unknown",
            "Contiene un valor que no existe.",
            "It holds a value that does not exist.",
        )])
    };
    if parts.len() > 20 {
        return Err(wrong());
    }
    parts
        .into_iter()
        .map(|word| word.parse().map_err(|_| wrong()))
        .collect()
}
