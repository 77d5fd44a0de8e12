//! A caller's draft as the support line sees it: enough to validate the caller, and not the address itself.

use shared::api::vouching::{ChecklistItem, PendingDraft};
use shared::desk::Desk;
use shared::i18n::Lang;

use super::store::CallerRow;
use crate::portal::store::ChallengeRow;

/// The draft with what the desk asks the agent to verify.
pub fn pending_draft(
    desk: &Desk,
    draft: ChallengeRow,
    caller: CallerRow,
    lang: Lang,
) -> PendingDraft {
    PendingDraft {
        id: draft.id.0.to_string(),
        reference: draft.reference.unwrap_or_default(),
        person_name: caller.full_name,
        person_phone: caller.phone,
        person_entity: caller.entity,
        email_masked: mask(&draft.email),
        subject: draft
            .draft
            .map_or_else(String::new, |draft| draft.0.subject.into_string()),
        created_at: draft.created_at.get(),
        expires_at: draft.expires_at.get(),
        checklist: desk
            .vouching
            .iter()
            .map(|item| ChecklistItem {
                id: item.id.clone(),
                label: item.label.get(lang).to_owned(),
                required: item.required,
            })
            .collect(),
    }
}

/// An address of which only its owner recognises the rest: `a•••s@example.org`.
fn mask(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    let last: String = if local.chars().count() > 4 {
        local.chars().last().into_iter().collect()
    } else {
        String::new()
    };
    format!("{first}•••{last}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_masked_address_keeps_its_ends_only() {
        assert_eq!(mask("ana.rojas@example.org"), "a•••s@example.org");
        assert_eq!(mask("ana@example.org"), "a•••@example.org");
    }
}
