//! What stands around every page: the rail with views and counts, the bar of each page, the bar at the foot on phones,
//! the preferences and the list of shortcuts.

use crate::components::act;
use crate::task::{later, watch};
use leptos::ev;
use leptos::prelude::*;
use shared::api::process::ApprovalRow;
use shared::api::tickets::{TicketQuery, View, ViewCounts};
use shared::ticket::actor::Privilege;
use shared::ticket::status::Status;
use wasm_bindgen::JsCast;

use super::components::menu::Menu;
use super::keys::keys;
use super::parts::{Window, parts};
use super::query;
use super::queue::Workbench;
use super::router::{Page, Step, focus_headings, nav};
use super::session::{Session, session};
use super::words::Words;
use crate::browser;
use crate::client::{Fetched, console as api, use_client};
use crate::components::feedback::Empty;
use crate::components::page::title as title_of_window;
use crate::components::ticket::initials;
use crate::components::{SkipLink, icon};
use crate::i18n::t;

const COUNT_SECONDS: u64 = 15;
/// Approvals come by mail too, so they are asked for with every fourth count only.
const APPROVALS_EVERY: u32 = 4;

/// The counts of the rail, which a page may ask to be read again after it changed something.
#[derive(Clone, Copy)]
pub struct Counts {
    /// The latest counts.
    pub now: RwSignal<Option<ViewCounts>>,
    /// What waits for the agent's own decision, at any desk.
    pub approvals: RwSignal<Vec<ApprovalRow>>,
    again: RwSignal<u32>,
}

impl Counts {
    /// Reads the counts again now.
    pub fn refresh(self) {
        self.again.update(|times| *times += 1);
    }
}

/// The counts of the rail.
pub fn counts() -> Counts {
    expect_context::<Counts>()
}

/// What the shell shares with the bar of each page.
#[derive(Clone, Copy)]
struct Drawer(RwSignal<bool>);

/// The rail, the page and, on phones, the bar at the foot.
#[component]
pub fn Shell() -> impl IntoView {
    let drawer = RwSignal::new(false);
    provide_context(Drawer(drawer));
    provide_context(start_counts());
    let open_window = RwSignal::new(None::<Window>);
    let close = Callback::new(move |()| open_window.set(None));
    paint_desk();
    follow_desk_of_address();
    bind_keys(open_window);
    parts().fetch_soon();
    let nav = nav();
    focus_headings(nav);
    watch(move || {
        nav.page.track();
        nav.ticket.track();
        nav.search.track();
        drawer.set(false);
    });
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && drawer.get_untracked() {
            drawer.set(false);
        }
    };
    let page = move || match nav.page.get() {
        Page::Queue => view! { <Workbench/> }.into_any(),
        page @ (Page::NewTicket
        | Page::People
        | Page::AccessRequests
        | Page::Vouching
        | Page::Approvals
        | Page::Approvers) => parts().page(page),
        Page::Home => {
            nav.go("/queue", Step::Instead);
            ().into_any()
        }
        // The sign-in has no shell.
        Page::Login => ().into_any(),
        Page::Unknown => view! { <UnknownPage/> }.into_any(),
    };
    let session = session();
    let lost = move || {
        session.lost.get().then(|| {
            view! {
                <div class="banner warning">
                    {icon("wifi-off")}
                    <div class="banner-body"><p>{t(Words::ConnectionLost)}</p></div>
                </div>
            }
            .into_any()
        })
    };
    view! {
        <div class="shell" data-rail=move || drawer.get().then_some("open") on:keydown=act(on_key)>
            <SkipLink/>
            <Rail drawer open_window/>
            <button class="rail-shade" type="button" tabindex="-1" aria-hidden="true" on:click=act(move |_| drawer.set(false))></button>
            <div class="stage"><div role="status">{move || lost()}</div>{move || page()}</div>
            <BottomBar drawer/>
            {move || open_window.get().map(|window| parts().window(window, close))}
        </div>
    }
}

