//! Data that a page waits for: loading, failed with a way to try again, or there.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::client::ApiError;
use crate::components::feedback::{Failed, Loading};

/// A value on its way.
pub(super) struct Loaded<T: Send + Sync + 'static> {
    value: RwSignal<Option<Result<T, ApiError>>>,
    again: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Loaded<T> {}

impl<T: Clone + Send + Sync + 'static> Loaded<T> {
    /// Begins to load.
    pub(super) fn start<F>(fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, ApiError>> + 'static,
    {
        let value = RwSignal::new(None);
        let again = Callback::new(move |()| {
            value.set(None);
            let answer = fetch();
            spawn_local(async move {
                let answer = answer.await;
                // The page may be gone by now.
                let _ = value.try_set(Some(answer));
            });
        });
        again.run(());
        Self { value, again }
    }

    /// Loads again.
    pub(super) fn reload(self) {
        self.again.run(());
    }

    /// Draws whatever state it is in.
    pub(super) fn show(self, draw: impl Fn(T) -> AnyView + Send + Sync + 'static) -> AnyView {
        let again = self.again;
        let view = move || match self.value.get() {
            None => view! { <Loading/> }.into_any(),
            Some(Err(error)) => view! { <Failed error retry=again/> }.into_any(),
            Some(Ok(value)) => draw(value),
        };
        view.into_any()
    }

    /// The state it is in; follows changes.
    pub(super) fn value(self) -> Option<Result<T, ApiError>> {
        self.value.get()
    }
}
