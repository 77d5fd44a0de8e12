//! Pages of the portal that come when they are first needed, so that the first load stays small: the survey, approvals,
//! the request for access and the accessibility statement. How they are loaded is the business of the portal's binary,
//! where the cut is (`src/bin/portal.rs`). Without a network the service worker has them.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::route::Page;
use super::{access, approvals, help, rate};
use crate::browser;
use crate::client::ApiError;
use crate::components::feedback::{Failed, Loading};

/// Which page of the part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rare {
    /// The survey or rating of a ticket.
    Rate(String),
    /// What waits for the person's approval.
    Approvals,
    /// One request to approve or refuse.
    Approval(String),
    /// Asking for an account.
    Access,
    /// The accessibility statement.
    Accessibility,
}

impl Rare {
    /// The page of an address, if it comes with the part.
    pub(super) fn of(page: &Page) -> Option<Self> {
        match page {
            Page::Rate(code) => Some(Self::Rate(code.clone())),
            Page::Approvals => Some(Self::Approvals),
            Page::Approval(code) => Some(Self::Approval(code.clone())),
            Page::Access => Some(Self::Access),
            Page::Home
            | Page::New
            | Page::Verify(_)
            | Page::Created(_)
            | Page::Lookup
            | Page::Tickets
            | Page::Ticket(_) => None,
        }
    }
}

/// Draws a page of the part.
pub type DrawRare = fn(Rare) -> AnyView;

/// The part on its way; `None` if it could not be loaded.
pub type Arrival = Pin<Box<dyn Future<Output = Option<DrawRare>>>>;

/// Draws the pages of the part.
pub fn draw_rare(page: Rare) -> AnyView {
    match page {
        Rare::Rate(code) => view! { <rate::Rate code/> }.into_any(),
        Rare::Approvals => view! { <approvals::Approvals/> }.into_any(),
        Rare::Approval(code) => view! { <approvals::Approval code/> }.into_any(),
        Rare::Access => view! { <access::Access/> }.into_any(),
        Rare::Accessibility => view! { <help::Accessibility/> }.into_any(),
    }
}

/// The part: what is known of it and how it is loaded.
#[derive(Clone, Copy)]
pub(super) struct Part {
    draw: RwSignal<Option<Option<DrawRare>>>,
    load: fn() -> Arrival,
}

impl Part {
    /// Nothing is loaded yet.
    pub(super) fn new(load: fn() -> Arrival) -> Self {
        Self {
            draw: RwSignal::new(None),
            load,
        }
    }

    fn fetch(self) {
        self.draw.set(None);
        spawn_local(async move {
            let arrived = (self.load)().await;
            let _ = self.draw.try_set(Some(arrived));
        });
    }

    /// The page, as soon as the part is here.
    pub(super) fn page(self, page: Rare) -> AnyView {
        let here = self
            .draw
            .with_untracked(|draw| matches!(draw, Some(Some(_))));
        if !here {
            self.fetch();
        }
        let content = move || match self.draw.get() {
            None => view! { <Loading lines=6/> }.into_any(),
            Some(Some(draw)) => {
                // Whoever came from another page is led to the heading, which was not there yet.
                if !here {
                    browser::focus_first("h1");
                }
                draw(page.clone())
            }
            Some(None) => {
                let retry = Callback::new(move |()| self.fetch());
                view! { <Failed error=ApiError::Offline retry/> }.into_any()
            }
        };
        content.into_any()
    }
}

/// The part that comes later.
pub(super) fn use_part() -> Part {
    expect_context()
}
