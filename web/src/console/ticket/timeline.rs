//! One timeline: public messages, internal notes, changes and mails, oldest first, with filters.

use crate::components::act;
use crate::task::{later, watch};
use leptos::html;
use leptos::prelude::*;
use shared::api::tickets::{ActorKind, MailStatus, TimelineBody, TimelineEntry};
use shared::ticket::status::Visibility;

use super::Case;
use crate::client::console as api;
use crate::components::feedback::Kind;
use crate::components::icon;
use crate::components::ticket::{ThreadMessage, Voice, paragraphs, time};
use crate::console::words::Words;
use crate::i18n::dates::Style;
use crate::i18n::{t, t_with};

/// What the chips let through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    All,
    Replies,
    Notes,
    Changes,
    Mails,
}

const CHIPS: [(Show, Words); 5] = [
    (Show::All, Words::ShowAll),
    (Show::Replies, Words::ShowReplies),
    (Show::Notes, Words::ShowNotes),
    (Show::Changes, Words::ShowChanges),
    (Show::Mails, Words::ShowMails),
];

impl Show {
    fn lets(self, entry: &TimelineEntry) -> bool {
        let kind = match &entry.body {
            TimelineBody::Message {
                visibility: Visibility::Public,
                ..
            } => Self::Replies,
            TimelineBody::Message {
                visibility: Visibility::Internal,
                ..
            } => Self::Notes,
            TimelineBody::Event { .. } => Self::Changes,
            TimelineBody::Mail { .. } => Self::Mails,
        };
        self == Self::All || self == kind
    }
}

/// Tells entries apart.
pub fn identity(entry: &TimelineEntry) -> (u8, i64) {
    let kind = match &entry.body {
        TimelineBody::Message { .. } => 0,
        TimelineBody::Event { .. } => 1,
        TimelineBody::Mail { .. } => 2,
    };
    (kind, entry.seq)
}

/// Tells drawn entries apart: a mail that left is another entry, so that it is drawn again.
fn key(entry: &TimelineEntry) -> (u8, i64) {
    let (kind, seq) = identity(entry);
    let face = match &entry.body {
        TimelineBody::Mail {
            status: MailStatus::Sent,
            ..
        } => 3,
        TimelineBody::Mail {
            status: MailStatus::Failed,
            ..
        } => 4,
        TimelineBody::Mail {
            status: MailStatus::Withdrawn,
            ..
        } => 5,
        TimelineBody::Mail {
            status: MailStatus::Pending,
            ..
        }
        | TimelineBody::Message { .. }
        | TimelineBody::Event { .. } => kind,
    };
    (face, seq)
}

/// The timeline of the open ticket.
#[component]
pub fn Timeline(case: Case) -> impl IntoView {
    let show = RwSignal::new(Show::All);
    let entries = Memo::new(move |_| {
        let show = show.get();
        let mut entries: Vec<TimelineEntry> = case.older.with(|older| {
            older
                .iter()
                .filter(|entry| show.lets(entry))
                .cloned()
                .collect()
        });
        case.view.with(|view| {
            if let Some(view) = view {
                entries.extend(
                    view.timeline
                        .iter()
                        .filter(|entry| show.lets(entry))
                        .cloned(),
                );
            }
        });
        told_once(entries)
    });
    let list = NodeRef::<html::Ol>::new();
    follow_the_end(case, list);
    let chip = move |(kind, name): (Show, Words)| {
        view! {
            <button class="chip" type="button" aria-pressed=move || (show.get() == kind).to_string() on:click=act(move |_| show.set(kind))>{t(name)}</button>
        }
    };
    view! {
        <div class="row thread-filter" role="group" aria-label=t(Words::FilterTimeline)>{CHIPS.map(chip).into_iter().collect_view()}</div>
        <Older case list/>
        <p class="sr" role="status">{move || announce(case)}</p>
        <ol class="thread" node_ref=list>
            <For each=move || entries.get() key=key children=move |entry| entry_view(case, entry)/>
        </ol>
        {move || entries.with(Vec::is_empty).then(|| view! { <p class="muted">{t(Words::NothingInTimeline)}</p> }.into_any())}
    }
}

/// The same mail to several people is one line.
fn told_once(entries: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    let mut told: Vec<TimelineEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let joined = told.last_mut().is_some_and(|last| join(last, &entry));
        if !joined {
            told.push(entry);
        }
    }
    told
}

/// Adds the recipient of the same mail; the entry takes the later place, so that it is drawn again.
fn join(last: &mut TimelineEntry, next: &TimelineEntry) -> bool {
    let together = (next.at - last.at).num_seconds().abs() < 60;
    match (&mut last.body, &next.body) {
        (
            TimelineBody::Mail {
                text,
                recipient,
                status,
                ..
            },
            TimelineBody::Mail {
                text: same_text,
                recipient: other,
                status: same_status,
                ..
            },
        ) if together && text == same_text && status == same_status => {
            recipient.push_str(", ");
            recipient.push_str(other);
            last.seq = next.seq;
            true
        }
        (
            TimelineBody::Mail { .. } | TimelineBody::Message { .. } | TimelineBody::Event { .. },
            _,
        ) => false,
    }
}

/// Says who did the latest thing, for screen readers, once something is added.
fn announce(case: Case) -> Option<String> {
    let latest = case
        .view
        .with(|view| view.as_ref()?.timeline.last().cloned())?;
    Some(match latest.body {
        TimelineBody::Message {
            visibility: Visibility::Public,
            ..
        } => t_with(Words::LatestReply, &[&latest.actor_name]),
        TimelineBody::Message {
            visibility: Visibility::Internal,
            ..
        } => t_with(Words::LatestNote, &[&latest.actor_name]),
        TimelineBody::Event { text, .. } | TimelineBody::Mail { text, .. } => text,
    })
}