#[component]
fn UnknownPage() -> impl IntoView {
    view! {
        <Topbar title=Signal::derive(|| t(Words::PageNotFound).to_owned())/>
        <main class="sheet" id="main" tabindex="-1">
            <Empty symbol="search" title=t(Words::PageNotFound)>
                <p>{t(Words::PageNotFoundHelp)}</p>
                <a class="btn primary" href="/console/queue">{t(Words::BackToQueue)}</a>
            </Empty>
        </main>
    }
}

/// Reads the counts now, every few seconds, and when a page asks.
fn start_counts() -> Counts {
    let client = use_client();
    let session = session();
    let counts = Counts {
        now: RwSignal::new(None),
        approvals: RwSignal::new(Vec::new()),
        again: RwSignal::new(0),
    };
    let read_approvals = follow_approvals(counts);
    let etag = StoredValue::new(None::<String>);
    let read = move || {
        let desk = session.desk.get_untracked();
        later(async move {
            let known = etag.try_get_value().flatten();
            let answer = api::ticket_counts(client, &desk, known).await;
            session.polled(answer.as_ref().err());
            // A failure keeps the last counts; the strip over the page says so if it lasts.
            if let Ok(Fetched::New(now, new_etag)) = answer
                && session
                    .desk
                    .try_get_untracked()
                    .is_some_and(|present| present == desk)
            {
                let _ = etag.try_set_value(new_etag);
                let _ = counts.now.try_set(Some(now));
            }
        });
    };
    let mut before = session.desk.get_untracked();
    watch(move || {
        counts.again.track();
        let desk = session.desk.get();
        if before != desk {
            etag.set_value(None);
            counts.now.set(None);
            before = desk;
        }
        read();
    });
    let round = StoredValue::new(0u32);
    browser::poll(COUNT_SECONDS, move || {
        read();
        let count = round.get_value() + 1;
        round.set_value(count % APPROVALS_EVERY);
        if count == APPROVALS_EVERY {
            read_approvals();
        }
    });
    counts
}

/// Reads what waits for the agent's decision now and when a page asks; the answer reads it again.
fn follow_approvals(counts: Counts) -> impl Fn() + Copy {
    let client = use_client();
    let etag = StoredValue::new(None::<String>);
    let read = move || {
        later(async move {
            let known = etag.try_get_value().flatten();
            // A failure keeps what was known; the page says what is wrong.
            if let Ok(Fetched::New(page, new_etag)) = api::approvals(client, known).await {
                let _ = etag.try_set_value(new_etag);
                let _ = counts.approvals.try_set(page.items);
            }
        });
    };
    watch(move || {
        counts.again.track();
        read();
    });
    read
}

/// Shows the desk's colour; its shades are clamped by the style sheet.
fn paint_desk() {
    let session = session();
    watch(move || {
        let accent = session.current().and_then(|desk| desk.accent.clone());
        let Some(root) = document().document_element() else {
            return;
        };
        let style = root.unchecked_into::<web_sys::HtmlElement>().style();
        // A colour that the browser does not know is passed over by it.
        let _ = match accent {
            Some(accent) => style.set_property("--desk-accent", &accent),
            None => style.remove_property("--desk-accent").map(|_| ()),
        };
    });
}

/// A `desk` in the address opens that desk, so that a shared address shows the same list.
fn follow_desk_of_address() {
    let session = session();
    let nav = nav();
    watch(move || {
        if let Some(slug) = nav.param("desk") {
            session.open_desk(&slug);
        }
    });
}

fn bind_keys(open_window: RwSignal<Option<Window>>) {
    let session = session();
    let keys = keys();
    let nav = nav();
    let go_to_view = move |view: View| {
        move || {
            let query = TicketQuery {
                desk: Some(session.desk.get_untracked()),
                view: Some(view),
                ..TicketQuery::default()
            };
            nav.go(
                &["/queue", &query::to_search(&query)].concat(),
                Step::Forward,
            );
        }
    };
    keys.bind("g m", go_to_view(View::Mine));
    keys.bind("g g", go_to_view(View::Group));
    keys.bind("g a", go_to_view(View::All));
    keys.bind("g u", go_to_view(View::Unassigned));
    keys.bind("g d", go_to_view(View::DueSoon));
    keys.bind("c", move || {
        if session.may(Privilege::TicketCreate) {
            nav.go("/tickets/new", Step::Forward);
        }
    });
    keys.bind("?", move || open_window.set(Some(Window::Shortcuts)));
}

