//! Choosing one leaf of a large tree: families that open, and a search that forgives accents and word order.
//!
//! Everything is a button, so tabbing, Enter and a finger just work; the arrow keys go from row to row. Leaves of a closed
//! family are not in the page, so nothing hides behind the tab key.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::form::{Faults, error_view};
use super::{act, icon};
use crate::browser;
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Search = "Busque por palabras o abra una familia", "Search by words or open a family";
        None = "Nada coincide con «{0}». Pruebe con otra palabra o abra una familia.", "Nothing matches “{0}”. Try another word or open a family.";
        One = "1 opción", "1 option";
        Many = "{0} opciones", "{0} options";
        Change = "Cambiar", "Change";
        Chosen = "Elegida: {0}", "Chosen: {0}";
    }
}

/// A leaf to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What is sent.
    pub value: String,
    /// Labels from the root to the leaf.
    pub path: Vec<String>,
    /// What sets it apart, such as its type; may be empty.
    pub note: String,
}

impl Leaf {
    fn family(&self) -> String {
        match self.path.split_last() {
            Some((last, [])) => last.clone(),
            _ => self.path.first().cloned().unwrap_or_default(),
        }
    }

    /// The labels below the family.
    fn name(&self) -> String {
        match self.path.get(1..) {
            Some(rest) if !rest.is_empty() => rest.join(" › "),
            _ => self.path.join(" › "),
        }
    }
}

/// A text as it is compared: lower case, without accents.
pub fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'á' | 'à' | 'ä' | 'â' => 'a',
            'é' | 'è' | 'ë' | 'ê' => 'e',
            'í' | 'ì' | 'ï' | 'î' => 'i',
            'ó' | 'ò' | 'ö' | 'ô' => 'o',
            'ú' | 'ù' | 'ü' | 'û' => 'u',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}

/// Whether every word of the query is somewhere in the path.
fn matches(plain_path: &str, query: &str) -> bool {
    query
        .split_whitespace()
        .all(|word| plain_path.contains(word))
}

#[derive(Clone)]
struct Family {
    name: String,
    leaves: Vec<(String, Leaf)>,
}

fn families(leaves: Vec<Leaf>) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for leaf in leaves {
        let name = leaf.family();
        let entry = (plain(&leaf.path.join(" ")), leaf);
        match families.iter_mut().find(|family| family.name == name) {
            Some(family) => family.leaves.push(entry),
            None => families.push(Family {
                name,
                leaves: vec![entry],
            }),
        }
    }
    families
}

/// A choice among the leaves of a tree.
#[component]
pub fn LeafField(
    /// Id of the search field, also the JSON member.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// Help under the label.
    #[prop(into)]
    hint: String,
    /// The chosen leaf; empty for none.
    value: RwSignal<String>,
    /// The form's faults.
    faults: Faults,
    /// What can be chosen.
    leaves: Vec<Leaf>,
) -> impl IntoView {
    let error = faults.of(id);
    let tree = StoredValue::new(families(leaves));
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(None::<usize>);
    let chosen = Memo::new(move |_| {
        let value = value.get();
        tree.with_value(|tree| {
            tree.iter()
                .flat_map(|family| &family.leaves)
                .find(|(_, leaf)| leaf.value == value)
                .map(|(_, leaf)| leaf.clone())
        })
    });
    let label_id = [id, "-label"].concat();
    let labelled = label_id.clone();
    let list_id = [id, "-list"].concat();
    let class = move || match error.with(Option::is_some) {
        true => "field leaf-field invalid",
        false => "field leaf-field",
    };
    let said = move || {
        chosen.with(|leaf| {
            leaf.as_ref()
                .map(|leaf| t_with(Words::Chosen, &[&leaf.path.join(" › ")]))
        })
    };
    let body = {
        let hint = hint.clone();
        move || match chosen.get() {
            Some(leaf) => picked(id, leaf, value).into_any(),
            None => picker(id, &hint, tree, query, open, value, error).into_any(),
        }
    };
    view! {
        <div class=class role="group" aria-labelledby=labelled id=list_id>
            <label class="label" for=id id=label_id>{label}</label>
            {error_view(id, error)}
            {body}
            <p class="sr" aria-live="polite">{said}</p>
        </div>
    }
}

