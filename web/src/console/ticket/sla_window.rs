//! Why a clock shows what it shows: every stretch of time, what it was, and how much of it counted. The column adds up.

use crate::task::later;
use leptos::prelude::*;
use shared::api::tickets::{SegmentKind, SlaExplanation, SlaSegment};

use super::Case;
use crate::client::{ApiError, console as api};
use crate::components::dialog::Dialog;
use crate::components::feedback::{Failed, Loading};
use crate::components::icon;
use crate::components::ticket::time;
use crate::console::components::window::shown;
use crate::console::sla::clock_name;
use crate::console::words::{WindowWords, Words};
use crate::i18n::dates::Style;
use crate::i18n::{t, t_with};

/// The window with the explanation of both clocks.
#[component]
pub fn SlaWindow(case: Case, on_close: Callback<()>) -> impl IntoView {
    let open = shown(on_close);
    let answer = RwSignal::new(None::<Result<Vec<SlaExplanation>, ApiError>>);
    let load = move || {
        answer.set(None);
        later(async move {
            let outcome = api::sla_explanation(case.client, &case.code()).await;
            let _ = answer.try_set(Some(outcome));
        });
    };
    load();
    let content = move || match answer.get() {
        None => view! { <Loading lines=6/> }.into_any(),
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| load())/> }.into_any()
        }
        Some(Ok(clocks)) => clocks
            .into_iter()
            .map(|clock| explanation(case, clock))
            .collect_view()
            .into_any(),
    };
    view! {
        <Dialog id="sla-why" class="dialog wide" title=[t(WindowWords::WhyTitle), " · ", &case.code()].concat() open>
            <div class="dialog-body stack loose">{move || content()}</div>
        </Dialog>
    }
}

fn explanation(case: Case, explanation: SlaExplanation) -> AnyView {
    let zone = untrack(move || case.zone());
    let name = clock_name(explanation.clock.clock);
    let rows = explanation
        .segments
        .iter()
        .map(|segment| segment_row(segment, &zone))
        .collect_view();
    let target = explanation
        .clock
        .target
        .clone()
        .unwrap_or_else(|| t(Words::NoTarget).to_owned());
    view! {
        <section class="stack tight">
            <h3>{[name, ": ", &target].concat()}</h3>
            <p class="muted small">{explanation.rule.trim_end_matches('.').to_owned()}". "{t_with(WindowWords::CalendarVersion, &[&explanation.calendar_version.to_string()])}</p>
            <div class="table-wrap" role="region" aria-label=name tabindex="0">
                <table class="table cards">
                    <thead><tr>
                        <th scope="col">{t(WindowWords::From)}</th>
                        <th scope="col">{t(WindowWords::Until)}</th>
                        <th scope="col">{t(WindowWords::WhatItWas)}</th>
                        <th scope="col" class="end">{t(WindowWords::Counted)}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                    <tfoot><tr>
                        <th scope="row" colspan="3">{t(WindowWords::Total)}</th>
                        <td class="num end"><strong>{amount(explanation.used_seconds)}</strong></td>
                    </tr></tfoot>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn segment_row(segment: &SlaSegment, zone: &str) -> AnyView {
    let (symbol, words) = match segment.kind {
        SegmentKind::Ran => ("play", WindowWords::SegmentRan),
        SegmentKind::Paused => ("pause", WindowWords::SegmentPaused),
        SegmentKind::OffHours => ("moon", WindowWords::SegmentOffHours),
        SegmentKind::Holiday => ("calendar", WindowWords::SegmentHoliday),
        SegmentKind::Exception => ("calendar", WindowWords::SegmentException),
        SegmentKind::Solved => ("check-circle", WindowWords::SegmentSolved),
        SegmentKind::AfterCutoff => ("clock", WindowWords::SegmentAfterCutoff),
    };
    let note = segment.note.clone().map(|note| [": ", &note].concat());
    view! {
        <tr>
            <td data-label=t(WindowWords::From)>{time(segment.from, zone, Style::Short)}</td>
            <td data-label=t(WindowWords::Until)>{time(segment.to, zone, Style::Short)}</td>
            <td data-label=t(WindowWords::WhatItWas)><span>{icon(symbol)}" "{t(words)}{note}</span></td>
            <td class="num end" data-label=t(WindowWords::Counted)>{amount(segment.counted_seconds)}</td>
        </tr>
    }
    .into_any()
}

/// Hours, minutes and seconds, so that the column adds up to the second.
fn amount(seconds: i64) -> String {
    let two = |number: i64| {
        if number < 10 {
            ["0", &number.to_string()].concat()
        } else {
            number.to_string()
        }
    };
    [
        &(seconds / 3600).to_string(),
        ":",
        &two(seconds / 60 % 60),
        ":",
        &two(seconds % 60),
    ]
    .concat()
}
