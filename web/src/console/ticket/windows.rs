//! The windows of the actions: each asks for the data that its action needs, and a refusal never loses what was typed.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskView};
use shared::api::tickets::{
    AllowedCommand, NewAssignment, NewEscalation, NewPriorityChange, NewSolution, TicketView,
};
use shared::desk::profile::Need;
use shared::ticket::command::CommandKind;
use shared::ticket::text::{BODY_MAX, Body, REASON_MAX, Reason};

use super::Case;
use super::actions::{Action, refusal_text};
use crate::browser;
use crate::client::ApiError;
use crate::client::console::{TicketAction, UPLOADS};
use crate::client::uploads::Uploads;
use crate::components::act;
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, ErrorNote, Kind, Loading};
use crate::components::files::FilePicker;
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, RadioCards, SelectField, SubmitButton, TextArea,
};
use crate::console::components::window::shown;
use crate::console::task::later;
use crate::console::words::{WindowWords, Words};
use crate::i18n::{t, t_with};

/// The window of an action; taking a ticket needs none.
pub fn action_window(action: Action, case: Case, closed: Callback<()>) -> AnyView {
    let form = ActionForm::new(case, closed);
    match action {
        Action::Take => ().into_any(),
        Action::Assign => view! { <AssignWindow form/> }.into_any(),
        Action::Escalate => view! { <EscalateWindow form/> }.into_any(),
        Action::ChangePriority => view! { <PriorityWindow form/> }.into_any(),
        Action::Solve => view! { <SolveWindow form/> }.into_any(),
    }
}

/// What every action window has: its state, and sending.
#[derive(Clone, Copy)]
struct ActionForm {
    case: Case,
    open: RwSignal<bool>,
    busy: RwSignal<bool>,
    faults: Faults,
    error: RwSignal<Option<ApiError>>,
    /// Somebody changed the ticket, or its state forbids it: said above the form.
    notice: RwSignal<Option<String>>,
    key: StoredValue<String>,
}

impl ActionForm {
    fn new(case: Case, closed: Callback<()>) -> Self {
        Self {
            case,
            open: shown(closed),
            busy: RwSignal::new(false),
            faults: Faults::none(),
            error: RwSignal::new(None),
            notice: RwSignal::new(None),
            key: StoredValue::new(browser::random_key()),
        }
    }

    fn view(self) -> Option<Arc<TicketView>> {
        self.case.view.get_untracked()
    }

    fn desk(self) -> Option<Arc<DeskView>> {
        untrack(move || self.case.desk())
    }

    fn allowed(self, command: CommandKind) -> Option<AllowedCommand> {
        untrack(move || self.case.allowed(command))
    }

    fn send(self, action: TicketAction, done: &'static str) {
        let Some(version) = self.view().map(|view| view.version) else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        self.notice.set(None);
        let case = self.case;
        later(async move {
            let outcome = action
                .send(case.client, &case.code(), version, &self.key.get_value())
                .await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(_) => {
                    self.open.set(false);
                    case.ui.toast(Kind::Success, done);
                    case.changed();
                    browser::focus_first(".ticket-title");
                }
                Err(error) => self.refused(error),
            }
        });
    }

    fn refused(self, error: ApiError) {
        if error.status() > 0 && error.status() < 500 {
            self.key.set_value(browser::random_key());
        }
        match error.status() {
            409 | 412 => {
                self.notice.set(Some(refusal_text(&error)));
                self.case.changed();
            }
            _ if self.faults.show_from(&error) => {}
            _ => self.error.set(Some(error)),
        }
    }
}

/// The frame of an action window: heading, notices, fields, buttons.
#[component]
fn ActionWindow(
    form: ActionForm,
    id: &'static str,
    title: &'static str,
    /// What the button says.
    button: &'static str,
    /// Checks and sends.
    submit: Callback<()>,
    children: Children,
) -> impl IntoView {
    let code = form.case.code();
    let notice = move || {
        form.notice
            .get()
            .map(|text| view! { <Banner kind=Kind::Warning><p>{text}</p></Banner> }.into_any())
    };
    view! {
        <Dialog id title=[title, " · ", &code].concat() open=form.open>
            <form novalidate on:submit=act(move |event: leptos::ev::SubmitEvent| { event.prevent_default(); submit.run(()); })>
                <div class="dialog-body stack">
                    {move || notice()}
                    <ErrorSummary faults=form.faults/>
                    <ErrorNote error=form.error/>
                    {children()}
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| form.open.set(false))>{t(Words::Cancel)}</button>
                    <SubmitButton label=button busy_label=t(Words::Sending) busy=form.busy/>
                </div>
            </form>
        </Dialog>
    }
}

