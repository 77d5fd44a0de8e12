//! What a desk promises, and how its clocks count; plain data that the desk profile fills.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::business_time::BusinessMinutes;
use super::clock::Span;

/// A promised time, in the unit in which the agreement states it: "8 hours" and "1 day" are not the same (R-130, I-33).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Business time on the desk's calendar.
    Minutes(BusinessMinutes),
    /// The same clock time that many business days later.
    BusinessDays(u32),
}

/// What makes a text no target.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a target; write 45min, 4h, 4h30min or 2d")]
pub struct TargetError(pub String);

impl Target {
    /// Reads `45min`, `4h`, `4h30min` or `2d`; blanks between the parts do not matter.
    ///
    /// # Errors
    ///
    /// [`TargetError`] for another form, for no time at all and for more than fits.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let compact: String = text
            .chars()
            .filter(|symbol| !symbol.is_whitespace())
            .collect();
        parse_target(&compact).ok_or_else(|| TargetError(text.to_owned()))
    }
}

fn parse_target(text: &str) -> Option<Target> {
    if let Some(days) = text.strip_suffix('d') {
        return number(days)
            .and_then(|days| u32::try_from(days).ok())
            .filter(|days| *days > 0)
            .map(Target::BusinessDays);
    }
    let (hours, minutes) = match text.split_once('h') {
        Some((hours, rest)) => (number(hours)?, rest),
        None => (0, text),
    };
    let minutes = match minutes.strip_suffix("min") {
        Some(minutes) => number(minutes)?,
        None if minutes.is_empty() && text.ends_with('h') => 0,
        None => return None,
    };
    let total = BusinessMinutes::from_hours(hours)?.checked_add(BusinessMinutes(minutes))?;
    (total > BusinessMinutes::ZERO).then_some(Target::Minutes(total))
}

/// Digits only: `i64::from_str` would also take a sign.
fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => minutes.fmt(f),
            Self::BusinessDays(days) => write!(f, "{days} d"),
        }
    }
}

/// The two clocks of a ticket (R-106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// Until somebody attends the ticket; begins again at each arrival at a level.
    Attention,
    /// Until the ticket is solved.
    Solution,
}

/// One line of the table of targets: whom it is for, and what is promised. What a field leaves open fits anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetRow {
    /// The kind of request, such as `incident`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_type: Option<String>,
    /// The priority by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The support level, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The category by its key, exactly as the ticket carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The group by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Time to attention; `None` is "no committed time".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Target>,
    /// Time to solution; `None` is "no committed time" (R-107).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solution: Option<Target>,
}

impl TargetRow {
    /// Whether the row is for a ticket as it is in this span.
    pub fn matches(&self, span: &Span) -> bool {
        fits(&self.request_type, &span.request_type)
            && fits(&self.priority, &span.priority)
            && self.level.is_none_or(|level| level == span.level)
            && fits(&self.category, &span.category)
            && fits(&self.group, &span.group)
    }

    /// What the row promises for a clock.
    pub fn target(&self, kind: ClockKind) -> Option<Target> {
        match kind {
            ClockKind::Attention => self.attention,
            ClockKind::Solution => self.solution,
        }
    }

    /// Whether every ticket that `other` is for is also one of this row.
    pub fn covers(&self, other: &Self) -> bool {
        fits(&self.request_type, &other.request_type)
            && fits(&self.priority, &other.priority)
            && (self.level.is_none() || self.level == other.level)
            && fits(&self.category, &other.category)
            && fits(&self.group, &other.group)
    }
}

fn fits(wanted: &Option<String>, found: &Option<String>) -> bool {
    wanted.is_none() || wanted == found
}

/// From when the solution target counts (C-84, R-126).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsFrom {
    /// From the creation of the ticket, whatever levels it passes.
    #[default]
    Creation,
    /// From the first arrival at the present level; coming back to one resets nothing.
    ArrivalAtLevel,
}

/// An hour after which a request counts from the next business day (R-402).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeCutoff {
    /// The category by its key; `None` is every category. A corrected category gains or loses it from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Minutes from local midnight; a request at that very minute still counts today, one after it does not.
    pub minute: u16,
}

/// The minute of the first cut-off that is for a category.
pub(super) fn cutoff_of(cutoffs: &[IntakeCutoff], category: Option<&str>) -> Option<u16> {
    let fits = |cutoff: &&IntakeCutoff| {
        cutoff.category.is_none() || cutoff.category.as_deref() == category
    };
    cutoffs.iter().find(fits).map(|cutoff| cutoff.minute)
}

