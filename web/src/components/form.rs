//! Fields with label, hint and error, and the summary that lists every error at once.
//!
//! A field's `id` is the name of its JSON member (`subject` for `/subject`), so that the faults
//! that the server finds land beside the right field without a table.

use std::cell::RefCell;

use leptos::prelude::*;
use shared::api::desks::PriorityView;
use shared::ticket::text::{Reason, TextError};

use super::{act, icon};
use crate::browser;
use crate::client::ApiError;
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Review = "Revise estos datos", "Check these details";
        Error = "Error: ", "Error: ";
        Optional = "(opcional)", "(optional)";
        Choose = "Elija una opción", "Choose an option";
        Left = "{0} caracteres disponibles", "{0} characters left";
        Over = "{0} caracteres de más", "{0} characters too many";
        Required = "Este dato es obligatorio.", "This is required.";
        TooLong = "El texto es muy largo: el máximo es {0} caracteres.", "The text is too long: at most {0} characters.";
        Control = "Escríbalo en una sola línea, sin caracteres especiales.", "Write it on one line, without special characters.";
        Address = "Escriba un correo completo, como nombre@ejemplo.org.", "Enter a full address, such as name@example.org.";
        Domain = "La parte del correo después de la @ no puede llevar tildes ni eñes.", "The part of the address after the @ cannot contain accents.";
        Phone = "Escriba un número de teléfono, como 601 555 0100.", "Enter a phone number, such as 601 555 0100.";
        Range = "Elija un valor de la lista.", "Choose a value from the list.";
    }
}

/// A wrong field: which, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field's `id`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub text: String,
}

/// The faults of one form.
#[derive(Clone, Copy)]
pub struct Faults(RwSignal<Vec<Fault>>);

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// The text beside a field.
    pub fn of(self, id: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.0.with(|faults| {
                faults
                    .iter()
                    .find(|fault| fault.field == id)
                    .map(|fault| fault.text.clone())
            })
        })
    }

    /// Replaces the faults; if there are any, the focus goes to the summary.
    pub fn show(self, faults: Vec<Fault>) -> bool {
        let any = !faults.is_empty();
        self.0.set(faults);
        if any {
            browser::focus_first(".error-summary");
        }
        any
    }

    /// Replaces the faults without moving the focus, for forms of one field.
    pub fn set_quietly(self, faults: Vec<Fault>) {
        self.0.set(faults);
    }

    /// Shows the faults that the server found; `false` if it blames no field.
    pub fn show_from(self, error: &ApiError) -> bool {
        let fault = |field: &shared::api::problem::FieldError| Fault {
            field: field_of(&field.pointer),
            text: field.detail.clone(),
        };
        self.show(error.fields().iter().map(fault).collect())
    }
}

/// The field that a JSON pointer blames: its first member, and the key below it where a desk defines the fields.
fn field_of(pointer: &str) -> String {
    let mut parts = pointer.trim_start_matches('/').split('/');
    let first = parts.next().unwrap_or_default();
    match (first, parts.next()) {
        ("extra" | "answers", Some(key)) => [first, "-", key].concat(),
        _ => first.to_owned(),
    }
}

thread_local! {
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// The id of a control that a desk defines, e.g. `extra-serial`. Ids live as long as the page, so each name is kept once.
pub fn named(group: &str, key: &str) -> &'static str {
    let name = [group, "-", key].concat();
    NAMES.with(|names| {
        let mut names = names.borrow_mut();
        match names.iter().find(|known| **known == name) {
            Some(known) => known,
            None => {
                let name: &'static str = Box::leak(name.into_boxed_str());
                names.push(name);
                name
            }
        }
    })
}

/// Gathers the faults of a form while its fields are parsed.
#[derive(Default)]
pub struct Check(Vec<Fault>);

impl Check {
    /// Keeps the parsed value, or the fault with the field's own words for an empty one.
    pub fn text<T>(&mut self, field: &str, empty: &str, parsed: Result<T, TextError>) -> Option<T> {
        let text = match parsed {
            Ok(value) => return Some(value),
            Err(TextError::Empty) if !empty.is_empty() => empty.to_owned(),
            Err(error) => explain(error),
        };
        self.fault(field, text);
        None
    }

