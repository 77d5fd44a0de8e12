//! Recording a ticket for a registered person who called, wrote or came by.

use super::task::later;
use crate::components::act;
use leptos::ev;
use leptos::prelude::*;
use shared::api::people::Person;
use shared::api::tickets::NewTicket;
use shared::ticket::actor::Privilege;
use shared::ticket::status::{Channel, RequestType};
use shared::ticket::text::{BODY_MAX, Body, SUBJECT_MAX, Subject};

use super::router::{Step, nav};
use super::session::session;
use super::shell::{Topbar, counts};
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::console::{self as api, UPLOADS};
use crate::client::uploads::Uploads;
use crate::client::{ApiError, use_client};
use crate::components::feedback::{ErrorNote, Kind, Loading};
use crate::components::files::{FilePicker, Limits};
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, Field, RadioCards, SelectField, SubmitButton,
    TextArea, TextField,
};
use crate::components::{icon, use_ui};
use crate::i18n::{t, t_with};

/// Typing asks the server after this pause, and from this many characters on.
const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_millis(350);
const SEARCH_FROM: usize = 3;

/// The form; it is drawn again when another desk is chosen, because the choices are those of the desk.
#[component]
pub fn NewTicketPage() -> impl IntoView {
    let session = session();
    let title = Signal::derive(|| t(Words::NewTicket).to_owned());
    let desk = Memo::new(move |_| session.current());
    view! {
        <Topbar title/>
        <main class="sheet" id="main" tabindex="-1">
            {move || match desk.get() {
                Some(desk) => view! { <NewTicketForm desk=(*desk).clone()/> }.into_any(),
                None => view! { <Loading lines=8/> }.into_any(),
            }}
        </main>
    }
}

