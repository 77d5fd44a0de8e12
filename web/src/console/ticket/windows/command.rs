//! The window of any command, drawn from what the ticket says about it.

use std::sync::Arc;

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskView, LevelView};
use shared::api::process::{NewTransition, RelationKind, TransitionCommand};
use shared::api::tickets::{
    AllowedCommand, NewAssignment, NewEscalation, NewSolution, ReasonView, TicketView,
};
use shared::desk::profile::Need;
use shared::ticket::command::CommandKind;
use shared::ticket::text::{BODY_MAX, Body, REASON_MAX, Reason};

use super::{ActionForm, ActionWindow, agent_entries, agents_of, of_desk};
use crate::client::console::{TicketAction, UPLOADS};
use crate::client::uploads::Uploads;
use crate::components::act;
use crate::components::feedback::{Banner, Kind};
use crate::components::files::FilePicker;
use crate::components::form::{Check, Choice, Entry, RadioCards, SelectField, TextArea, TextField};
use crate::components::ticket::StatusTag;
use crate::console::KEPT;
use crate::console::components::matrix::ImpactUrgency;
use crate::console::components::tree::CategoryPicker;
use crate::console::ticket::actions::{Action, command_name, new_state, withdraws};
use crate::console::ticket::panel::control_question;
use crate::console::ticket::{Place, transition};
use crate::console::words::{StepWords, WindowWords, Words, files_fault};
use crate::i18n::dates::short_day;
use crate::i18n::{t, t_with};
use crate::task::watch;

/// Where a note script wants the day of the next contact.
const CONTACT_DAY: &str = "{next_contact}";

/// What is typed, kept whatever is drawn.
#[derive(Clone, Copy)]
struct Given {
    reason: RwSignal<String>,
    level: RwSignal<String>,
    group: RwSignal<String>,
    assignee: RwSignal<String>,
    vendor: RwSignal<String>,
    next_contact: RwSignal<String>,
    justification: RwSignal<String>,
    diagnosis: RwSignal<String>,
    solution: RwSignal<String>,
    description: RwSignal<String>,
    note: RwSignal<String>,
    category: RwSignal<String>,
    priority: RwSignal<String>,
    impact: RwSignal<String>,
    urgency: RwSignal<String>,
    /// Files of the ticket that prove what is asked.
    evidence: RwSignal<Vec<String>>,
    /// Whether it is solved although tickets under it are open.
    despite_children: RwSignal<bool>,
    /// The note that the product prepared last; nobody typed it.
    script: StoredValue<String>,
}

impl Given {
    /// What was typed before, or else the only reason there is.
    fn new(form: ActionForm, only_reason: String) -> Self {
        let blank = || RwSignal::new(String::new());
        let reason = RwSignal::new(only_reason);
        KEPT.keep(form.key_of("reason"), reason);
        let script = StoredValue::new(String::new());
        let scripted = |field: &str| {
            let text = blank();
            KEPT.keep_beside(form.key_of(field), text, script);
            text
        };
        Self {
            reason,
            level: blank(),
            group: blank(),
            assignee: blank(),
            vendor: form.kept_text("vendor"),
            next_contact: form.kept_text("next_contact"),
            justification: scripted("justification"),
            diagnosis: form.kept_text("diagnosis"),
            solution: form.kept_text("solution"),
            description: form.kept_text("description"),
            note: scripted("note"),
            script,
            category: blank(),
            priority: blank(),
            impact: blank(),
            urgency: blank(),
            evidence: RwSignal::new(Vec::new()),
            despite_children: RwSignal::new(false),
        }
    }

    fn day(self) -> Option<NaiveDate> {
        self.next_contact.with(|text| text.parse().ok())
    }
}

/// Whether a command takes a piece of data, and whether it must come.
fn asked(row: &AllowedCommand, need: Need) -> Option<bool> {
    if row.needs.contains(&need) {
        Some(true)
    } else if row.offers.contains(&need) {
        Some(false)
    } else {
        None
    }
}

/// The justification, whether or not the requester reads it too.
fn justification_asked(row: &AllowedCommand) -> Option<bool> {
    match (
        asked(row, Need::Justification),
        asked(row, Need::PublicNote),
    ) {
        (None, None) => None,
        (one, other) => Some(one == Some(true) || other == Some(true)),
    }
}

/// Who can be put in charge: whether a group, an agent, or either must be named.
#[derive(Clone, Copy, PartialEq, Eq)]
struct People {
    shown: bool,
    group: bool,
    agent: bool,
    either: bool,
}

fn people_asked(row: &AllowedCommand) -> People {
    let group = asked(row, Need::Group);
    let agent = asked(row, Need::Assignee);
    let either = asked(row, Need::GroupOrAssignee);
    let assigning = matches!(row.command, CommandKind::Assign | CommandKind::Escalate);
    People {
        shown: assigning || group.is_some() || agent.is_some() || either.is_some(),
        group: group == Some(true),
        agent: agent == Some(true),
        either: either == Some(true) || row.command == CommandKind::Assign,
    }
}