    /// Keeps a reason that may be left out; none where nothing was written.
    pub fn optional_reason(&mut self, field: &str, typed: &str) -> Option<String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        self.text(field, "", Reason::parse(typed))
            .map(Reason::into_string)
    }

    /// Keeps a choice, or the fault if nothing was chosen.
    pub fn choice(&mut self, field: &str, empty: &str, value: String) -> Option<String> {
        if value.is_empty() {
            self.fault(field, empty.to_owned());
            return None;
        }
        Some(value)
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: &str, text: String) {
        self.0.push(Fault {
            field: field.to_owned(),
            text,
        });
    }

    /// Whether a field has a fault already.
    pub fn faulty(&self, field: &str) -> bool {
        self.0.iter().any(|fault| fault.field == field)
    }

    /// All faults, in the order of the fields.
    pub fn done(self) -> Vec<Fault> {
        self.0
    }
}

/// A parse error in words.
pub fn explain(error: TextError) -> String {
    match error {
        TextError::Empty => t(Words::Required).to_owned(),
        TextError::TooLong { max } => t_with(Words::TooLong, &[&max.to_string()]),
        TextError::ControlCharacters => t(Words::Control).to_owned(),
        TextError::NotAnAddress => t(Words::Address).to_owned(),
        TextError::NonAsciiDomain => t(Words::Domain).to_owned(),
        TextError::NotAPhoneNumber => t(Words::Phone).to_owned(),
        TextError::OutOfRange => t(Words::Range).to_owned(),
    }
}

/// Every fault of the form, each a link to its field. Place it above the form.
#[component]
pub fn ErrorSummary(faults: Faults) -> impl IntoView {
    let link = |fault: Fault| {
        let address = ["#", &fault.field].concat();
        let jump = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            event.stop_propagation();
            browser::focus_id(fault.field.clone());
        };
        view! { <li><a href=address on:click=act(jump)>{fault.text}</a></li> }
    };
    move || {
        let list = faults.0.get();
        (!list.is_empty()).then(|| {
            let links = list.into_iter().map(link).collect_view();
            view! {
                <div class="error-summary" role="alert" tabindex="-1" aria-labelledby="es-title">
                    <h2 id="es-title">{icon("alert")}{t(Words::Review)}</h2>
                    <ul>{links}</ul>
                </div>
            }
        })
    }
}

/// Label, hint and error around a control, in the order in which they are read.
#[component]
pub fn Field(
    /// The control's id.
    id: &'static str,
    /// Its label.
    label: String,
    /// Help under the label; may be empty.
    hint: String,
    /// Whether it may stay empty.
    optional: bool,
    /// What is wrong with it.
    error: Signal<Option<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let class = move || {
        if error.with(Option::is_some) {
            "field invalid"
        } else {
            "field"
        }
    };
    view! {
        <div class=class>
            <label class="label" for=id>{label}{mark(optional)}</label>
            {hint_view(id, hint)}
            {error_view(id, error)}
            {children()}
        </div>
    }
}

fn mark(optional: bool) -> AnyView {
    if optional {
        view! { " "<span class="opt">{t(Words::Optional)}</span> }.into_any()
    } else {
        ().into_any()
    }
}

fn hint_view(id: &str, hint: String) -> Option<impl IntoView + use<>> {
    let hint_id = [id, "-hint"].concat();
    (!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })
}

pub(super) fn error_view(id: &'static str, error: Signal<Option<String>>) -> impl IntoView {
    move || {
        error.get().map(|text| {
            view! {
                <p class="error" id=[id, "-error"].concat()>
                    {icon("alert-circle")}
                    <span><span class="sr">{t(Words::Error)}</span>{text}</span>
                </p>
            }
        })
    }
}

