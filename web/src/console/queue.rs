//! The queue: a list of tickets with filters, order and pages, which keeps its rows, place and scroll while a ticket is
//! open beside it (or, on narrow screens, in its place).
//!
//! The list never moves by itself. It asks every few seconds for news: rows that are shown change in place, and rows that
//! came or left wait behind a button that says how many.

use std::cmp::Ordering;

use crate::components::act;
use crate::task::{later, watch};
use chrono::DateTime;
use leptos::ev;
use leptos::prelude::*;
use shared::api::page::Page;
use shared::api::tickets::{Sort, TicketQuery, TicketRow, View};
use shared::ticket::actor::Privilege;
use wasm_bindgen::JsCast;

use super::keys::keys;
use super::parts::parts;
use super::query::{self, PAGE_ROWS};
use super::router::{Step, nav};
use super::session::session;
use super::shell::{Topbar, counts, view_title};
use super::sla::{ChipStyle, SlaChip};
use super::status::priority_icon;
use super::words::Words;
use crate::browser;
use crate::client::{ApiError, Fetched, console as api, use_client};
use crate::components::feedback::{Empty, Failed};
use crate::components::icon;
use crate::components::ticket::{StatusTag, initials};
use crate::i18n::dates::{DEFAULT_ZONE, Style, instant, iso};
use crate::i18n::{t, t_with};

const POLL_SECONDS: u64 = 15;
const SKELETON_ROWS: usize = 12;
/// Typing in the search field asks the server after this pause.
const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_millis(350);

/// One row: its code, and its data, which change in place.
#[derive(Clone)]
struct Line {
    code: String,
    row: ArcRwSignal<TicketRow>,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

#[derive(Clone, PartialEq)]
enum Phase {
    Loading,
    Ready,
    Failed(ApiError),
}

/// The list and where it stands; the ticket beside it uses it too.
#[derive(Clone, Copy)]
pub struct Queue {
    /// What the address asks for.
    pub query: Memo<TicketQuery>,
    /// The code of the open ticket.
    pub open: Memo<Option<String>>,
    lines: RwSignal<Vec<Line>>,
    phase: RwSignal<Phase>,
    /// Cursors of the pages turned so far; the last is the present page.
    trail: RwSignal<Vec<String>>,
    next: RwSignal<Option<String>>,
    /// A newer answer that would move rows.
    held: RwSignal<Option<Page<TicketRow>>>,
    etag: StoredValue<Option<String>>,
    /// Rises with each question, so that late answers are dropped.
    asked: StoredValue<u32>,
    /// Number of the last question that was answered.
    answered: StoredValue<u32>,
    again: RwSignal<u32>,
}

impl Queue {
    /// Reads the list and the counts again now, after the agent changed something.
    pub fn refresh(self) {
        self.again.update(|times| *times += 1);
    }

    /// The address of the list, as it is filtered now.
    pub fn address(self) -> String {
        ["/console/queue", &self.query.with(query::to_search)].concat()
    }

    fn search(self) -> String {
        let mut query = self.query.get_untracked();
        query.limit = Some(PAGE_ROWS);
        query.cursor = self.trail.with_untracked(|trail| trail.last().cloned());
        query::to_search(&query)
    }

    /// How many rows the held answer adds.
    fn new_rows(self) -> usize {
        self.held.with(|held| {
            let Some(page) = held else { return 0 };
            self.lines.with(|lines| {
                page.items
                    .iter()
                    .filter(|row| !lines.iter().any(|line| line.code == row.code))
                    .count()
            })
        })
    }

    /// Shows that the list is awaited or did not come. What it was known by is forgotten, so that the next answer brings
    /// the list, whatever the one before was.
    fn shows_none(self, phase: Phase) {
        self.etag.set_value(None);
        self.phase.set(phase);
    }

