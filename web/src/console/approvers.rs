//! Who holds the approver roles of a desk: each role with its people and their deputies.

use leptos::prelude::*;
use shared::api::people::Person;
use shared::api::process::{
    ApproverChange, ApproverHolder, ApproverHolders, ApproverRole, ApproverRoles,
};
use shared::ticket::actor::Privilege;

use super::person_picker::PersonPicker;
use super::session::session;
use super::shell::Topbar;
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, Client, console as api, use_client};
use crate::components::feedback::{Banner, Empty, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{Faults, named};
use crate::components::ticket::time;
use crate::components::{act, icon, use_ui};
use crate::i18n::dates::{DEFAULT_ZONE, Style};
use crate::i18n::{t, t_with};
use crate::task::{later, watch};

/// The roles of the desk that the lists show, and who changed them.
#[component]
pub fn ApproversPage() -> impl IntoView {
    let client = use_client();
    let session = session();
    let title = Signal::derive(|| t(Words::Approvers).to_owned());
    let roles = RwSignal::new(None::<Result<Vec<ApproverRole>, ApiError>>);
    // The whole list as it was last heard of: a change of one role is a change of it.
    let now = RwSignal::new(ApproverRoles {
        items: Vec::new(),
        version: 0,
    });
    let asked = StoredValue::new(0u32);
    let may = Memo::new(move |_| session.may(Privilege::DeskAdmin));
    let load = move || {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let desk = session.desk.get_untracked();
        roles.set(None);
        later(async move {
            let answer = api::approvers(client, &desk).await;
            if asked.try_get_value() == Some(number) {
                if let Ok(list) = &answer {
                    now.set(list.clone());
                }
                roles.set(Some(answer.map(|list| list.items)));
            }
        });
    };
    watch(move || {
        session.desk.track();
        if may.get() {
            load();
        }
    });
    let list = move || {
        if !may.get() {
            return view! {
                <Empty symbol="shield" title=t(PageWords::OnlyAdministration)><p>{t(PageWords::OnlyAdministrationHelp)}</p></Empty>
            }
            .into_any();
        }
        match roles.get() {
        None => view! { <Loading lines=8/> }.into_any(),
        Some(Err(error)) => view! { <Failed error retry=Callback::new(move |()| load())/> }.into_any(),
        Some(Ok(roles)) if roles.is_empty() => view! {
            <Empty symbol="shield" title=t(PageWords::NoRoles)><p>{t(PageWords::NoRolesHelp)}</p></Empty>
        }
        .into_any(),
        Some(Ok(roles)) => view! {
            <p class="muted">{t(PageWords::ApproversLead)}</p>
            {roles.into_iter().map(|role| view! { <Role role now/> }.into_any()).collect_view()}
            <Changes now/>
        }
        .into_any(),
    }
    };
    view! {
        <Topbar title/>
        <main class="sheet stack" id="main" tabindex="-1">{move || list()}</main>
    }
}

/// Who changed the lists, newest first; read again with each version.
#[component]
fn Changes(now: RwSignal<ApproverRoles>) -> impl IntoView {
    let client = use_client();
    let desk = StoredValue::new(session().desk.get_untracked());
    let rows = RwSignal::new(None::<Vec<ApproverChange>>);
    let next = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let asked = StoredValue::new(0u32);
    let load = move |cursor: Option<String>| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        later(async move {
            let answer = api::approver_changes(client, &desk.get_value(), cursor.as_deref()).await;
            if asked.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(page) => {
                    error.set(None);
                    next.set(page.next);
                    rows.update(|rows| match rows.as_mut().filter(|_| cursor.is_some()) {
                        Some(rows) => rows.extend(page.items),
                        None => *rows = Some(page.items),
                    });
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    let version = Memo::new(move |_| now.with(|list| list.version));
    watch(move || {
        // Reading it, not only tracking it, makes it follow the list.
        let _ = version.get();
        load(None);
    });
    let row = |change: ApproverChange| {
        let what = t_with(
            PageWords::ChangedFromTo,
            &[
                &change.role.label,
                &names(
                    change
                        .before
                        .into_iter()
                        .map(|one| (one.full_name, one.deputy)),
                ),
                &names(
                    change
                        .after
                        .into_iter()
                        .map(|one| (one.full_name, one.deputy)),
                ),
            ],
        );
        view! {
            <li>
                <p>{what}</p>
                <p class="muted small">{change.by}" · "{time(change.at, DEFAULT_ZONE, Style::Short)}</p>
            </li>
        }
        .into_any()
    };
    let list = move || match rows.get() {
        None => view! { <Loading lines=2/> }.into_any(),
        Some(rows) if rows.is_empty() => {
            view! { <p class="muted small">{t(PageWords::NoChangesYet)}</p> }.into_any()
        }
        Some(rows) => {
            view! { <ul class="steps-list">{rows.into_iter().map(row).collect_view()}</ul> }
                .into_any()
        }
    };
    let more = move || {
        next.get().map(|cursor| view! {
            <div class="row"><button class="btn" type="button" on:click=act(move |_| load(Some(cursor.clone())))>{t(PageWords::ShowMore)}</button></div>
        })
    };
    view! {
        <section class="card stack" aria-labelledby="approver-changes">
            <h2 id="approver-changes">{t(PageWords::ApproverChanges)}</h2>
            <ErrorNote error/>
            {move || list()}
            {move || more()}
        </section>
    }
}

/// Who holds a role, in one line.
fn names(holders: impl Iterator<Item = (String, bool)>) -> String {
    let names: Vec<String> = holders
        .map(|(name, deputy)| {
            if deputy {
                t_with(PageWords::DeputySuffix, &[&name])
            } else {
                name
            }
        })
        .collect();
    if names.is_empty() {
        t(PageWords::NobodyNow).to_owned()
    } else {
        names.join(", ")
    }
}

/// One role: its people, adding and removing, and saving all of it at once.
#[component]
fn Role(role: ApproverRole, now: RwSignal<ApproverRoles>) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let desk = session().desk.get_untracked();
    let slug = StoredValue::new(desk.clone());
    let key = StoredValue::new(role.role.id.clone());
    let is_group = session().current().is_some_and(|desk| {
        let mut groups = desk.levels.iter().flat_map(|level| level.groups.iter());
        groups.any(|group| group.id == role.role.id)
    });
    // A list from before changes were kept may be saved as it is.
    let untraced = Memo::new(move |_| {
        now.with(|list| {
            let mut roles = list.items.iter();
            key.with_value(|key| roles.any(|one| one.role.id == *key && one.untraced))
        })
    });
    let saved = RwSignal::new(role.holders.clone());
    let holders = RwSignal::new(role.holders);
    let person = RwSignal::new(None::<Person>);
    let error = RwSignal::new(None::<ApiError>);
    // What somebody else saved while this list was edited.
    let taken = RwSignal::new(None::<Vec<ApproverHolder>>);
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let field = named("holder", &role.role.id);
    let heading = [field, "-title"].concat();
    let labelled = heading.clone();
    let own = move |list: &ApproverRoles| {
        let mut roles = list.items.iter();
        let own = key.with_value(|key| roles.find(|one| one.role.id == *key));
        own.map(|role| role.holders.clone()).unwrap_or_default()
    };
    // What others saved takes the place of a list that nobody touched; what was typed stays.
    watch(move || {
        let fresh = now.with(own);
        let before = saved.get_untracked();
        if fresh == before {
            return;
        }
        let typed = holders.get_untracked();
        saved.set(fresh.clone());
        if typed == before {
            holders.set(fresh);
        } else if typed != fresh {
            taken.set(Some(fresh));
        }
    });
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
                        shut_out: false,
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
        taken.set(None);
        let sent = holders.get_untracked();
        let body = ApproverHolders {
            holders: sent
                .iter()
                .cloned()
                .map(|holder| ApproverHolder {
                    full_name: None,
                    ..holder
                })
                .collect(),
        };
        later(async move {
            let desk = slug.get_value();
            let mut outcome = send_holders(client, &desk, key, &body, now).await;
            let mut overtaken = false;
            // Where only another role was changed meanwhile nothing is overwritten by sending it again.
            if outcome
                .as_ref()
                .is_err_and(|refused| refused.status() == 412)
            {
                match api::approvers(client, &desk).await {
                    Ok(list) => {
                        let same = own(&list) == saved.try_get_untracked().unwrap_or_default();
                        if now.try_set(list).is_some() {
                            return;
                        }
                        overtaken = !same;
                        if same {
                            outcome = send_holders(client, &desk, key, &body, now).await;
                        }
                    }
                    Err(refused) => outcome = Err(refused),
                }
            }
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(list) => {
                    let mine = own(&list);
                    saved.set(mine.clone());
                    // Who was added while it was sent stays, to be saved as well.
                    if holders.with_untracked(|holders| *holders == sent) {
                        holders.set(mine);
                    }
                    now.set(list);
                    ui.toast(Kind::Success, t(PageWords::HoldersKept));
                }
                // What others saved is shown above the list.
                Err(_) if overtaken => {}
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    let conflict = move || {
        taken.get().map(|now| {
            let line = names(now.iter().map(|one| {
                let name = one.full_name.clone();
                (name.unwrap_or_else(|| one.email.clone()), one.deputy)
            }));
            let use_saved = move || {
                holders.set(now.clone());
                taken.set(None);
                browser::focus_id(field);
            };
            view! {
                <Banner kind=Kind::Warning>
                    <p>{t_with(PageWords::HoldersTaken, &[&line])}</p>
                    <p><button class="btn sm" type="button" on:click=act(move |_| use_saved())>{t(PageWords::UseSaved)}</button></p>
                </Banner>
            }
            .into_any()
        })
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
        let shut_out = holder.shut_out.then(|| {
            view! { <p class="tag waiting sentence">{icon("alert")}{t(PageWords::HolderShutOut)}</p> }
        });
        view! {
            <li class="tie">
                <div class="grow"><p><strong>{name.clone()}</strong></p><p class="muted small">{holder.email.clone()}</p>{shut_out}</div>
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
            return view! { <p class="tag waiting sentence">{icon("alert")}{t(PageWords::NoHolders)}</p> }
                .into_any();
        }
        view! { <ul class="steps-list">{list.into_iter().map(row).collect_view()}</ul> }.into_any()
    };
    let changed = move || holders.with(|now| saved.with(|before| now != before));
    let foot = move || {
        let status = if changed() {
            PageWords::NotSavedYet
        } else {
            PageWords::NotTracedYet
        };
        (changed() || untraced.get()).then(|| view! {
            <div class="row">
                <button class="btn primary" type="button" aria-busy=move || busy.get().then_some("true") aria-disabled=move || busy.get().then_some("true") on:click=act(move |_| save())>{t(PageWords::KeepHolders)}</button>
                <span class="muted small" role="status">{t(status)}</span>
            </div>
        }.into_any())
    };
    view! {
        <section class="card stack" aria-labelledby=labelled>
            <h2 id=heading>{role.role.label}</h2>
            <ErrorNote error/>
            {move || conflict()}
            {move || people()}
            <PersonPicker id=field label=t(PageWords::AddHolder) desk person faults optional=true says_optional=false/>
            {move || foot()}
        </section>
    }
}

/// Sends the holders of a role for the list that was last heard of.
async fn send_holders(
    client: Client,
    desk: &str,
    key: StoredValue<String>,
    body: &ApproverHolders,
    now: RwSignal<ApproverRoles>,
) -> Result<ApproverRoles, ApiError> {
    let seen = now.try_with_untracked(|list| list.version).unwrap_or(0);
    api::keep_approvers(client, desk, &key.get_value(), body, seen).await
}
