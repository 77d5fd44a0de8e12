//! The one-time code: typing it, and how long it still counts.

use leptos::prelude::*;

use super::form::{Faults, Field};
use super::{act, icon, use_ui};
use crate::i18n::dates;

/// The form in which a code is shown: upper case, without spaces, a dash after four characters.
pub fn spell_code(typed: &str) -> String {
    let mut code = String::with_capacity(9);
    let kept = typed.chars().filter(char::is_ascii_alphanumeric).take(8);
    for (place, character) in kept.enumerate() {
        if place == 4 {
            code.push('-');
        }
        code.push(character.to_ascii_uppercase());
    }
    code
}

/// The field for a one-time code. Pasting works; case, spaces and dashes do not matter.
#[component]
pub fn CodeField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Help under the label.
    #[prop(into)]
    hint: String,
    /// What was typed, spelled as `XXXX-XXXX`.
    value: RwSignal<String>,
    /// The form's faults; the field is `code`.
    faults: Faults,
) -> impl IntoView {
    let error = faults.of("code");
    let typed = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        let text = input.value();
        let deleting = text.len() < value.with_untracked(String::len);
        // While deleting, the dash must not come back by itself.
        let spelled = if deleting {
            text.to_ascii_uppercase()
        } else {
            spell_code(&text)
        };
        if spelled != text {
            input.set_value(&spelled);
        }
        value.set(spelled);
    };
    let described = move || {
        if error.with(Option::is_some) {
            "code-hint code-error"
        } else {
            "code-hint"
        }
    };
    view! {
        <Field id="code" label hint optional=false error>
            <input class="input code-input" id="code" name="code" type="text" inputmode="text"
                autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="24"
                placeholder="XXXX-XXXX" aria-required="true" aria-describedby=described
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                prop:value=value on:input=act(typed)/>
        </Field>
    }
}

/// Counts down to an instant of the browser's clock.
#[component]
pub fn Countdown(
    /// When it ends, in milliseconds since 1970 by the browser's clock.
    #[prop(into)]
    until: Signal<f64>,
    /// Said before the figure.
    #[prop(into)]
    text: String,
    /// Said once it is over.
    #[prop(into)]
    over: String,
) -> impl IntoView {
    let now = use_ui().now;
    let left = Memo::new(move |_| ((until.get() - now.get()) / 1000.0).ceil().max(0.0) as u32);
    let state = move || match left.get() {
        0 => "over",
        1..=60 => "soon",
        _ => "ok",
    };
    let words = move || {
        if left.get() == 0 {
            over.clone()
        } else {
            text.clone()
        }
    };
    let figure = move || {
        (left.get() > 0).then(|| view! { <strong class="num">{dates::countdown(f64::from(left.get()) * 1000.0)}</strong> })
    };
    view! { <p class="countdown" data-state=state role="timer">{icon("clock")}<span>{words}</span>" "{figure}</p> }
}

#[cfg(test)]
mod tests {
    use super::spell_code;

    #[test]
    fn a_code_is_spelled_alike_however_it_was_typed() {
        for typed in [
            "k7qm2xwd",
            "K7QM-2XWD",
            " k7qm 2xwd ",
            "k7-qm-2x-wd",
            "K7QM2XWD99",
        ] {
            assert_eq!(spell_code(typed), "K7QM-2XWD", "{typed}");
        }
        assert_eq!(spell_code("k7q"), "K7Q");
        assert_eq!(spell_code(""), "");
    }
}
