//! The desk's registered people: find, register, correct, deactivate.

use crate::components::act;
use crate::task::{later, watch};
use leptos::ev;
use leptos::prelude::*;
use shared::api::people::{NewPerson, Person, PersonPatch};
use shared::i18n::Lang;
use shared::ticket::text::{
    EmailAddress, EntityName, Extension, PersonName, PhoneNumber, PlaceName, TextError,
};

use super::components::window::shown;
use super::router::nav;
use super::session::session;
use super::shell::Topbar;
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, console as api, use_client};
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, Empty, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{
    Check, Entry, ErrorSummary, Faults, SelectField, SubmitButton, TextField,
};
use crate::components::{icon, use_ui};
use crate::i18n::t;

/// Fewest letters of a search.
const SEARCH_FROM: usize = 3;
const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_millis(350);

/// Which window is open.
#[derive(Clone, PartialEq)]
enum Edit {
    Closed,
    New,
    Person(Person),
}

/// The list of people and its windows.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let client = use_client();
    let session = session();
    let title = Signal::derive(|| t(Words::People).to_owned());
    let text = RwSignal::new(String::new());
    // What the list is of: typing runs ahead of it.
    let sought = StoredValue::new(String::new());
    let rows = RwSignal::new(None::<Vec<Person>>);
    let next = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let asked = StoredValue::new(0u32);
    let asked_for_new = untrack(|| nav().param("new")).is_some();
    let edit = RwSignal::new(if asked_for_new {
        Edit::New
    } else {
        Edit::Closed
    });
    let load = move |cursor: Option<String>| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        // Nothing is to be added to a list that is read anew.
        if cursor.is_none() {
            next.set(None);
        }
        let (desk, wanted) = (session.desk.get_untracked(), sought.get_value());
        later(async move {
            let answer = api::people(client, &desk, &wanted, cursor.as_deref()).await;
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
    watch(move || {
        session.desk.track();
        rows.set(None);
        load(None);
    });
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event: ev::Event| {
        let value = event_target_value(&event);
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
        // The server searches from three letters on; below that everybody is shown.
        let mut wanted = value.trim().to_owned();
        if wanted.chars().count() < SEARCH_FROM {
            wanted.clear();
        }
        text.set(value);
        if sought.with_value(|sought| *sought == wanted) {
            return;
        }
        let ask = move || {
            // The page may be gone by now.
            if sought.try_set_value(wanted).is_none() {
                load(None);
            }
        };
        pending.set_value(set_timeout_with_handle(ask, TYPING_PAUSE).ok());
    };
    let changed = Callback::new(move |person: Person| {
        edit.set(Edit::Closed);
        rows.update(|rows| {
            if let Some(rows) = rows {
                match rows.iter_mut().find(|row| row.id == person.id) {
                    Some(row) => *row = person,
                    None => rows.insert(0, person),
                }
            }
        });
    });
    let close = Callback::new(move |()| edit.set(Edit::Closed));
    let window = move || match edit.get() {
        Edit::Closed => ().into_any(),
        Edit::New => view! { <NewPersonWindow on_done=changed on_close=close/> }.into_any(),
        Edit::Person(person) => {
            view! { <PersonWindow person on_done=changed on_close=close/> }.into_any()
        }
    };
    let row = move |person: Person| {
        let one = person.clone();
        let entity = person
            .organization
            .as_ref()
            .map(|entity| entity.name.clone())
            .unwrap_or_default();
        let state = if person.active {
            view! { <span class="muted">{t(PageWords::Active)}</span> }.into_any()
        } else {
            view! { <span class="tag sm closed">{icon("x")}{t(PageWords::Inactive)}</span> }
                .into_any()
        };
        let tickets = ["/console/queue?view=all&requester=", &person.id.to_string()].concat();
        view! {
            <tr>
                <td data-label=t(Words::Name)><button class="linkish" type="button" on:click=act(move |_| edit.set(Edit::Person(one.clone())))>{person.full_name.clone()}</button></td>
                <td data-label=t(Words::Entity)>{entity}</td>
                <td data-label=t(Words::Email)>{person.email.clone()}</td>
                <td data-label=t(Words::Phone) class="num">{person.phone.clone()}</td>
                <td data-label=session.speech().ticket.say(PageWords::OpenTickets) class="num end">
                    {if person.open_tickets > 0 { view! { <a class="link" href=tickets>{person.open_tickets}</a> }.into_any() } else { "0".into_any() }}
                </td>
                <td data-label=t(Words::State)>{state}</td>
            </tr>
        }
    };
    let list = move || {
        if let Some(error) = error.get() {
            return view! { <Failed error retry=Callback::new(move |()| load(None))/> }.into_any();
        }
        match rows.get() {
            None => view! { <Loading lines=8/> }.into_any(),
            Some(rows) if rows.is_empty() => view! {
                <Empty symbol="users" title=t(PageWords::NobodyHere)><p>{t(PageWords::NobodyHereHelp)}</p></Empty>
            }.into_any(),
            Some(rows) => view! {
                <div class="table-wrap" role="region" aria-label=t(Words::People) tabindex="0">
                    <table class="table cards">
                        <thead><tr>
                            <th scope="col">{t(Words::Name)}</th>
                            <th scope="col">{t(Words::Entity)}</th>
                            <th scope="col">{t(Words::Email)}</th>
                            <th scope="col">{t(Words::Phone)}</th>
                            <th scope="col" class="end">{session.speech().ticket.say(PageWords::OpenTickets)}</th>
                            <th scope="col">{t(Words::State)}</th>
                        </tr></thead>
                        <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            }.into_any(),
        }
    };
    let more = move || {
        next.get().map(|cursor| view! {
        <button class="btn" type="button" on:click=act(move |_| load(Some(cursor.clone())))>{t(PageWords::ShowMore)}</button>
    }.into_any())
    };
    view! {
        <Topbar title>
            <div class="input-group topbar-search">
                {icon("search")}
                <input class="input" type="search" aria-label=t(PageWords::SearchPeople) title=t(PageWords::SearchPeople) placeholder=t(Words::SearchShort) prop:value=text on:input=act(typed)/>
            </div>
            <div class="topbar-tools row">
                <button class="btn primary" type="button" title=t(PageWords::RegisterPerson) on:click=act(move |_| edit.set(Edit::New))>{icon("plus")}<span class="hide-phone">{t(PageWords::RegisterPerson)}</span><span class="sr only-phone">{t(PageWords::RegisterPerson)}</span></button>
            </div>
        </Topbar>
        <main class="sheet" id="main" tabindex="-1">
            {move || list()}
            {move || more()}
            {move || window()}
        </main>
    }
}

/// The languages of mails to a person.
fn language_entries() -> Vec<Entry> {
    [
        (Lang::Es, PageWords::Spanish),
        (Lang::En, PageWords::English),
    ]
    .map(|(lang, name)| Entry {
        value: lang.as_str().to_owned(),
        label: t(name).to_owned(),
        group: String::new(),
    })
    .to_vec()
}

fn language(value: RwSignal<String>) -> Lang {
    value
        .with_untracked(|code| Lang::parse(code))
        .unwrap_or_default()
}

/// Where a person works: data that may stay empty.
#[derive(Clone, Copy)]
struct Place {
    site: RwSignal<String>,
    department: RwSignal<String>,
    extension: RwSignal<String>,
}

impl Place {
    fn of(site: Option<&str>, department: Option<&str>, extension: Option<&str>) -> Place {
        let known = |text: Option<&str>| RwSignal::new(text.unwrap_or_default().to_owned());
        Place {
            site: known(site),
            department: known(department),
            extension: known(extension),
        }
    }

    /// Site, department and extension as typed, empty where nothing is; notes what cannot be taken.
    fn read(self, check: &mut Check) -> [String; 3] {
        let mut line =
            |field: &str, text: RwSignal<String>, parse: fn(&str) -> Result<String, TextError>| {
                match text.with_untracked(|text| parse(text)) {
                    Err(TextError::Empty) => String::new(),
                    parsed => check.text(field, "", parsed).unwrap_or_default(),
                }
            };
        let place = |text: &str| PlaceName::parse(text).map(PlaceName::into_string);
        [
            line("site", self.site, place),
            line("department", self.department, place),
            line("extension", self.extension, |text| {
                Extension::parse(text).map(Extension::into_string)
            }),
        ]
    }
}

/// The fields for it.
#[component]
fn PlaceFields(place: Place, faults: Faults) -> impl IntoView {
    view! {
        <TextField id="site" label=t(Words::Site) value=place.site faults optional=true/>
        <TextField id="department" label=t(Words::Department) value=place.department faults optional=true/>
        <TextField id="extension" label=t(Words::Extension) value=place.extension faults optional=true/>
    }
}

#[component]
fn NewPersonWindow(on_done: Callback<Person>, on_close: Callback<()>) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let desk = session().desk.get_untracked();
    let open = shown(on_close);
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let phone = RwSignal::new(String::new());
    let entity = RwSignal::new(String::new());
    let works = Place::of(None, None, None);
    let lang = RwSignal::new(Lang::Es.as_str().to_owned());
    let key = StoredValue::new(browser::random_key());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let full_name = check.text(
            "full_name",
            t(PageWords::WriteName),
            name.with_untracked(|text| PersonName::parse(text)),
        );
        let address = check.text(
            "email",
            t(PageWords::WriteAddress),
            email.with_untracked(|text| EmailAddress::parse(text)),
        );
        let number = check.text(
            "phone",
            t(PageWords::WritePhone),
            phone.with_untracked(|text| PhoneNumber::parse(text)),
        );
        let place = check.text(
            "entity",
            t(PageWords::WriteEntity),
            entity.with_untracked(|text| EntityName::parse(text)),
        );
        let [site, department, extension] = works
            .read(&mut check)
            .map(|text| Some(text).filter(|text| !text.is_empty()));
        if faults.show(check.done()) {
            return;
        }
        let (Some(full_name), Some(address), Some(number), Some(place)) =
            (full_name, address, number, place)
        else {
            return;
        };
        let person = NewPerson {
            vip: false,
            desk: desk.clone(),
            full_name: full_name.into_string(),
            email: address.into_string(),
            phone: number.into_string(),
            entity: place.into_string(),
            site,
            department,
            extension,
            language: language(lang),
        };
        busy.set(true);
        error.set(None);
        later(async move {
            let outcome = api::create_person(client, &person, &key.get_value()).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(person) => {
                    ui.toast(Kind::Success, t(PageWords::PersonRegistered));
                    open.set(false);
                    on_done.run(person);
                }
                Err(refused) => {
                    key.set_value(browser::random_key());
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    view! {
        <Dialog id="new-person" title=t(PageWords::RegisterPerson) open>
            <form novalidate on:submit=act(submit)>
                <div class="dialog-body stack">
                    <ErrorSummary faults/>
                    <ErrorNote error/>
                    <TextField id="full_name" label=t(PageWords::FullName) value=name faults/>
                    <TextField id="email" label=t(Words::Email) kind="email" value=email faults/>
                    <TextField id="phone" label=t(Words::Phone) kind="tel" value=phone faults/>
                    <TextField id="entity" label=t(Words::Entity) hint=t(PageWords::EntityHint) value=entity faults/>
                    <PlaceFields place=works faults/>
                    <SelectField id="language" label=t(PageWords::MailLanguage) value=lang faults entries=language_entries()/>
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| open.set(false))>{t(Words::Cancel)}</button>
                    <SubmitButton label=t(PageWords::Register) busy_label=t(Words::Sending) busy/>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn PersonWindow(
    person: Person,
    on_done: Callback<Person>,
    on_close: Callback<()>,
) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let open = shown(on_close);
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let name = RwSignal::new(person.full_name.clone());
    let phone = RwSignal::new(person.phone.clone());
    let entity = RwSignal::new(
        person
            .organization
            .as_ref()
            .map(|entity| entity.name.clone())
            .unwrap_or_default(),
    );
    let works = Place::of(
        person.site.as_deref(),
        person.department.as_deref(),
        person.extension.as_deref(),
    );
    let lang = RwSignal::new(person.language.as_str().to_owned());
    let active = RwSignal::new(person.active);
    let known = StoredValue::new(person.clone());
    // What was not touched goes along with what a colleague saved.
    let follow = move |before: &Person, now: &Person| {
        let text = |field: RwSignal<String>, of: fn(&Person) -> &str| {
            if field.with_untracked(|text| text == of(before)) {
                field.set(of(now).to_owned());
            }
        };
        text(name, |one| &one.full_name);
        text(phone, |one| &one.phone);
        text(entity, |one| {
            one.organization.as_ref().map_or("", |entity| &entity.name)
        });
        text(works.site, |one| one.site.as_deref().unwrap_or_default());
        text(works.department, |one| {
            one.department.as_deref().unwrap_or_default()
        });
        text(works.extension, |one| {
            one.extension.as_deref().unwrap_or_default()
        });
        text(lang, |one| one.language.as_str());
        if active.get_untracked() == before.active {
            active.set(now.active);
        }
    };
    let notice = RwSignal::new(false);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let full_name = check.text(
            "full_name",
            t(PageWords::WriteName),
            name.with_untracked(|text| PersonName::parse(text)),
        );
        let number = check.text(
            "phone",
            t(PageWords::WritePhone),
            phone.with_untracked(|text| PhoneNumber::parse(text)),
        );
        let place = check.text(
            "entity",
            t(PageWords::WriteEntity),
            entity.with_untracked(|text| EntityName::parse(text)),
        );
        let [site, department, extension] = works.read(&mut check);
        if faults.show(check.done()) {
            return;
        }
        let (Some(full_name), Some(number), Some(place)) = (full_name, number, place) else {
            return;
        };
        let person = known.get_value();
        // Only what differs is sent, so that a colleague's other change stays.
        let differs = |new: String, old: &str| (new != old).then_some(new);
        let patch = PersonPatch {
            vip: None,
            full_name: differs(full_name.into_string(), &person.full_name),
            phone: differs(number.into_string(), &person.phone),
            entity: differs(
                place.into_string(),
                person
                    .organization
                    .as_ref()
                    .map_or("", |entity| &entity.name),
            ),
            site: differs(site, person.site.as_deref().unwrap_or_default()),
            department: differs(department, person.department.as_deref().unwrap_or_default()),
            extension: differs(extension, person.extension.as_deref().unwrap_or_default()),
            language: Some(language(lang)).filter(|lang| *lang != person.language),
            active: Some(active.get_untracked()).filter(|active| *active != person.active),
        };
        if patch == PersonPatch::default() {
            open.set(false);
            return;
        }
        busy.set(true);
        error.set(None);
        notice.set(false);
        later(async move {
            let outcome = api::update_person(client, person.id, person.version, &patch).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(person) => {
                    ui.toast(Kind::Success, t(PageWords::PersonSaved));
                    open.set(false);
                    on_done.run(person);
                }
                Err(refused) if refused.status() == 412 => {
                    notice.set(true);
                    if let Ok(fresh) = api::person(client, person.id).await
                        && !known.is_disposed()
                    {
                        follow(&person, &fresh);
                        known.set_value(fresh);
                    }
                }
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    view! {
        <Dialog id="person" title=person.full_name.clone() open>
            <form novalidate on:submit=act(submit)>
                <div class="dialog-body stack">
                    {move || notice.get().then(|| view! { <Banner kind=Kind::Warning><p>{t(Words::ChangedMeanwhile)}</p></Banner> }.into_any())}
                    <ErrorSummary faults/>
                    <ErrorNote error/>
                    <dl class="facts-list"><div><dt>{t(Words::Email)}</dt><dd>{person.email.clone()}</dd></div></dl>
                    <TextField id="full_name" label=t(PageWords::FullName) value=name faults/>
                    <TextField id="phone" label=t(Words::Phone) kind="tel" value=phone faults/>
                    <TextField id="entity" label=t(Words::Entity) hint=t(PageWords::EntityHint) value=entity faults/>
                    <PlaceFields place=works faults/>
                    <SelectField id="language" label=t(PageWords::MailLanguage) value=lang faults entries=language_entries()/>
                    <div class="field">
                        <label class="check"><input type="checkbox" aria-describedby="active-hint" prop:checked=active on:change=act(move |event| active.set(event_target_checked(&event)))/><span>{t(PageWords::MayUseDesk)}</span></label>
                        <p class="hint" id="active-hint">{session().speech().ticket.say(PageWords::MayUseDeskHint)}</p>
                    </div>
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| open.set(false))>{t(Words::Cancel)}</button>
                    <SubmitButton label=t(PageWords::Save) busy_label=t(Words::Sending) busy/>
                </div>
            </form>
        </Dialog>
    }
}