    /// Shows an answer as it is.
    fn show(self, page: Page<TicketRow>) {
        self.held.set(None);
        self.next.set(page.next);
        let old = self.lines.get_untracked();
        let lines =
            page.items
                .into_iter()
                .map(|row| match old.iter().find(|line| line.code == row.code) {
                    Some(line) => {
                        set_if_changed(&line.row, row);
                        line.clone()
                    }
                    None => Line {
                        code: row.code.clone(),
                        row: ArcRwSignal::new(row),
                    },
                });
        self.lines.set(lines.collect());
        self.phase.set(Phase::Ready);
    }

    /// Takes an answer without moving rows: what is shown changes in place, the rest is held back.
    fn merge(self, page: Page<TicketRow>) {
        let shown = self.lines.get_untracked();
        let same = shown.len() == page.items.len()
            && shown
                .iter()
                .zip(&page.items)
                .all(|(line, row)| line.code == row.code);
        let ready = self.phase.with_untracked(|phase| *phase == Phase::Ready);
        if same || shown.is_empty() || !ready {
            self.show(page);
            return;
        }
        for row in &page.items {
            if let Some(line) = shown.iter().find(|line| line.code == row.code) {
                set_if_changed(&line.row, row.clone());
            }
        }
        self.held.set(Some(page));
    }
}

fn set_if_changed(signal: &ArcRwSignal<TicketRow>, row: TicketRow) {
    if signal.with_untracked(|old| *old != row) {
        signal.set(row);
    }
}

/// The queue around the page.
pub fn queue() -> Queue {
    expect_context::<Queue>()
}

/// Whether list and ticket stand side by side.
fn wide_screen() -> RwSignal<bool> {
    let list = window().match_media("(min-width: 80rem)").ok().flatten();
    let wide = RwSignal::new(list.as_ref().is_none_or(web_sys::MediaQueryList::matches));
    let listener = window_event_listener(ev::resize, move |_| {
        let now = list.as_ref().is_none_or(web_sys::MediaQueryList::matches);
        if wide.get_untracked() != now {
            wide.set(now);
        }
    });
    on_cleanup(move || listener.remove());
    wide
}

/// The list, and beside or instead of it the open ticket.
#[component]
pub fn Workbench() -> impl IntoView {
    let session = session();
    let nav = nav();
    let queue = Queue {
        query: Memo::new(move |_| {
            let desk = session.desk.get();
            nav.search
                .with(|search| query::from_search(search, Some(desk)))
        }),
        open: nav.ticket,
        lines: RwSignal::new(Vec::new()),
        phase: RwSignal::new(Phase::Loading),
        trail: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        held: RwSignal::new(None),
        etag: StoredValue::new(None),
        asked: StoredValue::new(0),
        answered: StoredValue::new(0),
        again: RwSignal::new(0),
    };
    provide_context(queue);
    let wide = wide_screen();
    load_list(queue, wide);
    let title = Signal::derive(move || match queue.open.get() {
        Some(code) if !wide.get() => code,
        _ => view_title(
            session,
            queue.query.with(|query| query.view.unwrap_or(View::Mine)),
        ),
    });
    let may_create = move || session.may(Privilege::TicketCreate);
    view! {
        <Topbar title>
            <SearchField queue/>
            <div class="topbar-tools row">
                {move || may_create().then(|| view! {
                    <a class="btn primary hide-phone" href="/console/tickets/new" title=move || session.speech().ticket.say(Words::NewTicketKey)>{icon("plus")}{move || session.speech().ticket.say(Words::NewTicket)}</a>
                }.into_any())}
            </div>
        </Topbar>
        <main class="panes" id="main" tabindex="-1" data-open=move || if queue.open.with(Option::is_some) { "ticket" } else { "none" }>
            <List queue wide/>
            {parts().ticket()}
        </main>
    }
}

/// Asks for the list when the address changes, when a page is turned, when something was changed, and for news.
fn load_list(queue: Queue, wide: RwSignal<bool>) {
    let client = use_client();
    let session = session();
    let counts = counts();
    let ask = move |quiet: bool| {
        let number = queue.asked.get_value() + 1;
        queue.asked.set_value(number);
        let search = queue.search();
        let etag = if quiet { queue.etag.get_value() } else { None };
        later(async move {
            let answer = api::tickets(client, &search, etag).await;
            session.polled(answer.as_ref().err());
            if queue.asked.try_get_value() != Some(number) {
                return;
            }
            queue.answered.set_value(number);
            match answer {
                Ok(Fetched::Same) => {}
                Ok(Fetched::New(page, etag)) => {
                    queue.etag.set_value(etag);
                    if quiet {
                        queue.merge(page)
                    } else {
                        queue.show(page)
                    }
                }
                // A poll that fails leaves the list as it is; the next one may work.
                Err(_) if quiet && queue.phase.with_untracked(|phase| *phase == Phase::Ready) => {}
                Err(error) => queue.shows_none(Phase::Failed(error)),
            }
        });
    };
    let visible = Memo::new(move |_| wide.get() || queue.open.with(Option::is_none));
    let ask_now = move || {
        if visible.get_untracked()
            && queue
                .query
                .with_untracked(|query| query.desk.as_deref() != Some(""))
        {
            ask(false);
        }
    };
    let mut before = None::<TicketQuery>;
    watch(move || {
        let query = queue.query.get();
        let turned = queue.trail.with(|trail| !trail.is_empty());
        visible.track();
        if before.as_ref() != Some(&query) {
            before = Some(query);
            queue.shows_none(Phase::Loading);
            queue.lines.set(Vec::new());
            queue.held.set(None);
            if turned {
                // Runs this once more, which then asks for the first page.
                queue.trail.set(Vec::new());
                return;
            }
        }
        ask_now();
    });
    let mut first = true;
    watch(move || {
        queue.again.track();
        if !std::mem::take(&mut first) {
            ask_now();
            counts.refresh();
        }
    });
    browser::poll(POLL_SECONDS, move || {
        // Not while an answer is still on its way: a slow server would never be heard out.
        if visible.get_untracked() && queue.asked.get_value() == queue.answered.get_value() {
            ask(true);
        }
    });
}

/// Changes the address to another query, on the same page, without a new entry in the history.
fn use_refine(queue: Queue) -> impl Fn(TicketQuery) + Copy {
    let nav = nav();
    move |query: TicketQuery| {
        let page = match queue.open.get_untracked() {
            Some(code) => ["/tickets/", &code].concat(),
            None => "/queue".to_owned(),
        };
        nav.go(
            &[page.as_str(), &query::to_search(&query)].concat(),
            Step::Instead,
        );
    }
}

/// Finds tickets of the view by code or subject.
#[component]
fn SearchField(queue: Queue) -> impl IntoView {
    let refine = use_refine(queue);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let input = NodeRef::<leptos::html::Input>::new();
    keys().bind("/", move || {
        if let Some(input) = input.get_untracked() {
            let _ = input.focus();
            input.select();
        }
    });
    let typed = move |event: ev::Event| {
        let text = event_target_value(&event)
            .trim()
            .chars()
            .take(100)
            .collect::<String>();
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                let q = (!text.is_empty()).then_some(text.clone());
                // The queue may be gone by now.
                if let Some(query) = queue.query.try_get_untracked() {
                    refine(TicketQuery { q, ..query });
                }
            },
            TYPING_PAUSE,
        );
        pending.set_value(later.ok());
    };
    let shown = move || {
        let asked = queue
            .query
            .with(|query| query.q.clone().unwrap_or_default());
        // What is asked has no space at its ends, but whoever is typing may be about to go on with another word.
        match input.get_untracked().map(|input| input.value()) {
            Some(typed) if typed.trim() == asked => typed,
            _ => asked,
        }
    };
    view! {
        <div class="input-group topbar-search">
            {icon("search")}
            <input
                class="input" type="search" maxlength="100" node_ref=input
                aria-label=t(Words::SearchTickets) title=t(Words::SearchTickets) placeholder=t(Words::SearchShort)
                prop:value=move || shown()
                on:input=act(typed)
            />
            <kbd>"/"</kbd>
        </div>
    }
}

