//! Choosing a category from the catalogue: a field to search in, and under it the catalogue as a tree. It works with the
//! keyboard alone (arrows move, right and left open and close, Enter chooses, Escape closes) and with a finger.
//!
//! The field keeps the focus and points at the active row, as the pattern for a combobox with a tree says.

use std::collections::BTreeSet;

use leptos::ev;
use leptos::prelude::*;
use shared::api::desks::CategoryView;
use shared::fold::fold;

use crate::browser;
use crate::components::form::{Faults, Field};
use crate::components::{act, icon};
use crate::console::words::{TreeWords, Words};
use crate::i18n::{Noun, t};

/// One row of the catalogue.
#[derive(Clone, PartialEq)]
struct Node {
    /// Key to send, where it can be chosen.
    id: Option<String>,
    label: String,
    /// The path in words, to be searched and read.
    path: String,
    folded: String,
    /// 0 at the root.
    depth: usize,
    /// Place of the row above it.
    parent: Option<usize>,
    has_children: bool,
}

/// The catalogue as rows in its order, each after its parent.
fn nodes(categories: &[CategoryView]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for category in categories {
        let mut parent = None;
        for (depth, label) in category.path.iter().enumerate() {
            let known = nodes
                .iter()
                .position(|node| node.parent == parent && node.label == *label);
            let place = known.unwrap_or_else(|| {
                let path = category.path[..=depth].join(" › ");
                // Behind the last row of its parent, so that children stand together.
                let at = match parent {
                    Some(parent) => end_of(&nodes, parent),
                    None => nodes.len(),
                };
                for node in &mut nodes {
                    if let Some(above) = node.parent.as_mut().filter(|above| **above >= at) {
                        *above += 1;
                    }
                }
                if let Some(parent) = parent {
                    nodes[parent].has_children = true;
                }
                nodes.insert(
                    at,
                    Node {
                        id: None,
                        label: label.clone(),
                        folded: fold(&path),
                        path,
                        depth,
                        parent,
                        has_children: false,
                    },
                );
                at
            });
            parent = Some(place);
        }
        if let Some(place) = parent.filter(|_| category.selectable) {
            nodes[place].id = Some(category.id.clone());
        }
    }
    nodes
}

/// The place behind a row and everything under it.
fn end_of(nodes: &[Node], place: usize) -> usize {
    let depth = nodes[place].depth;
    nodes[place + 1..]
        .iter()
        .position(|node| node.depth <= depth)
        .map_or(nodes.len(), |offset| place + 1 + offset)
}

/// The rows that show: without a text those whose parents are open, with one those that hold it and their parents.
fn visible(nodes: &[Node], open: &BTreeSet<usize>, text: &str) -> Vec<usize> {
    let words: Vec<String> = fold(text).split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        let shown = |place: usize| {
            let mut above = nodes[place].parent;
            while let Some(parent) = above {
                if !open.contains(&parent) {
                    return false;
                }
                above = nodes[parent].parent;
            }
            true
        };
        return (0..nodes.len()).filter(|place| shown(*place)).collect();
    }
    let mut found = BTreeSet::new();
    for (place, node) in nodes.iter().enumerate() {
        if node.id.is_some() && words.iter().all(|word| node.folded.contains(word)) {
            let mut above = Some(place);
            while let Some(row) = above {
                found.insert(row);
                above = nodes[row].parent;
            }
        }
    }
    found.into_iter().collect()
}

