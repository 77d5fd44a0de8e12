//! Clocks on the screen: what a chip says, with icon, words and figure, counted down on the desk's own calendar.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::api::desks::DeskView;
use shared::api::tickets::{ClockName, ClockStatus};
use shared::sla::business_time::{BusinessMinutes, BusinessTime};

use super::ticker::ticker;
use super::words::Words;
use crate::components::icon;
use crate::i18n::dates::{DEFAULT_ZONE, Style, instant, iso};
use crate::i18n::{t, t_with};

/// From here on a chip warns, in seconds of business time.
const SOON_SECONDS: i64 = 3600;
/// From here on a chip counts seconds.
const CLOSE_SECONDS: i64 = 600;

/// What a chip shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Class of the chip, which gives the colour.
    pub class: &'static str,
    /// Icon, so that the colour never speaks alone.
    pub symbol: &'static str,
    /// The figure or the word.
    pub text: String,
    /// The same with more words, where a figure alone could be taken for hours of the clock.
    long: Option<String>,
    /// Words before the figure for who cannot see icon and colour.
    pub spoken: &'static str,
    /// Whether the end is near enough to count seconds.
    close: bool,
}

impl Reading {
    fn word(class: &'static str, symbol: &'static str, text: &'static str) -> Self {
        Self {
            class,
            symbol,
            text: text.to_owned(),
            long: None,
            spoken: "",
            close: false,
        }
    }
}

/// Reads a clock at an instant.
pub fn read(
    status: ClockStatus,
    due_at: Option<DateTime<Utc>>,
    desk: Option<&DeskView>,
    now: DateTime<Utc>,
) -> Reading {
    match (status, due_at) {
        (ClockStatus::Running, Some(due)) => read_running(due, desk, now),
        (ClockStatus::Running, None) | (ClockStatus::None, _) => {
            Reading::word("none", "circle", t(Words::NoTarget))
        }
        (ClockStatus::Paused, _) => Reading::word("paused", "pause", t(Words::Paused)),
        (ClockStatus::Met, _) => Reading::word("met", "check", t(Words::Met)),
        (ClockStatus::Breached, Some(due)) => overdue(due, desk, now),
        (ClockStatus::Breached, None) => Reading::word("breached", "alert", t(Words::Overdue)),
    }
}

fn read_running(due: DateTime<Utc>, desk: Option<&DeskView>, now: DateTime<Utc>) -> Reading {
    if due <= now {
        return overdue(due, desk, now);
    }
    let Some(desk) = desk else {
        let text = instant(due, DEFAULT_ZONE, Style::Short);
        return Reading {
            class: "ok",
            symbol: "clock",
            text,
            long: None,
            spoken: t(Words::DueSpoken),
            close: false,
        };
    };
    let left = desk.calendar.elapsed(now, due).whole_seconds();
    let (class, symbol) = if left <= SOON_SECONDS {
        ("soon", "alert-circle")
    } else {
        ("ok", "clock")
    };
    Reading {
        class,
        symbol,
        text: amount(left),
        long: None,
        spoken: t(Words::LeftSpoken),
        close: left <= CLOSE_SECONDS,
    }
}

fn overdue(due: DateTime<Utc>, desk: Option<&DeskView>, now: DateTime<Utc>) -> Reading {
    let late = desk
        .map_or(BusinessTime::ZERO, |desk| desk.calendar.elapsed(due, now))
        .whole_minutes();
    let (text, long) = match late {
        BusinessMinutes::ZERO => (t(Words::Overdue).to_owned(), None),
        late => {
            let late = coarse(late, 60);
            let (figure, unit) = late.split_once(' ').unwrap_or((&late, ""));
            (
                t_with(Words::OverdueShort, &[&late]),
                Some(t_with(Words::OverdueBy, &[figure, unit])),
            )
        }
    };
    Reading {
        class: "breached",
        symbol: "alert",
        text,
        long,
        spoken: t(Words::OverdueSpoken),
        close: false,
    }
}

/// Seconds of business time in words; below ten minutes with seconds.
fn amount(seconds: i64) -> String {
    if seconds > CLOSE_SECONDS {
        return coarse(BusinessMinutes(seconds / 60), 600);
    }
    let (minutes, rest) = (seconds / 60, seconds % 60);
    let zero = if rest < 10 { "0" } else { "" };
    [&minutes.to_string(), ":", zero, &rest.to_string(), " min"].concat()
}

/// From some length on, in minutes, the odd minutes say nothing that an agent would act on.
fn coarse(minutes: BusinessMinutes, from: i64) -> String {
    if minutes.0 < from {
        return minutes.to_string();
    }
    BusinessMinutes(minutes.0 / 60 * 60).to_string()
}

/// What a clock is called.
pub fn clock_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::Attention => t(Words::Attention),
        ClockName::Solution => t(Words::Solution),
    }
}

/// How a chip stands: with the name of its clock, or bare in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ChipStyle {
    /// Name and figure.
    Named,
    /// The figure only; the name is for screen readers.
    Bare,
}

/// A chip that counts down by itself.
#[component]
pub fn SlaChip(
    /// Which clock.
    clock: ClockName,
    /// What it does.
    status: ClockStatus,
    /// When its target falls due.
    due_at: Option<DateTime<Utc>>,
    /// The desk, once loaded, for its calendar.
    #[prop(into)]
    desk: Signal<Option<Arc<DeskView>>>,
    /// How it stands.
    style: ChipStyle,
) -> impl IntoView {
    let ticker = ticker();
    let reading = Memo::new(move |_| {
        desk.with(|desk| {
            let reading = read(status, due_at, desk.as_deref(), ticker.slow());
            if reading.close {
                read(status, due_at, desk.as_deref(), ticker.fast())
            } else {
                reading
            }
        })
    });
    let label_class = match style {
        ChipStyle::Named => "sla-label",
        ChipStyle::Bare => "sr",
    };
    let title = move || {
        let due = due_at?;
        let zone = desk.with(|desk| {
            desk.as_ref().map_or(DEFAULT_ZONE.to_owned(), |desk| {
                desk.calendar.zone.name.clone()
            })
        });
        let due = instant(due, &zone, Style::Full);
        Some(match reading.get().long {
            Some(late) => t_with(Words::ClockWasDue, &[clock_name(clock), &due, &late]),
            None => t_with(Words::ClockDue, &[clock_name(clock), &due]),
        })
    };
    view! { {move || {
        let Reading {
            class,
            symbol,
            text,
            long,
            spoken,
            ..
        } = reading.get();
        let (text, spoken) = match long.filter(|_| style == ChipStyle::Named) {
            Some(long) => (long, ""),
            None => (text, spoken),
        };
        view! {
            <span class=format!("sla {class}") title=move || title()>
                {icon(symbol)}
                <span class=label_class>{clock_name(clock)}": "</span>
                <span class="sr">{spoken}" "</span>
                <time class="num" datetime=due_at.map(iso)>{text}</time>
            </span>
        }
        .into_any()
    }} }
}