fn picked(id: &'static str, leaf: Leaf, value: RwSignal<String>) -> impl IntoView {
    let (last, before) = match leaf.path.split_last() {
        Some((last, before)) => (last.clone(), before.join(" › ")),
        None => (String::new(), String::new()),
    };
    let change = move |_: web_sys::MouseEvent| {
        value.set(String::new());
        browser::focus_id(id);
    };
    let before = (!before.is_empty()).then(|| view! { <span class="small muted">{before}</span> });
    let note =
        (!leaf.note.is_empty()).then(|| view! { <span class="small muted">{leaf.note}</span> });
    view! {
        <div class="leaf-chosen">
            {icon("check-circle")}
            <span class="leaf-words">{before}<strong>{last}</strong>{note}</span>
            <button class="btn sm" type="button" id=id on:click=act(change)>{t(Words::Change)}</button>
        </div>
    }
}

fn picker(
    id: &'static str,
    hint: &str,
    tree: StoredValue<Vec<Family>>,
    query: RwSignal<String>,
    open: RwSignal<Option<usize>>,
    value: RwSignal<String>,
    error: Signal<Option<String>>,
) -> impl IntoView + use<> {
    let choose = move |key: String| {
        query.set(String::new());
        value.set(key);
        browser::focus_id(id);
    };
    let row = move |leaf: Leaf| {
        let key = leaf.value.clone();
        let note = (!leaf.note.is_empty())
            .then(|| view! { <span class="small muted">{leaf.note.clone()}</span> });
        view! {
            <li><button class="leaf" type="button" data-row="" on:click=act(move |_: web_sys::MouseEvent| choose(key.clone()))>
                <span class="leaf-words"><span>{leaf.name()}</span>{note}</span>{icon("chevron-right")}
            </button></li>
        }
    };
    let asked = Memo::new(move |_| plain(query.with(|query| query.trim().to_owned()).as_str()));
    let found = Memo::new(move |_| {
        let asked = asked.get();
        tree.with_value(|tree| {
            let hits = |family: &Family| {
                family
                    .leaves
                    .iter()
                    .filter(|(path, _)| matches(path, &asked))
                    .count()
            };
            tree.iter().map(hits).sum::<usize>()
        })
    });
    let count = move || match (asked.with(String::is_empty), found.get()) {
        (true, _) => String::new(),
        (false, 0) => t_with(Words::None, &[query.get().trim()]),
        (false, 1) => t(Words::One).to_owned(),
        (false, many) => t_with(Words::Many, &[&many.to_string()]),
    };
    let list = move || {
        let asked = asked.get();
        let opened = open.get();
        tree.get_value()
            .into_iter()
            .enumerate()
            .filter_map(|(place, family)| {
                let searching = !asked.is_empty();
                let leaves: Vec<Leaf> = family
                    .leaves
                    .into_iter()
                    .filter(|(path, _)| !searching || matches(path, &asked))
                    .map(|(_, leaf)| leaf)
                    .collect();
                if leaves.is_empty() {
                    return None;
                }
                let shows = searching || opened == Some(place);
                let total = leaves.len().to_string();
                let head = if searching {
                    view! { <p class="leaf-family">{family.name}</p> }.into_any()
                } else {
                    let toggle = move |_: web_sys::MouseEvent| {
                        open.update(|open| *open = if *open == Some(place) { None } else { Some(place) });
                        focus_row(id, place);
                    };
                    view! {
                        <button class="leaf-family" type="button" data-row="" aria-expanded=if shows { "true" } else { "false" } on:click=act(toggle)>
                            {icon(if shows { "chevron-up" } else { "chevron-down" })}<span class="grow">{family.name}</span><span class="num muted small">{total}</span>
                        </button>
                    }
                    .into_any()
                };
                let rows = shows.then(|| view! { <ul class="leaf-rows">{leaves.into_iter().map(row).collect_view()}</ul> });
                Some(view! { <li>{head}{rows}</li> })
            })
            .collect_view()
    };
    let hint_id = [id, "-hint"].concat();
    let described = move || {
        let error = if error.with(Option::is_some) {
            [" ", id, "-error"].concat()
        } else {
            String::new()
        };
        [id, "-hint", &error].concat()
    };
    view! {
        <p class="hint" id=hint_id>{hint.to_owned()}" "{t(Words::Search)}"."</p>
        <div class="leaf-picker" on:keydown=act(move |event: web_sys::KeyboardEvent| walk(&event, query))>
            <div class="input-group">
                {icon("search")}
                <input class="input" id=id name=id type="search" autocomplete="off" aria-required="true"
                    aria-describedby=described aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=query on:input=act(move |event| query.set(event_target_value(&event)))/>
            </div>
            <p class="leaf-count small muted" aria-live="polite">{count}</p>
            <ul class="leaf-list">{list}</ul>
        </div>
    }
}

