//! Why a command was not carried out: named, so that each can be told in every language.

use serde::{Deserialize, Serialize};

use super::command::CommandKind;
use super::status::Status;
use super::words::words;
use crate::desk::profile::Need;

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The state does not know the command.
    #[error("a ticket in the state {status} does not take the command {command}")]
    NotAllowedInState {
        /// Where the ticket stands.
        status: Status,
        /// What was asked.
        command: CommandKind,
        /// What this actor could do instead.
        allowed: Vec<CommandKind>,
    },
    /// The actor may not do this.
    #[error("the actor may not do this: {why}")]
    NotPermitted {
        /// What is missing.
        why: Denial,
    },
    /// The ticket is not ready for it.
    #[error("the ticket is not ready: {}", list(.needs))]
    Unmet {
        /// Every condition that does not hold.
        needs: Vec<Need>,
    },
    /// It was done already, or there is nothing to do.
    #[error("{what}")]
    Conflict {
        /// What stands in the way.
        what: Conflict,
    },
    /// An approval would be asked of nobody.
    #[error("nobody could decide as: {}", .roles.join(", "))]
    NobodyDecides {
        /// Keys of the approver roles that nobody holds but, at most, the requester.
        roles: Vec<String>,
    },
    /// Data are missing or wrong.
    #[error("the data are not valid: {}", pointers(.errors))]
    Invalid {
        /// Every wrong field at once.
        errors: Vec<FieldRefusal>,
    },
}

impl Refusal {
    /// The refusal of a single field.
    pub(crate) fn field(pointer: &str, code: FieldCode) -> Refusal {
        Refusal::Invalid {
            errors: vec![FieldRefusal::new(pointer, code)],
        }
    }
}

words! {
    /// What an actor lacks.
    pub enum Denial {
        /// Only the requester of the ticket may.
        NotTheRequester = "not_the_requester",
        /// The role of the actor does not include it.
        MissingPrivilege = "missing_privilege",
        /// Only whoever is in charge may.
        NotInCharge = "not_in_charge",
        /// The agent belongs to no group of the level in charge (I-18).
        NotAMember = "not_a_member",
        /// Nobody decides an approval of their own request (I-12).
        OwnRequest = "own_request",
        /// Only the product itself does this.
        SystemOnly = "system_only",
        /// A requester never writes internal notes.
        InternalNote = "internal_note",
        /// The ticket is restricted to its group (C-58); outside it, it does not exist.
        Restricted = "restricted",
    }
}

words! {
    /// What stands in the way of a command that is possible in principle.
    pub enum Conflict {
        /// The solution was accepted already (I-9).
        AlreadyAccepted = "already_accepted",
        /// This solution was rated already (I-8, R-316).
        AlreadyRated = "already_rated",
        /// The ticket is the actor's already.
        AlreadyYours = "already_yours",
        /// It was written down already.
        AlreadyRecorded = "already_recorded",
        /// One attempt was recorded today already.
        AlreadyToday = "already_today",
        /// Nothing would change.
        NothingToChange = "nothing_to_change",
        /// The term has not ended, or the requester has answered (I-38).
        NotDueYet = "not_due_yet",
        /// The category demands no approval.
        NoApprovalNeeded = "no_approval_needed",
        /// This approver is not asked, or has decided.
        NotAsked = "not_asked",
        /// The follow-up series has ended; its last mail was sent.
        SeriesEnded = "series_ended",
        /// The ticket goes on as another one (I-17).
        Merged = "merged",
        /// The other ticket has ended: nothing can go on there.
        OtherEnded = "other_ended",
    }
}

words! {
    /// What is wrong with a field.
    pub enum FieldCode {
        /// It must be given.
        Required = "required",
        /// The desk knows no such value.
        Unknown = "unknown",
        /// Only the last level of the catalogue can be chosen.
        NotALeaf = "not_a_leaf",
        /// It can no longer be chosen.
        Retired = "retired",
        /// The group does not work at the level.
        NotInLevel = "not_in_level",
        /// The agent is no active member of the group (I-18).
        NotInGroup = "not_in_group",
        /// The group does not go on site.
        NotOnsite = "not_onsite",
        /// The group is no vendor's.
        NotAVendor = "not_a_vendor",
        /// The day has passed.
        InThePast = "in_the_past",
        /// The answer is not of the kind that the question takes.
        WrongKind = "wrong_kind",
        /// It was given twice.
        Duplicate = "duplicate",
        /// The desk does not take it.
        NotTaken = "not_taken",
    }
}

/// A field with something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRefusal {
    /// JSON pointer into the request, such as `/reason`.
    pub pointer: String,
    /// What is wrong.
    pub code: FieldCode,
}

impl FieldRefusal {
    /// A field with something wrong.
    pub fn new(pointer: &str, code: FieldCode) -> FieldRefusal {
        FieldRefusal {
            pointer: pointer.to_owned(),
            code,
        }
    }
}

fn list(needs: &[Need]) -> String {
    needs
        .iter()
        .map(|need| need.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn pointers(errors: &[FieldRefusal]) -> String {
    let each = errors
        .iter()
        .map(|error| format!("{} {}", error.pointer, error.code));
    each.collect::<Vec<_>>().join(", ")
}
