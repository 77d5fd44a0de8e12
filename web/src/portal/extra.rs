//! The extra data that a category asks for: which fields show, what was typed, and what is sent.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::api::desks::{FieldInput, FieldView, FormView};
use shared::api::portal::PortalDesk;
use shared::api::uploads::Upload;

use crate::client::uploads::{Unfinished, Uploads};
use crate::client::{Client, portal};
use crate::components::files::{FilePicker, Limits};
use crate::components::form::{
    Check, Choice, Entry, Faults, RadioCards, SelectField, TextArea, TextField, named,
};
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Empty = "Complete «{0}».", "Complete “{0}”.";
        Number = "Escriba un número entero en «{0}».", "Enter a whole number in “{0}”.";
        Busy = "Espere a que el archivo de «{0}» termine de subir.", "Wait until the file for “{0}” has finished uploading.";
        Failed = "El archivo de «{0}» no se adjuntó: quítelo o intente de nuevo.", "The file for “{0}” was not attached: remove it or try again.";
        Person = "El código con que la persona figura en el directorio.", "The key of the person in the directory.";
        Yes = "Sí", "Yes";
        No = "No", "No";
    }
}

const TEXT_MAX: usize = 2000;

/// What was given for the fields of every form of a desk. A field that two forms share keeps its answer from one to the other.
#[derive(Clone, Copy)]
pub(super) struct Extra {
    texts: StoredValue<BTreeMap<String, RwSignal<String>>>,
    files: StoredValue<BTreeMap<String, Uploads>>,
    limits: Limits,
}

impl Extra {
    /// Nothing given yet.
    pub(super) fn new(desk: &PortalDesk, client: Client) -> Self {
        let fields = || desk.forms.iter().flat_map(|form| &form.fields);
        let texts = fields()
            .filter(|field| field.kind != FieldInput::File)
            .map(|field| (field.id.clone(), RwSignal::new(String::new())))
            .collect();
        let files = fields()
            .filter(|field| field.kind == FieldInput::File)
            .map(|field| (field.id.clone(), Uploads::new(client, portal::UPLOADS)))
            .collect();
        Self {
            texts: StoredValue::new(texts),
            files: StoredValue::new(files),
            limits: Limits {
                bytes: desk.max_attachment_bytes,
                count: 1,
                total: desk.max_ticket_attachment_bytes,
            },
        }
    }

    fn text(self, field: &str) -> Option<RwSignal<String>> {
        self.texts.with_value(|texts| texts.get(field).copied())
    }

    fn uploads(self, field: &str) -> Option<Uploads> {
        self.files.with_value(|files| files.get(field).copied())
    }

    /// Puts back what was kept on the device.
    pub(super) fn fill(self, texts: &BTreeMap<String, String>, files: &BTreeMap<String, Upload>) {
        self.texts.with_value(|signals| {
            for (field, signal) in signals {
                signal.set(texts.get(field).cloned().unwrap_or_default());
            }
        });
        self.files.with_value(|uploads| {
            for (field, uploads) in uploads {
                uploads.restore(files.get(field).cloned().into_iter().collect());
            }
        });
    }

    /// What to keep on the device; follows changes.
    pub(super) fn kept(self) -> (BTreeMap<String, String>, BTreeMap<String, Upload>) {
        let texts = self.texts.with_value(|signals| {
            signals
                .iter()
                .map(|(field, signal)| (field.clone(), signal.get()))
                .filter(|(_, text)| !text.is_empty())
                .collect()
        });
        let files = self.files.with_value(|uploads| {
            uploads
                .iter()
                .filter_map(|(field, uploads)| {
                    uploads.items.track();
                    Some((field.clone(), uploads.done().into_iter().next()?))
                })
                .collect()
        });
        (texts, files)
    }

    /// Whether a field shows: always, or with the right answer to another one.
    fn shows(self, field: &FieldView) -> bool {
        field.shown_when.as_ref().is_none_or(|when| {
            self.text(&when.field)
                .is_some_and(|text| text.with(|text| when.is.iter().any(|value| value == text)))
        })
    }

