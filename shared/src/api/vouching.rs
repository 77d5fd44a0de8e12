//! The support line's help for callers without access to their mail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A draft that waits for its code, found by the reference that the caller reads out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PendingDraft {
    /// Key of the draft's challenge.
    pub id: String,
    /// The short reference shown in the caller's code window.
    pub reference: String,
    /// The registered person of the draft's address.
    pub person_name: String,
    /// The person's registered contact number, to call back or compare.
    pub person_phone: String,
    /// The person's entity.
    pub person_entity: Option<String>,
    /// The draft's address, masked.
    pub email_masked: String,
    /// Subject of the draft.
    pub subject: String,
    /// When the draft was sent.
    pub created_at: DateTime<Utc>,
    /// When the draft's code expires.
    pub expires_at: DateTime<Utc>,
    /// What the desk asks the agent to verify with the caller.
    pub checklist: Vec<ChecklistItem>,
}

/// One thing to verify with a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChecklistItem {
    /// Key.
    pub id: String,
    /// What to ask, in the caller's language.
    pub label: String,
    /// Whether no code is given without it.
    #[serde(default)]
    pub required: bool,
}

/// The agent's statement that a caller's identity was validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewVouchedCode {
    /// Keys of the verified items of the checklist; those that it requires must be among them.
    pub verified: Vec<String>,
    /// How identity was validated, 1 to 2000 characters; kept in the history.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Confirmó cédula y jefe inmediato; se devolvió la llamada.",
            min_length = 1,
            max_length = 2000
        )
    )]
    pub note: String,
}

/// A fresh one-time code to be read out, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VouchedCode {
    /// The code, `XXXX-XXXX`; it completes that draft only, in the caller's own browser.
    #[cfg_attr(feature = "schema", schema(example = "K7QM-2XWD"))]
    pub code: String,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}