/// The row that the chosen reason belongs to; without one the first that can be given now.
fn row_for(rows: &[AllowedCommand], reason: &str) -> Option<AllowedCommand> {
    let open = |row: &&AllowedCommand| row.blocked_by.is_empty();
    let fits = |row: &&AllowedCommand| row.reasons.iter().any(|one| one.id == reason);
    rows.iter()
        .filter(fits)
        .find(open)
        .or_else(|| rows.iter().find(fits))
        .or_else(|| rows.iter().find(open))
        .or_else(|| rows.first())
        .cloned()
}

fn all_reasons(rows: &[AllowedCommand]) -> Vec<ReasonView> {
    let mut all: Vec<ReasonView> = Vec::new();
    for reason in rows.iter().flat_map(|row| &row.reasons) {
        if !all.iter().any(|known| known.id == reason.id) {
            all.push(reason.clone());
        }
    }
    all
}

/// The window of a command.
#[component]
pub fn CommandWindow(form: ActionForm, command: CommandKind) -> impl IntoView {
    let case = form.case;
    // What the ticket says now; once it says nothing any more, what it said last.
    let rows = Memo::new(move |before: Option<&Vec<AllowedCommand>>| {
        let rows = case.rows_of(command);
        match before.filter(|_| rows.is_empty()) {
            Some(before) => before.clone(),
            None => rows,
        }
    });
    let reasons = Memo::new(move |_| rows.with(|rows| all_reasons(rows)));
    let needed =
        rows.with_untracked(|rows| rows.iter().all(|row| row.needs.contains(&Need::Reason)));
    let only_reason = reasons.with_untracked(|reasons| match reasons.as_slice() {
        [only] if needed => only.id.clone(),
        _ => String::new(),
    });
    let given = Given::new(form, only_reason);
    let row =
        Memo::new(move |_| rows.with(|rows| given.reason.with(|reason| row_for(rows, reason))));
    follow_script(given, reasons, row);
    let uploads = Uploads::new(case.client, UPLOADS);
    let answering = RwSignal::new(false);
    let agents = agents_of(form);
    let blocked = Memo::new(move |_| {
        row.with(|row| row.as_ref().map(|row| row.blocked_by.clone()))
            .unwrap_or_default()
    });
    let label = {
        let desk = form.desk();
        let to = untrack(|| rows.with(|rows| new_state(case, rows)));
        to.and_then(|to| {
            let desk = desk?;
            let state = desk.states.iter().find(|state| state.id == to)?;
            Some(state.label.clone())
        })
    };
    let title = if untrack(move || withdraws(case, command)) {
        t(Words::WithdrawApproval).to_owned()
    } else {
        command_name(case, command, label.as_deref())
    };
    let submit = move |()| {
        let Some(row) = row.get_untracked() else {
            return;
        };
        if let Some(action) = collect(form, given, &row, uploads) {
            form.send(action, case.say(done(command)));
        }
    };
    let target = move || {
        let desk = case.desk()?;
        let to = row.with(|row| row.as_ref().and_then(|row| row.to))?;
        let state = desk.states.iter().find(|state| state.id == to)?;
        Some(view! { <p class="step-target"><span class="muted">{t(StepWords::NewState)}</span><StatusTag status=to label=state.label.clone()/></p> }.into_any())
    };
    let reason_select = move || {
        let entries: Vec<Entry> = reasons.with(|reasons| {
            reasons
                .iter()
                .map(|one| Entry {
                    value: one.id.clone(),
                    label: one.label.clone(),
                    group: String::new(),
                })
                .collect()
        });
        let optional = !row.with(|row| {
            row.as_ref()
                .is_some_and(|row| row.needs.contains(&Need::Reason))
        });
        (!entries.is_empty()).then(|| view! { <SelectField id="reason" label=t(Words::Reason) value=given.reason faults=form.faults entries optional/> }.into_any())
    };
    let fields = move || {
        let row = row.get()?;
        if row.blocked_by.is_empty() {
            return Some(fields(form, given, row, uploads, agents));
        }
        Some(obstacles(form, row.command, &row.blocked_by, answering))
    };
    let class = match command {
        CommandKind::Complete | CommandKind::Solve => "dialog wide",
        _ => "dialog",
    };
    let lacks_desk = form.lacks_desk();
    let explains = move || {
        let waits = row.with(|row| row.as_ref().is_some_and(needs_desk)) && lacks_desk.get();
        waits || !blocked.with(Vec::is_empty)
    };
    view! {
        <ActionWindow form id="command" title=title.clone() button=title submit=Callback::new(submit) explains=Signal::derive(explains) class>
            {move || target()}
            {move || reason_select()}
            {move || fields()}
        </ActionWindow>
    }
}

