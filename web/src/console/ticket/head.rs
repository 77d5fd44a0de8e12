//! The head of a ticket: code, state, priority, clocks, subject, and the actions that are permitted now.

use crate::components::act;
use leptos::prelude::*;

use super::Case;
use super::actions::ActionBar;
use crate::components::icon;
use crate::components::ticket::StatusTag;
use crate::console::query;
use crate::console::queue::focus_row;
use crate::console::router::{Step, nav};
use crate::console::sla::{ChipStyle, SlaChip};
use crate::console::status::priority_tag;
use crate::console::words::Words;
use crate::i18n::t;

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
        let chips = view.clocks.iter().map(|clock| view! {
            <SlaChip clock=clock.clock status=clock.status due_at=clock.due_at desk=Signal::derive(move || case.desk()) style=ChipStyle::Named/>
        }.into_any());
        Some(view! {
            <span class="code num">{view.code.clone()}</span>
            <StatusTag status=view.status label=view.status_label.clone()/>
            {view.reason.clone().map(|reason| view! { <span class="muted small">{reason}</span> }.into_any())}
            {priority_tag(view.priority_rank, view.priority.label.clone())}
            {chips.collect_view()}
        })
    };
    let subject = move || {
        case.view
            .with(|view| view.as_ref().map(|view| view.subject.clone()))
    };
    let fold_name = move || {
        t(if case.folded.get() {
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
            <ActionBar case/>
        </header>
    }
}
