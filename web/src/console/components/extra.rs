//! The extra data that a desk asks for a category: its own fields, some only with a certain answer to another one.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::api::desks::{FieldInput, FieldView, FormView};

use crate::components::form::{
    Check, Choice, Entry, Faults, RadioCards, SelectField, TextField, named,
};
use crate::console::KEPT;
use crate::console::words::TreeWords;
use crate::i18n::t;

/// The answers of a form as they are typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    fields: StoredValue<Vec<(FieldView, RwSignal<String>)>>,
}

impl Extra {
    /// Nothing answered yet.
    pub fn new(form: &FormView) -> Self {
        let fields = form
            .fields
            .iter()
            .map(|field| (field.clone(), RwSignal::new(String::new())))
            .collect();
        Self {
            fields: StoredValue::new(fields),
        }
    }

    /// With the answers that were given before, by the key of the field; of a choice the key or the words.
    pub fn filled(form: &FormView, given: &[(String, String)]) -> Self {
        let extra = Self::new(form);
        extra.fields.with_value(|fields| {
            for (field, value) in fields {
                if let Some(key) = as_chosen(field, given) {
                    value.set(key);
                }
            }
        });
        extra
    }

    /// Brings what was not touched up to date with what others answered meanwhile. A file and a person stay.
    pub fn follow(self, before: &[(String, String)], now: &[(String, String)]) {
        for (field, value) in self.fields.get_value() {
            if matches!(field.kind, FieldInput::File | FieldInput::Person) {
                continue;
            }
            let [was, is] = [before, now].map(|given| as_chosen(&field, given).unwrap_or_default());
            if was != is && value.with_untracked(|value| *value == was) {
                value.set(is);
            }
        }
    }

    /// Keeps the answers in this browser under keys that begin like this. What a file or a person field shows is more
    /// than its key, so these are left to the form.
    pub fn keep(self, prefix: &str) {
        for (field, value) in self.fields.get_value() {
            if !matches!(field.kind, FieldInput::File | FieldInput::Person) {
                KEPT.keep([prefix, &field.id].concat(), value);
            }
        }
    }

    /// Whether a field is asked now; follows changes.
    fn asks(self, field: &FieldView) -> bool {
        let Some(when) = &field.shown_when else {
            return true;
        };
        self.fields.with_value(|fields| {
            let other = fields.iter().find(|(other, _)| other.id == when.field);
            other.is_some_and(|(other, value)| {
                self.asks(other) && value.with(|value| when.is.contains(value))
            })
        })
    }

    /// Whether the field with this key is asked at this moment.
    pub fn asks_now(self, key: &str) -> bool {
        self.fields.with_value(|fields| {
            let field = fields.iter().find(|(field, _)| field.id == key);
            field.is_some_and(|(field, _)| untrack(|| self.asks(field)))
        })
    }

    /// The answers to what is asked, with a fault for each that lacks and has none yet.
    pub fn answers(self, check: &mut Check) -> BTreeMap<String, String> {
        let mut answers = BTreeMap::new();
        self.fields.with_value(|fields| {
            for (field, value) in fields {
                if !untrack(|| self.asks(field)) {
                    continue;
                }
                let text = value.with_untracked(|value| value.trim().to_owned());
                if !text.is_empty() {
                    answers.insert(field.id.clone(), text);
                } else if field.required && !check.faulty(named("extra", &field.id)) {
                    check.fault(
                        named("extra", &field.id),
                        t(TreeWords::FieldMissing).to_owned(),
                    );
                }
            }
        });
        answers
    }
}

/// What a field holds for an answer that was given: of a choice its key.
fn as_chosen(field: &FieldView, given: &[(String, String)]) -> Option<String> {
    let (_, answer) = given.iter().find(|(key, _)| *key == field.id)?;
    let option = field
        .options
        .iter()
        .find(|option| option.id == *answer || option.label == *answer);
    Some(match (option, field.kind) {
        (Some(option), _) => option.id.clone(),
        (None, FieldInput::YesNo) if answer == t(TreeWords::Yes) => "yes".to_owned(),
        (None, FieldInput::YesNo) if answer == t(TreeWords::No) => "no".to_owned(),
        (None, _) => answer.clone(),
    })
}