fn view_name(view: View) -> Words {
    match view {
        View::Mine => Words::ViewMine,
        View::Group => Words::ViewGroup,
        View::All => Words::ViewAll,
        View::Unassigned => Words::ViewUnassigned,
        View::DueSoon => Words::ViewDueSoon,
        View::DueContact => Words::ViewDueContact,
        View::Solved => Words::ViewSolved,
        View::Closed => Words::ViewClosed,
    }
}

/// The name of a view, in the desk's word for its tickets; follows changes.
pub fn view_title(session: Session, view: View) -> String {
    session.speech().ticket.say(view_name(view))
}

fn view_icon(view: View) -> &'static str {
    match view {
        View::Mine => "inbox",
        View::Group => "users",
        View::All => "list",
        View::Unassigned => "circle",
        View::DueSoon => "clock",
        View::DueContact => "phone",
        View::Solved => "check-circle",
        View::Closed => "check",
    }
}

fn view_count(counts: ViewCounts, view: View) -> Option<i64> {
    match view {
        View::Mine => Some(counts.mine),
        View::Group => Some(counts.group),
        View::All => Some(counts.all),
        View::Unassigned => Some(counts.unassigned),
        View::DueSoon => Some(counts.due_soon),
        View::DueContact => Some(counts.due_contact),
        View::Solved => Some(counts.solved),
        View::Closed => None,
    }
}

