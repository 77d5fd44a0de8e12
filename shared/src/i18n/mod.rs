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
