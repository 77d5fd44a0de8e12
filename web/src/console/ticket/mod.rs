//! One ticket: its head, one timeline, the composer, the permitted actions and the panel of facts.
//!
//! [`Case`] holds what the server said last and asks for news every few seconds. What an agent types (composer, windows)
//! lives beside it, so that news never disturbs typing.

pub mod actions;
mod composer;
mod head;
pub mod panel;
mod side;
pub mod sla_window;
pub mod ties;
mod timeline;
pub mod windows;

use std::sync::Arc;

use crate::components::act;
use crate::task::{later, watch};
use leptos::prelude::*;
use shared::api::desks::DeskView;
use shared::api::process::{NewMark, NewTransition, TransitionCommand};
use shared::api::tickets::{AllowedCommand, TicketView, TimelineEntry};
use shared::ticket::command::{CommandKind, Mark};

use self::actions::Action;

use self::composer::Composer;
use self::head::Head;
use self::side::Side;
use self::timeline::{Timeline, identity};
use super::queue::{Queue, queue};
use super::router::nav;
use super::session::{Session, Speech, session};
use super::words::Words;
use crate::browser;
use crate::client::console::TicketAction;
use crate::client::{ApiError, Client, Fetched, console as api, use_client};
use crate::components::feedback::{Empty, Failed, Kind, Loading};
use crate::components::files::Limits;
use crate::components::page::title;
use crate::components::{Ui, use_ui};
use crate::i18n::dates::DEFAULT_ZONE;
use crate::i18n::{Message, t};

const POLL_SECONDS: u64 = 10;
const PANEL: &str = "atiende.panel";

/// The open ticket as its parts share it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Case {
    client: Client,
    ui: Ui,
    queue: Queue,
    session: Session,
    code: StoredValue<String>,
    /// What the server said last.
    view: RwSignal<Option<Arc<TicketView>>>,
    failure: RwSignal<Option<ApiError>>,
    /// Entries before those of `view`, oldest first.
    older: RwSignal<Vec<TimelineEntry>>,
    /// Cursor to what is before `older`; outer `None` while nothing older was asked for.
    older_cursor: RwSignal<Option<Option<String>>>,
    etag: StoredValue<Option<String>>,
    asked: StoredValue<u32>,
    /// Number of the last question that was answered.
    answered: StoredValue<u32>,
    /// Whether the next news are of the agent's own making, so that the conversation shows its end.
    follow: StoredValue<bool>,
    /// Whether the agent handed it to the security group.
    to_security: StoredValue<bool>,
    /// Whether the panel of facts is folded away.
    folded: RwSignal<bool>,
    /// On narrow screens: whether the panel shows instead of the conversation.
    facts_tab: RwSignal<bool>,
    /// What the panel shows.
    side: RwSignal<SideTab>,
    /// The window that is open.
    window: RwSignal<Option<Action>>,
}

/// What the panel beside the conversation shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SideTab {
    /// Clocks, requester, data.
    Facts,
    /// Contact attempts, control questions, approvals.
    Process,
    /// Parents, children, duplicates.
    Ties,
}

/// A place of the panel that a blocked command leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Contact,
    Controls,
    Approvals,
}

impl Place {
    /// The id of its heading.
    fn id(self) -> &'static str {
        match self {
            Self::Contact => "panel-contact",
            Self::Controls => "panel-controls",
            Self::Approvals => "panel-approvals",
        }
    }
}

/// A move with a command and nothing else yet.
fn transition(command: TransitionCommand) -> NewTransition {
    NewTransition {
        command,
        reason: None,
        justification: None,
        note: None,
        diagnosis: None,
        description: None,
        group: None,
        assignee: None,
        vendor: None,
        next_contact: None,
        category: None,
        priority: None,
        impact: None,
        urgency: None,
        attachments: Vec::new(),
        confirm_open_children: false,
    }
}

/// Begins attention without any data.
fn start() -> NewTransition {
    transition(TransitionCommand::Start)
}

impl Case {
    fn open(code: String) -> Self {
        Self {
            client: use_client(),
            ui: use_ui(),
            queue: queue(),
            session: session(),
            code: StoredValue::new(code),
            view: RwSignal::new(None),
            failure: RwSignal::new(None),
            older: RwSignal::new(Vec::new()),
            older_cursor: RwSignal::new(None),
            etag: StoredValue::new(None),
            asked: StoredValue::new(0),
            answered: StoredValue::new(0),
            follow: StoredValue::new(false),
            to_security: StoredValue::new(false),
            folded: RwSignal::new(browser::stored(PANEL).as_deref() == Some("folded")),
            facts_tab: RwSignal::new(false),
            side: RwSignal::new(SideTab::Facts),
            window: RwSignal::new(None),
        }
    }

    fn code(self) -> String {
        self.code.get_value()
    }