#[component]
fn NewTicketForm(desk: shared::api::desks::DeskView) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let counts = counts();
    let nav = nav();
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let person = RwSignal::new(None::<Person>);
    let channel = RwSignal::new(Channel::Phone.as_str().to_owned());
    let kind = RwSignal::new(
        desk.types
            .first()
            .filter(|_| desk.types.len() == 1)
            .map(|one| one.id.as_str().to_owned())
            .unwrap_or_default(),
    );
    let category = RwSignal::new(String::new());
    let priority = RwSignal::new(String::new());
    let subject = RwSignal::new(String::new());
    let message = RwSignal::new(String::new());
    let key = StoredValue::new(browser::random_key());
    let uploads = Uploads::new(client, UPLOADS);
    let limits = Limits {
        bytes: desk.max_attachment_bytes,
        count: desk.max_attachments,
    };
    let slug = desk.slug.clone();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let chosen = person.with_untracked(|person| person.as_ref().map(|one| one.email.clone()));
        let requester_email = check.choice(
            "requester_email",
            t(PageWords::ChoosePerson),
            chosen.unwrap_or_default(),
        );
        let channel: Option<Channel> = channel.with_untracked(|word| word.parse().ok());
        let request_type: Option<RequestType> = check
            .choice(
                "request_type",
                t(PageWords::ChooseType),
                kind.get_untracked(),
            )
            .and_then(|word| word.parse().ok());
        let category = check.choice(
            "category",
            t(PageWords::ChooseCategory),
            category.get_untracked(),
        );
        let priority = check.choice(
            "priority",
            t(Words::ChoosePriority),
            priority.get_untracked(),
        );
        let subject = check.text(
            "subject",
            t(PageWords::WriteSubject),
            subject.with_untracked(|text| Subject::parse(text)),
        );
        let message = check.text(
            "message",
            t(PageWords::WriteDescription),
            message.with_untracked(|text| Body::parse(text)),
        );
        if untrack(|| uploads.is_busy()) {
            check.fault("attachments", t(Words::FilesStillSending).to_owned());
        }
        if faults.show(check.done()) {
            return;
        }
        let (
            Some(requester_email),
            Some(channel),
            Some(request_type),
            Some(category),
            Some(priority),
            Some(subject),
            Some(message),
        ) = (
            requester_email,
            channel,
            request_type,
            category,
            priority,
            subject,
            message,
        )
        else {
            return;
        };
        let ticket = NewTicket {
            desk: slug.clone(),
            requester_email,
            channel,
            request_type,
            category,
            priority: Some(priority),
            impact: None,
            urgency: None,
            extra: Default::default(),
            group: None,
            assignee: None,
            subject: subject.into_string(),
            message: message.into_string(),
            attachments: uploads.ids(),
        };
        busy.set(true);
        error.set(None);
        later(async move {
            let outcome = api::create_ticket(client, &ticket, &key.get_value()).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(made) => {
                    ui.toast(
                        Kind::Success,
                        t_with(PageWords::TicketCreated, &[&made.code]),
                    );
                    counts.refresh();
                    nav.go(&["/tickets/", &made.code].concat(), Step::Forward);
                }
                Err(refused) => {
                    if refused.status() > 0 && refused.status() < 500 {
                        key.set_value(browser::random_key());
                    }
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    let channels = [
        (Channel::Phone, Words::ChannelPhone),
        (Channel::Mail, Words::ChannelMail),
        (Channel::Chat, Words::ChannelChat),
        (Channel::InPerson, Words::ChannelInPerson),
    ]
    .map(|(channel, name)| Entry {
        value: channel.as_str().to_owned(),
        label: t(name).to_owned(),
        group: String::new(),
    });
    let types = desk
        .types
        .iter()
        .map(|one| Choice {
            value: one.id.as_str().to_owned(),
            title: one.label.clone(),
            help: one.help.clone(),
            side: String::new(),
        })
        .collect::<Vec<_>>();
    let priorities = desk
        .priorities
        .iter()
        .map(|one| Choice {
            value: one.id.clone(),
            title: one.label.clone(),
            help: one.help.clone(),
            side: one.promise.clone().unwrap_or_default(),
        })
        .collect::<Vec<_>>();
    let categories = StoredValue::new(desk.categories.clone());
    // A category that fixes the other type is no choice.
    let category_select = move || {
        let kind = kind.get();
        let entries: Vec<Entry> = categories.with_value(|categories| {
            categories
                .iter()
                .filter(|one| {
                    kind.is_empty() || one.request_type.is_none_or(|fixed| fixed.as_str() == kind)
                })
                .map(|one| {
                    let (group, rest) = match one.path.split_first() {
                        Some((first, rest)) if !rest.is_empty() => {
                            (first.clone(), rest.join(" › "))
                        }
                        _ => (String::new(), one.path.join(" › ")),
                    };
                    Entry {
                        value: one.id.clone(),
                        label: rest,
                        group,
                    }
                })
                .collect()
        });
        if category.with_untracked(|chosen| !entries.iter().any(|entry| entry.value == *chosen)) {
            category.set(String::new());
        }
        view! { <SelectField id="category" label=t(Words::Category) value=category faults entries/> }
    };
    view! {
        <form class="form stack loose" novalidate on:submit=act(submit)>
            <ErrorSummary faults/>
            <ErrorNote error/>
            <PersonPicker desk=desk.slug.clone() person faults/>
            <SelectField id="channel" label=t(Words::Channel) value=channel faults entries=channels.to_vec()/>
            <RadioCards id="request_type" legend=t(Words::Type) value=kind faults choices=types columns=true/>
            {move || category_select()}
            <RadioCards id="priority" legend=t(Words::Priority) value=priority faults choices=priorities/>
            <TextField id="subject" label=t(Words::Subject) hint=t(PageWords::SubjectHint) value=subject faults/>
            <TextArea id="message" label=t(PageWords::Description) hint=t(PageWords::DescriptionHint) value=message faults max=BODY_MAX rows=6/>
            <FilePicker
                id="attachments" label=t(Words::Files) items=uploads.items limits
                add=Callback::new(move |files| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
            <p class="muted small">{t_with(PageWords::SubjectLimit, &[&SUBJECT_MAX.to_string()])}</p>
            <div class="actions">
                <SubmitButton label=t(PageWords::CreateTicket) busy_label=t(Words::Sending) busy/>
                <a class="btn ghost" href="/console/queue">{t(Words::Cancel)}</a>
            </div>
        </form>
    }
}

/// Finds a registered person by name, mail address or entity.
#[component]
fn PersonPicker(desk: String, person: RwSignal<Option<Person>>, faults: Faults) -> impl IntoView {
    let client = use_client();
    let session = session();
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Result<Vec<Person>, ApiError>>);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let asked = StoredValue::new(0u32);
    let error = faults.of("requester_email");
    let desk = StoredValue::new(desk);
    let search = move |wanted: String| {
        let number = asked.get_value() + 1;
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
        browser::focus_id("person-change");
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
        browser::focus_id("requester_email");
    };
    let count = move || match found.get() {
        Some(Ok(people)) => t_with(PageWords::PeopleFound, &[&people.len().to_string()]),
        Some(Err(_)) | None => String::new(),
    };
    view! { {move || {
        match person.get() {
        Some(chosen) => view! {
            <div class="field">
                <p class="label">{t(Words::Requester)}</p>
                <div class="banner info">
                    {icon("user")}
                    <div class="banner-body">
                        <p class="banner-title">{chosen.full_name}</p>
                        <p>{chosen.email}" · "<span class="num">{chosen.phone}</span>" · "{chosen.organization.map(|entity| entity.name)}</p>
                    </div>
                    <button class="btn sm" type="button" id="person-change" on:click=act(again)>{t(Words::Change)}</button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <Field id="requester_email" label=t(Words::Requester).to_owned() hint=t(PageWords::RequesterHint).to_owned() optional=false error>
                <div class="input-group">
                    {icon("search")}
                    <input
                        class="input" id="requester_email" type="search" autocomplete="off" aria-required="true"
                        aria-describedby="requester_email-hint requester_email-error"
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
