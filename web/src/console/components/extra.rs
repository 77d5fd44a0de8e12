//! The extra data that a desk asks for a category: its own fields, some only with a certain answer to another one.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::api::desks::{FieldInput, FieldView, FormView};

use crate::browser;
use crate::components::form::{
    Check, Choice, Entry, Faults, RadioCards, SelectField, TextField, named,
};
use crate::console::KEPT;
use crate::console::words::TreeWords;
use crate::i18n::t;

/// The answers of a form as they are typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    fields: StoredValue<Vec<Asked>>,
}

/// A field, what stands in it, and what the ticket has there.
#[derive(Clone)]
struct Asked {
    field: FieldView,
    value: RwSignal<String>,
    present: StoredValue<String>,
}

impl Extra {
    /// Nothing answered yet.
    pub fn new(form: &FormView) -> Self {
        Self::filled(form, &[])
    }

    /// With the answers that were given before, by the key of the field; of a choice the key or the words.
    pub fn filled(form: &FormView, given: &[(String, String)]) -> Self {
        let asked = |field: &FieldView| {
            let present = as_chosen(field, given);
            Asked {
                field: field.clone(),
                value: RwSignal::new(present.clone()),
                present: StoredValue::new(present),
            }
        };
        Self {
            fields: StoredValue::new(form.fields.iter().map(asked).collect()),
        }
    }

    /// Brings what was not touched up to date with what the ticket has now, and says whether anything came that was not
    /// typed here as well. `file` shows another file in a field, unless one is on its way there.
    pub fn follow(self, given: &[(String, String)], file: impl Fn(&str, &str) -> bool) -> bool {
        let mut news = false;
        for Asked {
            field,
            value,
            present,
        } in self.fields.get_value()
        {
            let now = as_chosen(&field, given);
            let untouched = present.with_value(|was| value.with_untracked(|value| value == was));
            let changed = present.with_value(|was| *was != now);
            if changed && untouched && field.kind == FieldInput::File && !file(&field.id, &now) {
                // Whatever is on its way takes its place, which is told.
                news = true;
                continue;
            }
            news |= keep_up(value, present, now);
        }
        news
    }

    /// Keeps the answers in this browser under keys that begin like this. What a file or a person field shows is more
    /// than its key, so these are left to the form.
    pub fn keep(self, prefix: &str) {
        for asked in self.fields.get_value() {
            if !matches!(asked.field.kind, FieldInput::File | FieldInput::Person) {
                let key = [prefix, &asked.field.id].concat();
                KEPT.keep_over(key, asked.value, asked.present);
            }
        }
    }

    /// Whether a field is asked now; follows changes.
    fn asks(self, field: &FieldView) -> bool {
        let Some(when) = &field.shown_when else {
            return true;
        };
        self.fields.with_value(|fields| {
            let other = fields.iter().find(|other| other.field.id == when.field);
            other.is_some_and(|other| {
                self.asks(&other.field) && other.value.with(|value| when.is.contains(value))
            })
        })
    }

    /// Whether the field with this key is asked at this moment.
    pub fn asks_now(self, key: &str) -> bool {
        self.fields.with_value(|fields| {
            let asked = fields.iter().find(|asked| asked.field.id == key);
            asked.is_some_and(|asked| untrack(|| self.asks(&asked.field)))
        })
    }

    /// The answers to what is asked that the ticket does not have so, an empty one where it is taken back; with a fault for
    /// each that lacks and has none yet.
    pub fn answers(self, check: &mut Check) -> BTreeMap<String, String> {
        let mut answers = BTreeMap::new();
        self.fields.with_value(|fields| {
            for Asked {
                field,
                value,
                present,
            } in fields
            {
                if !untrack(|| self.asks(field)) {
                    continue;
                }
                let text = value.with_untracked(|value| value.trim().to_owned());
                let had = present.with_value(|present| !present.is_empty());
                if text.is_empty() && had && field.kind == FieldInput::File {
                    // A file is replaced, not taken back; it may be one that is not shown to everybody.
                    continue;
                }
                if text.is_empty()
                    && matches!(field.kind, FieldInput::Number | FieldInput::Date)
                    && browser::is_unreadable(named("extra", &field.id))
                {
                    check.fault(
                        named("extra", &field.id),
                        t(TreeWords::Unreadable).to_owned(),
                    );
                } else if text.is_empty() && field.required {
                    if !check.faulty(named("extra", &field.id)) {
                        check.fault(
                            named("extra", &field.id),
                            t(TreeWords::FieldMissing).to_owned(),
                        );
                    }
                } else if present.with_value(|present| present.trim() != text) {
                    answers.insert(field.id.clone(), text);
                }
            }
        });
        answers
    }
}