/// Agents of a group (of any group without one), with how much each has to do.
fn agent_entries(agents: &[DeskAgent], group: &str) -> Vec<Entry> {
    agents
        .iter()
        .filter(|agent| group.is_empty() || agent.groups.iter().any(|key| key == group))
        .map(|agent| Entry {
            value: agent.id.to_string(),
            label: t_with(
                WindowWords::AgentWithLoad,
                &[&agent.full_name, &agent.open_tickets.to_string()],
            ),
            group: String::new(),
        })
        .collect()
}

fn group_entries(desk: &DeskView, level: Option<u8>) -> Vec<Entry> {
    desk.levels
        .iter()
        .filter(|one| level.is_none_or(|level| level == one.level))
        .flat_map(|one| {
            one.groups.iter().map(|group| Entry {
                value: group.id.clone(),
                label: group.label.clone(),
                group: if level.is_none() {
                    one.label.clone()
                } else {
                    String::new()
                },
            })
        })
        .collect()
}

/// The agent select; it is drawn again when the group or the agents change.
fn agent_select(
    form: ActionForm,
    group: RwSignal<String>,
    value: RwSignal<String>,
    agents: RwSignal<Vec<DeskAgent>>,
    hint: &'static str,
) -> impl IntoView {
    view! { {move || {
        let entries = group.with(|group| agents.with(|agents| agent_entries(agents, group)));
        let known = value.with_untracked(|value| entries.iter().any(|entry| entry.value == *value));
        if !known {
            value.set(String::new());
        }
        view! { <SelectField id="assignee" label=t(Words::Agent) value faults=form.faults entries optional=true hint=hint/> }
        .into_any()
    }} }
}

fn agents_of(form: ActionForm) -> RwSignal<Vec<DeskAgent>> {
    let agents = RwSignal::new(Vec::new());
    if let Some(view) = form.view() {
        form.case.session.load_agents(view.desk.clone(), agents);
    }
    agents
}

#[component]
fn AssignWindow(form: ActionForm) -> impl IntoView {
    let view = form.view();
    let present = view
        .as_ref()
        .and_then(|view| view.group.as_ref().map(|group| group.id.clone()))
        .unwrap_or_default();
    let group = RwSignal::new(present.clone());
    let assignee = RwSignal::new(String::new());
    let agents = agents_of(form);
    let level = view.as_ref().map(|view| view.level);
    let entries = form
        .desk()
        .map(|desk| group_entries(&desk, level))
        .unwrap_or_default();
    let submit = move |()| {
        let chosen = group.get_untracked();
        let assignee = assignee.with_untracked(|key| key.parse().ok());
        let moved = chosen != present && !chosen.is_empty();
        let mut check = Check::default();
        if assignee.is_none() && !moved {
            check.fault("assignee", t(WindowWords::ChooseSomebody).to_owned());
        }
        if !form.faults.show(check.done()) {
            let body = NewAssignment {
                assignee,
                group: moved.then_some(chosen),
                reason: None,
            };
            form.send(TicketAction::Assign(body), t(WindowWords::Assigned));
        }
    };
    view! {
        <ActionWindow form id="assign" title=t(Words::Assign) button=t(Words::Assign) submit=Callback::new(submit)>
            <SelectField id="group" label=t(Words::Group) value=group faults=form.faults entries optional=true/>
            {agent_select(form, group, assignee, agents, t(WindowWords::AgentOptional))}
        </ActionWindow>
    }
}

