//! The native dialog: keyboard trap, Esc and the return of the focus come from the browser.

use leptos::html;
use leptos::prelude::*;

use super::{act, icon};
use crate::i18n::t;

crate::messages! {
    enum Words {
        Close = "Cerrar", "Close";
    }
}

/// A modal window. Its content stays in the page while it is closed, so what was typed is kept.
/// The children are a `dialog-body` and a `dialog-foot`.
#[component]
pub fn Dialog(
    /// Id, for the label.
    id: &'static str,
    /// Title.
    #[prop(into)]
    title: String,
    /// Whether it is open; closing by Esc or the cross sets it.
    open: RwSignal<bool>,
    /// Classes, e.g. `dialog wide`.
    #[prop(default = "dialog")]
    class: &'static str,
    /// Body and foot.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    // The browser tells in the next frame; by then it may be open again.
    let closed = move || {
        if node.get_untracked().is_none_or(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    let title_id = [id, "-title"].concat();
    let labelled = title_id.clone();
    view! {
        <dialog class=class id=id node_ref=node aria-labelledby=labelled on:close=act(move |_| closed())>
            <div class="dialog-head">
                <h2 id=title_id>{title}</h2>
                <button class="btn ghost icon-only" type="button" aria-label=t(Words::Close) on:click=act(move |_| open.set(false))>{icon("x")}</button>
            </div>
            {children()}
        </dialog>
    }
}