    /// Asks for the ticket; what is shown changes only if it differs.
    fn load(self) {
        let number = self.asked.get_value() + 1;
        self.asked.set_value(number);
        let (code, etag) = (self.code(), self.etag.get_value());
        later(async move {
            let answer = api::ticket(self.client, &code, etag).await;
            self.session.polled(answer.as_ref().err());
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            self.answered.set_value(number);
            match answer {
                Ok(Fetched::Same) => {
                    // What was just done was refused: there is nothing to go along with.
                    self.follow.set_value(false);
                    self.worked();
                }
                Ok(Fetched::New(view, etag)) => {
                    self.etag.set_value(etag);
                    self.worked();
                    self.take(view);
                }
                // News that does not come leaves the ticket as it is; the next try may work.
                Err(error)
                    if error.status() == 404 || self.view.with_untracked(Option::is_none) =>
                {
                    self.failure.set(Some(error));
                }
                Err(_) => {}
            }
        });
    }

    /// Asks for news, unless an answer is still on its way: where the server takes longer than from one question to the next,
    /// each question would make the answer before it one that nobody waits for.
    fn poll(self) {
        if self.asked.get_value() == self.answered.get_value() {
            self.load();
        }
    }

    /// Nothing is told when nothing was wrong, so that no part of the ticket is drawn again.
    fn worked(self) {
        if self.failure.with_untracked(Option::is_some) {
            self.failure.set(None);
        }
    }

    fn take(self, view: TicketView) {
        let known = self.view.get_untracked();
        if let Some(old) = known.as_ref().filter(|old| ***old != view) {
            self.keep_older(&old.timeline, &view.timeline);
        }
        if known.is_none_or(|old| *old != view) {
            self.view.set(Some(Arc::new(view)));
        }
    }

    /// The newest entries are a window that moves; what leaves it stays on the screen.
    fn keep_older(self, before: &[TimelineEntry], now: &[TimelineEntry]) {
        let Some(first) = now.first() else { return };
        let stays =
            |entry: &&TimelineEntry| now.iter().any(|other| identity(other) == identity(entry));
        let left: Vec<_> = before
            .iter()
            .filter(|entry| entry.at < first.at && !stays(entry))
            .cloned()
            .collect();
        if !left.is_empty() {
            self.older.update(|older| older.extend(left));
        }
    }

    /// Remembers what may take the ticket out of the agent's sight.
    fn did(self, action: &TicketAction) {
        if let TicketAction::Mark(NewMark {
            mark: Mark::Security,
            on: true,
        }) = action
        {
            self.to_security.set_value(true);
        }
    }

    /// Reads ticket, list and counts again after the agent changed something.
    fn changed(self) {
        self.follow.set_value(true);
        self.load();
        self.queue.refresh();
    }

    /// The desk of the ticket, once loaded; follows changes.
    fn desk(self) -> Option<Arc<DeskView>> {
        let slug = self
            .view
            .with(|view| view.as_ref().map(|view| view.desk.clone()))?;
        self.session.profile(&slug)
    }

    /// How the ticket's desk speaks; where no ticket came, the desk that the lists show.
    fn speech(self) -> Speech {
        untrack(move || {
            match self
                .view
                .with(|view| view.as_ref().map(|view| view.desk.clone()))
            {
                Some(slug) => self.session.speech_of(&slug),
                None => self.session.speech(),
            }
        })
    }

    /// A sentence with the desk's word for a ticket.
    fn say(self, message: impl Message) -> String {
        self.speech().ticket.say(message)
    }

    /// A sentence with the desk's word for a ticket, and further values.
    fn say_with(self, message: impl Message, values: &[&str]) -> String {
        self.speech().ticket.say_with(message, values)
    }

    /// A sentence with the desk's word for the category.
    fn say_category(self, message: impl Message) -> String {
        self.speech().category.say(message)
    }

    /// A sentence with the desk's word for the priority.
    fn say_priority(self, message: impl Message) -> String {
        self.speech().priority.say(message)
    }

    /// The time zone for dates.
    fn zone(self) -> String {
        self.desk().map_or(DEFAULT_ZONE.to_owned(), |desk| {
            desk.calendar.zone.name.clone()
        })
    }

    fn limits(self) -> Limits {
        let desk = untrack(move || self.desk());
        Limits {
            bytes: desk
                .as_ref()
                .map_or(30_000_000, |desk| desk.max_attachment_bytes),
            count: desk.as_ref().map_or(10, |desk| desk.max_attachments),
            total: desk
                .as_ref()
                .map_or(200 << 20, |desk| desk.max_ticket_attachment_bytes),
        }
    }

    /// What the ticket allows of a command, a row for each state that it may lead to; follows changes.
    fn rows_of(self, command: CommandKind) -> Vec<AllowedCommand> {
        self.view.with(|view| {
            view.iter()
                .flat_map(|view| &view.allowed_commands)
                .filter(|allowed| allowed.command == command)
                .cloned()
                .collect()
        })
    }

    /// Whether a command can be given now; follows changes.
    fn can(self, command: CommandKind) -> bool {
        self.rows_of(command)
            .iter()
            .any(|row| row.blocked_by.is_empty())
    }

