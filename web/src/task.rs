//! Work that goes on while a page is used.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// Runs a task beside the page. As with [`act`](crate::components::act) it goes behind a pointer, so that the code that
/// carries a task exists once and not once for each task.
pub fn later(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// Runs `react` now and whenever a signal that it read has changed, until the caller's owner ends.
pub fn watch(react: impl FnMut() + 'static) {
    let mut react: Box<dyn FnMut()> = Box::new(react);
    Effect::new(move |_: Option<()>| react());
}
