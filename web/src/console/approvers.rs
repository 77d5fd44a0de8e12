//! Who holds the approver roles of a desk: each role with its people and their deputies.

use leptos::prelude::*;
use shared::api::people::Person;
use shared::api::process::{ApproverHolder, ApproverHolders, ApproverRole};

use super::person_picker::PersonPicker;
use super::session::session;
use super::shell::Topbar;
use super::task::{later, watch};
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, console as api, use_client};
use crate::components::feedback::{Empty, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{Faults, named};
use crate::components::{act, icon, use_ui};
use crate::i18n::{t, t_with};

/// The roles of the desk that the lists show.
#[component]
pub fn ApproversPage() -> impl IntoView {
    let client = use_client();
    let session = session();
    let title = Signal::derive(|| t(Words::Approvers).to_owned());
    let roles = RwSignal::new(None::<Result<Vec<ApproverRole>, ApiError>>);
    let asked = StoredValue::new(0u32);
    let load = move || {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let desk = session.desk.get_untracked();
        roles.set(None);
        later(async move {
            let answer = api::approvers(client, &desk).await;
            if asked.try_get_value() == Some(number) {
                roles.set(Some(answer));
            }
        });
    };
    watch(move || {
        session.desk.track();
        load();
    });
    let list = move || {
        match roles.get() {
        None => view! { <Loading lines=8/> }.into_any(),
        Some(Err(error)) => view! { <Failed error retry=Callback::new(move |()| load())/> }.into_any(),
        Some(Ok(roles)) if roles.is_empty() => view! {
            <Empty symbol="shield" title=t(PageWords::NoRoles)><p>{t(PageWords::NoRolesHelp)}</p></Empty>
        }
        .into_any(),
        Some(Ok(roles)) => view! {
            <p class="muted">{t(PageWords::ApproversLead)}</p>
            {roles.into_iter().map(|role| view! { <Role role/> }.into_any()).collect_view()}
        }
        .into_any(),
    }
    };
    view! {
        <Topbar title/>
        <main class="sheet stack loose" id="main" tabindex="-1">{move || list()}</main>
    }
}

/// One role: its people, adding and removing, and saving all of it at once.
#[component]
fn Role(role: ApproverRole) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let desk = session().desk.get_untracked();
    let slug = StoredValue::new(desk.clone());
    let key = StoredValue::new(role.role.id.clone());
    let is_group = session().current().is_some_and(|desk| {
        let mut groups = desk.levels.iter().flat_map(|level| level.groups.iter());
        groups.any(|group| group.id == role.role.id)
    });
    let saved = RwSignal::new(role.holders.clone());
    let holders = RwSignal::new(role.holders);
    let person = RwSignal::new(None::<Person>);
    let error = RwSignal::new(None::<ApiError>);
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let field = named("holder", &role.role.id);
    let heading = [field, "-title"].concat();
    let labelled = heading.clone();
    watch(move || {
        if let Some(one) = person.get() {
            person.set(None);
            let known = holders
                .with_untracked(|holders| holders.iter().any(|holder| holder.email == one.email));
            if !known {
                holders.update(|holders| {
                    holders.push(ApproverHolder {
                        email: one.email,
                        full_name: Some(one.full_name),
                        deputy: false,
                    });
                });
            }
        }
    });
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let body = ApproverHolders {
            holders: holders
                .get_untracked()
                .into_iter()
                .map(|holder| ApproverHolder {
                    full_name: None,
                    ..holder
                })
                .collect(),
        };
        later(async move {
            let outcome =
                api::keep_approvers(client, &slug.get_value(), &key.get_value(), &body).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(roles) => {
                    let own =
                        key.with_value(|key| roles.into_iter().find(|one| one.role.id == *key));
                    let now = own.map(|role| role.holders).unwrap_or_default();
                    saved.set(now.clone());
                    holders.set(now);
                    ui.toast(Kind::Success, t(PageWords::HoldersKept));
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    let row = move |holder: ApproverHolder| {
        let name = holder
            .full_name
            .clone()
            .unwrap_or_else(|| holder.email.clone());
        let email = holder.email.clone();
        let gone = holder.email.clone();
        let deputy = move |on: bool| {
            holders.update(|holders| {
                if let Some(one) = holders.iter_mut().find(|one| one.email == email) {
                    one.deputy = on;
                }
            });
        };
        let remove = move || {
            holders.update(|holders| holders.retain(|one| one.email != gone));
            browser::focus_id(field);
        };
        view! {
            <li class="tie">
                <div class="grow"><p><strong>{name.clone()}</strong></p><p class="muted small">{holder.email.clone()}</p></div>
                <label class="check"><input type="checkbox" aria-label=t_with(PageWords::DeputyOf, &[&name]) prop:checked=holder.deputy on:change=act(move |event| deputy(event_target_checked(&event)))/><span>{t(PageWords::Deputy)}</span></label>
                <button class="btn ghost icon-only sm" type="button" aria-label=t_with(PageWords::RemoveHolder, &[&name]) title=t_with(PageWords::RemoveHolder, &[&name]) on:click=act(move |_| remove())>{icon("x")}</button>
            </li>
        }
        .into_any()
    };
    let people = move || {
        let list = holders.get();
        if list.is_empty() && is_group {
            return view! { <p class="muted small">{t(PageWords::GroupDecides)}</p> }.into_any();
        }
        if list.is_empty() {
            return view! { <p class="tag waiting">{icon("alert")}{t(PageWords::NoHolders)}</p> }
                .into_any();
        }
        view! { <ul class="steps-list">{list.into_iter().map(row).collect_view()}</ul> }.into_any()
    };
    let changed = move || holders.with(|now| saved.with(|before| now != before));
    let foot = move || {
        changed().then(|| view! {
            <div class="row">
                <button class="btn primary" type="button" aria-busy=move || busy.get().then_some("true") aria-disabled=move || busy.get().then_some("true") on:click=act(move |_| save())>{t(PageWords::KeepHolders)}</button>
                <span class="muted small" role="status">{t(PageWords::NotSavedYet)}</span>
            </div>
        }.into_any())
    };
    view! {
        <section class="card stack" aria-labelledby=labelled>
            <h2 id=heading>{role.role.label}</h2>
            <ErrorNote error/>
            {move || people()}
            <PersonPicker id=field label=t(PageWords::AddHolder) desk person faults optional=true says_optional=false/>
            {move || foot()}
        </section>
    }
}
