//! Words in Spanish and English, and how figures and dates are written.
//!
//! Each area keeps its words in a table made by [`messages!`](crate::messages): leaving out one
//! language does not compile. [`t`] reads the current language once; the apps render everything
//! again when it changes (see [`LangSwitch`](crate::components::LangSwitch)).

pub mod dates;
mod noun;

use std::cell::Cell;

use leptos::prelude::*;
pub use shared::i18n::Lang;

pub use self::noun::Noun;

use crate::browser;

thread_local! {
    static CURRENT: Cell<Lang> = const { Cell::new(Lang::Es) };
}

const STORED: &str = "atiende.lang";

/// A word or sentence that exists in every language. Made by [`messages!`](crate::messages).
pub trait Message: Copy {
    /// The text in a language.
    fn text(self, lang: Lang) -> &'static str;
}

/// Makes a table of messages, Spanish first:
///
/// ```ignore
/// messages! {
///     /// Words of the queue.
///     pub enum Words {
///         Take = "Tomar", "Take";
///         Waiting = "Espera desde {0}", "Waiting since {0}";
///     }
/// }
/// t(Words::Take);
/// t_with(Words::Waiting, &["10:42"]);
/// ```
#[macro_export]
macro_rules! messages {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($key:ident = $es:expr, $en:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $(#[doc = $es] $key,)+ }

        impl $crate::i18n::Message for $name {
            fn text(self, lang: $crate::i18n::Lang) -> &'static str {
                const TEXTS: &[[&str; 2]] = &[$([$es, $en],)+];
                TEXTS[self as usize][lang as usize]
            }
        }
    };
}

/// The text of a message in the current language.
pub fn t(message: impl Message) -> &'static str {
    message.text(lang())
}

/// The text of a message with `{0}`, `{1}`… filled in.
pub fn t_with(message: impl Message, values: &[&str]) -> String {
    fill(t(message), values)
}

fn fill(text: &str, values: &[&str]) -> String {
    fill_named(text, values, |_| None)
}

/// Fills in figures from `values` and names from `named`; what nobody knows is left out.
fn fill_named(text: &str, values: &[&str], named: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((place, tail)) => {
                match place.as_bytes() {
                    [digit @ b'0'..=b'9'] => {
                        let place = usize::from(digit - b'0');
                        filled.push_str(values.get(place).copied().unwrap_or_default());
                    }
                    _ => filled.push_str(&named(place).unwrap_or_default()),
                }
                rest = tail;
            }
            None => rest = after,
        }
    }
    filled.push_str(rest);
    filled
}

/// The current language.
pub fn lang() -> Lang {
    CURRENT.with(Cell::get)
}

/// The locale for `Intl` and `Accept-Language`.
pub fn locale() -> &'static str {
    match lang() {
        Lang::Es => "es-CO",
        Lang::En => "en",
    }
}

/// Changes language: remembers it, marks `<html lang>` and renders the app again.
pub fn set_lang(lang: Lang) {
    browser::store(STORED, Some(lang.as_str()));
    apply(lang);
    use_lang().set(lang);
}

/// The signal that the root of each app watches in order to render again.
pub fn use_lang() -> RwSignal<Lang> {
    expect_context::<LangSignal>().0
}

#[derive(Clone, Copy)]
struct LangSignal(RwSignal<Lang>);

/// Finds the language (the stored choice, else the browser's, else Spanish) and provides it.
pub fn provide_lang() {
    let stored = browser::stored(STORED).as_deref().and_then(Lang::parse);
    let preferred = || {
        window()
            .navigator()
            .language()
            .as_deref()
            .and_then(Lang::parse)
    };
    let lang = stored.or_else(preferred).unwrap_or_default();
    apply(lang);
    provide_context(LangSignal(RwSignal::new(lang)));
}

fn apply(lang: Lang) {
    CURRENT.with(|current| current.set(lang));
    browser::mark_root("lang", Some(lang.as_str()));
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn places_are_filled_in_any_order() {
        assert_eq!(fill("{1} de {0}", &["cinco", "tres"]), "tres de cinco");
        assert_eq!(fill("sin lugar", &["x"]), "sin lugar");
        assert_eq!(fill("falta {3}.", &["x"]), "falta .");
    }
}