/// Chooses one category; once chosen its path shows, with a button to choose another.
#[component]
pub fn CategoryPicker(
    /// Id of the field, also the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// What the desk calls a category.
    noun: Noun,
    /// Key of the chosen category; empty for none.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// What can be chosen.
    #[prop(into)]
    categories: Signal<Vec<CategoryView>>,
) -> impl IntoView {
    let noun = StoredValue::new(noun);
    let nodes = Memo::new(move |_| categories.with(|categories| nodes(categories)));
    let text = RwSignal::new(String::new());
    let open = RwSignal::new(BTreeSet::<usize>::new());
    // Places change with the rows that are offered.
    let mut first = true;
    Effect::new(move |_: Option<()>| {
        nodes.track();
        if !std::mem::take(&mut first) {
            open.set(BTreeSet::new());
        }
    });
    let expanded = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let rows = Memo::new(move |_| {
        nodes.with(|nodes| open.with(|open| text.with(|text| visible(nodes, open, text))))
    });
    let chosen = Memo::new(move |_| {
        let key = value.get();
        nodes.with(|nodes| {
            nodes
                .iter()
                .find(|node| !key.is_empty() && node.id.as_deref() == Some(key.as_str()))
                .map(|node| node.path.clone())
        })
    });
    let row_id = move |place: usize| [id, "-row-", &place.to_string()].concat();
    let point = move |place: Option<usize>| {
        active.set(place);
        if let Some(place) = place {
            request_animation_frame(move || {
                if let Some(row) = document().get_element_by_id(&row_id(place)) {
                    let options = web_sys::ScrollIntoViewOptions::new();
                    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                    row.scroll_into_view_with_scroll_into_view_options(&options);
                }
            });
        }
    };
    let toggle = move |place: usize, wanted: Option<bool>| {
        open.update(|open| {
            let wanted = wanted.unwrap_or(!open.contains(&place));
            if wanted {
                open.insert(place);
            } else {
                open.remove(&place);
            }
        });
    };
    let choose = move |place: usize| {
        let node = nodes.with_untracked(|nodes| nodes.get(place).cloned());
        let Some(node) = node else { return };
        match node.id {
            Some(key) => {
                value.set(key);
                expanded.set(false);
                text.set(String::new());
                browser::focus_id([id, "-change"].concat());
            }
            None => {
                point(Some(place));
                toggle(place, None);
            }
        }
    };
    let step = move |by: isize| {
        let rows = rows.get_untracked();
        let at = active
            .get_untracked()
            .and_then(|place| rows.iter().position(|row| *row == place));
        let target = match at {
            Some(at) => at
                .saturating_add_signed(by)
                .min(rows.len().saturating_sub(1)),
            None if by < 0 => rows.len().saturating_sub(1),
            None => 0,
        };
        point(rows.get(target).copied());
    };
    let searching = move || text.with_untracked(|text| !text.trim().is_empty());
    let on_key = move |event: ev::KeyboardEvent| {
        let present = active.get_untracked();
        let key = event.key();
        match (key.as_str(), expanded.get_untracked()) {
            ("ArrowDown", false) => {
                expanded.set(true);
                step(0);
            }
            ("ArrowDown", true) => step(1),
            ("ArrowUp", true) => step(-1),
            ("ArrowRight", true) if !searching() && present.is_some() => {
                if let Some(place) = present {
                    toggle(place, Some(true));
                }
            }
            ("ArrowLeft", true) if !searching() && present.is_some() => {
                let Some(place) = present else { return };
                let parent =
                    nodes.with_untracked(|nodes| nodes.get(place).and_then(|node| node.parent));
                if open.with_untracked(|open| open.contains(&place)) {
                    toggle(place, Some(false));
                } else if parent.is_some() {
                    point(parent);
                }
            }
            // Never sends the form by surprise.
            ("Enter", _) => match present.filter(|_| expanded.get_untracked()) {
                Some(place) => choose(place),
                None => expanded.set(true),
            },
            ("Escape", true) => expanded.set(false),
            ("Tab", _) => {
                expanded.set(false);
                return;
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let typed = move |event: ev::Event| {
        text.set(event_target_value(&event));
        expanded.set(true);
        // The first that can be chosen is ready for Enter.
        let first = rows.with_untracked(|rows| {
            nodes.with_untracked(|nodes| {
                rows.iter()
                    .copied()
                    .find(|row| nodes.get(*row).is_some_and(|node| node.id.is_some()))
            })
        });
        active.set(first.filter(|_| searching()));
    };
    let row = move |place: usize| {
        let node = nodes.with_untracked(|nodes| nodes.get(place).cloned())?;
        let is_open = move || searching_now(text) || open.with(|open| open.contains(&place));
        let folder = node.has_children;
        let selectable = node.id.is_some();
        let key = node.id.clone();
        let selected = move || {
            key.as_ref()
                .is_some_and(|key| value.with(|value| value == key))
                .to_string()
        };
        let twist = folder.then(|| {
            view! { <span class="tree-twist" on:click=act(move |event: ev::MouseEvent| { event.stop_propagation(); toggle(place, None); })>{move || icon(if is_open() { "chevron-down" } else { "chevron-right" })}</span> }
                .into_any()
        });
        let class = if selectable {
            "tree-row"
        } else {
            "tree-row folder"
        };
        Some(
            view! {
                <li
                    class=class id=row_id(place) role="treeitem"
                    style:--depth=node.depth.to_string()
                    attr:aria-level=(node.depth + 1).to_string()
                    aria-expanded=move || folder.then(|| is_open().to_string())
                    aria-selected=selected
                    data-active=move || (active.get() == Some(place)).then_some("true")
                    on:mousedown=act(|event: ev::MouseEvent| event.prevent_default())
                    on:click=act(move |_| choose(place))
                >
                    {twist}<span>{node.label.clone()}</span>
                </li>
            }
            .into_any(),
        )
    };
    let tree_id = [id, "-tree"].concat();
    let controls = tree_id.clone();
    let error = faults.of(id);
    let again = move |_| {
        value.set(String::new());
        expanded.set(true);
        browser::focus_id(id);
    };
    let count = move || {
        let text = text.get();
        if text.trim().is_empty() {
            return String::new();
        }
        let found = rows.with(|rows| {
            nodes.with(|nodes| {
                rows.iter()
                    .filter(|row| nodes.get(**row).is_some_and(|node| node.id.is_some()))
                    .count()
            })
        });
        noun.with_value(|noun| noun.say_with(TreeWords::Found, &[&found.to_string()]))
    };
    let picker = {
        let label = label.clone();
        move || {
            let (tree_id, controls, label) = (tree_id.clone(), controls.clone(), label.clone());
            let name = label.clone();
            view! {
                <Field id label=label hint=t(TreeWords::Hint).to_owned() optional=false error>
                    <div class="input-group">
                        {icon("search")}
                        <input
                            class="input" id=id type="text" role="combobox" autocomplete="off" spellcheck="false"
                            aria-required="true" aria-haspopup="tree" aria-autocomplete="list" aria-controls=controls
                            aria-expanded=move || expanded.get().to_string()
                            aria-activedescendant=move || active.get().filter(|_| expanded.get()).map(row_id)
                            aria-describedby=[id, "-hint"].concat()
                            aria-invalid=move || error.with(Option::is_some).then_some("true")
                            placeholder=t(TreeWords::Placeholder)
                            prop:value=text
                            on:input=act(typed) on:keydown=act(on_key)
                            on:click=act(move |_| expanded.set(true))
                            on:blur=act(move |_| expanded.set(false))
                        />
                    </div>
                    <p class="sr" role="status">{move || count()}</p>
                    <div class="tree" hidden=move || !expanded.get()>
                        <ul class="tree-rows" role="tree" id=tree_id aria-label=name>
                            <For each=move || rows.get() key=move |place| (*place, nodes.with_untracked(|nodes| nodes.get(*place).map(|node| node.path.clone()))) children=row/>
                        </ul>
                        {move || rows.with(Vec::is_empty).then(|| view! { <p class="muted small tree-none">{noun.with_value(|noun| noun.say(TreeWords::NoneFound))}</p> }.into_any())}
                    </div>
                </Field>
            }
            .into_any()
        }
    };
    view! { {move || match chosen.get() {
        Some(path) => view! {
            <div class="field">
                <p class="label">{label.clone()}</p>
                <div class="picked">
                    {icon("tag")}<span class="grow">{path}</span>
                    <button class="btn sm" type="button" id=[id, "-change"].concat() on:click=act(again)>{t(Words::Change)}</button>
                </div>
            </div>
        }
        .into_any(),
        None => picker(),
    }} }
}

fn searching_now(text: RwSignal<String>) -> bool {
    text.with(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::api::desks::CategoryView;

    use super::{nodes, visible};

    fn catalogue() -> Vec<CategoryView> {
        [
            ("red", &["Red"][..], false),
            ("vpn", &["Red", "Conexión VPN"], true),
            ("pc", &["Equipos", "Computador"], true),
            ("wifi", &["Red", "Wifi"], true),
        ]
        .map(|(id, path, selectable)| CategoryView {
            id: id.to_owned(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            request_type: None,
            selectable,
            form: None,
            approval: None,
            evidence: false,
            priority: None,
            cutoff: None,
            restricted: false,
        })
        .to_vec()
    }

    #[test]
    fn children_stand_together_under_their_parent() {
        let labels: Vec<_> = nodes(&catalogue())
            .into_iter()
            .map(|node| (node.depth, node.label, node.id.is_some()))
            .collect();
        let expected = [
            (0, "Red", false),
            (1, "Conexión VPN", true),
            (1, "Wifi", true),
            (0, "Equipos", false),
            (1, "Computador", true),
        ];
        let expected: Vec<_> = expected
            .map(|(depth, label, chosen)| (depth, label.to_owned(), chosen))
            .to_vec();
        assert_eq!(labels, expected);
    }

    #[test]
    fn a_search_needs_no_accents_and_shows_what_is_above() {
        let nodes = nodes(&catalogue());
        let shown = |open: &[usize], text| {
            visible(&nodes, &open.iter().copied().collect::<BTreeSet<_>>(), text)
        };
        assert_eq!(shown(&[], ""), [0, 3]);
        assert_eq!(shown(&[0], ""), [0, 1, 2, 3]);
        assert_eq!(shown(&[], "CONEXION"), [0, 1]);
        assert_eq!(shown(&[], "vpn red"), [0, 1]);
        assert!(shown(&[], "impresora").is_empty());
    }
}