/// What `aria-describedby` of a control names: its hint, if any, and its error, while there is one.
fn described(
    id: &'static str,
    hint: bool,
    error: Signal<Option<String>>,
) -> Signal<Option<String>> {
    Signal::derive(move || match (hint, error.with(Option::is_some)) {
        (false, false) => None,
        (true, false) => Some([id, "-hint"].concat()),
        (false, true) => Some([id, "-error"].concat()),
        (true, true) => Some([id, "-hint ", id, "-error"].concat()),
    })
}

fn invalid(error: Signal<Option<String>>) -> Signal<Option<&'static str>> {
    Signal::derive(move || error.with(Option::is_some).then_some("true"))
}

/// One line of text.
#[component]
pub fn TextField(
    /// Id, also the name and the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// Help under the label.
    #[prop(optional, into)]
    hint: String,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// `text`, `email`, `tel`, `password` or `search`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in (WCAG 1.3.5).
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Extra classes such as `w-md`.
    #[prop(optional)]
    width: &'static str,
    /// Example in the empty field.
    #[prop(optional, into)]
    placeholder: String,
    /// The keyboard that a phone shows, such as `numeric`.
    #[prop(optional)]
    inputmode: Option<&'static str>,
) -> impl IntoView {
    let error = faults.of(id);
    let described = described(id, !hint.is_empty(), error);
    view! {
        <Field id label hint optional error>
            <input
                class=["input ", width].concat()
                id=id
                name=id
                type=kind
                inputmode=inputmode
                autocomplete=autocomplete
                placeholder=placeholder
                aria-required=(!optional).then_some("true")
                aria-describedby=described
                aria-invalid=invalid(error)
                prop:value=value
                on:input=act(move |event| value.set(event_target_value(&event)))
            />
        </Field>
    }
}

/// Several lines of text with a count of the characters left.
#[component]
pub fn TextArea(
    /// Id, also the name and the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// Most characters; the count shows when less than a fifth is left.
    max: usize,
    /// Help under the label.
    #[prop(optional, into)]
    hint: String,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether the hint tells when it must be given.
    #[prop(optional)]
    sometimes: bool,
    /// Height in lines.
    #[prop(default = 6)]
    rows: u32,
) -> impl IntoView {
    let error = faults.of(id);
    let described = described(id, !hint.is_empty(), error);
    view! {
        <Field id label hint optional error>
            <textarea
                class="input area"
                id=id
                name=id
                rows=rows.to_string()
                aria-required=(!optional && !sometimes).then_some("true")
                aria-describedby=described
                aria-invalid=invalid(error)
                prop:value=value
                on:input=act(move |event| value.set(event_target_value(&event)))
            ></textarea>
            <Count value max/>
        </Field>
    }
}

/// Says how many characters are left once the text gets long.
#[component]
fn Count(value: RwSignal<String>, max: usize) -> impl IntoView {
    let used = Memo::new(move |_| value.with(|text| text.trim().chars().count()));
    let class = move || match used.get() {
        used if used > max => "count over",
        used if used * 5 >= max * 4 => "count",
        _ => "sr",
    };
    let text = move || {
        let used = used.get();
        match used {
            _ if used > max => t_with(Words::Over, &[&(used - max).to_string()]),
            _ if used * 5 >= max * 4 => t_with(Words::Left, &[&(max - used).to_string()]),
            _ => String::new(),
        }
    };
    view! { <p class=class aria-live="polite">{text}</p> }
}

/// An entry of a [`SelectField`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Heading over it; entries with the same heading stand together. May be empty.
    pub group: String,
}