#[component]
fn List(queue: Queue, wide: RwSignal<bool>) -> impl IntoView {
    let scroll = StoredValue::new(0);
    let rows = NodeRef::<leptos::html::Ol>::new();
    // A list that is not drawn forgets its place, so it is kept here.
    watch(move || {
        let hidden = queue.open.with(Option::is_some) && !wide.get();
        if let Some(rows) = rows.get().filter(|_| !hidden) {
            let place = scroll.get_value();
            request_animation_frame(move || rows.set_scroll_top(place));
        }
    });
    watch(move || {
        queue.query.track();
        queue.trail.track();
        scroll.set_value(0);
    });
    bind_row_keys(queue);
    let keep_place = move |_| {
        if let Some(rows) = rows.get_untracked().filter(|rows| rows.client_height() > 0) {
            scroll.set_value(rows.scroll_top());
        }
    };
    let session = session();
    let empty =
        move || queue.lines.with(Vec::is_empty) && queue.phase.with(|phase| *phase == Phase::Ready);
    let failure = move || match queue.phase.get() {
        Phase::Failed(error) => Some(error),
        Phase::Loading | Phase::Ready => None,
    };
    let loading = move || queue.phase.with(|phase| *phase == Phase::Loading);
    view! {
        <section class="list-pane" aria-label=move || session.speech().ticket.say(Words::TicketList) aria-busy=move || loading().to_string()>
            <FilterBar queue/>
            <RowHead queue/>
            <News queue/>
            {move || failure().map(|error| view! { <Failed error retry=Callback::new(move |()| queue.refresh())/> }.into_any())}
            {move || empty().then(|| view! { <NoRows queue/> }.into_any())}
            <ol class="rows" node_ref=rows on:scroll=act(keep_place) hidden=move || empty() || failure().is_some()>
                {move || loading().then(|| (0..SKELETON_ROWS).map(|_| view! {
                    <li class="sk-row" aria-hidden="true"><span class="sk"></span></li>
                }.into_any()).collect_view())}
                <For each=move || queue.lines.get() key=|line| line.code.clone() children=move |line| row_view(queue, line)/>
            </ol>
            <ListFoot queue/>
        </section>
    }
}

