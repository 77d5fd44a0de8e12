//! Recording a ticket for a registered person who called, wrote or came by.

use leptos::ev;
use leptos::prelude::*;
use shared::api::desks::{FieldInput, FieldView, FormView};
use shared::api::people::Person;
use shared::api::tickets::NewTicket;
use shared::ticket::status::{Channel, RequestType};
use shared::ticket::text::{BODY_MAX, Body, Subject};

use super::KEPT;
use super::components::extra::{Extra, ExtraFields};
use super::components::matrix::ImpactUrgency;
use super::components::tree::CategoryPicker;
use super::person_picker::PersonPicker;
use super::router::{Step, nav};
use super::session::session;
use super::shell::{Topbar, counts};
use super::words::{PageWords, Words, files_fault};
use crate::browser;
use crate::client::console::{self as api, UPLOADS};
use crate::client::uploads::Uploads;
use crate::client::{ApiError, Client, use_client};
use crate::components::feedback::{Banner, ErrorNote, Failed, Kind, Loading};
use crate::components::files::{FilePicker, Limits};
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, RadioCards, SelectField, SubmitButton, TextArea,
    TextField, named,
};
use crate::components::{act, use_ui};
use crate::i18n::{t, t_with};
use crate::task::{later, watch};

/// The form; it is drawn again when another desk is chosen, because the choices are those of the desk.
#[component]
pub fn NewTicketPage() -> impl IntoView {
    let session = session();
    let title = Signal::derive(move || session.speech().ticket.say(Words::NewTicket));
    let desk = Memo::new(move |_| session.profile_answer(&session.desk.get()));
    let again = Callback::new(move |()| session.retry_profile(&session.desk.get_untracked()));
    view! {
        <Topbar title/>
        <main class="sheet" id="main" tabindex="-1">
            {move || match desk.get() {
                Some(Ok(desk)) => view! { <NewTicketForm desk=(*desk).clone()/> }.into_any(),
                Some(Err(error)) => view! { <Failed error retry=again/> }.into_any(),
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
    let speech = StoredValue::new(session().speech_of(&desk.slug));
    let say_category =
        move |words: PageWords| speech.with_value(|speech| speech.category.say(words));
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let me = session().me.with_untracked(|me| me.id).to_string();
    // Each desk has categories and people of its own.
    let prefix = StoredValue::new(["newticket.", &me, ".", &desk.slug, "."].concat());
    let name = move |field: &str| prefix.with_value(|prefix| [prefix.as_str(), field].concat());
    let person = RwSignal::new(None::<Person>);
    keep_person(client, person, name("requester"));
    let channel = RwSignal::new(Channel::Phone.as_str().to_owned());
    let kind = RwSignal::new(
        desk.types
            .first()
            .filter(|_| desk.types.len() == 1)
            .map(|one| one.id.as_str().to_owned())
            .unwrap_or_default(),
    );
    KEPT.keep(name("request_type"), kind);
    let category = KEPT.text(name("category"));
    let priority = KEPT.text(name("priority"));
    let impact = KEPT.text(name("impact"));
    let urgency = KEPT.text(name("urgency"));
    let matrix = desk.prioritisation.matrix.clone();
    let by_matrix = matrix.is_some();
    // What is required is required; else category or desk have a priority of their own.
    let priority_needed = desk.prioritisation.required;
    let categories = StoredValue::new(desk.categories.clone());
    // Every form from the beginning, so that its answers outlive the choice of another category.
    let extras = desk.forms.iter().map(|form| {
        let extra = Extra::new(form);
        extra.keep(&name(&["extra.", &form.id, "."].concat()));
        (form.id.clone(), extra)
    });
    let extras = StoredValue::new(extras.collect::<Vec<_>>());
    let held = StoredValue::new(held_of(client, &desk.forms));
    // The form of the chosen category.
    let extra = Memo::new(move |_| {
        let form = category.with(|key| {
            categories.with_value(|categories| {
                let chosen = categories.iter().find(|one| one.id == *key)?;
                chosen.form.clone()
            })
        })?;
        extras.with_value(|extras| extras.iter().find(|(id, _)| *id == form).cloned())
    });
    let subject = KEPT.text(name("subject"));
    let message = KEPT.text(name("message"));
    let key = StoredValue::new(browser::random_key());
    let uploads = Uploads::new(client, UPLOADS);
    uploads.kept_as(KEPT.name(&name("files")));
    let limits = Limits {
        bytes: desk.max_attachment_bytes,
        count: desk.max_attachments,
        total: desk.max_ticket_attachment_bytes,
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
            &say_category(PageWords::ChooseCategory),
            category.get_untracked(),
        );
        let answers = extra
            .get_untracked()
            .map(|(form, extra)| {
                held.with_value(|held| {
                    for (owner, field, one) in held {
                        if let Held::File(uploads) = one
                            && *owner == form
                            && extra.asks_now(field)
                            && let Some(why) = uploads.unfinished()
                        {
                            check.fault(named("extra", field), t(files_fault(why)).to_owned());
                        }
                    }
                });
                extra.answers(&mut check)
            })
            .unwrap_or_default();
        let some =
            |value: RwSignal<String>| Some(value.get_untracked()).filter(|key| !key.is_empty());
        let (chosen, wide, soon) = if by_matrix {
            (None, some(impact), some(urgency))
        } else {
            (some(priority), None, None)
        };
        if by_matrix && (priority_needed || wide.is_some() || soon.is_some()) {
            check.choice("impact", t(PageWords::ChooseImpact), impact.get_untracked());
            check.choice(
                "urgency",
                t(PageWords::ChooseUrgency),
                urgency.get_untracked(),
            );
        } else if priority_needed && chosen.is_none() {
            check.fault(
                "priority",
                speech.with_value(|speech| speech.priority.say(Words::ChoosePriority)),
            );
        }
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
        if let Some(why) = uploads.unfinished() {
            check.fault("attachments", t(files_fault(why)).to_owned());
        }
        if faults.show(check.done()) {
            return;
        }
        let (
            Some(requester_email),
            Some(channel),
            Some(request_type),
            Some(category),
            Some(subject),
            Some(message),
        ) = (
            requester_email,
            channel,
            request_type,
            category,
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
            priority: chosen,
            impact: wide,
            urgency: soon,
            extra: answers,
            group: None,
            assignee: None,
            subject: subject.into_string(),
            message: message.into_string(),
            attachments: uploads.ids(),
        };
        let kept = prefix.get_value();
        busy.set(true);
        error.set(None);
        later(async move {
            let outcome = api::create_ticket(client, &ticket, &key.get_value()).await;
            // Also where the page was left meanwhile.
            if outcome.is_ok() {
                KEPT.forget(&kept);
            }
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(made) => {
                    ui.toast(
                        Kind::Success,
                        speech.with_value(|speech| {
                            speech
                                .ticket
                                .say_with(PageWords::TicketCreated, &[&made.code])
                        }),
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
    // What people write themselves comes through the portal; the API is for programs.
    let channels = [
        (Channel::Phone, Words::ChannelPhone),
        (Channel::Mail, Words::ChannelMail),
        (Channel::Chat, Words::ChannelChat),
        (Channel::InPerson, Words::ChannelInPerson),
    ]
    .into_iter()
    .filter(|(channel, _)| desk.channels.is_empty() || desk.channels.contains(channel))
    .map(|(channel, name)| Entry {
        value: channel.as_str().to_owned(),
        label: t(name).to_owned(),
        group: String::new(),
    })
    .collect::<Vec<_>>();
    if let Some(first) = channels.first()
        && !channels
            .iter()
            .any(|one| one.value == Channel::Phone.as_str())
    {
        channel.set(first.value.clone());
    }
    KEPT.keep(name("channel"), channel);
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
    // A category that fixes the other type is no choice.
    let offered = Signal::derive(move || {
        let kind = kind.get();
        categories.with_value(|categories| {
            categories
                .iter()
                .filter(|one| {
                    kind.is_empty() || one.request_type.is_none_or(|fixed| fixed.as_str() == kind)
                })
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    watch(move || {
        let gone = offered.with(|offered| {
            category
                .with_untracked(|key| !key.is_empty() && !offered.iter().any(|one| one.id == *key))
        });
        if gone {
            category.set(String::new());
        }
    });
    // Choosing the category first settles the type where the catalogue does.
    watch(move || {
        let fixed = category.with(|key| {
            categories
                .with_value(|categories| categories.iter().find(|one| one.id == *key)?.request_type)
        });
        if let Some(fixed) = fixed
            && kind.with_untracked(|kind| kind != fixed.as_str())
        {
            kind.set(fixed.as_str().to_owned());
        }
    });
    let notes = move || {
        let chosen = category.with(|key| {
            categories
                .with_value(|categories| categories.iter().find(|one| one.id == *key).cloned())
        })?;
        let evidence = chosen
            .evidence
            .then(|| view! { <p>{say_category(PageWords::NeedsEvidence)}</p> }.into_any());
        let cutoff = chosen
            .cutoff
            .map(|hour| view! { <p>{t_with(PageWords::CutOff, &[&hour])}</p> }.into_any());
        let restricted = chosen
            .restricted
            .then(|| view! { <p>{say_category(PageWords::RestrictedCategory)}</p> }.into_any());
        (evidence.is_some() || cutoff.is_some() || restricted.is_some()).then(|| {
            view! { <Banner kind=Kind::Info>{evidence}{cutoff}{restricted}</Banner> }.into_any()
        })
    };
    let category_noun = speech.with_value(|speech| speech.category.clone());
    let slug_for_people = desk.slug.clone();
    let special = Callback::new(move |(field, value): (FieldView, RwSignal<String>)| {
        let form = extra.get_untracked().map(|(form, _)| form);
        let held = held.with_value(|held| {
            held.iter()
                .find(|(owner, key, _)| Some(owner) == form.as_ref() && *key == field.id)
                .map(|(_, _, one)| *one)
        });
        match held {
            Some(held) => {
                special_field(field, value, held, faults, slug_for_people.clone(), limits)
            }
            None => ().into_any(),
        }
    });
    let priority_fields = match matrix {
        Some(matrix) => view! { <ImpactUrgency desk=desk.clone() matrix impact urgency faults optional=!priority_needed/> }.into_any(),
        None => {
            let own = (!priority_needed).then(|| Choice {
                value: String::new(),
                title: t(PageWords::OwnPriority).to_owned(),
                help: say_category(PageWords::OwnPriorityHelp),
                side: String::new(),
            });
            let priorities = desk.priorities.iter().cloned().map(Choice::from);
            let choices = own.into_iter().chain(priorities).collect::<Vec<_>>();
            view! { <RadioCards id="priority" legend=speech.with_value(|speech| speech.priority.say(Words::Priority)) value=priority faults choices/> }.into_any()
        }
    };
    view! {
        <form class="form stack loose" novalidate on:submit=act(submit)>
            <ErrorSummary faults/>
            <ErrorNote error/>
            <PersonPicker id="requester_email" label=t(Words::Requester) desk=desk.slug.clone() person faults/>
            <SelectField id="channel" label=t(Words::Channel) value=channel faults entries=channels/>
            <RadioCards id="request_type" legend=t(Words::Type) value=kind faults choices=types columns=true/>
            <CategoryPicker id="category" label=category_noun.say(Words::Category) noun=category_noun value=category faults categories=offered/>
            {move || notes()}
            {move || extra.get().map(|(_, extra)| view! { <ExtraFields extra faults special/> }.into_any())}
            {priority_fields}
            <TextField id="subject" label=t(Words::Subject) hint=t(PageWords::SubjectHint) value=subject faults/>
            <TextArea id="message" label=t(PageWords::Description) hint=t(PageWords::DescriptionHint) value=message faults max=BODY_MAX rows=6/>
            <FilePicker
                id="attachments" label=t(PageWords::FilesOptional) items=uploads.items limits faults=faults
                add=Callback::new(move |files| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
            <p class="muted small">{speech.with_value(|speech| speech.ticket.say(PageWords::CodeByMail))}</p>
            <div class="actions">
                <SubmitButton label=speech.with_value(|speech| speech.ticket.say(PageWords::CreateTicket)) busy_label=t(Words::Sending) busy/>
                <a class="btn ghost" href="/console/queue" on:click=act(move |_| prefix.with_value(|prefix| KEPT.forget(prefix)))>{t(Words::Cancel)}</a>
            </div>
        </form>
    }
}

/// Keeps who the ticket is for, and finds that person again.
fn keep_person(client: Client, person: RwSignal<Option<Person>>, key: String) {
    let before: Option<i64> = KEPT.get(&key).and_then(|id| id.parse().ok());
    let mut chosen = false;
    watch(move || {
        let id = person.with(|person| person.as_ref().map(|one| one.id.to_string()));
        // Nobody yet is not nobody any more.
        if chosen || id.is_some() {
            KEPT.put(&key, id.as_deref());
        }
        chosen = id.is_some();
    });
    let Some(id) = before else { return };
    later(async move {
        if let Ok(found) = api::person(client, id).await
            && found.active
            && person.try_with_untracked(Option::is_none) == Some(true)
        {
            person.set(Some(found));
        }
    });
}

/// What a field of a form holds besides its key.
#[derive(Clone, Copy)]
enum Held {
    File(Uploads),
    Person(RwSignal<Option<Person>>),
}

/// What the fields of all forms hold, by the keys of form and field.
fn held_of(client: Client, forms: &[FormView]) -> Vec<(String, String, Held)> {
    let mut all = Vec::new();
    for form in forms {
        for field in &form.fields {
            let held = match field.kind {
                FieldInput::File => Held::File(Uploads::new(client, UPLOADS)),
                FieldInput::Person => Held::Person(RwSignal::new(None)),
                _ => continue,
            };
            all.push((form.id.clone(), field.id.clone(), held));
        }
    }
    all
}

/// A field of a form that takes a person or a file.
fn special_field(
    field: FieldView,
    value: RwSignal<String>,
    held: Held,
    faults: Faults,
    desk: String,
    limits: Limits,
) -> AnyView {
    let id = named("extra", &field.id);
    match held {
        Held::Person(person) => {
            watch(move || {
                let key = person.with(|person| person.as_ref().map(|one| one.id.to_string()));
                value.set(key.unwrap_or_default());
            });
            view! { <PersonPicker id label=field.label desk person faults optional=!field.required/> }
                .into_any()
        }
        Held::File(uploads) => {
            let one = Limits { count: 1, ..limits };
            uploads.follow(value);
            view! {
                <FilePicker
                    id label=field.label items=uploads.items limits=one faults=faults
                    add=Callback::new(move |files| uploads.add(files, one))
                    remove=Callback::new(move |key| uploads.remove(key))
                    retry=Callback::new(move |key| uploads.retry(key))
                />
            }
            .into_any()
        }
    }
}