/// Starts at the newest entry, and stays with it for as long as the reader is there.
fn follow_the_end(case: Case, list: NodeRef<html::Ol>) {
    let mut shown = 0;
    watch(move || {
        let count = case
            .view
            .with(|view| view.as_ref().map_or(0, |view| view.timeline.len()));
        let Some(scroller) = list.get().and_then(|list| list.parent_element()) else {
            return;
        };
        let near_end =
            scroller.scroll_height() - scroller.scroll_top() - scroller.client_height() < 160;
        let grew = shown != count;
        if shown == 0 || (grew && (near_end || case.follow.get_value())) {
            case.follow.set_value(false);
            request_animation_frame(move || scroller.set_scroll_top(scroller.scroll_height()));
        }
        shown = count;
    });
}

/// Loads what came before, and keeps the place of what is being read.
#[component]
fn Older(case: Case, list: NodeRef<html::Ol>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let cursor = Memo::new(move |_| match case.older_cursor.get() {
        Some(cursor) => cursor,
        None => case
            .view
            .with(|view| view.as_ref().and_then(|view| view.older.clone())),
    });
    let load = move |_| {
        let Some(before) = cursor.get_untracked().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        later(async move {
            let answer = api::timeline(case.client, &case.code(), &before).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(mut page) => {
                    let scroller = list.get_untracked().and_then(|list| list.parent_element());
                    let height = scroller
                        .as_ref()
                        .map_or(0, |scroller| scroller.scroll_height());
                    case.older.update(|older| {
                        let known = |entry: &TimelineEntry| {
                            older.iter().any(|one| identity(one) == identity(entry))
                        };
                        page.items.retain(|entry| !known(entry));
                        page.items.append(older);
                        *older = page.items;
                    });
                    case.older_cursor.set(Some(page.next));
                    if let Some(scroller) = scroller {
                        request_animation_frame(move || {
                            scroller.set_scroll_top(
                                scroller.scroll_top() + scroller.scroll_height() - height,
                            );
                        });
                    }
                }
                Err(error) => case.ui.toast(Kind::Error, error.detail()),
            }
        });
    };
    view! { {move || {
        cursor.get().map(|_| view! {
            <div class="row">
                <button class="btn sm" type="button" aria-busy=move || busy.get().to_string() on:click=act(load)>{icon("history")}{t(Words::LoadOlder)}</button>
            </div>
        }.into_any())
    }} }
}

fn entry_view(case: Case, entry: TimelineEntry) -> AnyView {
    let zone = untrack(move || case.zone());
    let TimelineEntry {
        at,
        actor,
        actor_name,
        body,
        ..
    } = entry;
    match body {
        TimelineBody::Message {
            visibility,
            body,
            attachments,
            ..
        } => {
            let voice = match (visibility, actor) {
                (Visibility::Internal, _) => Voice::Note,
                (Visibility::Public, ActorKind::Requester) => Voice::Requester,
                (
                    Visibility::Public,
                    ActorKind::Agent | ActorKind::ApiClient | ActorKind::System,
                ) => Voice::Agent,
            };
            let download = case.download();
            view! { <ThreadMessage voice author=actor_name at zone body attachments download/> }
                .into_any()
        }
        TimelineBody::Event { name, text, note } => {
            // Who did it, unless it happened by itself or the words say so.
            let named =
                actor == ActorKind::System || actor_name.is_empty() || text.contains(&actor_name);
            let by =
                (!named).then(|| view! { <span class="by">{actor_name.clone()}</span> }.into_any());
            view! {
            <li class="msg-event">
                {icon(event_icon(&name))}
                <p class="msg-event-text">{text}" "{by}</p>
                {time(at, &zone, Style::Short)}
                {note.map(|note| view! { <div class="msg-event-note">{paragraphs(&note)}</div> }.into_any())}
            </li>
        }
        .into_any()
        }
        TimelineBody::Mail {
            text,
            recipient,
            status,
            ..
        } => {
            // What went well needs no word.
            let (symbol, words, class, word) = match status {
                MailStatus::Pending => ("clock", Words::MailPending, "tag sm waiting", ""),
                MailStatus::Sent => ("check", Words::MailSent, "tag sm plain", "sr"),
                MailStatus::Failed => ("alert", Words::MailFailed, "tag sm breached", ""),
                MailStatus::Withdrawn => ("x", Words::MailWithdrawn, "tag sm plain", ""),
            };
            view! {
                <li class="msg-event">
                    {icon("mail")}
                    <p class="msg-event-text">
                        {t_with(Words::MailTo, &[&text, &recipient])}"\u{a0}"
                        <span class=class title=t(words)>{icon(symbol)}<span class=word>{t(words)}</span></span>
                    </p>
                    {time(at, &zone, Style::Short)}
                </li>
            }
            .into_any()
        }
    }
}

/// The icon of a change, by the stable name of its event; names that are new here look like any change.
fn event_icon(name: &str) -> &'static str {
    match name {
        "opened" => "plus",
        "assigned" => "user",
        "escalated" => "layers",
        "attended" => "play",
        "priority_changed" => "flag",
        "category_changed" => "tag",
        "solved" => "check-circle",
        "solution_accepted" => "check",
        "solution_rejected" => "refresh",
        "declared_unsolvable" => "x",
        "rated" => "star",
        "sla_warning" => "clock",
        "sla_breached" => "alert",
        "identity_vouched" => "phone",
        "approval_requested" | "approval_decided" => "shield",
        "parent_linked" | "parent_unlinked" => "link",
        _ => "circle-dot",
    }
}
