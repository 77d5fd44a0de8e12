//! The windows of what is known about a ticket besides its state: the answers to the form of its category, and its cause.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::desks::{DeskView, FieldInput, FieldView, FormView};
use shared::api::people::Person;
use shared::api::process::{NewCause, NewExtra};
use shared::api::tickets::TicketView;
use shared::ticket::text::{BODY_MAX, Body};

use super::{ActionForm, ActionWindow, of_desk};
use crate::client::console::{TicketAction, UPLOADS};
use crate::client::uploads::Uploads;
use crate::components::feedback::{Banner, Kind};
use crate::components::files::{FilePicker, Limits};
use crate::components::form::{Check, TextArea, named};
use crate::console::KEPT;
use crate::console::components::extra::{Extra, ExtraFields, keep_up};
use crate::console::person_picker::PersonPicker;
use crate::console::words::{StepWords, Words, files_fault};
use crate::i18n::t;
use crate::task::watch;

/// Completes or corrects the answers to the form of the category.
#[component]
pub fn ExtraWindow(form: ActionForm) -> impl IntoView {
    // Kept here, so that a field that comes and goes with another answer keeps its file.
    let files = StoredValue::new(Vec::<(String, Uploads)>::new());
    // None until the desk's profile is there, and where the category has no form.
    let extra = RwSignal::new(None::<Extra>);
    let submit = move |()| {
        let Some(extra) = extra.get_untracked() else {
            return;
        };
        let mut check = Check::default();
        files.with_value(|files| {
            for (field, uploads) in files.iter().filter(|(field, _)| extra.asks_now(field)) {
                if let Some(why) = uploads.unfinished() {
                    check.fault(named("extra", field), t(files_fault(why)).to_owned());
                }
            }
        });
        let answers = extra.answers(&mut check);
        if form.faults.show(check.done()) {
            return;
        }
        form.send(
            TicketAction::SetExtra(NewExtra { extra: answers }),
            t(StepWords::Done),
        );
    };
    watch(move || {
        let (Some(view), Some(extra)) = (form.case.view.get(), extra.get()) else {
            return;
        };
        let file = |field: &str, key: &str| {
            let shown = files.with_value(|files| files.iter().find(|(id, _)| id == field).cloned());
            let file = view.attachments.iter().find(|file| file.id == key);
            shown.is_some_and(|(_, uploads)| uploads.begin_again(file))
        };
        if extra.follow(&given_in(&view), file) {
            form.overtaken();
        }
    });
    let special = Callback::new(move |(field, value)| {
        files.with_value(|files| special_field(form, files, field, value))
    });
    let shape = Memo::new(move |_| {
        let view = form.case.view.get()?;
        let desk = form.case.desk()?;
        Some(form_of(&desk, &view).map(|form| form.id.clone()))
    });
    let drawn = StoredValue::new(None);
    let fields = move |desk: Arc<DeskView>| {
        // Another category may have other fields.
        let now = shape.get();
        if drawn.with_value(|drawn| drawn.as_ref().is_some_and(|drawn| *drawn != now)) {
            form.faults.set_quietly(Vec::new());
            form.overtaken();
        }
        drawn.set_value(Some(now));
        let asked = form.view().and_then(|view| {
            let fields = form_of(&desk, &view)?;
            let answers = Extra::filled(fields, &given_in(&view));
            Some((file_fields(form, &view, fields), answers))
        });
        extra.set(asked.as_ref().map(|(_, asked)| *asked));
        let Some((held, asked)) = asked else {
            return view! { <Banner kind=Kind::Info><p>{form.case.say_category(StepWords::NoForm)}</p></Banner> }.into_any();
        };
        files.set_value(held);
        asked.keep(&form.key_of(""));
        view! { <ExtraFields extra=asked faults=form.faults special/> }.into_any()
    };
    view! {
        <ActionWindow form id="extra" title=t(Words::SetExtra) button=t(StepWords::Save) submit=Callback::new(submit) explains=Signal::derive(move || extra.with(Option::is_none))>
            {of_desk(form, Box::new(fields))}
        </ActionWindow>
    }
}