/// How a desk measures its service: targets and the rules of both clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlaPolicy {
    /// The table; the first row that matches decides, also when it promises nothing. No row: no committed time.
    pub targets: Vec<TargetRow>,
    /// From when the solution target counts.
    pub solution_counts_from: CountsFrom,
    /// Whether the time that a ticket waited as solved counts once it is reopened (R-131).
    pub waiting_in_solved_counts: bool,
    /// When to warn, in percent of the target, 1 to 99; other values are passed over.
    pub warn_at_percent: Vec<u8>,
    /// Hours after which a request counts from the next business day; the first that fits decides.
    pub intake_cutoffs: Vec<IntakeCutoff>,
}

impl SlaPolicy {
    /// The row that decides for a ticket as it is in this span, with its place in the table from 0.
    pub fn row_for(&self, span: &Span) -> Option<(usize, &TargetRow)> {
        self.targets
            .iter()
            .enumerate()
            .find(|(_, row)| row.matches(span))
    }

    /// What is promised for a ticket as it is in this span.
    pub fn target_for(&self, kind: ClockKind, span: &Span) -> Option<Target> {
        self.row_for(span).and_then(|(_, row)| row.target(kind))
    }

    /// The minute of the day after which a request of this category counts from the next business day.
    pub fn intake_cutoff(&self, category: Option<&str>) -> Option<u16> {
        cutoff_of(&self.intake_cutoffs, category)
    }

    /// Rows that can never decide, each with the earlier row that hides it; for the check of a desk.
    pub fn hidden_rows(&self) -> Vec<(usize, usize)> {
        let hider = |(index, row): (usize, &TargetRow)| {
            self.targets[..index]
                .iter()
                .position(|earlier| earlier.covers(row))
                .map(|earlier| (index, earlier))
        };
        self.targets.iter().enumerate().filter_map(hider).collect()
    }
}

/// What the state of a ticket, with its reason, does to the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockEffect {
    /// Business time counts.
    Runs,
    /// It does not count for now, for a stated reason (R-125).
    Paused,
    /// Solved or closed: the clocks have ended, unless the ticket is reopened.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_in_the_unit_of_the_agreement() {
        let minutes = |minutes| Ok(Target::Minutes(BusinessMinutes(minutes)));
        assert_eq!(Target::parse("45min"), minutes(45));
        assert_eq!(Target::parse("4h"), minutes(240));
        assert_eq!(Target::parse("4 h 30 min"), minutes(270));
        assert_eq!(Target::parse("2d"), Ok(Target::BusinessDays(2)));
        for wrong in [
            "",
            "4",
            "0h",
            "0d",
            "-4h",
            "+4h",
            "4h30",
            "h",
            "min",
            "4d2h",
            "99999999999999999999h",
            "9223372036854775807h",
            "4294967296d",
            "4 días",
        ] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_reads_back_as_it_is_written() {
        for text in ["45 min", "4 h", "4 h 30 min", "2 d"] {
            assert_eq!(Target::parse(text).expect("a target").to_string(), text);
        }
    }

    #[test]
    fn a_row_behind_a_wider_one_is_hidden() {
        let wide = TargetRow {
            priority: Some("p1".into()),
            ..TargetRow::default()
        };
        let narrow = TargetRow {
            level: Some(2),
            ..wide.clone()
        };
        let policy = |targets| SlaPolicy {
            targets,
            ..SlaPolicy::default()
        };
        assert_eq!(
            policy(vec![wide.clone(), narrow.clone()]).hidden_rows(),
            [(1, 0)]
        );
        assert!(policy(vec![narrow, wide]).hidden_rows().is_empty());
    }

    #[test]
    fn the_json_of_a_policy_may_leave_out_what_is_usual() {
        let policy: SlaPolicy = serde_json::from_str(r#"{"targets":[{"level":1,"solution":{"minutes":240}},{"attention":{"business_days":1}}]}"#).expect("a policy");
        assert_eq!(
            policy.targets[0].solution,
            Some(Target::Minutes(BusinessMinutes(240)))
        );
        assert_eq!(policy.targets[1].attention, Some(Target::BusinessDays(1)));
        assert_eq!(policy.solution_counts_from, CountsFrom::Creation);
    }
}