#[component]
fn Rail(drawer: RwSignal<bool>, open_window: RwSignal<Option<Window>>) -> impl IntoView {
    let session = session();
    let counts = counts();
    let nav = nav();
    let present = Memo::new(move |_| {
        if nav.page.get() != Page::Queue {
            return None;
        }
        nav.search
            .with(|search| query::from_search(search, None).view)
    });
    watch(move || {
        if drawer.get() {
            browser::focus_first(".rail-head .btn");
        }
    });
    let views = query::VIEWS.map(|view| {
        let href = move || {
            let query = TicketQuery { desk: Some(session.desk.get()), view: Some(view), ..TicketQuery::default() };
            ["/console/queue", &query::to_search(&query)].concat()
        };
        let count = move || counts.now.get().and_then(|counts| view_count(counts, view));
        // A desk that suspends nothing contacts nobody again.
        let useful = move || match view {
            View::DueContact => count().is_some_and(|count| count > 0)
                || session.current().is_some_and(|desk| {
                    desk.states.iter().any(|state| state.id == Status::Suspended)
                })
                || present.get() == Some(view),
            _ => true,
        };
        view! {
            <li hidden=move || !useful()>
                <a class="rail-link" href=move || href() aria-current=move || (present.get() == Some(view)).then_some("page")>
                    {icon(view_icon(view))}
                    <span class="rail-text">{move || view_title(session, view)}</span>
                    {move || count().map(|count| view! { <span class="badge num">{count}</span> }.into_any())}
                </a>
            </li>
        }
    });
    let page = move |to: Page,
                     href: &'static str,
                     symbol: &'static str,
                     name: Words,
                     right: Option<Privilege>,
                     count: Option<Signal<i64>>| {
        let current = move || (nav.page.get() == to).then_some("page");
        let badge = move || {
            let count = count.map_or(0, |count| count.get());
            (count > 0).then(|| view! { <span class="badge accent num">{count}</span> }.into_any())
        };
        move || {
            right.is_none_or(|right| session.may(right)).then(|| {
                view! {
                    <li>
                        <a class="rail-link" href=href aria-current=move || current()>
                            {icon(symbol)}
                            <span class="rail-text">{t(name)}</span>
                            {move || badge()}
                        </a>
                    </li>
                }
                .into_any()
            })
        }
    };
    let deciding = Signal::derive(move || {
        counts
            .approvals
            .with(|rows| i64::try_from(rows.len()).unwrap_or(i64::MAX))
    });
    // Only where there is something to approve: at desks with approvals, and for who is asked elsewhere.
    let has_roles = Memo::new(move |_| {
        session
            .current()
            .is_some_and(|desk| !desk.approver_roles.is_empty())
    });
    let approving = Memo::new(move |_| {
        has_roles.get() || deciding.get() > 0 || nav.page.get() == Page::Approvals
    });
    let keeps_roles = move || session.may(Privilege::DeskAdmin);
    // Who may do none of it sees no heading over nothing.
    let desk_shown = Memo::new(move |_| {
        approving.get()
            || [
                Privilege::PeopleManage,
                Privilege::AccessDecide,
                Privilege::IdentityVouch,
            ]
            .into_iter()
            .any(|right| session.may(right))
    });
    let waiting =
        Signal::derive(move || counts.now.get().map_or(0, |counts| counts.access_requests));
    view! {
        <nav class="rail" aria-label=t(Words::Views)>
            <div class="rail-head">
                <a class="brand" href="/console/queue">
                    <svg class="brand-mark" aria-hidden="true"><use_ href=browser::icon_url("mark")></use_></svg>
                    <span class="brand-text">
                        <span class="brand-desk">{move || desk_name(session)}</span>
                        <span class="brand-name">"Atiende"</span>
                    </span>
                </a>
                <button class="btn ghost icon-only sm only-narrow" type="button" aria-label=t(Words::CloseMenu) title=t(Words::CloseMenu) on:click=act(move |_| drawer.set(false))>
                    {icon("x")}
                </button>
            </div>
            <div class="rail-scroll">
                <DeskSwitch/>
                <p class="rail-title" id="rail-views">{t(Words::Views)}</p>
                <ul class="rail-list" aria-labelledby="rail-views">{views.collect_view()}</ul>
                {move || desk_shown.get().then(|| view! {
                    <p class="rail-title" id="rail-desk">{t(Words::Desk)}</p>
                    <ul class="rail-list" aria-labelledby="rail-desk">
                        {move || approving.get().then(|| page(Page::Approvals, "/console/approvals", "shield", Words::Approvals, None, Some(deciding)))}
                        {page(Page::People, "/console/people", "user", Words::People, Some(Privilege::PeopleManage), None)}
                        {page(Page::AccessRequests, "/console/access-requests", "key", Words::AccessRequests, Some(Privilege::AccessDecide), Some(waiting))}
                        {page(Page::Vouching, "/console/vouching", "phone", Words::Vouching, Some(Privilege::IdentityVouch), None)}
                        {move || (has_roles.get() && keeps_roles()).then(|| page(Page::Approvers, "/console/approvers", "users", Words::Approvers, None, None))}
                    </ul>
                }.into_any())}
            </div>
            <div class="rail-foot"><UserMenu open_window/></div>
        </nav>
    }
}

trait CollectView {
    fn collect_view(self) -> Vec<AnyView>;
}

impl<V: IntoView + 'static, const N: usize> CollectView for [V; N] {
    fn collect_view(self) -> Vec<AnyView> {
        self.into_iter().map(IntoAny::into_any).collect()
    }
}

fn desk_name(session: Session) -> String {
    let slug = session.desk.get();
    session.desks.with(|desks| {
        desks
            .iter()
            .find(|desk| desk.slug == slug)
            .map(|desk| desk.name.clone())
            .unwrap_or_default()
    })
}

