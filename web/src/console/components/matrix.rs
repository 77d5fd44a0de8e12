//! Impact and urgency, and the priority that the desk's matrix gives them.

use leptos::prelude::*;
use shared::api::desks::{DeskView, MatrixView};
use shared::api::tickets::Labelled;

use crate::components::form::{Entry, Faults, SelectField};
use crate::console::session::session;
use crate::console::status::priority_tag;
use crate::console::words::{TreeWords, Words};
use crate::i18n::t;

/// The key of the priority for an impact and an urgency.
fn priority_of<'m>(matrix: &'m MatrixView, impact: &str, urgency: &str) -> Option<&'m str> {
    let at = |choices: &[Labelled], key: &str| choices.iter().position(|one| one.id == key);
    let row = matrix.cells.get(at(&matrix.impact, impact)?)?;
    row.get(at(&matrix.urgency, urgency)?).map(String::as_str)
}

fn entries(choices: &[Labelled]) -> Vec<Entry> {
    choices
        .iter()
        .map(|one| Entry {
            value: one.id.clone(),
            label: one.label.clone(),
            group: String::new(),
        })
        .collect()
}

/// Two choices side by side and what follows from them.
#[component]
pub fn ImpactUrgency(
    /// The desk, for the words of priorities.
    desk: DeskView,
    /// Its matrix.
    matrix: MatrixView,
    /// Key of the impact; empty for none.
    impact: RwSignal<String>,
    /// Key of the urgency; empty for none.
    urgency: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// Whether both may stay empty.
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let (impacts, urgencies) = (entries(&matrix.impact), entries(&matrix.urgency));
    let gives = session()
        .speech_of(&desk.slug)
        .priority
        .say(TreeWords::GivesPriority);
    let result = move || {
        let key = impact.with(|impact| {
            urgency.with(|urgency| priority_of(&matrix, impact, urgency).map(str::to_owned))
        })?;
        let priority = desk.priorities.iter().find(|one| one.id == key)?;
        Some(
            view! {
                <p class="matrix-result" role="status">
                    <span class="muted">{gives.clone()}</span>
                    {priority_tag(priority.rank, priority.label.clone())}
                    {priority.promise.clone().map(|promise| view! { <span class="muted small">{promise}</span> }.into_any())}
                </p>
            }
            .into_any(),
        )
    };
    view! {
        <div class="pair">
            <SelectField id="impact" label=t(Words::Impact) value=impact faults entries=impacts optional/>
            <SelectField id="urgency" label=t(Words::Urgency) value=urgency faults entries=urgencies optional/>
        </div>
        {move || result()}
    }
}

#[cfg(test)]
mod tests {
    use shared::api::desks::MatrixView;
    use shared::api::tickets::Labelled;

    use super::priority_of;

    #[test]
    fn the_cell_of_row_and_column_gives_the_priority() {
        let choices = |keys: [&str; 2]| {
            keys.map(|key| Labelled {
                id: key.to_owned(),
                label: key.to_owned(),
            })
            .to_vec()
        };
        let row = |keys: [&str; 2]| keys.map(str::to_owned).to_vec();
        let matrix = MatrixView {
            impact: choices(["all", "one"]),
            urgency: choices(["now", "later"]),
            cells: vec![row(["p1", "p2"]), row(["p3", "p4"])],
        };
        assert_eq!(priority_of(&matrix, "all", "later"), Some("p2"));
        assert_eq!(priority_of(&matrix, "one", "now"), Some("p3"));
        assert_eq!(priority_of(&matrix, "", "now"), None);
    }
}
