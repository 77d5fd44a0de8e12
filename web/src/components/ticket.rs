//! What a ticket looks like in both apps: its state, its messages, its history.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::api::portal::Promise;
use shared::api::uploads::Attachment;
use shared::ticket::status::Status;

use super::files::FileList;
use super::icon;
use crate::browser;
use crate::i18n::dates::{self, Style};
use crate::i18n::t;

crate::messages! {
    enum Words {
        Requester = "Solicitante", "Requester";
        Agent = "Mesa de servicios", "Service desk";
        Internal = "Nota interna", "Internal note";
        Paused = "Plazo en pausa", "On hold";
        AttentionBy = "Atención a más tardar el", "Response by";
        AttentionLate = "La atención venció el", "The response was due";
        SolutionBy = "Solución a más tardar el", "Solution by";
        SolutionLate = "La solución venció el", "The solution was due";
        NotCommitted = "Sin plazo de solución comprometido", "No committed solution time";
    }
}

/// The class and the symbol of a state's tag.
pub fn status_look(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Draft | Status::Precase | Status::New => ("new", "circle"),
        Status::AwaitingApproval => ("new", "shield"),
        Status::InProgress => ("active", "circle-half"),
        Status::Escalated | Status::EscalatedOnsite => ("active", "layers"),
        Status::Reopened => ("active", "refresh"),
        Status::Suspended | Status::WithVendor => ("waiting", "pause"),
        Status::Solved => ("solved", "check-circle"),
        Status::Closed => ("closed", "check"),
        Status::Unsolvable | Status::NotManaged => ("closed", "x"),
    }
}

/// A state with the desk's label.
#[component]
pub fn StatusTag(
    /// Canonical state; gives colour and symbol.
    status: Status,
    /// The desk's label.
    #[prop(into)]
    label: String,
    /// For dense rows.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let (class, symbol) = status_look(status);
    view! {
        <span class=["tag ", class, if small { " sm" } else { "" }].concat()>
            {icon(symbol)}<span class="tag-text">{label}</span>
        </span>
    }
}

/// An instant, with the exact one for machines and as a tooltip.
pub fn time(at: DateTime<Utc>, zone: &str, style: Style) -> AnyView {
    view! {
        <time class="num" datetime=dates::iso(at) title=dates::instant(at, zone, Style::Full)>{dates::instant(at, zone, style)}</time>
    }
    .into_any()
}

/// What the desk promises about a ticket, in one line; nothing once the word is the requester's.
pub fn promise_line(promise: &Promise, status: Status, zone: &str) -> Option<AnyView> {
    if !status.is_open() {
        return None;
    }
    let line = |class: &'static str, symbol: &str, words: Words, at: Option<DateTime<Utc>>| {
        let at = at.map(|at| time(at, zone, Style::Short));
        view! { <span class=class>{icon(symbol)}<span>{t(words)}" "{at}</span></span> }.into_any()
    };
    if promise.paused {
        return Some(line("sla paused", "pause", Words::Paused, None));
    }
    let (words, late, due) = match (promise.attention_due_at, promise.solution_due_at) {
        (Some(due), _) => (Words::AttentionBy, Words::AttentionLate, due),
        (None, Some(due)) => (Words::SolutionBy, Words::SolutionLate, due),
        (None, None) if !promise.solution_committed => {
            return Some(line("sla none", "circle", Words::NotCommitted, None));
        }
        (None, None) => return None,
    };
    let view = if dates::ms(due) < browser::now_ms() {
        line("sla breached", "alert", late, Some(due))
    } else {
        line("sla ok", "clock", words, Some(due))
    };
    Some(view)
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The requester.
    Requester,
    /// The support side, to the requester.
    Agent,
    /// The support side, to itself.
    Note,
}

/// One message of a thread.
#[component]
pub fn ThreadMessage(
    /// Who wrote it.
    voice: Voice,
    /// Name of the author.
    author: String,
    /// When.
    at: DateTime<Utc>,
    /// IANA zone for the date.
    zone: String,
    /// Plain text; line breaks are kept.
    body: String,
    /// Its files.
    attachments: Vec<Attachment>,
    /// Downloads one of them.
    download: Callback<Attachment>,
) -> impl IntoView {
    let class = match voice {
        Voice::Requester => "msg requester",
        Voice::Agent => "msg agent",
        Voice::Note => "msg note",
    };
    let role = match voice {
        Voice::Requester => {
            view! { <span class="msg-role">{t(Words::Requester)}</span> }.into_any()
        }
        Voice::Agent => view! { <span class="msg-role">{t(Words::Agent)}</span> }.into_any(),
        Voice::Note => {
            view! { <span class="msg-private">{icon("lock")}{t(Words::Internal)}</span> }.into_any()
        }
    };
    view! {
        <li class=class>
            <div class="msg-head">
                <span class="avatar" aria-hidden="true">{initials(&author)}</span>
                <strong class="msg-author">{author}</strong>
                {role}
                {time(at, &zone, Style::Short)}
            </div>
            <div class="msg-body">{paragraphs(&body)}</div>
            <FileList attachments download/>
        </li>
    }
}

/// Plain text as paragraphs; single line breaks stay line breaks.
pub fn paragraphs(text: &str) -> AnyView {
    let lines = |paragraph: &str| {
        let line =
            |(place, line): (usize, &str)| ((place > 0).then(|| view! { <br/> }), line.to_owned());
        paragraph.lines().enumerate().map(line).collect_view()
    };
    text.split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| view! { <p>{lines(paragraph)}</p> })
        .collect_view()
        .into_any()
}

/// The first letters of the first and second name, for an avatar.
pub fn initials(name: &str) -> String {
    name.split_whitespace()
        .take(2)
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// One step of a timeline.
#[component]
pub fn TimelineEvent(
    /// Symbol of the sprite.
    symbol: &'static str,
    /// `event`, `event good`, `event alert` or `event note`.
    #[prop(default = "event")]
    class: &'static str,
    /// What happened.
    text: String,
    /// When.
    at: DateTime<Utc>,
    /// IANA zone for the date.
    zone: String,
) -> impl IntoView {
    view! {
        <li class=class>
            <span class="event-dot">{icon(symbol)}</span>
            <div class="event-body">
                <p class="event-title">{text}</p>
                <p class="event-meta">{time(at, &zone, Style::Short)}</p>
            </div>
        </li>
    }
}