/// `j` and `k` move the focus between rows, `u` goes back to the list.
fn bind_row_keys(queue: Queue) {
    let move_by = |step: i32| {
        move || {
            let Ok(links) = document().query_selector_all(".rows .row") else {
                return;
            };
            let links: Vec<web_sys::HtmlElement> = (0..links.length())
                .filter_map(|place| links.item(place)?.dyn_into().ok())
                .collect();
            let active = document().active_element();
            let at = links
                .iter()
                .position(|link| {
                    active
                        .as_ref()
                        .is_some_and(|active| active.is_same_node(Some(link)))
                })
                .or_else(|| {
                    links
                        .iter()
                        .position(|link| link.has_attribute("aria-current"))
                });
            let target = match at {
                Some(at) => at
                    .saturating_add_signed(step as isize)
                    .min(links.len().saturating_sub(1)),
                None => 0,
            };
            if let Some(link) = links.get(target) {
                let _ = link.focus();
            }
        }
    };
    let keys = keys();
    keys.bind("j", move_by(1));
    keys.bind("k", move_by(-1));
    let nav = nav();
    keys.bind("u", move || {
        if let Some(code) = queue.open.get_untracked() {
            let search = queue.query.with_untracked(query::to_search);
            nav.go(&["/queue", &search].concat(), Step::Forward);
            focus_row(code);
        }
    });
}

/// Puts the focus back on the row that was open.
pub fn focus_row(code: String) {
    request_animation_frame(move || browser::focus_id(["row-", &code].concat()));
}

