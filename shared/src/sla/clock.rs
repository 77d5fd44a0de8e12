//! The two clocks of a ticket: attention and solution.
//!
//! A ticket keeps its [`Span`]s, and the clocks are computed from them by replaying the spans; nothing is accumulated
//! anywhere. The rules:
//!
//! * The attention clock starts at creation and again at each change of level (a new *generation*, R-108); the first span
//!   that is `attended` meets it.
//! * The solution clock starts at creation, or at the first arrival at the present level where the policy says so (C-84):
//!   coming back to a level goes on with its time, and with the time spent elsewhere since (C-64). It ends when the ticket is
//!   solved; reopening resumes it and never resets it. Time in solved counts only if the policy says so.
//! * Paused time never counts. Nor does the time to the next business day of a request that came after the intake
//!   cut-off, as long as its category has one.
//! * The target in force at each moment decides. A clock is breached at the moment when it runs on after its due time, or
//!   when a shorter target finds more time already used, and it stays breached whatever follows. Without a target
//!   there is no breach.
//! * Office hours that the desk changes while a ticket is open hold from that moment on (I-35).
//! * A target in business days is due at the same clock time that many business days after the start, moved by the business
//!   time of the pauses before it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::business_time::BusinessTime;
use super::calendar::Calendar;
use super::hours::Era;
use super::policy::{ClockEffect, ClockKind, SlaPolicy, Target};
use super::replay::{self, Replay};

/// A change that matters to the clocks; what it says holds until the next one. Spans are kept in the order of `at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// What the state and reason of the ticket do to the clocks, by the desk's rules.
    pub effect: ClockEffect,
    /// The key of the reason, or of the state where it has none; names a pause in an explanation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Support level, 1 to 3.
    pub level: u8,
    /// The kind of request by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_type: Option<String>,
    /// The priority by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The category by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The group by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether a person has attended the ticket at this level, from here on.
    #[serde(default)]
    pub attended: bool,
    /// Who made the change; `None` for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// What a clock is computed from.
#[derive(Clone, Copy, Debug)]
pub struct ClockInput<'a> {
    /// When the ticket was created. What the first span says holds from here on.
    pub created_at: DateTime<Utc>,
    /// The changes, in the order of time.
    pub spans: &'a [Span],
    /// The calendar of the desk, in the version that the ticket is measured with now.
    pub calendar: &'a Calendar,
    /// The policy of the desk, in the same version.
    pub policy: &'a SlaPolicy,
    /// What counted before the desk changed its hours while the ticket was open, in the order of time: what was used then
    /// stays used. Targets are those of `policy` throughout.
    pub eras: &'a [Era],
}

/// How a clock stands, in one word; a breach outweighs everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStatus {
    /// No committed time: nothing to meet and nothing to breach.
    NoTarget,
    /// Within its target, and counting.
    Running,
    /// Within its target, and waiting.
    Paused,
    /// Ended within its target.
    Met,
    /// Past its target, whether it still runs or ended late.
    Breached,
    /// Ended within its target, but by something else than what it waits for: solved or moved to another level before
    /// anybody attended it.
    Stopped,
}

/// One clock of one ticket at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// Which clock.
    pub kind: ClockKind,
    /// 1 for the first start; one more each time the clock starts anew. The clock of a level that the ticket comes back to
    /// keeps its number.
    pub generation: u32,
    /// How it stands.
    pub status: ClockStatus,
    /// Whether it counts, waits or has ended; tells a breached clock that still runs from one that ended late.
    pub effect: ClockEffect,
    /// The target in force, or the one in force when it ended; `None` is "no committed time".
    pub target: Option<Target>,
    /// From when it counts; later than its arrival only while the intake cut-off holds it.
    pub started_at: DateTime<Utc>,
    /// Business time counted in this generation. Counted without a target too, for information.
    pub used: BusinessTime,
    /// Business time left, negative when overdrawn; `None` without a target.
    pub remaining: Option<BusinessTime>,
    /// When the target is or was over; as if it had run on for a clock that has ended. `None` without a target, and while
    /// it waits with time left, since that depends on when it resumes.
    pub due_at: Option<DateTime<Utc>>,
    /// When what it waits for happened; the attention or the solution.
    pub met_at: Option<DateTime<Utc>>,
    /// When this generation was breached.
    pub breached_at: Option<DateTime<Utc>>,
    /// When the clock was first breached in any generation, for reports.
    pub first_breached_at: Option<DateTime<Utc>>,
}

/// The attention clock at `now`, in its current generation. Spans after `now` are not looked at.
pub fn attention(input: &ClockInput<'_>, now: DateTime<Utc>) -> ClockState {
    current(input, ClockKind::Attention, now)
}

/// The solution clock at `now`, in its current generation. Spans after `now` are not looked at.
pub fn solution(input: &ClockInput<'_>, now: DateTime<Utc>) -> ClockState {
    current(input, ClockKind::Solution, now)
}

/// A clock at `now` in each generation it has had, the current one last; never empty.
pub fn generations(input: &ClockInput<'_>, kind: ClockKind, now: DateTime<Utc>) -> Vec<ClockState> {
    let mut first_breached_at = None;
    let state_of = |replay: Replay<'_>| {
        first_breached_at = first_breached_at
            .into_iter()
            .chain(replay.breached_at)
            .min();
        replay.state(first_breached_at)
    };
    replay::generations(input, kind, now)
        .into_iter()
        .map(state_of)
        .collect()
}

fn current(input: &ClockInput<'_>, kind: ClockKind, now: DateTime<Utc>) -> ClockState {
    let replays = replay::generations(input, kind, now);
    let earlier_breaches = replays
        .earlier
        .iter()
        .filter_map(|replay| replay.breached_at);
    let first = earlier_breaches.chain(replays.current.breached_at).min();
    replays.current.state(first)
}

/// Something that becomes due on a clock, once per clock, generation and level; together they are the key that makes an
/// effect happen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DueEffect {
    /// Which clock.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// What happens.
    pub what: DueWhat,
    /// When it became due, however late it is noticed.
    pub at: DateTime<Utc>,
}

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueWhat {
    /// This percentage of the target is used.
    Warning(u8),
    /// The target is over.
    Breach,
}

/// Everything that became due on both clocks up to `now`, in the order of time: warnings from low to high, then the breach.
/// Nothing becomes due while a clock waits or after it ended, except the breach by a target that became too short meanwhile.
/// A warning that comes no earlier than the breach of its generation is left out. The same call later gives the same list,
/// possibly longer.
pub fn due_effects(input: &ClockInput<'_>, now: DateTime<Utc>) -> Vec<DueEffect> {
    let mut effects: Vec<DueEffect> = [ClockKind::Attention, ClockKind::Solution]
        .into_iter()
        .flat_map(|kind| replay::generations(input, kind, now).into_iter())
        .flat_map(|replay| replay.effects())
        .collect();
    effects.sort_by_key(|effect| (effect.at, effect.clock, effect.generation, effect.what));
    effects
}

/// The next effect of either clock if nothing happens to the ticket: when the sweeper has to look again. A breach is
/// written once its instant lies in the past. `None` when both clocks wait, have ended or promise nothing more.
pub fn next_effect(input: &ClockInput<'_>, now: DateTime<Utc>) -> Option<DueEffect> {
    [ClockKind::Attention, ClockKind::Solution]
        .into_iter()
        .filter_map(|kind| replay::generations(input, kind, now).current.next_effect())
        .min_by_key(|effect| (effect.at, effect.clock, effect.what))
}
