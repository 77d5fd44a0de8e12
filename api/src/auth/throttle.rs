//! Budgets of the ways to sign in, charged before anything costly happens.
//!
//! Of agents' sign-ins only the failed ones count ([`SignIns`]): a whole office may begin its day at once. They count to
//! the client's network, and to the account *as tried from that network*, so that nobody can lock somebody else's account
//! from elsewhere. Failures at an account from everywhere together only slow it down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::ticket::text::EmailAddress;

use crate::clock;
use crate::config::{Budget, Limits};
use crate::http::ApiError;
use crate::http::context::RequestContext;
use crate::http::rate::{RateClass, RateLimits};

/// Beyond the ceiling an account takes one sign-in in this time.
const PACE: Duration = Duration::from_secs(1);
/// A sign-in that would wait longer for its turn is told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a failure counts to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Network(IpAddr),
    AccountFromNetwork(String, IpAddr),
    Account(String),
}

/// Failures of a key since the first of them.
#[derive(Debug)]
struct Tally {
    since: Instant,
    count: u32,
    /// When the account takes the next sign-in, once it is slowed down.
    next_turn: Instant,
}

/// The failed sign-ins of this process.
#[derive(Debug)]
pub struct SignIns {
    limits: Limits,
    tallies: Mutex<HashMap<Key, Tally>>,
}

/// A sign-in under way. It counts as failed until it is known to have succeeded, so that many at once cannot pass.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    sign_ins: Arc<SignIns>,
    keys: [Key; 3],
    /// How long it must wait for its turn.
    pub wait: Duration,
}

impl SignIns {
    /// No failures yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            tallies: Mutex::default(),
        }
    }

    /// Begins a sign-in to an account, which need not exist: unknown ones are counted alike, so that the answer does not
    /// tell them apart. The caller waits for [`Attempt::wait`] first.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn begin(self: &Arc<Self>, network: IpAddr, account: &str) -> Result<Attempt, ApiError> {
        let now = clock::monotonic();
        let keys = [
            Key::Network(network),
            Key::AccountFromNetwork(account.to_owned(), network),
            Key::Account(account.to_owned()),
        ];
        let mut tallies = self.lock();
        for key in &keys[..2] {
            let budget = self.budget(key);
            if let Some(tally) = tallies.get(key).filter(|tally| tally.lasts(budget, now))
                && tally.count >= budget.count
            {
                tracing::warn!("too many sign-ins failed");
                let end = tally.since + period(budget);
                return Err(refuse(end.saturating_duration_since(now)));
            }
        }
        let wait = self.turn(&mut tallies, &keys[2], now)?;
        for key in &keys {
            let budget = self.budget(key);
            let tally = tallies.entry(key.clone()).or_insert(Tally::new(now));
            if !tally.lasts(budget, now) {
                *tally = Tally::new(now);
            }
            tally.count = tally.count.saturating_add(1);
        }
        Ok(Attempt {
            sign_ins: Arc::clone(self),
            keys,
            wait,
        })
    }

    /// Forgets failures that no longer count; called on a timer, or the table would only grow.
    pub fn forget_idle(&self) {
        let now = clock::monotonic();
        let mut tallies = self.lock();
        tallies.retain(|key, tally| tally.lasts(self.budget(key), now));
        tallies.shrink_to_fit();
    }

    /// How long a sign-in to the account waits: not at all below the ceiling.
    fn turn(
        &self,
        tallies: &mut HashMap<Key, Tally>,
        account: &Key,
        now: Instant,
    ) -> Result<Duration, ApiError> {
        let budget = self.budget(account);
        let Some(tally) = tallies
            .get_mut(account)
            .filter(|tally| tally.lasts(budget, now) && tally.count >= budget.count)
        else {
            return Ok(Duration::ZERO);
        };
        let turn = tally.next_turn.max(now + PACE);
        let wait = turn - now;
        if wait > LONGEST_WAIT {
            return Err(refuse(wait));
        }
        tally.next_turn = turn + PACE;
        Ok(wait)
    }

    fn budget(&self, key: &Key) -> Budget {
        match key {
            Key::Network(_) => self.limits.login_per_prefix,
            Key::AccountFromNetwork(..) => self.limits.login_per_account,
            Key::Account(_) => self.limits.login_ceiling,
        }
    }

    /// A panic while holding the lock cannot leave the table half-changed in a way that matters.
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// The password was right: it was no failure.
    pub fn succeeded(self) {
        let mut tallies = self.sign_ins.lock();
        for key in &self.keys {
            if let Some(tally) = tallies.get_mut(key) {
                tally.count = tally.count.saturating_sub(1);
            }
        }
    }
}

impl Tally {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            count: 0,
            next_turn: now,
        }
    }

    fn lasts(&self, budget: Budget, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < period(budget)
    }
}