/// The form of a ticket's category.
fn form_of<'d>(desk: &'d DeskView, view: &TicketView) -> Option<&'d FormView> {
    let key = view.category_id.as_ref()?;
    let category = desk.categories.iter().find(|one| one.id == *key)?;
    let name = category.form.as_ref()?;
    desk.forms.iter().find(|one| one.id == *name)
}

/// What was answered before, by the key of the field.
fn given_in(view: &TicketView) -> Vec<(String, String)> {
    let answers = view.extra.iter();
    answers
        .map(|one| (one.id.clone(), one.given.clone()))
        .collect()
}

/// The fields of a form that take a file, each with the one that was given.
fn file_fields(form: ActionForm, view: &TicketView, fields: &FormView) -> Vec<(String, Uploads)> {
    let fields = fields
        .fields
        .iter()
        .filter(|field| field.kind == FieldInput::File);
    fields
        .map(|field| {
            let uploads = Uploads::new(form.case.client, UPLOADS);
            let given = view.extra.iter().find(|one| one.id == field.id);
            let file =
                given.and_then(|one| view.attachments.iter().find(|file| file.id == one.given));
            if let Some(file) = file {
                uploads.begin_with(file);
            }
            (field.id.clone(), uploads)
        })
        .collect()
}

/// A file shows its name and gives way to another one; a person is found in the directory.
fn special_field(
    form: ActionForm,
    files: &[(String, Uploads)],
    field: FieldView,
    value: RwSignal<String>,
) -> AnyView {
    let (id, label, faults) = (named("extra", &field.id), field.label, form.faults);
    let optional = !field.required;
    let Some(view) = form.view() else {
        return ().into_any();
    };
    if field.kind == FieldInput::File {
        let Some(uploads) = files
            .iter()
            .find(|(key, _)| *key == field.id)
            .map(|(_, uploads)| *uploads)
        else {
            return ().into_any();
        };
        uploads.follow(value);
        let one = Limits {
            count: 1,
            ..form.case.limits()
        };
        return view! {
            <FilePicker
                id label items=uploads.items limits=one faults=faults
                add=Callback::new(move |files| uploads.add(files, one))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
        }
        .into_any();
    }
    let known = field.id.clone();
    let present = move || {
        let view = form.case.view.get()?;
        let given = view.extra.iter().find(|one| one.id == field.id)?;
        let name = given.value.clone();
        Some(
            view! { <p class="small">{t(StepWords::PresentPerson)}": "<strong>{name}</strong></p> }
                .into_any(),
        )
    };
    let person = RwSignal::new(None::<Person>);
    watch(move || {
        let chosen = person.with(|person| person.as_ref().map(|one| one.id.to_string()));
        let present = || {
            let view = form.view()?;
            let given = view.extra.iter().find(|one| one.id == known)?;
            Some(given.given.clone())
        };
        value.set(chosen.or_else(present).unwrap_or_default());
    });
    view! {
        <PersonPicker id label desk=view.desk.clone() person faults optional/>
        {present}
    }
    .into_any()
}

/// Keeps the cause that was found.
#[component]
pub fn CauseWindow(form: ActionForm) -> impl IntoView {
    let known = move || {
        let view = form.case.view.get()?;
        Some(view.cause.clone().unwrap_or_default())
    };
    let present = StoredValue::new(untrack(known).unwrap_or_default());
    let cause = RwSignal::new(present.get_value());
    KEPT.keep_over(form.key_of("cause"), cause, present);
    watch(move || {
        if known().is_some_and(|now| keep_up(cause, present, now)) {
            form.overtaken();
        }
    });
    let submit = move |()| {
        let mut check = Check::default();
        let typed = check.text(
            "cause",
            t(StepWords::WriteCause),
            cause.with_untracked(|text| Body::parse(text)),
        );
        if form.faults.show(check.done()) {
            return;
        }
        let Some(typed) = typed else { return };
        let body = NewCause {
            cause: typed.into_string(),
        };
        form.send(TicketAction::RecordCause(body), t(StepWords::Done));
    };
    view! {
        <ActionWindow form id="record-cause" title=t(Words::RecordCause) button=t(StepWords::Save) submit=Callback::new(submit)>
            <TextArea id="cause" label=t(StepWords::Cause) hint=t(StepWords::CauseHint) value=cause faults=form.faults max=BODY_MAX rows=4/>
        </ActionWindow>
    }
}
