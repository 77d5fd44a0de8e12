//! What a desk calls a ticket, fitted into sentences: `un ticket`, `la solicitud`, `mis casos`, `creada`.
//!
//! A desk gives one word. Its plural and its gender are read from its ending, which holds for every word that a desk is
//! likely to choose (ticket, caso, solicitud, requerimiento, incidencia, petición, orden).

use shared::i18n::is_feminine;

use super::{Lang, Message, fill_named, lang};

/// A desk's word for a ticket, ready for sentences. Messages name its forms in braces: `{word}`, `{words}`, `{a}` (with the
/// indefinite article), `{the}`, `{of_the}`, `{this}`, `{o}` (the ending that agrees with it: `cread{o}`), and `{Word}`, `{Words}`,
/// `{The}`, `{This}` at the start of a sentence. Figures are further values, as in [`t_with`](super::t_with).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    one: String,
    many: String,
    feminine: bool,
    lang: Lang,
}

impl Noun {
    /// The forms of a word in the current language.
    pub fn new(word: &str) -> Self {
        Self::in_language(word, lang())
    }

    fn in_language(word: &str, lang: Lang) -> Self {
        let one = word.trim().to_lowercase();
        let many = match lang {
            Lang::Es => spanish_plural(&one),
            Lang::En => english_plural(&one),
        };
        let feminine = lang == Lang::Es && is_feminine(&one);
        Self {
            one,
            many,
            feminine,
            lang,
        }
    }

    /// A sentence with the word in it.
    pub fn say(&self, message: impl Message) -> String {
        self.say_with(message, &[])
    }

    /// A sentence with the word and further values in it.
    pub fn say_with(&self, message: impl Message, values: &[&str]) -> String {
        self.fill(message.text(self.lang), values)
    }

    fn fill(&self, text: &str, values: &[&str]) -> String {
        fill_named(text, values, |name| self.form(name))
    }

    fn form(&self, name: &str) -> Option<String> {
        let (masculine, feminine) = match (name, self.lang) {
            ("word", _) => return Some(self.one.clone()),
            ("words", _) => return Some(self.many.clone()),
            ("Word", _) => return Some(capital(&self.one)),
            ("Words", _) => return Some(capital(&self.many)),
            ("o", Lang::Es) => return Some(if self.feminine { "a" } else { "o" }.to_owned()),
            ("a", Lang::Es) => ("un", "una"),
            ("the", Lang::Es) => ("el", "la"),
            ("The", Lang::Es) => ("El", "La"),
            ("of_the", Lang::Es) => ("del", "de la"),
            ("of_the", Lang::En) => ("of the", "of the"),
            ("this", Lang::Es) => ("este", "esta"),
            ("This", Lang::Es) => ("Este", "Esta"),
            ("a", Lang::En) if self.one.starts_with(['a', 'e', 'i', 'o']) => ("an", "an"),
            ("a", Lang::En) => ("a", "a"),
            ("the", Lang::En) => ("the", "the"),
            ("The", Lang::En) => ("The", "The"),
            ("this", Lang::En) => ("this", "this"),
            ("This", Lang::En) => ("This", "This"),
            _ => return None,
        };
        let article = if self.feminine { feminine } else { masculine };
        Some([article, " ", &self.one].concat())
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn spanish_plural(word: &str) -> String {
    let (head, rest) = match word.split_once(' ') {
        Some((head, rest)) => (head, [" ", rest].concat()),
        None => (word, String::new()),
    };
    let plural = match head.chars().last() {
        Some('z') => [head.trim_end_matches('z'), "ces"].concat(),
        Some('n') if head.ends_with("ón") => [head.trim_end_matches("ón"), "ones"].concat(),
        Some('n') if head == "orden" => "órdenes".to_owned(),
        Some('d' | 'l' | 'n' | 'r' | 'y') => [head, "es"].concat(),
        Some('s' | 'x') => head.to_owned(),
        Some(_) => [head, "s"].concat(),
        None => String::new(),
    };
    [plural, rest].concat()
}

fn english_plural(word: &str) -> String {
    let vowel_before_y = ["ay", "ey", "oy", "uy"]
        .iter()
        .any(|end| word.ends_with(end));
    match word.strip_suffix('y') {
        Some(stem) if !vowel_before_y => [stem, "ies"].concat(),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end)) => [word, "es"].concat(),
        _ => [word, "s"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_agrees_with_its_sentence() {
        let cases = [
            ("ticket", Lang::Es, "Crear un ticket. Tickets creado"),
            ("caso", Lang::Es, "Crear un caso. Casos creado"),
            (
                "solicitud",
                Lang::Es,
                "Crear una solicitud. Solicitudes creada",
            ),
            (
                "requerimiento",
                Lang::Es,
                "Crear un requerimiento. Requerimientos creado",
            ),
            (
                "incidente",
                Lang::Es,
                "Crear un incidente. Incidentes creado",
            ),
            ("problema", Lang::Es, "Crear un problema. Problemas creado"),
            (
                "petición",
                Lang::Es,
                "Crear una petición. Peticiones creada",
            ),
            (
                "incidencia",
                Lang::Es,
                "Crear una incidencia. Incidencias creada",
            ),
            (
                "orden de trabajo",
                Lang::Es,
                "Crear una orden de trabajo. Órdenes de trabajo creada",
            ),
        ];
        for (word, lang, sentence) in cases {
            let noun = Noun::in_language(word, lang);
            assert_eq!(noun.fill("Crear {a}. {Words} cread{o}", &[]), sentence);
        }
        let request = Noun::in_language("Request", Lang::En);
        assert_eq!(
            request.fill("Create {a}: {The} {0}, {words}", &["TI-1"]),
            "Create a request: The request TI-1, requests"
        );
        assert_eq!(
            Noun::in_language("issue", Lang::En).fill("{a}", &[]),
            "an issue"
        );
        assert_eq!(
            Noun::in_language("inquiry", Lang::En).fill("{words}", &[]),
            "inquiries"
        );
    }
}
