//! Languages of the product and the message tables that both sides use.

use serde::{Deserialize, Serialize};

/// A language of the product; Spanish (es-CO) comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Spanish as written in Colombia.
    #[default]
    Es,
    /// English.
    En,
}

impl Lang {
    /// The code for `lang` attributes and stored preferences.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }

    /// The language of a code such as `es`, `es-CO` or `en-US`.
    pub fn parse(code: &str) -> Option<Self> {
        match code.split(['-', '_']).next()? {
            "es" => Some(Self::Es),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// Whether a Spanish word for a ticket takes *la* and *una*. Desks choose the word, so its gender is read from its ending,
/// which holds for what a desk is likely to choose: la solicitud, la petición, la incidencia; el caso, el incidente, el problema.
pub fn is_feminine(word: &str) -> bool {
    let head = word.split_whitespace().next().unwrap_or_default();
    let feminine = ["a", "ción", "sión", "dad", "tad", "tud", "orden"];
    feminine.iter().any(|ending| head.ends_with(ending)) && !head.ends_with("ema")
}

#[cfg(test)]
mod tests {
    use super::is_feminine;

    #[test]
    fn the_gender_of_a_word_is_read_from_its_ending() {
        for word in [
            "solicitud",
            "petición",
            "incidencia",
            "orden de trabajo",
            "novedad",
            "asesoría",
            "consulta",
        ] {
            assert!(is_feminine(word), "{word}");
        }
        for word in [
            "ticket",
            "caso",
            "incidente",
            "requerimiento",
            "problema",
            "reporte",
            "radicado",
            "servicio",
        ] {
            assert!(!is_feminine(word), "{word}");
        }
    }
}
