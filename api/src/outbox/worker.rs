//! The worker that empties the outbox.
//!
//! It keeps up to [`CONNECTIONS`] mails under way, each held by a lease of [`LEASE`]. A mail that fails waits
//! 10 seconds, then twice as long each time up to an hour, and is given up after three days or when the server says
//! never. While no server can be reached the waits stay under two minutes, and one success after a general failure makes
//! everything due at once, so that an outage of an hour is over minutes after the server is back (F-5).

use std::collections::HashSet;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shared::i18n::Lang;
use shared::ticket::text::EmailAddress;

use super::Wake;
use super::store::{self, Claimed, Marked, Outcome};
use crate::app::AppState;
use crate::clock::Clock;
use crate::config::PublicUrl;
use crate::db::{Db, DbError};
use crate::mail::MailPayload;
use crate::mail::render::{self, OutgoingMail, Source};
use crate::mail::transport::{CONNECTIONS, DeliveryError, Transport, TransportError};

/// How long a claim holds; longer than a mail may take, a failed try with its second hello included.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How often the worker looks when nobody wakes it, for mail of other processes and mail that waits for a retry.
const POLL: Duration = Duration::from_secs(2);
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
const LONGEST_WAIT_FOR_SERVER: TimeDelta = TimeDelta::minutes(2);
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(3);
/// So many different mails failing in a row mean that the server is in trouble and not the mails.
const TROUBLE: usize = 3;

/// Sends what is due.
pub struct Worker {
    db: Db,
    transport: Transport,
    public_url: PublicUrl,
    health: Mutex<Health>,
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Mails that the transport took.
    pub sent: usize,
    /// Mails that will be tried again.
    pub retried: usize,
    /// Mails that were given up.
    pub failed: usize,
    /// Mails that another worker took over because our lease ran out, or that were withdrawn while a try failed.
    pub lost: usize,
}

/// The mails that failed since the last success.
#[derive(Debug, Default)]
struct Health {
    failing: HashSet<i64>,
}

/// How one try ended.
enum Tried {
    Sent,
    Unreachable(String),
    Temporary(String),
    Hopeless(String),
}

impl Worker {
    /// A worker over a database and a transport.
    pub fn new(db: Db, transport: Transport, public_url: PublicUrl) -> Self {
        Self {
            db,
            transport,
            public_url,
            health: Mutex::default(),
        }
    }

    /// The worker that an application's settings ask for.
    ///
    /// # Errors
    /// When the settings of the mail server cannot be used.
    pub fn of(state: &AppState) -> Result<Self, TransportError> {
        let transport = Transport::new(&state.settings, &state.db)?;
        Ok(Self::new(
            state.db.clone(),
            transport,
            state.settings.public_url.clone(),
        ))
    }

    /// Works until `stop` is ready, then finishes the mails under way.
    pub async fn run(&self, clock: Clock, wake: Wake, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let stopping = AtomicBool::new(false);
        loop {
            let mut round = std::pin::pin!(self.round(|| clock.now(), &stopping));
            let outcome = tokio::select! {
                outcome = &mut round => outcome,
                () = &mut stop => {
                    stopping.store(true, Ordering::Relaxed);
                    round.await
                }
            };
            if let Err(error) = outcome {
                tracing::error!(error = %error, "the outbox could not be read or written");
            }
            if stopping.load(Ordering::Relaxed) {
                return;
            }
            tokio::select! {
                () = wake.woken() => {}
                () = tokio::time::sleep(POLL) => {}
                () = &mut stop => return,
            }
        }
    }

    /// Sends everything that is due at `now` and tells what happened; for tests and the command line.
    ///
    /// # Errors
    /// When the outbox cannot be read or written. What was sent before stays sent.
    pub async fn run_once(&self, now: DateTime<Utc>) -> Result<Round, DbError> {
        self.round(|| now, &AtomicBool::new(false)).await
    }

