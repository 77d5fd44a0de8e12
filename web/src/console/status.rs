//! How priorities look: form and colour of each, next to the desk's own words.

use leptos::prelude::*;

use crate::components::icon;

/// The icon of a priority by its rank; ranks beyond the fifth look like the fifth.
pub fn priority_icon(rank: u8) -> &'static str {
    match rank {
        0 | 1 => "prio-1",
        2 => "prio-2",
        3 => "prio-3",
        4 => "prio-4",
        _ => "prio-5",
    }
}

/// A priority with form, colour and the desk's label.
pub fn priority_tag(rank: u8, label: String) -> AnyView {
    view! {
        <span class="prio" data-level=rank.clamp(1, 5).to_string()>{icon(priority_icon(rank))}{label}</span>
    }
    .into_any()
}