/// Keeps the focus on a family that was opened or closed: its button was drawn again.
fn focus_row(id: &'static str, place: usize) {
    request_animation_frame(move || {
        let selector = [
            "#",
            id,
            "-list .leaf-list > li:nth-child(",
            &(place + 1).to_string(),
            ") > button",
        ]
        .concat();
        if let Ok(Some(row)) = document().query_selector(&selector) {
            let row: web_sys::HtmlElement = row.unchecked_into();
            let _ = row.focus();
        }
    });
}

/// Arrow keys go through the rows, Escape empties the search, Enter in it takes the only row or goes to the first.
fn walk(event: &web_sys::KeyboardEvent, query: RwSignal<String>) {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return;
    };
    let Ok(Some(picker)) = target.closest(".leaf-picker") else {
        return;
    };
    let Ok(rows) = picker.query_selector_all("input, [data-row]") else {
        return;
    };
    let at = (0..rows.length()).find(|place| {
        rows.item(*place)
            .is_some_and(|row| row.is_same_node(Some(target.unchecked_ref())))
    });
    let focus = |place: u32| {
        if let Some(row) = rows.item(place) {
            let row: web_sys::HtmlElement = row.unchecked_into();
            let _ = row.focus();
        }
    };
    let in_search = at == Some(0);
    match (event.key().as_str(), at) {
        ("ArrowDown", Some(at)) if at + 1 < rows.length() => focus(at + 1),
        ("ArrowUp", Some(at)) if at > 0 => focus(at - 1),
        ("Escape", _) if !query.with_untracked(String::is_empty) => {
            query.set(String::new());
            focus(0);
        }
        // Enter must not send the form from here.
        ("Enter", _) if in_search => match rows.length() {
            2 if !query.with_untracked(String::is_empty) => {
                if let Some(row) = rows.item(1) {
                    let row: web_sys::HtmlElement = row.unchecked_into();
                    row.click();
                }
            }
            _ => focus(1),
        },
        _ => return,
    }
    event.prevent_default();
}

#[cfg(test)]
mod tests {
    use super::{matches, plain};

    #[test]
    fn a_search_forgives_accents_and_the_order_of_words() {
        let path = plain("PÁGINA WEB USPEC Publicación de contenido");
        for query in ["pagina", "PUBLICACIÓN web", "contenido publicacion"] {
            assert!(matches(&path, &plain(query)), "{query}");
        }
        assert!(!matches(&path, &plain("impresora")));
        assert!(matches(&path, ""));
    }
}