fn row_view(queue: Queue, line: Line) -> impl IntoView {
    let session = session();
    let code = line.code.clone();
    let id = ["row-", &code].concat();
    let href = {
        let path = ["/console/tickets/", &code].concat();
        move || [path.as_str(), &queue.query.with(query::to_search)].concat()
    };
    let current = move || {
        queue
            .open
            .with(|open| open.as_deref() == Some(code.as_str()))
            .then_some("true")
    };
    let row = line.row;
    let unread = {
        let row = row.clone();
        move || row.with(|row| row.awaits_reply)
    };
    let cells = move || {
        let row = row.get();
        let desk_slug = row.desk.clone();
        let desk = Signal::derive(move || session.profile(&desk_slug));
        let zone = desk.with_untracked(|desk| {
            desk.as_ref().map_or(DEFAULT_ZONE.to_owned(), |desk| {
                desk.calendar.zone.name.clone()
            })
        });
        let who = match &row.requester_entity {
            Some(entity) => [&row.requester.name, " · ", entity].concat(),
            None => row.requester.name.clone(),
        };
        let owner = match &row.assignee {
            Some(person) => view! {
                <span class="avatar sm" aria-hidden="true">{initials(&person.name)}</span>
                <span class="c-name">{person.name.clone()}</span>
            }.into_any(),
            None => view! { <span class="c-name">{row.group.as_ref().map_or(t(Words::Unassigned).to_owned(), |group| group.label.clone())}</span> }.into_any(),
        };
        view! {
            <span class="c-prio" title=row.priority.label.clone()>
                {icon(priority_icon(row.priority_rank))}
                <span class="sr">{session.speech_of(&row.desk).priority.say_with(Words::PrioritySpoken, &[&row.priority.label])}</span>
            </span>
            <span class="c-code num">{row.code.clone()}</span>
            <span class="c-subject" title=row.subject.clone()>
                {row.awaits_reply.then(|| view! { <span class="sr">{t(Words::AwaitsReply)}</span> }.into_any())}
                {row.subject.clone()}
            </span>
            <span class="c-who" title=who.clone()>{who.clone()}</span>
            <span class="c-state" title=row.status_label.clone()><StatusTag status=row.status label=row.status_label.clone() small=true/></span>
            <span class="c-owner">
                <span class="num"><span class="sr">{t(Words::Level)}" "</span><span aria-hidden="true">{t(Words::LevelShort)}</span>{row.level}</span>
                {owner}
            </span>
            <span class="c-sla"><SlaChip clock=row.sla.clock status=row.sla.status due_at=row.sla.due_at desk style=ChipStyle::Bare/></span>
            <span class="c-when">{when(&row, &zone)}</span>
        }
        .into_any()
    };
    view! {
        <li>
            <a class="row" id=id class:unread=move || unread() href=move || href() aria-current=move || current()>{move || cells()}</a>
        </li>
    }
}

/// The last movement: the hour of today, else the day.
fn when(row: &TicketRow, zone: &str) -> AnyView {
    let at = row.updated_at;
    let day = |at| instant(at, zone, Style::Date);
    let today = DateTime::from_timestamp_millis(browser::now_ms() as i64).map(day);
    let text = if today.as_ref() == Some(&day(at)) {
        instant(at, zone, Style::Time)
    } else {
        // The day of `12 mar, 10:42 a. m.`
        let short = instant(at, zone, Style::Short);
        short
            .split_once(',')
            .map_or(short.clone(), |(day, _)| day.to_owned())
    };
    view! { <time class="num" datetime=iso(at) title=instant(at, zone, Style::Full)>{text}</time> }
        .into_any()
}

/// Says how many rows wait, and shows them.
#[component]
fn News(queue: Queue) -> impl IntoView {
    let session = session();
    let text = move || {
        queue
            .held
            .with(Option::is_some)
            .then(|| match queue.new_rows() {
                0 => t(Words::ListChanged).to_owned(),
                1 => session.speech().ticket.say(Words::OneNew),
                count => session
                    .speech()
                    .ticket
                    .say_with(Words::ManyNew, &[&count.to_string()]),
            })
    };
    let take = move |_| {
        if let Some(page) = queue.held.get_untracked() {
            queue.show(page);
            browser::focus_first(".rows .row");
        }
    };
    view! {
        <div class="news" role="status">
            {move || text().map(|text| view! {
                <button class="chip" aria-pressed="true" type="button" on:click=act(take)>{icon("arrow-up")}{text}</button>
            }.into_any())}
        </div>
    }
}

