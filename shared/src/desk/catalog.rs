//! The catalogue of a desk: a tree of categories of which, at most desks, only the last level can be chosen.

use serde::{Deserialize, Serialize};

use crate::i18n::Lang;
use crate::ticket::status::{Level, RequestType};

/// Every category of a desk, in the order of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog {
    /// The rows.
    pub entries: Vec<Entry>,
}

/// One row of the catalogue: a category and what choosing it decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Key that tickets carry; it stays when the labels change (I-13).
    pub key: String,
    /// Labels from the root to this category, in Spanish.
    pub path: Vec<String>,
    /// The same labels in English; empty where they are the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path_en: Vec<String>,
    /// The type that choosing it sets; none leaves the choice to the person.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub request_type: Option<RequestType>,
    /// The group that starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The level that starts; none is level 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The priority that choosing it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Key of the form with the extra data that it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Key of the approval policy that it demands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// Minutes from local midnight after which it counts from the next business day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<u16>,
    /// Whether a file must come with it.
    #[serde(skip_serializing_if = "is_false")]
    pub evidence: bool,
    /// The group that escalations to level 2 propose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_2: Option<String>,
    /// The group that escalations to level 3 propose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_3: Option<String>,
    /// Whether only its own group and whoever is in charge see its tickets (C-58).
    #[serde(skip_serializing_if = "is_false")]
    pub restricted: bool,
    /// Whether its tickets are not rated (C-44).
    #[serde(skip_serializing_if = "is_false")]
    pub unsurveyed: bool,
    /// Whether it can no longer be chosen; old tickets keep it (I-13).
    #[serde(skip_serializing_if = "is_false")]
    pub retired: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Entry {
    /// The group that the escalation matrix names at a level.
    pub fn group_at(&self, level: Level) -> Option<&str> {
        let starts = self.level.unwrap_or(Level::ONE) == level;
        let named = match level {
            Level::TWO => self.group_2.as_deref(),
            Level::THREE => self.group_3.as_deref(),
            _ => None,
        };
        named.or_else(|| self.group.as_deref().filter(|_| starts))
    }

    /// Labels from the root, in the language asked for or else in Spanish.
    pub fn labels(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::En if !self.path_en.is_empty() => &self.path_en,
            Lang::En | Lang::Es => &self.path,
        }
    }

    /// The whole path in one line.
    pub fn path_label(&self, lang: Lang) -> String {
        self.labels(lang).join(" > ")
    }
}

impl Catalog {
    /// The category of a key, retired or not.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Whether no other row lies under this one.
    pub fn is_leaf(&self, entry: &Entry) -> bool {
        !self
            .entries
            .iter()
            .any(|other| other.path.len() > entry.path.len() && other.path.starts_with(&entry.path))
    }

    /// What a person may choose, in the order of the file.
    pub fn selectable(&self, leaf_only: bool) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| !entry.retired && (!leaf_only || self.is_leaf(entry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, path: &[&str]) -> Entry {
        Entry {
            key: key.into(),
            path: path.iter().map(ToString::to_string).collect(),
            ..Entry::default()
        }
    }

    #[test]
    fn only_the_last_level_is_a_leaf() {
        let catalog = Catalog {
            entries: vec![
                entry("office", &["Ofimática"]),
                entry("word", &["Ofimática", "Word"]),
                Entry {
                    retired: true,
                    ..entry("excel", &["Ofimática", "Excel"])
                },
            ],
        };
        let keys = |leaf_only| {
            catalog
                .selectable(leaf_only)
                .map(|entry| entry.key.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(true), ["word"]);
        assert_eq!(keys(false), ["office", "word"]);
        assert!(catalog.get("excel").is_some());
    }
}
