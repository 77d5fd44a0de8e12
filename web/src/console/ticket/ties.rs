//! The part of the panel with related tickets: parent, children, duplicates.

use leptos::prelude::*;
use shared::api::process::{RelationKind, RelationView};
use shared::ticket::command::CommandKind;

use super::Case;
use super::actions::Action;
use super::side::part;
use crate::browser;
use crate::client::console as api;
use crate::components::feedback::Kind;
use crate::components::ticket::StatusTag;
use crate::components::{act, icon};
use crate::console::words::PanelWords;
use crate::i18n::{t, t_with};
use crate::task::later;

const KINDS: [(RelationKind, PanelWords); 4] = [
    (RelationKind::MergedInto, PanelWords::MergedInto),
    (RelationKind::Parent, PanelWords::Parent),
    (RelationKind::Child, PanelWords::Children),
    (RelationKind::Duplicate, PanelWords::Duplicates),
];

/// Related tickets, and making and removing relations.
#[component]
pub fn Ties(case: Case) -> impl IntoView {
    let busy = RwSignal::new(false);
    let links = Memo::new(move |_| case.can(CommandKind::LinkParent));
    let merges = Memo::new(move |_| case.can(CommandKind::MergeInto));
    let list = part(
        case,
        |view| view.relations.clone(),
        move |relations: Vec<RelationView>| {
            if relations.is_empty() {
                return view! { <p class="muted small">{case.say(PanelWords::NoRelations)}</p> }
                    .into_any();
            }
            KINDS
                .into_iter()
                .filter_map(|(kind, name)| group(case, kind, name, &relations, links, busy))
                .collect_view()
                .into_any()
        },
    );
    let button = move |action: Action, symbol: &'static str, name: PanelWords| {
        view! { <button class="btn sm" type="button" on:click=act(move |_| case.window.set(Some(action)))>{icon(symbol)}{t(name)}</button> }.into_any()
    };
    view! {
        <section class="facts">
            <h3 id="panel-ties" tabindex="-1">{case.say(PanelWords::Relations)}</h3>
            {list}
            <div class="row">
                {move || links.get().then(|| button(Action::Relate, "link", PanelWords::CreateRelation))}
                {move || merges.get().then(|| button(Action::Merge, "copy", PanelWords::MergeDuplicate))}
            </div>
        </section>
    }
}

fn group(
    case: Case,
    kind: RelationKind,
    name: PanelWords,
    relations: &[RelationView],
    links: Memo<bool>,
    busy: RwSignal<bool>,
) -> Option<AnyView> {
    let rows: Vec<_> = relations
        .iter()
        .filter(|one| one.kind == kind)
        .cloned()
        .collect();
    if rows.is_empty() {
        return None;
    }
    let removable = matches!(kind, RelationKind::Child | RelationKind::Parent);
    let row = move |one: RelationView| {
        let href = ["/console/tickets/", &one.code].concat();
        let code = StoredValue::new(one.code.clone());
        let label = t_with(PanelWords::RemoveRelation, &[&one.code]);
        let remove = move || {
            (removable && links.get()).then(|| view! {
                <button class="btn ghost icon-only sm" type="button" aria-label=label.clone() title=label.clone() aria-disabled=move || busy.get().then_some("true")
                    on:click=act(move |_| unrelate(case, kind, code.get_value(), busy))>{icon("x")}</button>
            }.into_any())
        };
        view! {
            <li class="tie">
                <div class="grow">
                    <p><a class="link num" href=href>{one.code.clone()}</a>" "{one.subject.clone()}</p>
                    <p class="row small"><StatusTag status=one.status label=one.status_label.clone() small=true/><span class="muted">{one.requester.clone()}</span></p>
                </div>
                {remove}
            </li>
        }
        .into_any()
    };
    Some(
        view! {
            <h4 class="tie-head">{t(name)}</h4>
            <ul class="steps-list">{rows.into_iter().map(row).collect_view()}</ul>
        }
        .into_any(),
    )
}

/// Takes a relation away; a message says so, and what undoes it is one press away.
fn unrelate(case: Case, kind: RelationKind, other: String, busy: RwSignal<bool>) {
    if busy.get_untracked() {
        return;
    }
    let (parent, child) = if kind == RelationKind::Child {
        (case.code(), other)
    } else {
        (other, case.code())
    };
    busy.set(true);
    // Now, not when the answer has come: whoever is writing something else by then goes on with it.
    browser::focus_id("panel-ties");
    later(async move {
        let outcome = api::unrelate(case.client, &parent, &child).await;
        if busy.try_set(false).is_some() {
            return;
        }
        match outcome {
            Ok(()) => case.ui.toast(Kind::Success, t(PanelWords::RelationRemoved)),
            Err(error) => case.ui.toast(Kind::Error, error.detail()),
        }
        case.changed();
    });
}