/// Chooses the desk, for who works at several.
#[component]
fn DeskSwitch() -> impl IntoView {
    let session = session();
    let nav = nav();
    let choose = move |event: ev::Event| {
        let slug = event_target_value(&event);
        session.open_desk(&slug);
        // Filters name groups and priorities of one desk, and a ticket belongs to one: both are left behind.
        if nav.page.get_untracked() == Page::Queue {
            let query = TicketQuery {
                desk: Some(slug),
                view: Some(View::Mine),
                ..TicketQuery::default()
            };
            nav.go(
                &["/queue", &query::to_search(&query)].concat(),
                Step::Forward,
            );
        }
    };
    view! { {move || {
        (session.desks.with(Vec::len) > 1).then(|| view! {
            <select class="input select" aria-label=t(Words::ChooseDesk) prop:value=move || session.desk.get() on:change=act(choose)>
                {session.desks.get().into_iter().map(|desk| {
                    let chosen = session.desk.with_untracked(|slug| *slug == desk.slug);
                    view! { <option value=desk.slug selected=chosen>{desk.name}</option> }
                }).collect::<Vec<_>>()}
            </select>
        }.into_any())
    }} }
}

#[component]
fn UserMenu(open_window: RwSignal<Option<Window>>) -> impl IntoView {
    let client = use_client();
    let me = session().me.get_untracked();
    let button = view! {
        <span class="avatar" aria-hidden="true">{initials(&me.full_name)}</span>
        <span class="rail-user truncate">{me.full_name.clone()}</span>
    };
    let sign_out = move |_| later(client.sign_out());
    view! {
        <Menu button_class="btn" button=button.into_any()>
            <div class="menu-title">{me.email.clone()}</div>
            <button class="menu-item" role="menuitem" type="button" on:click=act(move |_| open_window.set(Some(Window::Preferences)))>
                {icon("settings")}{t(Words::Preferences)}
            </button>
            <button class="menu-item" role="menuitem" type="button" on:click=act(move |_| open_window.set(Some(Window::Shortcuts)))>
                {icon("keyboard")}{t(Words::Shortcuts)}<kbd>"?"</kbd>
            </button>
            <hr/>
            <button class="menu-item" role="menuitem" type="button" on:click=act(sign_out)>
                {icon("logout")}{t(Words::SignOut)}
            </button>
        </Menu>
    }
}

#[component]
fn BottomBar(drawer: RwSignal<bool>) -> impl IntoView {
    let session = session();
    let nav = nav();
    let link = move |to: Page, href: &'static str, symbol: &'static str, name: Words| {
        view! {
            <a class="bottom-link" href=href aria-current=move || (nav.page.get() == to).then_some("page")>
                {icon(symbol)}<span>{t(name)}</span>
            </a>
        }
    };
    view! {
        <nav class="bottombar" aria-label=t(Words::MainNavigation)>
            {link(Page::Queue, "/console/queue", "inbox", Words::Queue)}
            {move || session.may(Privilege::TicketCreate).then(|| link(Page::NewTicket, "/console/tickets/new", "plus", Words::New))}
            {move || session.may(Privilege::PeopleManage).then(|| link(Page::People, "/console/people", "user", Words::People))}
            <button class="bottom-link" type="button" aria-expanded=move || drawer.get().to_string() on:click=act(move |_| drawer.set(true))>
                {icon("menu")}<span>{t(Words::Menu)}</span>
            </button>
        </nav>
    }
}

/// The bar of a page: its heading, and what belongs to it on the right.
#[component]
pub fn Topbar(
    /// The page's heading; also the window's title.
    #[prop(into)]
    title: Signal<String>,
    /// Search and buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let drawer = expect_context::<Drawer>().0;
    watch(move || title_of_window(&title.get()));
    view! {
        <header class="topbar">
            <button
                class="btn ghost icon-only only-narrow" type="button"
                aria-label=t(Words::OpenMenu) title=t(Words::OpenMenu)
                aria-expanded=move || drawer.get().to_string()
                on:click=act(move |_| drawer.set(true))
            >
                {icon("menu")}
            </button>
            <h1 class="topbar-title" tabindex="-1">{title}</h1>
            {children.map(|children| children())}
        </header>
    }
}