    /// Sends a change that needs no window, and says what came of it.
    fn send_now(self, action: TicketAction, done: impl Into<String>, busy: RwSignal<bool>) {
        let done = done.into();
        let version = self
            .view
            .with_untracked(|view| view.as_ref().map(|view| view.version));
        let Some(version) = version.filter(|_| !busy.get_untracked()) else {
            return;
        };
        let code = self.code();
        busy.set(true);
        later(async move {
            let outcome = action
                .send(self.client, &code, version, &browser::random_key())
                .await;
            if busy.try_set(false).is_some() {
                if let Err(error) = outcome {
                    self.ui.toast(Kind::Error, error.about(&code));
                }
                return;
            }
            match outcome {
                Ok(_) => {
                    self.ui.toast(Kind::Success, done);
                    self.did(&action);
                }
                Err(error) => self
                    .ui
                    .toast(Kind::Error, actions::refusal_text(self, &error)),
            }
            self.changed();
        });
    }

    /// Shows a place of the panel and leads the keyboard there.
    fn lead_to(self, place: Place) {
        if self.folded.get_untracked() {
            self.fold();
        }
        self.facts_tab.set(true);
        self.side.set(SideTab::Process);
        // The window that leads there gives the focus back first.
        set_timeout(
            move || browser::focus_id(place.id()),
            std::time::Duration::from_millis(80),
        );
    }

    /// Downloads a file and says so if that fails.
    fn download(self) -> Callback<shared::api::uploads::Attachment> {
        Callback::new(move |file: shared::api::uploads::Attachment| {
            let code = self.code();
            later(async move {
                if let Err(error) = api::download(self.client, &code, &file.id, file.name).await {
                    self.ui.toast(Kind::Error, error.detail());
                }
            });
        })
    }

    fn fold(self) {
        let folded = !self.folded.get_untracked();
        browser::store(PANEL, folded.then_some("folded"));
        self.folded.set(folded);
    }
}

/// The ticket of the address.
#[component]
pub fn TicketPane() -> impl IntoView {
    let nav = nav();
    view! { {move || {
        nav.ticket
            .get()
            .map(|code| view! { <Ticket code/> }.into_any())
    }} }
}

#[component]
fn Ticket(code: String) -> impl IntoView {
    let case = Case::open(code.clone());
    case.load();
    browser::poll(POLL_SECONDS, move || case.poll());
    title(&code);
    let there = Memo::new(move |_| case.view.with(Option::is_some));
    let shown = Memo::new(move |_| there.get() && case.failure.with(Option::is_none));
    // A new ticket tells where one is; on wide screens the focus stays in the list.
    watch(move || {
        let list_hidden = window()
            .match_media("(max-width: 79.99rem)")
            .ok()
            .flatten()
            .is_some_and(|narrow| narrow.matches());
        if there.get() && list_hidden {
            browser::focus_first(".ticket-title");
        }
    });
    let failure = move || {
        let error = case.failure.get()?;
        let view = if error.status() == 404 {
            // What was on the screen a moment ago is not unknown: it went where the agent does not see it.
            let (symbol, title, help) = if case.to_security.get_value() {
                ("shield", Words::WentToSecurity, Words::WentToSecurityHelp)
            } else if case.view.with_untracked(Option::is_some) {
                ("lock", Words::NoLongerSeen, Words::NoLongerSeenHelp)
            } else {
                ("search", Words::TicketNotFound, Words::TicketNotFoundHelp)
            };
            view! {
                <Empty symbol title=case.say(title)>
                    <p>{case.say(help)}</p>
                    <a class="btn" href=case.queue.address()>{t(Words::BackToQueue)}</a>
                </Empty>
            }
            .into_any()
        } else {
            view! { <Failed error retry=Callback::new(move |()| case.load())/> }.into_any()
        };
        Some(view)
    };
    let waiting = move || {
        (!there.get() && case.failure.with(Option::is_none))
            .then(|| view! { <div class="ticket-main"><Loading lines=8/></div> }.into_any())
    };
    view! {
        <article class="ticket-pane" aria-label=code>
            {move || failure()}
            {move || waiting()}
            {move || shown.get().then(|| view! {
                <Head case/>
                <Tabs case/>
                <div
                    class="ticket-body"
                    class:folded=move || case.folded.get()
                    data-tab=move || if case.facts_tab.get() { "side" } else { "main" }
                >
                    <div class="ticket-main">
                        <Timeline case/>
                        <Composer case/>
                    </div>
                    <Side case/>
                </div>
            }.into_any())}
        </article>
    }
}

/// On narrow screens: conversation or facts.
#[component]
fn Tabs(case: Case) -> impl IntoView {
    let tab = move |facts: bool, name: String| {
        view! {
            <button class="tab" type="button" aria-pressed=move || (case.facts_tab.get() == facts).to_string() on:click=act(move |_| case.facts_tab.set(facts))>{name}</button>
        }
    };
    view! {
        <div class="tabs ticket-tabs" role="group" aria-label=case.say(Words::TicketParts)>
            {tab(false, t(Words::Conversation).to_owned())}
            {tab(true, case.say(Words::Facts))}
        </div>
    }
}
