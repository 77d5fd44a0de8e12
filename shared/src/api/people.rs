//! Requesters, their organisations and requests for access.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// What a desk keeps of a registered requester. Somebody registered at two desks has a record at each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Person {
    /// Key of this record.
    pub id: i64,
    /// Address part of the desk whose record it is.
    pub desk: String,
    /// Full name.
    pub full_name: String,
    /// Mail address; unique at the desk.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// The entity the person belongs to.
    pub organization: Option<Organization>,
    /// Site where the person works.
    #[serde(default)]
    pub site: Option<String>,
    /// Department.
    #[serde(default)]
    pub department: Option<String>,
    /// Telephone extension.
    #[serde(default)]
    pub extension: Option<String>,
    /// Language of the mails to this person.
    pub language: Lang,
    /// Whether the person may use the desk.
    pub active: bool,
    /// Whether the person raises the priority at desks that say so.
    #[serde(default)]
    pub vip: bool,
    /// Tickets of this person that are not solved or closed.
    pub open_tickets: i64,
    /// When the person was registered.
    pub created_at: DateTime<Utc>,
    /// Version for `If-Match`.
    pub version: i32,
}

/// A requester to be registered at a desk; the four data of R-042 are mandatory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The desk's address part.
    pub desk: String,
    /// Full name, 1 to 120 characters.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Ana María Rojas", min_length = 1, max_length = 120)
    )]
    pub full_name: String,
    /// Mail address.
    #[cfg_attr(
        feature = "schema",
        schema(example = "ana.rojas@example.org", max_length = 254)
    )]
    pub email: String,
    /// Contact number.
    #[cfg_attr(feature = "schema", schema(example = "601 555 0134", max_length = 30))]
    pub phone: String,
    /// The entity's name; made when it does not exist.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Alcaldía de San Roque", min_length = 1, max_length = 160)
    )]
    pub entity: String,
    /// Site where the person works, at most 120 characters.
    #[cfg_attr(feature = "schema", schema(example = "Sede Centro", max_length = 120))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Department, at most 120 characters.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Secretaría de Hacienda", max_length = 120)
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Telephone extension, at most 20 characters.
    #[cfg_attr(feature = "schema", schema(example = "4512", max_length = 20))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Language of the mails to this person.
    #[serde(default)]
    pub language: Lang,
    /// Whether the person raises the priority at desks that say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vip: bool,
}

/// A change to a requester; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonPatch {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Contact number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The entity's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Site where the person works; empty takes it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Department; empty takes it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Telephone extension; empty takes it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Language of the mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// Whether the person raises the priority at desks that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip: Option<bool>,
    /// Whether the person may use the desk; `false` ends the portal sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// An entity that requesters belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Organization {
    /// Key.
    pub id: i64,
    /// Address part of the desk that keeps it.
    #[serde(default)]
    pub desk: String,
    /// Name.
    pub name: String,
}

/// An entity to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// Address part of the desk that keeps it.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub desk: String,
    /// Name, 1 to 160 characters; unique at the desk without regard to case and accents.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Alcaldía de San Roque", min_length = 1, max_length = 160)
    )]
    pub name: String,
}

/// What a person without registration sends to ask for it; all four data are mandatory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAccessRequest {
    /// The desk's address part.
    pub desk: String,
    /// Full name.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Ana María Rojas", min_length = 1, max_length = 120)
    )]
    pub full_name: String,
    /// Contact number.
    #[cfg_attr(feature = "schema", schema(example = "601 555 0134", max_length = 30))]
    pub phone: String,
    /// Mail address.
    #[cfg_attr(
        feature = "schema",
        schema(example = "ana.rojas@example.org", max_length = 254)
    )]
    pub email: String,
    /// The entity the person belongs to.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Alcaldía de San Roque", min_length = 1, max_length = 160)
    )]
    pub entity: String,
}

/// That the request for access was received; the same whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AccessRequestReceived {
    /// Short reference to quote on the support line.
    #[cfg_attr(feature = "schema", schema(example = "K7QM-2XWD"))]
    pub reference: String,
}

/// Where a request for access stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccessRequestStatus {
    /// Waits for a decision.
    Pending,
    /// The person was registered.
    Approved,
    /// It was refused.
    Refused,
}

/// A request for access as the operations assistant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AccessRequest {
    /// Key.
    pub id: i64,
    /// The desk's address part.
    pub desk: String,
    /// Short reference that the person was given.
    pub reference: String,
    /// Full name.
    pub full_name: String,
    /// Contact number.
    pub phone: String,
    /// Mail address, not proved.
    pub email: String,
    /// The entity the person says to belong to.
    pub entity: String,
    /// Where it stands.
    pub status: AccessRequestStatus,
    /// Whether this address is registered at the desk already.
    pub already_registered: bool,
    /// How many other requests of this address wait at the desk. The address is not proved: compare what each says, and
    /// call back before any is approved.
    #[serde(default)]
    pub others_waiting: i64,
    /// When it came in.
    pub created_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// Approval of a request for access, with corrections to what the person typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessApproval {
    /// Corrected full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Corrected contact number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Corrected entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
}

/// Refusal of a request for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessRefusal {
    /// Why, 1 to 2000 characters; kept, and mailed to the person.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "No pertenece a la entidad indicada.",
            min_length = 1,
            max_length = 2000
        )
    )]
    pub reason: String,
}