    /// The answers to a form, or their faults.
    pub(super) fn parse(self, form: &FormView, check: &mut Check) -> BTreeMap<String, String> {
        let mut answers = BTreeMap::new();
        for field in &form.fields {
            if !untrack(|| self.shows(field)) {
                continue;
            }
            let id = named("extra", &field.id);
            let value = match field.kind {
                FieldInput::File => self.file(field, check),
                _ => self
                    .text(&field.id)
                    .map(|text| text.with_untracked(|text| text.trim().to_owned())),
            };
            let Some(value) = value else { continue };
            if value.is_empty() {
                if field.required {
                    check.fault(id, t_with(Words::Empty, &[&field.label]));
                }
            } else if field.kind == FieldInput::Number && value.parse::<i64>().is_err() {
                check.fault(id, t_with(Words::Number, &[&field.label]));
            } else {
                answers.insert(field.id.clone(), value);
            }
        }
        answers
    }

    /// The key of a field's file; empty without one, `None` when its fault is noted already.
    fn file(self, field: &FieldView, check: &mut Check) -> Option<String> {
        let uploads = self.uploads(&field.id)?;
        match uploads.unfinished() {
            Some(why) => {
                let words = match why {
                    Unfinished::Failed => Words::Failed,
                    Unfinished::Sending => Words::Busy,
                };
                check.fault(named("extra", &field.id), t_with(words, &[&field.label]));
                None
            }
            None => Some(uploads.ids().into_iter().next().unwrap_or_default()),
        }
    }
}

/// The fields of a form, each as long as it is asked.
#[component]
pub(super) fn ExtraFields(form: FormView, extra: Extra, faults: Faults) -> impl IntoView {
    let field = move |field: FieldView| {
        let asked = field.clone();
        let shows = Memo::new(move |_| extra.shows(&asked));
        move || shows.get().then(|| control(field.clone(), extra, faults))
    };
    form.fields.into_iter().map(field).collect_view()
}

fn control(field: FieldView, extra: Extra, faults: Faults) -> AnyView {
    let id = named("extra", &field.id);
    let label = field.label.clone();
    let optional = !field.required;
    if let Some(uploads) = extra.uploads(&field.id) {
        let limits = extra.limits;
        return view! {
            <FilePicker id label items=uploads.items limits faults
                add=Callback::new(move |files: Vec<web_sys::File>| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))/>
        }
        .into_any();
    }
    let Some(value) = extra.text(&field.id) else {
        return ().into_any();
    };
    match field.kind {
        FieldInput::YesNo => {
            let choices = [("yes", Words::Yes), ("no", Words::No)]
                .map(|(value, words)| Choice {
                    value: value.to_owned(),
                    title: t(words).to_owned(),
                    help: String::new(),
                    side: String::new(),
                })
                .to_vec();
            view! { <RadioCards id legend=label value faults choices columns=true/> }.into_any()
        }
        FieldInput::Choice => {
            let entries = field
                .options
                .into_iter()
                .map(|option| Entry {
                    value: option.id,
                    label: option.label,
                    group: String::new(),
                })
                .collect();
            view! { <SelectField id label value faults entries optional/> }.into_any()
        }
        FieldInput::Number => {
            view! { <TextField id label value faults optional inputmode="numeric" width="w-sm"/> }
                .into_any()
        }
        FieldInput::Date => {
            view! { <TextField id label value faults optional kind="date" width="w-sm"/> }
                .into_any()
        }
        FieldInput::Person => {
            view! { <TextField id label value faults optional hint=t(Words::Person)/> }.into_any()
        }
        FieldInput::Text if field.label.chars().count() > 60 => {
            view! { <TextArea id label value faults optional max=TEXT_MAX rows=3/> }.into_any()
        }
        FieldInput::Text | FieldInput::File => {
            view! { <TextField id label value faults optional/> }.into_any()
        }
    }
}