/// The fields of a form.
#[component]
pub fn ExtraFields(
    /// Where the answers are kept.
    extra: Extra,
    /// The form's faults.
    faults: Faults,
    /// Draws a field that takes a file or a person, with its id and where its key goes.
    special: Callback<(FieldView, RwSignal<String>), AnyView>,
) -> impl IntoView {
    let fields = extra.fields.get_value();
    let draw = move |(field, value): (FieldView, RwSignal<String>)| {
        let shown = {
            let field = field.clone();
            Memo::new(move |_| extra.asks(&field))
        };
        view! { {move || shown.get().then(|| field_view(&field, value, faults, special))} }
            .into_any()
    };
    view! {
        <fieldset class="fieldset stack">
            <legend class="label">{t(TreeWords::FormData)}</legend>
            {fields.into_iter().map(draw).collect_view()}
        </fieldset>
    }
}

fn field_view(
    field: &FieldView,
    value: RwSignal<String>,
    faults: Faults,
    special: Callback<(FieldView, RwSignal<String>), AnyView>,
) -> AnyView {
    let id = named("extra", &field.id);
    let label = field.label.clone();
    let optional = !field.required;
    let text = move |kind: &'static str, width: &'static str, label: String| {
        view! { <TextField id label value faults optional kind width/> }.into_any()
    };
    match field.kind {
        FieldInput::Text => text("text", "", label),
        FieldInput::Number => text("number", "w-sm", label),
        FieldInput::Date => text("date", "w-md", label),
        FieldInput::Choice => {
            let entries = field
                .options
                .iter()
                .map(|option| Entry {
                    value: option.id.clone(),
                    label: option.label.clone(),
                    group: String::new(),
                })
                .collect::<Vec<_>>();
            view! { <SelectField id label value faults entries optional/> }.into_any()
        }
        FieldInput::YesNo => {
            let choices = [("yes", TreeWords::Yes), ("no", TreeWords::No)]
                .map(|(key, words)| Choice {
                    value: key.to_owned(),
                    title: t(words).to_owned(),
                    help: String::new(),
                    side: String::new(),
                })
                .to_vec();
            view! { <RadioCards id legend=label value faults choices columns=true/> }.into_any()
        }
        FieldInput::File | FieldInput::Person => special.run((field.clone(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, kind: FieldInput) -> FieldView {
        FieldView {
            id: id.into(),
            label: id.into(),
            kind,
            required: false,
            options: Vec::new(),
            shown_when: None,
        }
    }

    fn given(answers: &[(&str, &str)]) -> Vec<(String, String)> {
        let pair = |(key, answer): &(&str, &str)| ((*key).into(), (*answer).into());
        answers.iter().map(pair).collect()
    }

    #[test]
    fn only_untouched_answers_follow_what_others_gave() {
        let owner = Owner::new();
        owner.set();
        let form = FormView {
            id: "title".into(),
            fields: vec![
                field("author", FieldInput::Text),
                field("title", FieldInput::Text),
                field("year", FieldInput::Text),
                field("cover", FieldInput::File),
            ],
        };
        let before = given(&[("author", "Ana"), ("title", "Uno"), ("cover", "7")]);
        let extra = Extra::filled(&form, &before);
        let typed = |id: &str| {
            let fields = extra.fields.get_value();
            let (_, value) = fields.into_iter().find(|(field, _)| field.id == id)?;
            Some(value)
        };
        typed("title").unwrap().set("Dos".into());
        let now = given(&[("title", "Tres"), ("year", "1999"), ("cover", "8")]);
        extra.follow(&before, &now);
        let held = |id| typed(id).unwrap().get_untracked();
        assert_eq!(
            ["author", "title", "year", "cover"].map(held),
            ["", "Dos", "1999", "7"]
        );
    }
}
