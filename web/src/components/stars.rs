//! One to five stars, by native radio buttons: arrow keys, labels and forms just work.

use leptos::prelude::*;

use super::form::Faults;
use super::{act, icon, icon_sized};
use crate::browser;
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Error = "Error: ", "Error: ";
        One = "1 de 5 estrellas: {0}", "1 out of 5 stars: {0}";
        Many = "{1} de 5 estrellas: {0}", "{1} out of 5 stars: {0}";
        Given = "{0} de 5 estrellas", "{0} out of 5 stars";
        VeryBad = "Muy mala", "Very bad";
        Bad = "Mala", "Bad";
        Fair = "Regular", "Fair";
        Good = "Buena", "Good";
        VeryGood = "Muy buena", "Very good";
    }
}

const WORDS: [Words; 5] = [
    Words::VeryBad,
    Words::Bad,
    Words::Fair,
    Words::Good,
    Words::VeryGood,
];

/// The question for a rating; 1 is the lowest.
#[component]
pub fn StarsField(
    /// Id of the first star, also the JSON member.
    #[prop(default = "stars")]
    id: &'static str,
    /// The question.
    #[prop(into)]
    legend: String,
    /// Help under it.
    #[prop(into)]
    hint: String,
    /// 1 to 5; 0 while nothing is chosen.
    value: RwSignal<u8>,
    /// The form's faults.
    faults: Faults,
) -> impl IntoView {
    let error = faults.of(id);
    let class = move || {
        if error.with(Option::is_some) {
            "field stars invalid"
        } else {
            "field stars"
        }
    };
    let star = move |number: u8| {
        let word = t(WORDS[usize::from(number - 1)]);
        let words = if number == 1 { Words::One } else { Words::Many };
        let label = t_with(words, &[word, &number.to_string()]);
        let star_id = if number == 1 {
            id.to_owned()
        } else {
            [id, "-", &number.to_string()].concat()
        };
        let address = move || {
            browser::icon_url(if value.get() >= number {
                "star-filled"
            } else {
                "star"
            })
        };
        view! {
            <label class="star" class:on=move || { value.get() >= number }>
                <input type="radio" id=star_id name=id value=number.to_string() aria-label=label
                    prop:checked=move || value.get() == number on:change=act(move |_| value.set(number))/>
                <svg class="icon" aria-hidden="true"><use_ href=address></use_></svg>
                <span class="star-word">{word}</span>
            </label>
        }
    };
    let fault = move || {
        error.get().map(|text| view! {
            <p class="error" id=[id, "-error"].concat()>{icon("alert-circle")}<span><span class="sr">{t(Words::Error)}</span>{text}</span></p>
        })
    };
    let described = move || {
        if error.with(Option::is_some) {
            [id, "-hint ", id, "-error"].concat()
        } else {
            [id, "-hint"].concat()
        }
    };
    view! {
        <fieldset class=class aria-describedby=described>
            <legend class="label">{legend}</legend>
            <p class="hint" id=[id, "-hint"].concat()>{hint}</p>
            {fault}
            <div class="stars-row">{(1..=5).map(star).collect_view()}</div>
        </fieldset>
    }
}

/// A rating that was given.
#[component]
pub fn StarsGiven(
    /// 1 to 5.
    stars: u8,
) -> impl IntoView {
    let symbols = (1..=5u8).map(|number| {
        icon_sized(
            if number <= stars {
                "star-filled"
            } else {
                "star"
            },
            "icon",
        )
    });
    view! {
        <span class="stars-given" role="img" aria-label=t_with(Words::Given, &[&stars.to_string()])>{symbols.collect_view()}</span>
    }
}