#[component]
fn NoRows(queue: Queue) -> impl IntoView {
    let refine = use_refine(queue);
    let filtered = queue.query.with_untracked(query::is_filtered);
    if filtered {
        let clear = move |_| refine(query::unfiltered(&queue.query.get_untracked()));
        let searched = queue.query.get_untracked();
        let all = query::everywhere(&searched);
        let narrow = searched.q.is_some() && searched.status != all.status;
        let help = if narrow {
            Words::NothingInView
        } else {
            Words::NothingFoundHelp
        };
        let elsewhere = narrow.then(|| {
            view! { <button class="btn primary" type="button" on:click=act(move |_| refine(all.clone()))>{t(Words::SearchAll)}</button> }
                .into_any()
        });
        view! {
            <Empty symbol="filter" title=session().speech().ticket.say(Words::NothingFound)>
                <p>{t(help)}</p>
                {elsewhere}
                <button class="btn" type="button" on:click=act(clear)>{t(Words::ClearFilters)}</button>
            </Empty>
        }
        .into_any()
    } else {
        view! { <Empty symbol="inbox" title=session().speech().ticket.say(Words::NoTickets)><p>{t(Words::NoTicketsHelp)}</p></Empty> }.into_any()
    }
}

/// The heads of the columns that the list can be sorted by; narrow lists use the select in the filter bar.
#[component]
fn RowHead(queue: Queue) -> impl IntoView {
    let refine = use_refine(queue);
    let session = session();
    let head = move |class: &'static str, name: Words, column: (Sort, Sort), short: bool| {
        let name = move || session.speech().priority.say(name);
        let sort = move || queue.query.with(|query| query.sort.unwrap_or_default());
        let place = move || match sort() {
            sort if sort == column.0 => Ordering::Less,
            sort if sort == column.1 => Ordering::Greater,
            _ => Ordering::Equal,
        };
        let label = move || match place() {
            Ordering::Less => t_with(Words::SortedUp, &[&name()]),
            Ordering::Greater => t_with(Words::SortedDown, &[&name()]),
            Ordering::Equal => t_with(Words::SortBy, &[&name()]),
        };
        let arrow = move || match place() {
            Ordering::Less => Some(icon("arrow-up")),
            Ordering::Greater => Some(icon("arrow-down")),
            Ordering::Equal => None,
        };
        let pressed = move || (place() != Ordering::Equal).to_string();
        let sort_by = move |_| {
            let query = queue.query.get_untracked();
            refine(TicketQuery {
                sort: Some(query::toggled(query.sort, column)),
                ..query
            });
        };
        view! {
            <button class=["row-sort ", class].concat() type="button" aria-pressed=move || pressed() aria-label=move || label() title=move || label() on:click=act(sort_by)>
                {if short { icon("flag") } else { name.into_any() }}{arrow}
            </button>
        }
    };
    let [due, priority, updated, created] = query::SORTS;
    view! {
        <div class="row-head" role="group" aria-label=t(Words::SortList)>
            {head("c-prio", Words::Priority, priority, true)}
            {head("c-code", Words::Code, created, false)}
            <span class="c-subject">{t(Words::Subject)}</span>
            <span class="c-who">{t(Words::Requester)}</span>
            <span class="c-state">{t(Words::State)}</span>
            <span class="c-owner">{t(Words::Assignee)}</span>
            {head("c-sla", Words::Due, due, false)}
            {head("c-when", Words::Updated, updated, false)}
        </div>
    }
}

