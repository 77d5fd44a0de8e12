//! Who is signed in, at which desk, and the profiles of the desks seen so far.

use std::sync::Arc;

use super::task::later;
use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskRow, DeskView};
use shared::api::session::Me;
use shared::ticket::actor::Privilege;

use super::words::Words;
use crate::browser;
use crate::client::{ApiError, Client, console as api, use_client};
use crate::i18n::{Noun, t};

const DESK: &str = "atiende.desk";

/// What a desk calls a ticket and how urgent it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// `ticket`, `caso`, `solicitud`.
    pub ticket: Noun,
    /// `prioridad`, `gravedad`.
    pub priority: Noun,
}

/// The agent and the desk that the console shows. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Session {
    client: Client,
    /// The signed-in agent.
    pub me: RwSignal<Arc<Me>>,
    /// Every desk that the agent may open.
    pub desks: RwSignal<Vec<DeskRow>>,
    /// Address part of the desk that the lists show.
    pub desk: RwSignal<String>,
    profiles: RwSignal<Vec<(String, Option<Arc<DeskView>>)>>,
}

impl Session {
    /// Loads who is signed in and their desks, and opens the desk used last.
    ///
    /// # Errors
    /// [`ApiError`] of either call.
    pub async fn load(client: Client) -> Result<(Arc<Me>, Vec<DeskRow>), ApiError> {
        let me = api::me(client).await?;
        let desks = api::desks(client).await?;
        Ok((Arc::new(me), desks))
    }

    /// Provides the session to everything below.
    pub fn provide(me: Arc<Me>, desks: Vec<DeskRow>) -> Self {
        let known = |slug: &String| desks.iter().any(|desk| desk.slug == *slug);
        let desk = browser::stored(DESK)
            .filter(known)
            .or_else(|| desks.first().map(|desk| desk.slug.clone()))
            .unwrap_or_default();
        let session = Self {
            client: use_client(),
            me: RwSignal::new(me),
            desks: RwSignal::new(desks),
            desk: RwSignal::new(desk),
            profiles: RwSignal::new(Vec::new()),
        };
        provide_context(session);
        session
    }

    /// Opens a desk that the agent may see; others are passed over.
    pub fn open_desk(self, slug: &str) {
        let known = self
            .desks
            .with_untracked(|desks| desks.iter().any(|desk| desk.slug == slug));
        if known && self.desk.with_untracked(|desk| desk != slug) {
            browser::store(DESK, Some(slug));
            self.desk.set(slug.to_owned());
        }
    }

    /// A desk's profile; `None` until it has come. Follows changes when read in a reactive place.
    pub fn profile(self, slug: &str) -> Option<Arc<DeskView>> {
        let found = self.profiles.with(|profiles| {
            profiles
                .iter()
                .find(|(desk, _)| desk == slug)
                .map(|(_, view)| view.clone())
        });
        match found {
            Some(view) => view,
            None => {
                self.load_profile(slug.to_owned());
                None
            }
        }
    }

    /// The profile of the desk that the lists show.
    pub fn current(self) -> Option<Arc<DeskView>> {
        let slug = self.desk.get();
        self.profile(&slug)
    }

    /// How the desk that the lists show speaks; follows changes.
    pub fn speech(self) -> Speech {
        let slug = self.desk.get();
        self.speech_of(&slug)
    }

    /// How a desk speaks; follows changes.
    pub fn speech_of(self, slug: &str) -> Speech {
        self.desks.with(|desks| {
            let desk = desks.iter().find(|desk| desk.slug == slug);
            match desk {
                Some(desk) => Speech {
                    ticket: Noun::new(&desk.ticket_word),
                    priority: Noun::new(&desk.priority_word),
                },
                None => Speech {
                    ticket: Noun::new(t(Words::TicketWord)),
                    priority: Noun::new(t(Words::PriorityWord)),
                },
            }
        })
    }

    /// Whether the agent holds a right at the desk that the lists show; follows changes.
    pub fn may(self, privilege: Privilege) -> bool {
        let slug = self.desk.get();
        self.me.with(|me| {
            me.is_admin
                || me
                    .desks
                    .iter()
                    .any(|place| place.desk == slug && place.privileges.contains(&privilege))
        })
    }

    fn load_profile(self, slug: String) {
        if slug.is_empty() {
            return;
        }
        // An untracked mark, so that two readers ask once; it must not run the reader that set it again.
        self.profiles
            .update_untracked(|profiles| profiles.push((slug.clone(), None)));
        later(async move {
            let answer = api::desk(self.client, &slug).await;
            let _ = self.profiles.try_maybe_update(|profiles| match answer {
                Ok(view) => {
                    if let Some(entry) = profiles.iter_mut().find(|(desk, _)| *desk == slug) {
                        entry.1 = Some(Arc::new(view));
                    }
                    (true, ())
                }
                Err(_) => {
                    // Forgotten without a word, so that the next reader asks again but a failure does not loop.
                    profiles.retain(|(desk, _)| *desk != slug);
                    (false, ())
                }
            });
        });
    }

    /// Fills in the agents of a desk, for choosing an assignee; they stay empty if that fails.
    pub fn load_agents(self, slug: String, into: RwSignal<Vec<DeskAgent>>) {
        later(async move {
            if let Ok(found) = api::desk_agents(self.client, &slug).await {
                // The page may be gone by now.
                let _ = into.try_set(found);
            }
        });
    }
}

/// The session of the signed-in agent.
pub fn session() -> Session {
    expect_context::<Session>()
}
