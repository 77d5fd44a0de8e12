//! The head of a ticket: code, state, priority, clocks, subject, and the actions that are permitted now.

use crate::components::act;
use leptos::prelude::*;

use chrono::NaiveDate;
use shared::api::desks::StateView;
use shared::api::tickets::ClockStatus;
use shared::ticket::command::{CommandKind, Mark};

use super::Case;
use super::actions::{Action, ActionBar};
use super::side::part;
use crate::client::console::TicketAction;
use crate::components::icon;
use crate::components::ticket::StatusTag;
use crate::console::query;
use crate::console::queue::focus_row;
use crate::console::router::{Step, nav};
use crate::console::sla::{ChipStyle, SlaChip};
use crate::console::status::priority_tag;
use crate::console::words::Words;
use crate::i18n::dates::short_day;
use crate::i18n::{t, t_with};

/// The head of the open ticket.
#[component]
pub fn Head(case: Case) -> impl IntoView {
    let nav = nav();
    let back = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        let search = case.queue.query.with_untracked(query::to_search);
        nav.go(&["/queue", &search].concat(), Step::Forward);
        focus_row(case.code());
    };
    let line = move || {
        let view = case.view.get()?;
        // That nothing is promised is told in the panel.
        let promised = view
            .clocks
            .iter()
            .filter(|clock| clock.status != ClockStatus::None);
        let chips = promised.map(|clock| view! {
            <SlaChip clock=clock.clock status=clock.status due_at=clock.due_at desk=Signal::derive(move || case.desk()) style=ChipStyle::Named/>
        }.into_any());
        Some(view! {
            <span class="code num">{view.code.clone()}</span>
            <StatusTag status=view.status label=view.status_label.clone()/>
            {view.reason.clone().map(|reason| view! { <span class="muted small">{reason}</span> }.into_any())}
            {priority_tag(view.priority_rank, view.priority.label.clone())}
            {view.marks.iter().map(|mark| {
                let words = match mark {
                    Mark::Problem => Words::Problem,
                    Mark::Security => Words::Security,
                };
                view! { <span class="tag waiting">{icon("alert")}{t(words)}</span> }.into_any()
            }).collect_view()}
            {chips.collect_view()}
        })
    };
    let subject = move || {
        case.view
            .with(|view| view.as_ref().map(|view| view.subject.clone()))
    };
    let fold_name = move || {
        case.say(if case.folded.get() {
            Words::ShowPanel
        } else {
            Words::HidePanel
        })
    };
    view! {
        <header class="ticket-head">
            <div class="ticket-line">
                <a class="btn ghost icon-only sm ticket-back" href=case.queue.address() aria-label=t(Words::BackToList) title=t(Words::BackToList) on:click=act(back)>{icon("arrow-left")}</a>
                {move || line()}
                <span class="grow"></span>
                <button
                    class="btn ghost icon-only sm ticket-fold" type="button"
                    aria-label=move || fold_name() title=move || fold_name() aria-expanded=move || (!case.folded.get()).to_string() aria-controls="ticket-side"
                    on:click=act(move |_| case.fold())
                >
                    {move || icon(if case.folded.get() { "chevron-left" } else { "chevron-right" })}
                </button>
            </div>
            <h2 class="ticket-title" tabindex="-1">{move || subject()}</h2>
            <Notices case/>
            <ActionBar case/>
        </header>
    }
}

/// What must not be missed: the ticket goes on in another one, it waits for the reader's decision, it is on hold.
#[component]
fn Notices(case: Case) -> impl IntoView {
    let busy = RwSignal::new(false);
    let merged = part(
        case,
        |view| view.merged_into.clone(),
        move |into: Option<String>| {
            let Some(into) = into else {
                return ().into_any();
            };
            let undo = move || {
                case.can(CommandKind::Unmerge).then(|| view! {
                    <button class="btn sm" type="button" aria-busy=move || busy.get().then_some("true")
                        on:click=act(move |_| case.send_now(TicketAction::Unmerge, case.say(Words::MergeUndone), busy))>{t(Words::UndoMerge)}</button>
                }.into_any())
            };
            let href = ["/console/tickets/", &into].concat();
            view! {
                <div class="banner info notice" role="status">
                    {icon("copy")}
                    <div class="banner-body"><p><a class="link" href=href>{case.say_with(Words::MergedInto, &[&into])}</a>". "{t(Words::MergedHelp)}</p></div>
                    {undo}
                </div>
            }
            .into_any()
        },
    );
    let deciding = Memo::new(move |_| case.can(CommandKind::DecideApproval));
    let decide = move || {
        deciding.get().then(|| view! {
            <div class="banner warning notice" role="status">
                {icon("shield")}
                <div class="banner-body"><p>{case.say(Words::ApprovalIsYours)}</p></div>
                <button class="btn primary sm" type="button" on:click=act(move |_| case.window.set(Some(Action::Command(CommandKind::DecideApproval))))>{t(Words::DecideDots)}</button>
            </div>
        }.into_any())
    };
    let held = part(
        case,
        |view| (view.next_contact, view.came_from.clone()),
        move |(day, from): (Option<NaiveDate>, Option<StateView>)| {
            let day = day.map(|day| {
                view! { <span class="row">{icon("calendar")}<span>{t_with(Words::UntilContact, &[&short_day(day)])}</span></span> }.into_any()
            });
            let from = from.map(|state| {
                view! { <span class="muted">{t_with(Words::CameFrom, &[&state.label])}</span> }
                    .into_any()
            });
            if day.is_none() && from.is_none() {
                return ().into_any();
            }
            view! { <p class="held small">{day}{from}</p> }.into_any()
        },
    );
    view! { {merged}{move || decide()}{held} }
}