/// What is said once it is done.
fn done(command: CommandKind) -> StepWords {
    match command {
        CommandKind::Assign => StepWords::Assigned,
        CommandKind::Escalate => StepWords::Escalated,
        CommandKind::EscalateOnsite | CommandKind::SendToVendor => StepWords::HandedOver,
        CommandKind::Solve => StepWords::Solved,
        CommandKind::RequestApproval => StepWords::ApprovalAsked,
        _ => StepWords::Done,
    }
}

/// Keeps the note that the product prepares for a reason, with the day of the next contact, for as long as nobody has
/// changed it.
fn follow_script(given: Given, reasons: Memo<Vec<ReasonView>>, row: Memo<Option<AllowedCommand>>) {
    let written = given.script;
    watch(move || {
        let script = given.reason.with(|key| {
            reasons.with(|reasons| {
                let reason = reasons.iter().find(|one| one.id == *key)?;
                reason.note_script.clone()
            })
        });
        let day = given
            .day()
            .map_or_else(|| t(StepWords::DayPattern).to_owned(), short_day);
        let text = script.unwrap_or_default().replace(CONTACT_DAY, &day);
        let place = row.with(|row| {
            let row = row.as_ref()?;
            match (justification_asked(row), asked(row, Need::Note)) {
                (Some(_), _) => Some(given.justification),
                (None, Some(_)) => Some(given.note),
                (None, None) => None,
            }
        });
        let Some(place) = place else { return };
        let own = place.with_untracked(|typed| {
            typed.is_empty() || written.with_value(|written| typed == written)
        });
        if own && place.with_untracked(|typed| *typed != text) {
            place.set(text.clone());
        }
        written.set_value(text);
    });
}