#[component]
fn EscalateWindow(form: ActionForm) -> impl IntoView {
    let allowed = form.allowed(CommandKind::Escalate);
    let desk = form.desk();
    let present = form.view().map_or(0, |view| view.level);
    let levels: Vec<u8> = match allowed
        .as_ref()
        .map(|allowed| {
            allowed
                .levels
                .iter()
                .map(|level| level.level)
                .collect::<Vec<_>>()
        })
        .filter(|levels| !levels.is_empty())
    {
        Some(levels) => levels,
        None => desk
            .iter()
            .flat_map(|desk| desk.levels.iter().map(|level| level.level))
            .filter(|level| *level != present)
            .collect(),
    };
    let needs_diagnosis = allowed.is_some_and(|allowed| allowed.needs.contains(&Need::Diagnosis));
    let level = RwSignal::new(
        levels
            .first()
            .filter(|_| levels.len() == 1)
            .map(u8::to_string)
            .unwrap_or_default(),
    );
    let group = RwSignal::new(String::new());
    let assignee = RwSignal::new(String::new());
    let justification = RwSignal::new(String::new());
    let diagnosis = RwSignal::new(String::new());
    let agents = agents_of(form);
    let choices = levels
        .into_iter()
        .map(|number| Choice {
            value: number.to_string(),
            title: desk
                .as_ref()
                .and_then(|desk| desk.levels.iter().find(|one| one.level == number))
                .map_or(
                    t_with(WindowWords::LevelNumber, &[&number.to_string()]),
                    |one| one.label.clone(),
                ),
            help: t(if number < present {
                WindowWords::BackDown
            } else if number == present {
                WindowWords::SameLevel
            } else {
                WindowWords::Up
            })
            .to_owned(),
            side: String::new(),
        })
        .collect::<Vec<_>>();
    let group_select = {
        let desk = desk.clone();
        move || {
            let level = level.with(|level| level.parse().ok())?;
            let entries = desk
                .as_ref()
                .map(|desk| group_entries(desk, Some(level)))
                .unwrap_or_default();
            let known =
                group.with_untracked(|group| entries.iter().any(|entry| entry.value == *group));
            if !known {
                // A level with one group leaves nothing to choose.
                let only = entries
                    .first()
                    .filter(|_| entries.len() == 1)
                    .map(|entry| entry.value.clone());
                group.set(only.unwrap_or_default());
            }
            Some(
                view! { <SelectField id="group" label=t(Words::Group) value=group faults=form.faults entries/> },
            )
        }
    };
    let submit = move |()| {
        let mut check = Check::default();
        let level = check
            .choice("level", t(WindowWords::ChooseLevel), level.get_untracked())
            .and_then(|level| level.parse().ok());
        let group = match level {
            Some(_) => check.choice("group", t(WindowWords::ChooseGroup), group.get_untracked()),
            None => None,
        };
        let justification = check.text(
            "justification",
            t(WindowWords::WriteJustification),
            justification.with_untracked(|text| Reason::parse(text)),
        );
        let diagnosis = match diagnosis.with_untracked(|text| {
            (!text.trim().is_empty() || needs_diagnosis).then(|| Body::parse(text))
        }) {
            Some(parsed) => check
                .text("diagnosis", t(WindowWords::WriteDiagnosis), parsed)
                .map(Body::into_string),
            None => None,
        };
        if form.faults.show(check.done()) {
            return;
        }
        let (Some(level), Some(group), Some(justification)) = (level, group, justification) else {
            return;
        };
        let body = NewEscalation {
            level,
            reason: None,
            group,
            assignee: assignee.with_untracked(|key| key.parse().ok()),
            justification: justification.into_string(),
            diagnosis,
        };
        form.send(TicketAction::Escalate(body), t(WindowWords::Escalated));
    };
    let with_group = move || group.with(|group| !group.is_empty());
    view! {
        <ActionWindow form id="escalate" title=t(Words::Escalate) button=t(Words::Escalate) submit=Callback::new(submit)>
            <RadioCards id="level" legend=t(WindowWords::ToWhichLevel) value=level faults=form.faults choices columns=true/>
            {group_select}
            <div hidden=move || !with_group()>{agent_select(form, group, assignee, agents, t(WindowWords::AgentOptional))}</div>
            <TextArea id="justification" label=t(WindowWords::Justification) hint=t(WindowWords::JustificationHint) value=justification faults=form.faults max=REASON_MAX rows=3/>
            {needs_diagnosis.then(|| view! {
                <TextArea id="diagnosis" label=t(WindowWords::Diagnosis) hint=t(WindowWords::DiagnosisHint) value=diagnosis faults=form.faults max=BODY_MAX rows=4/>
            }.into_any())}
        </ActionWindow>
    }
}

