//! Budgets of requests: who may ask how often.
//!
//! The middleware charges every request but those for files that never change ([`RateClass::Read`],
//! [`RateClass::Write`]) to whoever's access token it carries, else to its client network, and tells the state in
//! `RateLimit` headers. Slices charge what costs more, by the key that fits: `state.limits.check(…)`.

use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::ApiError;
use crate::config::{Budget, Limits};

/// Kinds of requests with a budget of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// Asking for a one-time code, by client network.
    CodeAsk,
    /// Trying a one-time code, by client network.
    CodeTry,
    /// Asking for access, by client network.
    AccessRequest,
    /// Uploading a file, by agent or requester.
    Upload,
    /// Uploading a file without a session, by client network.
    UploadPrefix,
    /// Sending a ticket form, by client network and requester.
    Create,
    /// Recording a ticket, by agent or API token.
    CreateByAgent,
    /// Anything with an API token, by token.
    Token,
    /// Searching, by caller.
    Search,
    /// Reading, by caller with an access token, else by client network.
    Read,
    /// Writing, by caller with an access token, else by client network.
    Write,
}

impl RateClass {
    const ALL: [Self; 11] = [
        Self::CodeAsk,
        Self::CodeTry,
        Self::AccessRequest,
        Self::Upload,
        Self::UploadPrefix,
        Self::Create,
        Self::CreateByAgent,
        Self::Token,
        Self::Search,
        Self::Read,
        Self::Write,
    ];

    /// Name in the headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeAsk => "code-ask",
            Self::CodeTry => "code-try",
            Self::AccessRequest => "access-request",
            Self::Upload => "upload",
            Self::UploadPrefix => "upload-network",
            Self::Create => "create",
            Self::CreateByAgent => "create-agent",
            Self::Token => "token",
            Self::Search => "search",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn budget(self, limits: &Limits) -> Budget {
        match self {
            Self::CodeAsk => limits.code_ask_per_prefix,
            Self::CodeTry => limits.code_try_per_prefix,
            Self::AccessRequest => limits.access_request_per_prefix,
            Self::Upload => limits.upload,
            Self::UploadPrefix => limits.upload_per_prefix,
            Self::Create => limits.create_per_requester,
            Self::CreateByAgent => limits.create_per_agent,
            Self::Token => limits.token,
            Self::Search => limits.search,
            Self::Read => limits.read,
            Self::Write => limits.write,
        }
    }
}

type Limiter =
    RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

struct ClassLimiter {
    budget: Budget,
    limiter: Limiter,
}

/// The counters of this process.
pub struct RateLimits {
    /// In the order of [`RateClass::ALL`].
    classes: Vec<ClassLimiter>,
    clock: DefaultClock,
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateState {
    class: RateClass,
    budget: Budget,
    remaining: u32,
}

impl RateLimits {
    /// Fresh counters.
    pub fn new(limits: &Limits) -> Self {
        let class_limiter = |class: RateClass| {
            let budget = class.budget(limits);
            ClassLimiter {
                budget,
                limiter: RateLimiter::keyed(quota(budget)).with_middleware(),
            }
        };
        Self {
            classes: RateClass::ALL.into_iter().map(class_limiter).collect(),
            clock: DefaultClock::default(),
        }
    }

    /// Charges one request to a key.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait when the budget is used up.
    pub fn check(&self, class: RateClass, key: impl ToString) -> Result<RateState, ApiError> {
        let ClassLimiter { budget, limiter } = &self.classes[class as usize];
        match limiter.check_key(&key.to_string()) {
            Ok(snapshot) => Ok(RateState {
                class,
                budget: *budget,
                remaining: snapshot.remaining_burst_capacity(),
            }),
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                tracing::warn!(rate.class = class.name(), "a budget of requests is used up");
                Err(ApiError::rate_limited(wait.as_secs() + 1))
            }
        }
    }

    /// Forgets keys whose budget is whole again; called on a timer, or the tables would only grow.
    pub fn forget_idle(&self) {
        for class in &self.classes {
            class.limiter.retain_recent();
            class.limiter.shrink_to_fit();
        }
    }
}

/// All of the budget may be used at once; then it comes back evenly.
fn quota(budget: Budget) -> Quota {
    let count = NonZeroU32::new(budget.count).unwrap_or(NonZeroU32::MIN);
    let each = Duration::from_secs(budget.seconds.max(1).into()) / count.get();
    Quota::with_period(each.max(Duration::from_nanos(1)))
        .unwrap_or_else(|| Quota::per_second(count))
        .allow_burst(count)
}

impl RateState {
    /// Writes `RateLimit-Policy` and `RateLimit`.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        let name = self.class.name();
        let policy = format!(
            "\"{name}\";q={};w={}",
            self.budget.count, self.budget.seconds
        );
        // Seconds until one more request is allowed again, at most.
        let next = self.budget.seconds.div_ceil(self.budget.count);
        let state = format!("\"{name}\";r={};t={next}", self.remaining);
        for (name, text) in [
            (HeaderName::from_static("ratelimit-policy"), policy),
            (HeaderName::from_static("ratelimit"), state),
        ] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::api::problem::ProblemType;

    use super::*;

    fn limits() -> RateLimits {
        RateLimits::new(&Limits {
            search: Budget {
                count: 3,
                seconds: 900,
            },
            ..Limits::default()
        })
    }

    #[test]
    fn a_used_up_budget_refuses_that_key_only() {
        let limits = limits();
        for left in [2, 1, 0] {
            assert_eq!(
                limits.check(RateClass::Search, "ana").unwrap().remaining,
                left
            );
        }
        let refused = limits.check(RateClass::Search, "ana").unwrap_err();
        assert_eq!(refused.kind(), ProblemType::RateLimited);
        assert!(
            refused
                .retry_after()
                .is_some_and(|seconds| (1..=301).contains(&seconds))
        );
        assert!(limits.check(RateClass::Search, "ben").is_ok());
        assert!(limits.check(RateClass::Token, "ana").is_ok());
    }

    #[test]
    fn classes_stand_in_the_order_of_their_numbers() {
        for (index, class) in RateClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }

    #[test]
    fn the_headers_tell_the_budget() {
        let mut headers = HeaderMap::new();
        limits()
            .check(RateClass::Search, "ana")
            .unwrap()
            .write_headers(&mut headers);
        assert_eq!(
            headers.get("ratelimit-policy").unwrap(),
            "\"search\";q=3;w=900"
        );
        assert_eq!(headers.get("ratelimit").unwrap(), "\"search\";r=2;t=300");
    }
}