/// The fields that a row asks for.
fn fields(
    form: ActionForm,
    given: Given,
    row: AllowedCommand,
    uploads: Uploads,
    agents: RwSignal<Vec<DeskAgent>>,
) -> AnyView {
    let faults = form.faults;
    let area = |need: Need,
                id: &'static str,
                label: StepWords,
                hint: &'static str,
                value: RwSignal<String>,
                max: usize,
                rows: u32| {
        asked(&row, need).map(|must| {
            view! { <TextArea id label=t(label) hint=hint value faults max rows optional=!must/> }
                .into_any()
        })
    };
    let justification = justification_asked(&row).map(|must| {
        let public = asked(&row, Need::PublicNote).is_some();
        let hint = t(if public { StepWords::RequesterReads } else { StepWords::StaysInHistory });
        view! { <TextArea id="justification" label=t(WindowWords::Justification) hint value=given.justification faults max=REASON_MAX rows=3 optional=!must/> }.into_any()
    });
    let vendor = asked(&row, Need::Vendor).map(|must| {
        view! { <TextField id="vendor" label=t(Words::Vendor) value=given.vendor faults optional=!must/> }.into_any()
    });
    let contact = asked(&row, Need::NextContactDate).map(|must| {
        view! { <TextField id="next_contact" kind="date" width="w-md" label=t(Words::NextContact) hint=form.case.say(StepWords::NextContactHint) value=given.next_contact faults optional=!must/> }.into_any()
    });
    let present = present_evidence(form, given, &row);
    let files = takes_files(&row).map(|must| {
        let limits = form.case.limits();
        let label = t(match (must, present.is_some()) {
            (true, true) => StepWords::OtherEvidence,
            (true, false) => StepWords::Evidence,
            (false, _) => StepWords::FilesOptional,
        });
        view! {
            <FilePicker
                id="attachments" label=label items=uploads.items limits faults=faults
                add=Callback::new(move |files| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
        }
        .into_any()
    });
    // A rejection's reason is words of its own.
    let rejection = (row.command == CommandKind::Reject).then(|| {
        view! { <TextArea id="reason" label=t(Words::Reason) hint=t(StepWords::StaysInHistory) value=given.reason faults max=REASON_MAX rows=3/> }.into_any()
    });
    let mailed = (row.command == CommandKind::Solve).then(|| {
        let email = form.view().map(|view| view.requester.email.clone()).unwrap_or_default();
        view! { <Banner kind=Kind::Info><p>{form.case.say_with(WindowWords::SolutionMailed, &[&email])}</p></Banner> }.into_any()
    });
    let children = settles(row.command).then(|| open_children(form, given));
    let triage = (row.command == CommandKind::Complete).then(|| {
        let draw = move |desk: Arc<DeskView>| triage_fields(form, given, desk);
        of_desk(form, Box::new(draw))
    });
    view! {
        {mailed}
        {children}
        {triage}
        {people_fields(form, given, &row, agents)}
        {vendor}
        {contact}
        {justification}
        {area(Need::Diagnosis, "diagnosis", StepWords::Diagnosis, t(WindowWords::DiagnosisHint), given.diagnosis, BODY_MAX, 4)}
        {area(Need::Solution, "solution", StepWords::Solution, t(WindowWords::SolutionHint), given.solution, BODY_MAX, 6)}
        {area(Need::Description, "description", StepWords::Description, t(StepWords::DescriptionHint), given.description, BODY_MAX, 4)}
        {area(Need::Note, "note", StepWords::Note, t(StepWords::StaysInHistory), given.note, REASON_MAX, 3)}
        {rejection}
        {present}
        {files}
    }
    .into_any()
}

/// The files that the ticket has, where one of them may be the proof that is asked for.
fn present_evidence(form: ActionForm, given: Given, row: &AllowedCommand) -> Option<AnyView> {
    let files = form.view()?.attachments.clone();
    if takes_files(row) != Some(true) || files.is_empty() {
        return None;
    }
    let rows = files.into_iter().map(|file| {
        let (id, key) = (file.id.clone(), file.id);
        let ticked = move || given.evidence.with(|chosen| chosen.contains(&id));
        let tick = move |wanted: bool| {
            given.evidence.update(|chosen| {
                chosen.retain(|one| *one != key);
                if wanted {
                    chosen.push(key.clone());
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=ticked on:change=act(move |event| tick(event_target_checked(&event)))/>
                <span>{file.name}</span>
            </label>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    Some(
        view! {
            <fieldset class="fieldset stack">
                <legend class="label">{t(StepWords::PresentEvidence)}</legend>
                {rows}
            </fieldset>
        }
        .into_any(),
    )
}

/// Whether files can come with a row, and whether they must.
fn takes_files(row: &AllowedCommand) -> Option<bool> {
    match asked(row, Need::Evidence) {
        Some(must) => Some(must),
        None => (row.command == CommandKind::Solve).then_some(false),
    }
}

/// Whether the fields of a row are drawn from the desk's profile.
fn needs_desk(row: &AllowedCommand) -> bool {
    row.command == CommandKind::Complete || (people_asked(row).shown && row.levels.is_empty())
}

/// What a pre-case lacks.
fn triage_fields(form: ActionForm, given: Given, desk: Arc<DeskView>) -> AnyView {
    let categories = Signal::stored(desk.categories.clone());
    let priority = match desk.prioritisation.matrix.clone() {
        Some(matrix) => view! { <ImpactUrgency desk=(*desk).clone() matrix impact=given.impact urgency=given.urgency faults=form.faults/> }.into_any(),
        None => {
            let entries = desk
                .priorities
                .iter()
                .map(|one| Entry { value: one.id.clone(), label: one.label.clone(), group: String::new() })
                .collect::<Vec<_>>();
            view! { <SelectField id="priority" label=form.case.say_priority(Words::Priority) value=given.priority faults=form.faults entries/> }.into_any()
        }
    };
    view! {
        <CategoryPicker id="category" label=form.case.say_category(Words::Category) noun=form.case.speech().category value=given.category faults=form.faults categories/>
        {priority}
    }
    .into_any()
}

/// Codes of the open tickets under this one.
fn open_codes(form: ActionForm) -> Vec<String> {
    let open = |view: &TicketView| {
        let children = view.relations.iter();
        children
            .filter(|one| one.kind == RelationKind::Child && one.status.is_open())
            .map(|one| one.code.clone())
            .collect()
    };
    form.view().map(|view| open(&view)).unwrap_or_default()
}

/// Whether a command ends or settles the ticket, so that what is open under it matters.
fn settles(command: CommandKind) -> bool {
    matches!(
        command,
        CommandKind::Solve | CommandKind::MarkUnsolvable | CommandKind::MarkNotManaged
    )
}

/// Open tickets under this one, and the word that it is solved all the same.
fn open_children(form: ActionForm, given: Given) -> AnyView {
    let open = open_codes(form);
    if open.is_empty() {
        return ().into_any();
    }
    let (words, despite) = if open.len() == 1 {
        (StepWords::OpenChild, StepWords::DespiteChild)
    } else {
        (StepWords::OpenChildren, StepWords::DespiteChildren)
    };
    view! {
        <Banner kind=Kind::Warning>
            <p>{form.case.say_with(words, &[&open.join(", ")])}</p>
            <label class="check">
                <input type="checkbox" id="confirm_open_children" prop:checked=given.despite_children on:change=act(move |event| given.despite_children.set(event_target_checked(&event)))/>
                <span>{form.case.say(despite)}</span>
            </label>
        </Banner>
    }
    .into_any()
}

/// The levels with their groups; where a command names none, those of the desk.
fn levels_of(form: ActionForm, row: &AllowedCommand) -> Vec<LevelView> {
    if row.levels.is_empty() {
        form.desk()
            .map(|desk| desk.levels.clone())
            .unwrap_or_default()
    } else {
        row.levels.clone()
    }
}

/// Level, group and agent, where a row asks for them.
fn people_fields(
    form: ActionForm,
    given: Given,
    row: &AllowedCommand,
    agents: RwSignal<Vec<DeskAgent>>,
) -> AnyView {
    if !people_asked(row).shown {
        return ().into_any();
    }
    if !row.levels.is_empty() {
        return people_of(form, given, row, row.levels.clone(), agents);
    }
    let row = row.clone();
    let draw = move |desk: Arc<DeskView>| {
        let levels = desk.levels.clone();
        people_of(form, given, &row, levels, agents)
    };
    of_desk(form, Box::new(draw))
}

/// Level, group and agent, of these levels.
fn people_of(
    form: ActionForm,
    given: Given,
    row: &AllowedCommand,
    levels: Vec<LevelView>,
    agents: RwSignal<Vec<DeskAgent>>,
) -> AnyView {
    let people = people_asked(row);
    let view = form.view();
    let present = view.as_ref().map_or(0, |view| view.level);
    let escalates = row.command == CommandKind::Escalate;
    let level_asked = asked(row, Need::Level).filter(|_| escalates && levels.len() > 1);
    if row.command == CommandKind::Assign && given.group.with_untracked(String::is_empty) {
        // Its own group, unless the ticket moves.
        let own = view.and_then(|view| view.group.as_ref().map(|group| group.id.clone()));
        given.group.set(own.unwrap_or_default());
    }
    let level_cards = level_asked.map(|must| {
        let own = (!must).then(|| Choice {
            value: String::new(),
            title: t(WindowWords::LevelFollows).to_owned(),
            help: t(WindowWords::LevelFollowsHelp).to_owned(),
            side: String::new(),
        });
        let choices = own
            .into_iter()
            .chain(levels.iter().map(|one| Choice {
                value: one.level.to_string(),
                title: one.label.clone(),
                help: t(match one.level.cmp(&present) {
                    std::cmp::Ordering::Less => WindowWords::BackDown,
                    std::cmp::Ordering::Equal => WindowWords::SameLevel,
                    std::cmp::Ordering::Greater => WindowWords::Up,
                })
                .to_owned(),
                side: String::new(),
            }))
            .collect::<Vec<_>>();
        view! { <RadioCards id="level" legend=t(WindowWords::ToWhichLevel) value=given.level faults=form.faults choices columns=true/> }.into_any()
    });
    let offered = StoredValue::new(levels);
    let groups = Memo::new(move |_| {
        let chosen: Option<u8> = given.level.with(|level| level.parse().ok());
        // Where the level must be chosen, it comes first.
        let level = match level_asked {
            Some(true) => Some(chosen.unwrap_or(0)),
            Some(false) => chosen,
            None => None,
        };
        offered.with_value(|levels| {
            let several = level.is_none() && levels.len() > 1;
            levels
                .iter()
                .filter(|one| level.is_none_or(|level| level == one.level))
                .flat_map(|one| {
                    one.groups.iter().map(|group| {
                        let heading = if several {
                            one.label.clone()
                        } else {
                            String::new()
                        };
                        (group.id.clone(), group.label.clone(), heading)
                    })
                })
                .collect::<Vec<_>>()
        })
    });
    let group_select = move || {
        let entries: Vec<Entry> = groups.with(|groups| {
            groups
                .iter()
                .map(|(value, label, group)| Entry {
                    value: value.clone(),
                    label: label.clone(),
                    group: group.clone(),
                })
                .collect()
        });
        if entries.is_empty() {
            return None;
        }
        let known = given
            .group
            .with_untracked(|group| entries.iter().any(|entry| entry.value == *group));
        if !known {
            // One group leaves nothing to choose.
            let only = entries.first().filter(|_| entries.len() == 1);
            given
                .group
                .set(only.map(|entry| entry.value.clone()).unwrap_or_default());
        }
        let optional = !people.group;
        let hint = if escalates && optional {
            t(WindowWords::GroupFollows)
        } else {
            ""
        };
        Some(view! { <SelectField id="group" label=t(Words::Group) hint value=given.group faults=form.faults entries optional/> }.into_any())
    };
    let agent_select = move || {
        if groups.with(Vec::is_empty) {
            return None;
        }
        let within: Vec<String> = match given.group.get() {
            group if !group.is_empty() => vec![group],
            _ => groups.with(|groups| groups.iter().map(|(key, ..)| key.clone()).collect()),
        };
        let entries = agents.with(|agents| agent_entries(form.case, agents, &within));
        let known = given
            .assignee
            .with_untracked(|value| entries.iter().any(|entry| entry.value == *value));
        if !known {
            given.assignee.set(String::new());
        }
        let hint = if people.agent {
            ""
        } else {
            t(WindowWords::AgentOptional)
        };
        Some(view! { <SelectField id="assignee" label=t(Words::Agent) hint value=given.assignee faults=form.faults entries optional=!people.agent/> }.into_any())
    };
    view! {
        {level_cards}
        {move || group_select()}
        {move || agent_select()}
    }
    .into_any()
}

/// Checks what was typed; `None` once a fault is shown.
fn collect(
    form: ActionForm,
    given: Given,
    row: &AllowedCommand,
    uploads: Uploads,
) -> Option<TicketAction> {
    let mut check = Check::default();
    let text = |signal: RwSignal<String>| signal.with_untracked(|text| text.trim().to_owned());
    let short =
        |check: &mut Check, id: &str, empty: &str, must: Option<bool>, value: RwSignal<String>| {
            let typed = text(value);
            match must {
                Some(must) if must || !typed.is_empty() => check
                    .text(id, empty, Reason::parse(&typed))
                    .map(Reason::into_string),
                _ => None,
            }
        };
    let long =
        |check: &mut Check, id: &str, empty: &str, must: Option<bool>, value: RwSignal<String>| {
            let typed = text(value);
            match must {
                Some(must) if must || !typed.is_empty() => check
                    .text(id, empty, Body::parse(&typed))
                    .map(Body::into_string),
                _ => None,
            }
        };
    let some = |value: RwSignal<String>| Some(text(value)).filter(|value| !value.is_empty());
    let rejects = row.command == CommandKind::Reject;
    let reason = if rejects {
        short(
            &mut check,
            "reason",
            t(StepWords::WriteReason),
            Some(true),
            given.reason,
        )
    } else {
        let chosen = some(given.reason).filter(|key| row.reasons.iter().any(|one| one.id == *key));
        if chosen.is_none() && row.needs.contains(&Need::Reason) {
            check.fault("reason", t(WindowWords::ChooseReason).to_owned());
        }
        chosen
    };
    let people = people_asked(row);
    let (group, assignee) = if people.shown {
        (
            some(given.group),
            given.assignee.with_untracked(|key| key.parse::<i64>().ok()),
        )
    } else {
        (None, None)
    };
    let levels = levels_of(form, row);
    let level = levels.iter().map(|level| level.level).find(|level| {
        levels.len() == 1
            || given
                .level
                .with_untracked(|chosen| *chosen == level.to_string())
    });
    let escalates = row.command == CommandKind::Escalate;
    if escalates && level.is_none() && row.needs.contains(&Need::Level) {
        check.fault("level", t(WindowWords::ChooseLevel).to_owned());
    } else if people.group && group.is_none() {
        check.fault("group", t(WindowWords::ChooseGroup).to_owned());
    }
    if people.agent && assignee.is_none() {
        check.fault("assignee", t(StepWords::ChooseAgent).to_owned());
    }
    let own = form
        .view()
        .and_then(|view| view.group.as_ref().map(|group| group.id.clone()));
    let moved = group
        .clone()
        .filter(|group| row.command != CommandKind::Assign || own.as_ref() != Some(group));
    let nobody = assignee.is_none() && moved.is_none();
    let stays = escalates && !people.agent && level == form.view().map(|view| view.level);
    if nobody && escalates && (people.either || stays) {
        check.fault("group", t(WindowWords::ChooseWhere).to_owned());
    } else if nobody && people.either {
        check.fault("assignee", t(WindowWords::ChooseSomebody).to_owned());
    }
    if settles(row.command) && !given.despite_children.get_untracked() {
        let words = match open_codes(form).len() {
            0 => None,
            1 => Some(StepWords::ConfirmChild),
            _ => Some(StepWords::ConfirmChildren),
        };
        if let Some(words) = words {
            check.fault("confirm_open_children", form.case.say(words));
        }
    }
    if row.command == CommandKind::Complete {
        check.choice(
            "category",
            &form.case.say_category(StepWords::ChooseCategory),
            text(given.category),
        );
    }
    let vendor = match (asked(row, Need::Vendor), some(given.vendor)) {
        (Some(true), None) => {
            check.fault("vendor", t(StepWords::WriteVendor).to_owned());
            None
        }
        (Some(_), vendor) => vendor,
        (None, _) => None,
    };
    let next_contact = untrack(|| given.day());
    match asked(row, Need::NextContactDate) {
        Some(true) if next_contact.is_none() => {
            check.fault("next_contact", t(StepWords::ChooseDay).to_owned());
        }
        Some(false)
            if next_contact.is_none()
                && text(given.justification).contains(t(StepWords::DayPattern)) =>
        {
            check.fault("next_contact", t(StepWords::DayInNote).to_owned());
        }
        _ => {}
    }
    let justification = short(
        &mut check,
        "justification",
        t(WindowWords::WriteJustification),
        justification_asked(row),
        given.justification,
    );
    let diagnosis = long(
        &mut check,
        "diagnosis",
        t(WindowWords::WriteDiagnosis),
        asked(row, Need::Diagnosis),
        given.diagnosis,
    );
    let solution = long(
        &mut check,
        "solution",
        t(WindowWords::WriteSolution),
        asked(row, Need::Solution),
        given.solution,
    );
    let description = long(
        &mut check,
        "description",
        t(StepWords::WriteDescription),
        asked(row, Need::Description),
        given.description,
    );
    let note = short(
        &mut check,
        "note",
        t(StepWords::WriteNote),
        asked(row, Need::Note),
        given.note,
    );
    let files = takes_files(row);
    let evidence = match files {
        Some(true) => given.evidence.get_untracked(),
        Some(false) | None => Vec::new(),
    };
    if let Some(why) = uploads.unfinished().filter(|_| files.is_some()) {
        check.fault("attachments", t(files_fault(why)).to_owned());
    } else if files == Some(true) && uploads.ids().is_empty() && evidence.is_empty() {
        check.fault("attachments", t(StepWords::AttachEvidence).to_owned());
    }
    if form.faults.show(check.done()) {
        return None;
    }
    let attachments: Vec<String> = evidence
        .into_iter()
        .chain(files.map(|_| uploads.ids()).unwrap_or_default())
        .collect();
    let body = match row.command {
        CommandKind::Take | CommandKind::Assign => TicketAction::Assign(NewAssignment {
            assignee: if row.command == CommandKind::Take {
                Some(form.case.session.me.with_untracked(|me| me.id))
            } else {
                assignee
            },
            group: moved,
            reason,
        }),
        CommandKind::Escalate => TicketAction::Escalate(NewEscalation {
            level,
            group,
            assignee,
            reason,
            justification,
            diagnosis,
        }),
        CommandKind::Solve => TicketAction::Solve(NewSolution {
            solution: solution.unwrap_or_default(),
            reason,
            attachments,
            confirm_open_children: given.despite_children.get_untracked(),
        }),
        command => TicketAction::Move(NewTransition {
            reason,
            justification,
            note,
            diagnosis,
            description,
            group,
            assignee,
            vendor,
            next_contact: asked(row, Need::NextContactDate).and(next_contact),
            category: some(given.category),
            priority: some(given.priority),
            impact: some(given.impact),
            urgency: some(given.urgency),
            attachments,
            confirm_open_children: given.despite_children.get_untracked(),
            ..transition(wire(command)?)
        }),
    };
    Some(body)
}

/// The commands that are sent as a move.
fn wire(command: CommandKind) -> Option<TransitionCommand> {
    Some(match command {
        CommandKind::Complete => TransitionCommand::Complete,
        CommandKind::Start => TransitionCommand::Start,
        CommandKind::EscalateOnsite => TransitionCommand::EscalateOnsite,
        CommandKind::Suspend => TransitionCommand::Suspend,
        CommandKind::Resume => TransitionCommand::Resume,
        CommandKind::SendToVendor => TransitionCommand::SendToVendor,
        CommandKind::ReturnFromVendor => TransitionCommand::ReturnFromVendor,
        CommandKind::RequestApproval => TransitionCommand::RequestApproval,
        CommandKind::MarkUnsolvable => TransitionCommand::MarkUnsolvable,
        CommandKind::MarkNotManaged => TransitionCommand::MarkNotManaged,
        CommandKind::Reject => TransitionCommand::Reject,
        CommandKind::CloseByDesk => TransitionCommand::CloseByDesk,
        // These have a way of their own.
        _ => return None,
    })
}

/// Why a command cannot be given yet, each with the way to what is missing; control questions are answered here.
fn obstacles(
    form: ActionForm,
    command: CommandKind,
    needs: &[Need],
    busy: RwSignal<bool>,
) -> AnyView {
    let questions = needs
        .contains(&Need::Controls)
        .then(|| questions(form, command, busy));
    let others: Vec<Need> = needs
        .iter()
        .copied()
        .filter(|need| *need != Need::Controls)
        .collect();
    let rows = others.iter().map(move |need| {
        let (text, way) = obstacle(form, *need);
        let link = way.map(|way| {
            let (name, go): (String, Box<dyn Fn()>) = match way {
                Way::Place(place) => (
                    t(match place {
                        Place::Contact => StepWords::ToContact,
                        Place::Controls => StepWords::ToControls,
                        Place::Approvals => StepWords::ToApprovals,
                    })
                    .to_owned(),
                    Box::new(move || form.leave_to(place)),
                ),
                Way::Command(command, name) => {
                    (name, Box::new(move || form.leave_for(Action::Command(command))))
                }
            };
            view! { <button class="linkish" type="button" on:click=act(move |_| go())>{name}</button> }.into_any()
        });
        view! { <li>{text}" "{link}</li> }.into_any()
    });
    let rows = rows.collect_view();
    let others = (!others.is_empty()).then(|| {
        view! {
            <Banner kind=Kind::Warning title=t(StepWords::NotYet)>
                <ul class="obstacles">{rows}</ul>
            </Banner>
        }
        .into_any()
    });
    view! { {questions}{others} }.into_any()
}

/// The control questions that a command waits for. With the answer that it needs the window goes on by itself.
fn questions(form: ActionForm, command: CommandKind, busy: RwSignal<bool>) -> AnyView {
    let case = form.case;
    let due = Memo::new(move |_| {
        let view = case.view.get()?;
        let due: Vec<_> = view
            .controls
            .iter()
            .filter(|control| control.before.contains(&command))
            .cloned()
            .collect();
        Some(due)
    });
    let may_answer = untrack(|| case.can(CommandKind::RecordControl));
    let list = move || {
        let questions = due.get().unwrap_or_default().into_iter().map(|one| {
            let stays = (one.answer.is_some() && !one.stale).then(|| {
                view! { <p class="muted small">{t(StepWords::AnswerStops)}</p> }.into_any()
            });
            view! { <li>{control_question(case, one, "window", may_answer, busy)}{stays}</li> }
                .into_any()
        });
        questions.collect_view()
    };
    view! {
        <p>{t(StepWords::AnswerFirst)}</p>
        <ol class="steps-list">{move || list()}</ol>
    }
    .into_any()
}

/// Where what is missing can be done.
enum Way {
    Place(Place),
    Command(CommandKind, String),
}

fn obstacle(form: ActionForm, need: Need) -> (String, Option<Way>) {
    let case = form.case;
    let view = form.view();
    let command = |command: CommandKind, name: StepWords| {
        let name = match command {
            CommandKind::ChangeCategory => case.say_category(name),
            CommandKind::ChangePriority => case.say_priority(name),
            _ => t(name).to_owned(),
        };
        untrack(|| case.can(command)).then_some(Way::Command(command, name))
    };
    match need {
        Need::ThreeContactAttempts => {
            let contact = view.as_ref().and_then(|view| view.contact.clone());
            let missing = contact
                .as_ref()
                .map_or(1, |contact| contact.needed.saturating_sub(contact.counted));
            let text = match missing {
                0 => t_with(
                    StepWords::AttemptsMoreDays,
                    &[&contact
                        .map_or(0, |contact| contact.business_days)
                        .to_string()],
                ),
                1 => t(StepWords::OneAttemptMissing).to_owned(),
                count => t_with(StepWords::AttemptsMissing, &[&count.to_string()]),
            };
            (text, Some(Way::Place(Place::Contact)))
        }
        Need::NoPendingApproval => (
            case.say_category(StepWords::ApprovalMissing),
            Some(Way::Place(Place::Approvals)),
        ),
        Need::Controls => (
            t(StepWords::AnswerFirst).to_owned(),
            Some(Way::Place(Place::Controls)),
        ),
        Need::ContactAttempted => (
            t(StepWords::AttemptFirst).to_owned(),
            command(CommandKind::RecordContactAttempt, StepWords::ToAttempt),
        ),
        Need::Cause => (
            t(StepWords::CauseMissing).to_owned(),
            command(CommandKind::RecordCause, StepWords::ToCause),
        ),
        Need::LeafCategory => (
            case.say_category(StepWords::CategoryMissing),
            command(CommandKind::ChangeCategory, StepWords::ToCategory),
        ),
        Need::PrioritySet => (
            case.say_priority(StepWords::PriorityMissing),
            command(CommandKind::ChangePriority, StepWords::ToPriority),
        ),
        Need::ResponsiblePerson => (
            case.say(StepWords::NobodyInCharge),
            command(CommandKind::Assign, StepWords::ToAssign),
        ),
        Need::MandatoryExtraData => (
            case.say_category(StepWords::ExtraMissing),
            command(CommandKind::SetExtra, StepWords::ToExtra),
        ),
        Need::SurveyAnswered => (t(StepWords::SurveyMissing).to_owned(), None),
        Need::SolutionAccepted => (t(StepWords::AcceptanceMissing).to_owned(), None),
        Need::NotOwnRating => (t(StepWords::OwnRating).to_owned(), None),
        // Data, not conditions: they never block.
        Need::Reason
        | Need::Justification
        | Need::PublicNote
        | Need::Diagnosis
        | Need::Solution
        | Need::Description
        | Need::Note
        | Need::Level
        | Need::Group
        | Need::Assignee
        | Need::GroupOrAssignee
        | Need::Vendor
        | Need::NextContactDate
        | Need::Evidence
        | Need::Stars
        | Need::SurveyAnswers => (t(StepWords::NotYet).to_owned(), None),
    }
}
