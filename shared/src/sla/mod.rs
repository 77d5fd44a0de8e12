//! How long a ticket may take, and how long it has taken.
//!
//! The cast: a [`calendar::Calendar`] says when a desk works (windows a day, computed holidays, dated overrides, a time
//! zone); a [`policy::SlaPolicy`] says what is promised to whom; a ticket keeps its [`clock::Span`]s, one for each change
//! that matters to a clock. From these three, [`clock`] computes the state of the two clocks (attention and solution) at any
//! instant, [`clock::due_effects`] tells the sweeper what became due, and [`explain`] shows segment by segment where a
//! figure comes from.
//!
//! The guarantee: everything here is a pure function of its arguments. Nothing is stored, nothing asks for the time, so the
//! server, the sweeper and the browser reach the same figure to the microsecond, and a late sweeper changes when an effect
//! is written but never whether, or with which due time. Where a desk changes its hours, [`hours`] keeps what counted before.

pub mod business_time;
pub mod calendar;
pub mod clock;
pub mod deadline;
pub mod explain;
pub mod holidays;
pub mod hours;
pub mod policy;
mod replay;
