//! What time does to tickets.
//!
//! The [`sweeper`] looks at every ticket whose next timed effect is due (`tickets.next_effect_at`) and asks the same rules as
//! a person's command: warnings and breaches are written to the history once per clock and start of it, and a settled ticket
//! closes when its term for an answer ends, at desks that say so. A stopped worker or a jump of the clock changes when an
//! effect is written, never whether, or with which due time (I-40).

pub mod sweeper;
