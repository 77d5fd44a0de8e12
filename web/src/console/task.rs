//! Work that goes on while the page is used.

use std::pin::Pin;

use leptos::task::spawn_local;

/// Runs a task beside the page. As with [`act`](super::components::act) it goes behind a pointer, so that the code that
/// carries a task exists once and not once for each task.
pub fn later(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}