/// A choice from a list, with headings where entries have them.
#[component]
pub fn SelectField(
    /// Id, also the name and the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// The chosen value; empty for none.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// What can be chosen.
    entries: Vec<Entry>,
    /// Help under the label.
    #[prop(optional, into)]
    hint: String,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let error = faults.of(id);
    let described = described(id, !hint.is_empty(), error);
    let option = move |entry: Entry| {
        let key = entry.value.clone();
        let selected = move || value.with(|value| *value == key);
        view! { <option value=entry.value prop:selected=selected>{entry.label}</option> }
    };
    let mut groups: Vec<(String, Vec<Entry>)> = Vec::new();
    for entry in entries {
        match groups.iter_mut().find(|(name, _)| *name == entry.group) {
            Some((_, members)) => members.push(entry),
            None => groups.push((entry.group.clone(), vec![entry])),
        }
    }
    let options = groups.into_iter().map(move |(name, members)| {
        let members = members.into_iter().map(option).collect_view();
        if name.is_empty() {
            members.into_any()
        } else {
            view! { <optgroup label=name>{members}</optgroup> }.into_any()
        }
    });
    view! {
        <Field id label hint optional error>
            <select
                class="input select"
                id=id
                name=id
                aria-required=(!optional).then_some("true")
                aria-describedby=described
                aria-invalid=invalid(error)
                on:change=act(move |event| value.set(event_target_value(&event)))
            >
                <option value="" prop:selected=move || value.with(String::is_empty)>{t(Words::Choose)}</option>
                {options.collect_view()}
            </select>
        </Field>
    }
}

/// One card of [`RadioCards`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// The choice.
    pub title: String,
    /// When to choose it; may be empty.
    pub help: String,
    /// Shown under the help, e.g. the promise; may be empty.
    pub side: String,
}

/// The card of a priority.
impl From<PriorityView> for Choice {
    fn from(priority: PriorityView) -> Self {
        Self {
            value: priority.id,
            title: priority.label,
            help: priority.help,
            side: priority.promise.unwrap_or_default(),
        }
    }
}

/// A choice among few, each explained.
#[component]
pub fn RadioCards(
    /// Id of the first radio button, also the name and the JSON member.
    id: &'static str,
    /// The question.
    #[prop(into)]
    legend: String,
    /// The chosen value; empty for none.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// The cards.
    choices: Vec<Choice>,
    /// Help under the question.
    #[prop(optional, into)]
    hint: String,
    /// Two columns on wide screens.
    #[prop(optional)]
    columns: bool,
) -> impl IntoView {
    let error = faults.of(id);
    let described = described(id, !hint.is_empty(), error);
    let class = move || match (columns, error.with(Option::is_some)) {
        (false, false) => "field choices",
        (true, false) => "field choices cols",
        (false, true) => "field choices invalid",
        (true, true) => "field choices cols invalid",
    };
    let card = move |(place, choice): (usize, Choice)| {
        let (key, sent) = (choice.value.clone(), choice.value.clone());
        let radio_id = if place == 0 {
            id.to_owned()
        } else {
            [id, "-", &place.to_string()].concat()
        };
        view! {
            <label class="choice">
                <input type="radio" id=radio_id name=id value=choice.value
                    prop:checked=move || value.with(|value| *value == key)
                    on:change=act(move |_| value.set(sent.clone()))/>
                <span class="choice-body">
                    <span class="choice-title">{choice.title}</span>
                    {(!choice.help.is_empty()).then(|| view! { <span class="choice-help">{choice.help}</span> })}
                    {(!choice.side.is_empty()).then(|| view! { <span class="sla none">{icon("clock")}<span>{choice.side}</span></span> })}
                </span>
            </label>
        }
    };
    let cards = choices.into_iter().enumerate().map(card).collect_view();
    view! {
        <fieldset class=class aria-describedby=described>
            <legend class="label">{legend}</legend>
            {hint_view(id, hint)}
            {error_view(id, error)}
            {cards}
        </fieldset>
    }
}

/// The button that sends a form. While `busy` it spins, says so and ignores clicks.
#[component]
pub fn SubmitButton(
    /// What it does.
    #[prop(into)]
    label: String,
    /// What it says while sending.
    #[prop(into)]
    busy_label: String,
    /// Whether a call is running.
    #[prop(into)]
    busy: Signal<bool>,
    /// Classes.
    #[prop(default = "btn primary")]
    class: &'static str,
) -> impl IntoView {
    let text = move || {
        if busy.get() {
            busy_label.clone()
        } else {
            label.clone()
        }
    };
    let state = move || busy.get().then_some("true");
    view! { <button class=class type="submit" aria-busy=state aria-disabled=state>{text}</button> }
}