#[component]
fn PriorityWindow(form: ActionForm) -> impl IntoView {
    let present = form
        .view()
        .map(|view| view.priority.id.clone())
        .unwrap_or_default();
    let priority = RwSignal::new(present.clone());
    let reason = RwSignal::new(String::new());
    let desk = form.desk();
    let choices = desk
        .iter()
        .flat_map(|desk| &desk.priorities)
        .map(|one| Choice {
            value: one.id.clone(),
            title: one.label.clone(),
            help: one.help.clone(),
            side: one.promise.clone().unwrap_or_default(),
        })
        .collect::<Vec<_>>();
    let submit = move |()| {
        let mut check = Check::default();
        let chosen = check.choice(
            "priority",
            t(Words::ChoosePriority),
            priority.get_untracked(),
        );
        if chosen.as_ref() == Some(&present) {
            check.fault("priority", t(WindowWords::SamePriority).to_owned());
        }
        let reason = check.text(
            "reason",
            t(WindowWords::WriteGrounds),
            reason.with_untracked(|text| Reason::parse(text)),
        );
        if form.faults.show(check.done()) {
            return;
        }
        let (Some(priority), Some(reason)) = (chosen, reason) else {
            return;
        };
        let body = NewPriorityChange {
            priority: Some(priority),
            impact: None,
            urgency: None,
            reason: reason.into_string(),
        };
        form.send(
            TicketAction::ChangePriority(body),
            t(WindowWords::PriorityChanged),
        );
    };
    let waiting = desk
        .is_none()
        .then(|| view! { <Loading lines=4/> }.into_any());
    view! {
        <ActionWindow form id="change-priority" title=t(Words::ChangePriority) button=t(Words::Change) submit=Callback::new(submit)>
            {waiting}
            <RadioCards id="priority" legend=t(WindowWords::NewPriority) value=priority faults=form.faults choices/>
            <TextArea id="reason" label=t(Words::Reason) hint=t(WindowWords::ReasonHint) value=reason faults=form.faults max=REASON_MAX rows=3/>
        </ActionWindow>
    }
}

#[component]
fn SolveWindow(form: ActionForm) -> impl IntoView {
    let solution = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let allowed = form.allowed(CommandKind::Solve);
    let reasons = allowed
        .as_ref()
        .map(|allowed| allowed.reasons.clone())
        .unwrap_or_default();
    let needs_reason = allowed.is_some_and(|allowed| allowed.needs.contains(&Need::Reason));
    let entries = reasons
        .into_iter()
        .map(|one| Entry {
            value: one.id,
            label: one.label,
            group: String::new(),
        })
        .collect::<Vec<_>>();
    let has_reasons = !entries.is_empty();
    let uploads = Uploads::new(form.case.client, UPLOADS);
    let limits = form.case.limits();
    let email = form
        .view()
        .map(|view| view.requester.email.clone())
        .unwrap_or_default();
    let submit = move |()| {
        let mut check = Check::default();
        let text = check.text(
            "solution",
            t(WindowWords::WriteSolution),
            solution.with_untracked(|text| Body::parse(text)),
        );
        let chosen = reason.get_untracked();
        if has_reasons && needs_reason {
            check.choice("reason", t(WindowWords::ChooseReason), chosen.clone());
        }
        if untrack(|| uploads.is_busy()) {
            check.fault("attachments", t(Words::FilesStillSending).to_owned());
            form.notice
                .set(Some(t(Words::FilesStillSending).to_owned()));
        }
        if form.faults.show(check.done()) {
            return;
        }
        let Some(text) = text else { return };
        let body = NewSolution {
            solution: text.into_string(),
            reason: (!chosen.is_empty()).then_some(chosen),
            attachments: uploads.ids(),
            confirm_open_children: false,
        };
        form.send(TicketAction::Solve(body), t(WindowWords::SolutionSent));
    };
    view! {
        <ActionWindow form id="solve" title=t(Words::Solve) button=t(Words::Solve) submit=Callback::new(submit)>
            <Banner kind=Kind::Info><p>{t_with(WindowWords::SolutionMailed, &[&email])}</p></Banner>
            {has_reasons.then(|| view! {
                <SelectField id="reason" label=t(Words::Reason) value=reason faults=form.faults entries=entries optional=!needs_reason/>
            }.into_any())}
            <TextArea id="solution" label=t(WindowWords::SolutionText) hint=t(WindowWords::SolutionHint) value=solution faults=form.faults max=BODY_MAX rows=6/>
            <FilePicker
                id="attachments" label=t(Words::Files) items=uploads.items limits
                add=Callback::new(move |files| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
        </ActionWindow>
    }
}
