//! Windows that exist only while they are open.

use crate::task::watch;
use leptos::prelude::*;

use crate::browser;

/// The `open` signal of a [`Dialog`](crate::components::dialog::Dialog) that is drawn open, and is taken away by
/// `on_closed` once it has closed. The browser gives the focus back while closing, so the dialog must not vanish before.
pub fn shown(on_closed: Callback<()>) -> RwSignal<bool> {
    let open = RwSignal::new(true);
    // Not the cross, which the browser would choose, but the first thing to fill in.
    browser::focus_first("dialog[open] .dialog-body :is(input, select, textarea, button)");
    watch(move || {
        if !open.get() {
            request_animation_frame(move || {
                // Where another window took its place before this frame, that one is not to be taken away.
                if open.try_get_untracked() == Some(false) {
                    let _ = on_closed.try_run(());
                }
            });
        }
    });
    open
}