#[component]
fn ListFoot(queue: Queue) -> impl IntoView {
    let first = move || queue.trail.with(Vec::is_empty);
    let last = move || queue.next.with(Option::is_none);
    let back = move |_| {
        if !first() {
            queue.shows_none(Phase::Loading);
            queue.lines.set(Vec::new());
            queue.trail.update(|trail| {
                trail.pop();
            });
        }
    };
    let forth = move |_| {
        if let Some(cursor) = queue.next.get_untracked() {
            queue.shows_none(Phase::Loading);
            queue.lines.set(Vec::new());
            queue.trail.update(|trail| trail.push(cursor));
        }
    };
    let range = move || {
        let rows = queue.lines.with(Vec::len);
        let before = queue.trail.with(Vec::len) * usize::from(PAGE_ROWS);
        (rows > 0).then(|| [&(before + 1).to_string(), "–", &(before + rows).to_string()].concat())
    };
    view! {
        <div class="list-foot">
            <nav class="pager" aria-label=t(Words::Pages)>
                <button class="btn ghost sm" type="button" aria-disabled=move || first().then_some("true") on:click=act(back)>{icon("chevron-left")}{t(Words::Previous)}</button>
                <span class="muted num">{move || range()}</span>
                <button class="btn ghost sm" type="button" aria-disabled=move || last().then_some("true") on:click=act(forth)>{t(Words::Next)}{icon("chevron-right")}</button>
            </nav>
        </div>
    }
}

/// A choice of the filter bar: value and label.
type Pick = (String, String);