    /// Claims and sends until nothing is due, no server can be reached, the database fails, or somebody wants to stop.
    /// Mails under way are always finished.
    async fn round(
        &self,
        now: impl Fn() -> DateTime<Utc> + Send + Sync,
        stopping: &AtomicBool,
    ) -> Result<Round, DbError> {
        let mut round = Round::default();
        let mut under_way = FuturesUnordered::new();
        let mut trouble = None;
        let mut goes_on = true;
        loop {
            let free = CONNECTIONS as usize - under_way.len();
            if goes_on && free > 0 && !stopping.load(Ordering::Relaxed) {
                match self.claim(now(), free).await {
                    Ok(claimed) => under_way.extend(
                        claimed
                            .into_iter()
                            .map(|claimed| self.attempt(claimed, now())),
                    ),
                    Err(error) => {
                        goes_on = false;
                        trouble.get_or_insert(error);
                    }
                }
            }
            let Some((claimed, tried)) = under_way.next().await else {
                break;
            };
            goes_on &= !matches!(tried, Tried::Unreachable(_));
            if let Err(error) = self.finish(&mut round, now(), claimed, tried).await {
                goes_on = false;
                trouble.get_or_insert(error);
            }
        }
        trouble.map_or(Ok(round), Err)
    }

    async fn claim(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Claimed>, DbError> {
        let limit = i64::try_from(limit).unwrap_or(1);
        self.db
            .write(move |conn| Ok(store::claim(conn, now, now + LEASE, limit)?))
            .await
    }

    async fn attempt(&self, claimed: Claimed, now: DateTime<Utc>) -> (Claimed, Tried) {
        let tried = match self.compose(&claimed, now) {
            Ok(mail) => match self.transport.deliver(&mail, now).await {
                Ok(()) => Tried::Sent,
                Err(DeliveryError::Unreachable(words)) => Tried::Unreachable(words),
                Err(DeliveryError::Temporary(words)) => Tried::Temporary(words),
                Err(DeliveryError::Permanent(words)) => Tried::Hopeless(words),
                Err(error @ DeliveryError::Database(_)) => Tried::Temporary(error.to_string()),
            },
            Err(words) => Tried::Hopeless(words),
        };
        (claimed, tried)
    }

    /// Makes the mail, or says why there is none to send.
    fn compose(&self, claimed: &Claimed, now: DateTime<Utc>) -> Result<OutgoingMail, String> {
        let payload: MailPayload = serde_json::from_str(&claimed.payload)
            .map_err(|error| format!("the stored mail cannot be read: {error}"))?;
        if payload.content.expires_at().is_some_and(|end| end <= now) {
            return Err("the code expired before the mail could be sent".to_owned());
        }
        let recipient =
            EmailAddress::parse(&claimed.recipient).map_err(|error| error.to_string())?;
        let source = Source {
            recipient: &recipient,
            lang: Lang::parse(&claimed.language).unwrap_or_default(),
            payload: &payload,
            message_id: &claimed.message_id,
            written_at: claimed.created_at,
        };
        render::outgoing(source, &self.public_url).map_err(|error| error.to_string())
    }

    /// Writes down how a try ended.
    async fn finish(
        &self,
        round: &mut Round,
        now: DateTime<Utc>,
        claimed: Claimed,
        tried: Tried,
    ) -> Result<(), DbError> {
        let recovered = self
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .note(claimed.id, &tried);
        let id = claimed.id;
        let outcome = outcome(&claimed, tried, now);
        let kind = outcome.clone();
        let marked = self
            .db
            .write(move |conn| Ok::<_, DbError>(store::mark(conn, now, &claimed, &outcome)?))
            .await?;
        match (marked, kind) {
            (Marked::LeaseLost, _) => {
                round.lost += 1;
                tracing::warn!(
                    mail.id = id,
                    "a mail that took too long was taken over by another worker, or it was withdrawn meanwhile"
                );
            }
            (Marked::Written, Outcome::Sent) => round.sent += 1,
            (Marked::Written, Outcome::Retry { at, .. }) => {
                round.retried += 1;
                tracing::info!(mail.id = id, next_attempt_at = %at, "a mail was not taken and will be tried again");
            }
            (Marked::Written, Outcome::Failed { .. }) => {
                round.failed += 1;
                tracing::warn!(mail.id = id, "a mail was given up; the outbox row says why");
            }
        }
        if recovered {
            let due = self
                .db
                .write(move |conn| Ok::<_, DbError>(store::retry_all_now(conn, now)?))
                .await?;
            tracing::info!(mails = due, "the mail server takes mail again");
        }
        Ok(())
    }
}

impl Health {
    /// Takes note of a try; `true` when mail flows again after a general failure.
    fn note(&mut self, id: i64, tried: &Tried) -> bool {
        match tried {
            Tried::Sent => std::mem::take(&mut self.failing).len() >= TROUBLE,
            Tried::Unreachable(_) | Tried::Temporary(_) => {
                self.failing.insert(id);
                false
            }
            Tried::Hopeless(_) => false,
        }
    }
}

fn outcome(claimed: &Claimed, tried: Tried, now: DateTime<Utc>) -> Outcome {
    let (error, longest) = match tried {
        Tried::Sent => return Outcome::Sent,
        Tried::Hopeless(error) => return Outcome::Failed { error },
        Tried::Unreachable(error) => (error, LONGEST_WAIT_FOR_SERVER),
        Tried::Temporary(error) => (error, LONGEST_WAIT),
    };
    if now - claimed.created_at >= GIVE_UP_AFTER {
        return Outcome::Failed { error };
    }
    Outcome::Retry {
        at: now + wait(claimed, longest),
        error,
    }
}

/// 10 seconds, doubled with each failed try up to `longest`, and up to a fifth more so that mails do not return in step.
/// The extra comes from the mail's id: the same mail waits the same time in every run.
fn wait(claimed: &Claimed, longest: TimeDelta) -> TimeDelta {
    let doublings = u32::try_from(claimed.attempts).unwrap_or(0).min(12);
    let wait = (FIRST_WAIT * 2i32.pow(doublings)).min(longest);
    let mut hasher = DefaultHasher::new();
    (&claimed.message_id, claimed.attempts).hash(&mut hasher);
    let permille = i32::try_from(hasher.finish() % 200).unwrap_or(0);
    wait + wait * permille / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(attempts: i32) -> Claimed {
        Claimed {
            id: 1,
            recipient: "ana@example.org".to_owned(),
            language: "es".to_owned(),
            payload: String::new(),
            message_id: "solved.1".to_owned(),
            attempts,
            created_at: DateTime::UNIX_EPOCH,
            lease: "lease".to_owned(),
        }
    }

    #[test]
    fn waits_double_from_ten_seconds_to_an_hour() {
        let seconds = |attempts| wait(&claimed(attempts), LONGEST_WAIT).num_seconds();
        for (attempts, least) in [
            (0, 10),
            (1, 20),
            (2, 40),
            (5, 320),
            (9, 3600),
            (30, 3600),
            (i32::MAX, 3600),
        ] {
            assert!(
                (least..=least * 12 / 10).contains(&seconds(attempts)),
                "{attempts}: {}",
                seconds(attempts)
            );
        }
        assert!(wait(&claimed(30), LONGEST_WAIT_FOR_SERVER) <= LONGEST_WAIT_FOR_SERVER * 6 / 5);
    }

    #[test]
    fn a_mail_is_given_up_after_three_days() {
        let at = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        let tried = || Tried::Temporary("451 later".to_owned());
        assert!(matches!(
            outcome(&claimed(9), tried(), at(2)),
            Outcome::Retry { .. }
        ));
        assert!(matches!(
            outcome(&claimed(9), tried(), at(3)),
            Outcome::Failed { .. }
        ));
    }

    #[test]
    fn one_success_after_a_general_failure_makes_everything_due() {
        let mut health = Health::default();
        for id in [1, 1, 2] {
            assert!(!health.note(id, &Tried::Temporary(String::new())));
        }
        assert!(
            !health.note(9, &Tried::Sent),
            "two failing mails are no general failure"
        );
        for id in [1, 2, 3] {
            assert!(!health.note(id, &Tried::Unreachable(String::new())));
        }
        assert!(health.note(9, &Tried::Sent));
        assert!(!health.note(9, &Tried::Sent));
    }
}
