//! Finding a registered person of a desk by name, mail address or entity.

use leptos::ev;
use leptos::prelude::*;
use shared::api::people::Person;
use shared::ticket::actor::Privilege;

use super::session::session;
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, console as api, use_client};
use crate::components::form::{Faults, Field};
use crate::components::{act, icon};
use crate::i18n::{t, t_with};
use crate::task::later;

/// Typing asks the server after this pause, and from this many characters on.
const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_millis(350);
const SEARCH_FROM: usize = 3;

/// Finds a registered person by name, mail address or entity.
#[component]
pub fn PersonPicker(
    /// Id of the field, also the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// Address part of the desk that the person belongs to.
    desk: String,
    /// Who was chosen.
    person: RwSignal<Option<Person>>,
    /// The form's faults.
    faults: Faults,
    /// Whether nobody need be chosen.
    #[prop(optional)]
    optional: bool,
    /// Whether the label says that nobody need be chosen.
    #[prop(default = true)]
    says_optional: bool,
) -> impl IntoView {
    let client = use_client();
    let session = session();
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Result<Vec<Person>, ApiError>>);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let asked = StoredValue::new(0u32);
    let error = faults.of(id);
    let desk = StoredValue::new(desk);
    let search = move |wanted: String| {
        // The picker may be gone by now.
        let Some(number) = asked.try_get_value().map(|number| number + 1) else {
            return;
        };
        asked.set_value(number);
        let desk = desk.get_value();
        later(async move {
            let answer = api::people(client, &desk, &wanted, None).await;
            if asked.try_get_value() == Some(number) {
                found.set(Some(answer.map(|page| {
                    page.items
                        .into_iter()
                        .filter(|person| person.active)
                        .collect()
                })));
            }
        });
    };
    let typed = move |event: ev::Event| {
        let value = event_target_value(&event);
        text.set(value.clone());
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
        let wanted = value.trim().to_owned();
        if wanted.chars().count() < SEARCH_FROM {
            asked.update_value(|number| *number += 1);
            found.set(None);
            return;
        }
        pending.set_value(set_timeout_with_handle(move || search(wanted), TYPING_PAUSE).ok());
    };
    let choose = move |one: Person| {
        person.set(Some(one));
        found.set(None);
        browser::focus_id([id, "-change"].concat());
    };
    let option = move |one: Person| {
        let entity = one
            .organization
            .as_ref()
            .map(|entity| entity.name.clone())
            .unwrap_or_default();
        let (name, email) = (one.full_name.clone(), one.email.clone());
        view! {
            <li>
                <button class="menu-item person-option" type="button" on:click=act(move |_| choose(one.clone()))>
                    {icon("user")}<span class="grow"><strong>{name}</strong><br/><span class="muted small">{email}" · "{entity}</span></span>
                </button>
            </li>
        }
    };
    let results = move || {
        match found.get() {
        None => ().into_any(),
        Some(Err(error)) => view! { <p class="error">{icon("alert-circle")}<span>{error.detail()}</span></p> }.into_any(),
        Some(Ok(people)) if people.is_empty() => view! {
            <p class="muted">{t(PageWords::NobodyFound)}" "
                {session.may(Privilege::PeopleManage).then(|| view! { <a class="link" href="/console/people?new=1">{t(PageWords::RegisterPerson)}</a> }.into_any())}
            </p>
        }.into_any(),
        Some(Ok(people)) => view! { <ul class="people-found">{people.into_iter().map(option).collect_view()}</ul> }.into_any(),
    }
    };
    let again = move |_| {
        person.set(None);
        browser::focus_id(id);
    };
    let count = move || match found.get() {
        Some(Ok(people)) => t_with(PageWords::PeopleFound, &[&people.len().to_string()]),
        Some(Err(_)) | None => String::new(),
    };
    view! { {move || {
        match person.get() {
        Some(chosen) => view! {
            <div class="field">
                <p class="label">{label.clone()}</p>
                <div class="banner info">
                    {icon("user")}
                    <div class="banner-body">
                        <p class="banner-title">{chosen.full_name}</p>
                        <p>{chosen.email}" · "<span class="num">{chosen.phone}</span>" · "{chosen.organization.map(|entity| entity.name)}</p>
                    </div>
                    <button class="btn sm" type="button" id=[id, "-change"].concat() on:click=act(again)>{t(Words::Change)}</button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <Field id label=label.clone() hint=t(PageWords::RequesterHint).to_owned() optional=optional && says_optional error>
                <div class="input-group">
                    {icon("search")}
                    <input
                        class="input" id=id type="search" autocomplete="off" aria-required=(!optional).then_some("true")
                        aria-describedby=[id, "-hint ", id, "-error"].concat()
                        aria-invalid=move || error.with(Option::is_some).then_some("true")
                        prop:value=text on:input=act(typed)
                    />
                </div>
                <p class="sr" role="status">{move || count()}</p>
                {move || results()}
            </Field>
        }
        .into_any(),
    }
    }} }
}