#[component]
fn FilterBar(queue: Queue) -> impl IntoView {
    let session = session();
    let refine = use_refine(queue);
    let shown = RwSignal::new(queue.query.with_untracked(query::is_filtered));
    let agents = RwSignal::new(Vec::new());
    let failed = RwSignal::new(None::<ApiError>);
    // Names are asked for when the filters are first opened, and once more where they did not come.
    let mut asked = String::new();
    watch(move || {
        let desk = session.desk.get();
        if shown.get() && (asked != desk || failed.with_untracked(Option::is_some)) {
            session.load_agents(desk.clone(), agents, failed);
            asked = desk;
        }
    });
    let count = move || {
        queue.query.with(|query| {
            [
                query.status.is_some(),
                query.request_type.is_some(),
                query.priority.is_some(),
                query.level.is_some(),
                query.group.is_some(),
                query.assignee.is_some(),
                query.requester.is_some(),
            ]
            .into_iter()
            .filter(|set| *set)
            .count()
        })
    };
    let toggle_text = move || match count() {
        0 => t(Words::Filters).to_owned(),
        count => t_with(Words::FiltersCount, &[&count.to_string()]),
    };
    let on_sort = {
        move |event: ev::Event| {
            refine(TicketQuery {
                sort: query::parse_sort(&event_target_value(&event)),
                ..queue.query.get_untracked()
            })
        }
    };
    let sort_options = query::SORTS
        .into_iter()
        .zip([Words::Due, Words::Priority, Words::Updated, Words::Created])
        .flat_map(|((up, down), name)| [(up, Words::Rising, name), (down, Words::Falling, name)]);
    let sort_name =
        move |way: Words, name: Words| t_with(way, &[&session.speech().priority.say(name)]);
    let clear = { move |_| refine(query::unfiltered(&queue.query.get_untracked())) };
    let states = move || {
        session.current().map(|desk| {
            desk.states
                .iter()
                .map(|state| (state.id.as_str().to_owned(), state.label.clone()))
                .collect::<Vec<Pick>>()
        })
    };
    let types = move || {
        session.current().map(|desk| {
            desk.types
                .iter()
                .map(|one| (one.id.as_str().to_owned(), one.label.clone()))
                .collect::<Vec<Pick>>()
        })
    };
    let priorities = move || {
        session.current().map(|desk| {
            desk.priorities
                .iter()
                .map(|one| (one.id.clone(), one.label.clone()))
                .collect::<Vec<Pick>>()
        })
    };
    let levels = move || {
        session.current().map(|desk| {
            desk.levels
                .iter()
                .map(|one| (one.level.to_string(), one.label.clone()))
                .collect::<Vec<Pick>>()
        })
    };
    let groups = move || {
        session.current().map(|desk| {
            desk.levels
                .iter()
                .flat_map(|level| level.groups.iter())
                .map(|group| (group.id.clone(), group.label.clone()))
                .collect::<Vec<Pick>>()
        })
    };
    let people = move || {
        Some(agents.with(|agents: &Vec<shared::api::desks::DeskAgent>| {
            agents
                .iter()
                .map(|agent| (agent.id.to_string(), agent.full_name.clone()))
                .collect::<Vec<Pick>>()
        }))
    };
    // The desk's word for the priority; the other names have none in them.
    let named = move |name: Words| session.speech().priority.say(name);
    let select = move |name: Words,
                       choices: Signal<Option<Vec<Pick>>>,
                       read: fn(&TicketQuery) -> Option<String>,
                       write: fn(&mut TicketQuery, Option<String>)| {
        let on_change = move |event: ev::Event| {
            let value = event_target_value(&event);
            let mut query = queue.query.get_untracked();
            write(&mut query, (!value.is_empty()).then_some(value));
            refine(query);
        };
        view! {
            <select class="input select sm" aria-label=move || named(name) on:change=act(on_change)>
                <option value="" prop:selected=move || queue.query.with(|query| read(query).is_none())>{move || named(name)}</option>
                {move || choices.get().unwrap_or_default().into_iter().map(|(value, label)| {
                    let key = value.clone();
                    view! { <option value=value prop:selected=move || queue.query.with(|query| read(query).as_deref() == Some(key.as_str()))>{label}</option> }
                }).collect_view()}
            </select>
        }
    };
    let status_select = select(
        Words::State,
        Signal::derive(states),
        |query| query.status.clone(),
        |query, value| query.status = value,
    );
    let type_select = select(
        Words::Type,
        Signal::derive(types),
        |query| query.request_type.map(|kind| kind.as_str().to_owned()),
        |query, value| query.request_type = value.and_then(|word| word.parse().ok()),
    );
    let priority_select = select(
        Words::Priority,
        Signal::derive(priorities),
        |query| query.priority.clone(),
        |query, value| query.priority = value,
    );
    let level_select = select(
        Words::Level,
        Signal::derive(levels),
        |query| query.level.map(|level| level.to_string()),
        |query, value| query.level = value.and_then(|value| value.parse().ok()),
    );
    let group_select = select(
        Words::Group,
        Signal::derive(groups),
        |query| query.group.clone(),
        |query, value| query.group = value,
    );
    let person_select = select(
        Words::Assignee,
        Signal::derive(people),
        |query| query.assignee.map(|key| key.to_string()),
        |query, value| query.assignee = value.and_then(|value| value.parse().ok()),
    );
    view! {
        <div class="filterbar">
            <button
                class="chip" type="button" aria-controls="filters"
                aria-pressed=move || (count() > 0).to_string()
                aria-expanded=move || shown.get().to_string()
                on:click=act(move |_| shown.update(|shown| *shown = !*shown))
            >
                {icon("filter")}{toggle_text}
            </button>
            {move || (count() > 0).then(|| {
                view! { <button class="chip" type="button" on:click=act(clear)>{t(Words::ClearFilters)}{icon("x")}</button> }.into_any()
            })}
            <select class="input select sm" aria-label=t(Words::SortList) on:change=act(on_sort)>
                {sort_options.map(|(sort, way, name)| view! {
                    <option value=query::sort_word(sort) prop:selected=move || queue.query.with(|query| query.sort.unwrap_or_default() == sort)>{move || sort_name(way, name)}</option>
                }.into_any()).collect_view()}
            </select>
        </div>
        <div class="filterbar filters" id="filters" hidden=move || !shown.get()>
            {status_select}{type_select}{priority_select}{level_select}{group_select}{person_select}
        </div>
    }
}