/// Brings a text that was not touched up to date with what stands there now; says whether that is news to who typed it.
pub fn keep_up(value: RwSignal<String>, present: StoredValue<String>, now: String) -> bool {
    if present.with_value(|was| *was == now) {
        return false;
    }
    let untouched = present.with_value(|was| value.with_untracked(|value| value == was));
    let news = value.with_untracked(|value| value.trim() != now.trim());
    present.set_value(now.clone());
    if untouched || !news {
        value.set(now);
    } else {
        // It is typed over something else from now on.
        value.notify();
    }
    news
}

/// What a field holds for an answer that was given: of a choice its key; nothing where there was none.
fn as_chosen(field: &FieldView, given: &[(String, String)]) -> String {
    let Some((_, answer)) = given.iter().find(|(key, _)| *key == field.id) else {
        return String::new();
    };
    let option = field
        .options
        .iter()
        .find(|option| option.id == *answer || option.label == *answer);
    match (option, field.kind) {
        (Some(option), _) => option.id.clone(),
        (None, FieldInput::YesNo) if answer == t(TreeWords::Yes) => "yes".to_owned(),
        (None, FieldInput::YesNo) if answer == t(TreeWords::No) => "no".to_owned(),
        (None, _) => answer.clone(),
    }
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
    let draw = move |asked: Asked| {
        let (field, value) = (asked.field, asked.value);
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
    use shared::api::tickets::Labelled;

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
        let mut kind = field("kind", FieldInput::Choice);
        kind.options = vec![Labelled {
            id: "book".into(),
            label: "Libro".into(),
        }];
        let form = FormView {
            id: "title".into(),
            fields: vec![
                field("author", FieldInput::Text),
                field("title", FieldInput::Text),
                field("year", FieldInput::Text),
                field("lent", FieldInput::YesNo),
                kind,
                field("cover", FieldInput::File),
                field("back", FieldInput::File),
            ],
        };
        let before = [
            ("author", "Ana"),
            ("title", "Uno"),
            ("lent", "no"),
            ("cover", "7"),
            ("back", "5"),
        ];
        let extra = Extra::filled(&form, &given(&before));
        let of = |id: &str| {
            let fields = extra.fields.get_value();
            fields
                .into_iter()
                .find(|asked| asked.field.id == id)
                .unwrap()
        };
        let held = || {
            ["author", "title", "year", "lent", "kind", "cover", "back"]
                .map(|id| of(id).value.get_untracked())
        };
        let sent = || {
            let answers = extra.answers(&mut Check::default()).into_iter();
            answers.collect::<Vec<_>>()
        };
        assert_eq!(sent(), []);
        of("title").value.set("Dos".into());
        assert_eq!(sent(), given(&[("title", "Dos")]));

        // A new file travels to the back, so what stands there stays.
        let now = [
            ("title", "Tres"),
            ("year", "1999"),
            ("lent", "yes"),
            ("kind", "Libro"),
            ("cover", "8"),
            ("back", "6"),
        ];
        let arrives = |field: &str, _: &str| field == "cover";
        assert!(extra.follow(&given(&now), arrives));
        assert_eq!(held(), ["", "Dos", "1999", "yes", "book", "8", "5"]);
        assert_eq!(sent(), given(&[("title", "Dos")]));
        let arrives = |_: &str, _: &str| true;
        assert!(extra.follow(&given(&now), arrives));
        assert_eq!(held()[6], "6");
        assert!(!extra.follow(&given(&now), arrives), "told once");

        // What one has stored oneself is no news, also when its answer was lost.
        of("title").value.set("Dos \n".into());
        let now = [
            ("title", "Dos"),
            ("year", "1999"),
            ("lent", "yes"),
            ("kind", "book"),
            ("cover", "8"),
            ("back", "6"),
        ];
        assert!(!extra.follow(&given(&now), arrives));
        assert_eq!(sent(), []);
        of("year").value.set(" ".into());
        assert_eq!(sent(), given(&[("year", "")]));
    }
}