fn period(budget: Budget) -> Duration {
    Duration::from_secs(budget.seconds.into())
}

fn refuse(wait: Duration) -> ApiError {
    ApiError::rate_limited(wait.as_secs() + 1)
}

/// Charges a ticket form to the requester as named from the client's network: nobody else can use their budget up.
///
/// # Errors
/// `rate_limited`.
pub fn draft(
    limits: &RateLimits,
    context: &RequestContext,
    email: &EmailAddress,
) -> Result<(), ApiError> {
    let key = format!("{}:{}", context.client_prefix(), email.canonical());
    limits.check(RateClass::Create, key).map(drop)
}

/// Charges the request of a one-time code to the client's network. The budget per address is kept in the database and
/// has no answer of its own.
///
/// # Errors
/// `rate_limited`.
pub fn code_ask(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::CodeAsk, context.client_prefix())
        .map(drop)
}

/// Charges the try of a one-time code to the client's network.
///
/// # Errors
/// `rate_limited`.
pub fn code_try(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::CodeTry, context.client_prefix())
        .map(drop)
}

/// Charges an access request to the client's network.
///
/// # Errors
/// `rate_limited`.
pub fn access_request(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::AccessRequest, context.client_prefix())
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn sign_ins() -> Arc<SignIns> {
        let budget = |count| Budget {
            count,
            seconds: 900,
        };
        Arc::new(SignIns::new(&Limits {
            login_per_account: budget(3),
            login_per_prefix: budget(5),
            login_ceiling: budget(6),
            ..Limits::default()
        }))
    }

    fn network(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(203, 0, last, 0))
    }

    #[test]
    fn failures_from_one_network_lock_the_account_for_that_network_only() {
        let sign_ins = sign_ins();
        for _ in 0..3 {
            let _failed = sign_ins.begin(network(1), "laura").unwrap();
        }
        let refused = sign_ins.begin(network(1), "laura").unwrap_err();
        assert!(
            refused
                .retry_after()
                .is_some_and(|seconds| (890..=901).contains(&seconds))
        );
        assert!(sign_ins.begin(network(1), "julian").is_ok());
        assert!(sign_ins.begin(network(2), "laura").is_ok());
    }

    #[test]
    fn who_signs_in_is_not_counted() {
        let sign_ins = sign_ins();
        for _ in 0..50 {
            sign_ins.begin(network(1), "laura").unwrap().succeeded();
        }
        let under_way: Vec<_> = (0..3)
            .map(|_| sign_ins.begin(network(1), "laura").unwrap())
            .collect();
        assert!(
            sign_ins.begin(network(1), "laura").is_err(),
            "tries at once count"
        );
        under_way.into_iter().for_each(Attempt::succeeded);
        assert!(sign_ins.begin(network(1), "laura").is_ok());
    }

    #[test]
    fn a_network_has_a_budget_over_all_accounts() {
        let sign_ins = sign_ins();
        for number in 0..5 {
            let _failed = sign_ins
                .begin(network(1), &format!("agent{number}"))
                .unwrap();
        }
        assert!(sign_ins.begin(network(1), "laura").is_err());
        assert!(sign_ins.begin(network(2), "laura").is_ok());
    }

    #[test]
    fn failures_from_everywhere_slow_an_account_but_do_not_lock_it() {
        let sign_ins = sign_ins();
        for number in 0..6 {
            let attempt = sign_ins.begin(network(number), "laura").unwrap();
            assert_eq!(attempt.wait, Duration::ZERO);
        }
        let first = sign_ins.begin(network(100), "laura").unwrap();
        let second = sign_ins.begin(network(101), "laura").unwrap();
        assert!(first.wait > Duration::ZERO && first.wait <= PACE);
        assert!(second.wait > PACE && second.wait <= 2 * PACE);
        assert_eq!(
            sign_ins.begin(network(102), "julian").unwrap().wait,
            Duration::ZERO
        );
        let refused = (103..120).find_map(|number| sign_ins.begin(network(number), "laura").err());
        let wait = refused.and_then(|error| error.retry_after());
        assert!(wait.is_some_and(|seconds| seconds <= 12), "{wait:?}");
    }

    #[test]
    fn what_no_longer_counts_is_forgotten() {
        let sign_ins = Arc::new(SignIns::new(&Limits {
            login_per_account: Budget {
                count: 1,
                seconds: 0,
            },
            login_per_prefix: Budget {
                count: 1,
                seconds: 0,
            },
            login_ceiling: Budget {
                count: 1,
                seconds: 0,
            },
            ..Limits::default()
        }));
        let _failed = sign_ins.begin(network(1), "laura").unwrap();
        sign_ins.forget_idle();
        assert!(sign_ins.lock().is_empty());
    }
}
