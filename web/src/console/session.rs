//! Who is signed in, at which desk, and the profiles of the desks seen so far.

use std::sync::Arc;

use crate::task::later;
use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskRow, DeskView};
use shared::api::session::Me;
use shared::ticket::actor::Privilege;

use super::words::Words;
use crate::browser;
use crate::client::{ApiError, Client, console as api, use_client};
use crate::i18n::{Noun, t};

const DESK: &str = "atiende.desk";
/// Two failed calls count as two in a row when they are so many milliseconds apart: what fails together fails once.
const APART_MS: f64 = 5_000.0;

/// A desk's profile, or why it did not come.
pub type Profile = Result<Arc<DeskView>, ApiError>;

/// What a desk calls a ticket, what it is about and how urgent it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// `ticket`, `caso`, `solicitud`.
    pub ticket: Noun,
    /// `categoría`, `tema`, `grupo de ticket`.
    pub category: Noun,
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
    /// Whether the server has not answered for a while, so that what is shown may be out of date.
    pub lost: RwSignal<bool>,
    /// When the first of the calls failed that have failed since the last answer.
    failing_since: StoredValue<Option<f64>>,
    /// Those asked for so far; `None` while one is on its way.
    profiles: RwSignal<Vec<(String, Option<Profile>)>>,
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
            lost: RwSignal::new(false),
            failing_since: StoredValue::new(None),
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

    /// Notes how asking for news went, for the strip that says that what is shown may be out of date. A refusal is an
    /// answer too.
    pub fn polled(self, failure: Option<&ApiError>) {
        let down = failure
            .is_some_and(|error| matches!(error, ApiError::Offline) || error.status() >= 500);
        let before = self.failing_since.try_get_value().flatten();
        let now = browser::now_ms();
        let since = down.then(|| before.unwrap_or(now));
        let _ = self.failing_since.try_set_value(since);
        let lost = since.is_some_and(|since| now - since > APART_MS);
        // Nothing is told when nothing changes.
        if self.lost.try_get_untracked().is_some_and(|old| old != lost) {
            self.lost.set(lost);
        }
        if before.is_some() && !down {
            self.ask_again();
        }
    }

    /// Asks for the profiles that did not come; nothing is drawn again until one is there.
    fn ask_again(self) {
        let failed = self.profiles.try_with_untracked(|profiles| {
            profiles
                .iter()
                .filter(|(_, profile)| matches!(profile, Some(Err(_))))
                .map(|(desk, _)| desk.clone())
                .collect::<Vec<_>>()
        });
        for slug in failed.unwrap_or_default() {
            self.ask_profile(slug);
        }
    }

    /// A desk's profile; `None` until it has come. Follows changes when read in a reactive place.
    pub fn profile(self, slug: &str) -> Option<Arc<DeskView>> {
        self.profile_answer(slug)?.ok()
    }

    /// Forgets why a profile did not come, so that whoever reads it asks for it again.
    pub fn retry_profile(self, slug: &str) {
        self.profiles
            .update(|profiles| profiles.retain(|(desk, _)| desk != slug));
    }

    /// A desk's profile or why it did not come; `None` while it is on its way. Follows changes when read in a reactive
    /// place.
    pub fn profile_answer(self, slug: &str) -> Option<Profile> {
        let found = self.profiles.with(|profiles| {
            profiles
                .iter()
                .find(|(desk, _)| desk == slug)
                .map(|(_, profile)| profile.clone())
        });
        match found {
            Some(profile) => profile,
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
                    category: Noun::new(&desk.category_word),
                    priority: Noun::new(&desk.priority_word),
                },
                None => Speech {
                    ticket: Noun::new(t(Words::TicketWord)),
                    category: Noun::new(t(Words::CategoryWord)),
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
        self.ask_profile(slug);
    }

    fn ask_profile(self, slug: String) {
        later(async move {
            let answer = api::desk(self.client, &slug).await;
            // Once the server answers again, what failed is asked for again.
            if let Err(error) = &answer {
                self.polled(Some(error));
            }
            let _ = self.profiles.try_maybe_update(|profiles| {
                let entry = profiles.iter_mut().find(|(desk, _)| *desk == slug);
                match (entry, answer) {
                    (Some(entry), Ok(view)) => entry.1 = Some(Ok(Arc::new(view))),
                    (Some(entry), Err(error)) if entry.1.is_none() => entry.1 = Some(Err(error)),
                    // A failure is told once, and takes nothing away that is there.
                    _ => return (false, ()),
                }
                (true, ())
            });
        });
    }

    /// Fills in the agents of a desk, for choosing an assignee, or says why they did not come.
    pub fn load_agents(
        self,
        slug: String,
        into: RwSignal<Vec<DeskAgent>>,
        failure: RwSignal<Option<ApiError>>,
    ) {
        later(async move {
            let failed = match api::desk_agents(self.client, &slug).await {
                Ok(found) => {
                    // The page may be gone by now.
                    let _ = into.try_set(found);
                    None
                }
                Err(error) => Some(error),
            };
            let _ = failure.try_set(failed);
        });
    }
}

/// The session of the signed-in agent.
pub fn session() -> Session {
    expect_context::<Session>()
}
