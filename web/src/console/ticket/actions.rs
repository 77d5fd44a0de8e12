//! What an agent may do with a ticket now: only what `allowed_commands` lists, each with a window that asks for the data
//! that it needs. A refusal never loses what was typed.

use std::sync::Arc;

use crate::components::act;
use crate::console::task::later;
use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskView};
use shared::api::tickets::{
    AllowedCommand, InputNeed, NewAssignment, NewEscalation, NewPriorityChange, NewSolution,
    TicketView,
};
use shared::ticket::command::CommandKind;
use shared::ticket::text::{BODY_MAX, Body, REASON_MAX, Reason};

use super::Case;
use crate::browser;
use crate::client::ApiError;
use crate::client::console::{TicketAction, UPLOADS};
use crate::client::uploads::Uploads;
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, ErrorNote, Kind, Loading};
use crate::components::files::FilePicker;
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, RadioCards, SelectField, SubmitButton, TextArea,
};
use crate::components::icon;
use crate::console::components::window::shown;
use crate::console::keys::keys;
use crate::console::words::Words;
use crate::i18n::{t, t_with};

/// The actions that this console has a window for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Take,
    Assign,
    Escalate,
    ChangePriority,
    Solve,
}

const ACTIONS: [(Action, CommandKind); 5] = [
    (Action::Take, CommandKind::Take),
    (Action::Assign, CommandKind::Assign),
    (Action::Escalate, CommandKind::Escalate),
    (Action::ChangePriority, CommandKind::ChangePriority),
    (Action::Solve, CommandKind::Solve),
];

impl Action {
    fn name(self) -> Words {
        match self {
            Self::Take => Words::Take,
            Self::Assign => Words::Assign,
            Self::Escalate => Words::Escalate,
            Self::ChangePriority => Words::ChangePriority,
            Self::Solve => Words::Solve,
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Take => "user",
            Self::Assign => "users",
            Self::Escalate => "layers",
            Self::ChangePriority => "flag",
            Self::Solve => "check-circle",
        }
    }
}

/// What a command is called, for saying what is possible now; commands without a window here have no name.
fn command_name(command: CommandKind) -> Option<&'static str> {
    ACTIONS
        .iter()
        .find(|(_, kind)| *kind == command)
        .map(|(action, _)| t(action.name()))
}

/// The buttons of the permitted actions, and the window of the one that was chosen.
#[component]
pub fn ActionBar(case: Case) -> impl IntoView {
    let chosen = RwSignal::new(None::<Action>);
    let taking = RwSignal::new(false);
    // Compared, so that news about other things leaves the buttons and their focus alone.
    let permitted = Memo::new(move |_| {
        case.view.with(|view| {
            let kinds: Vec<CommandKind> = view
                .iter()
                .flat_map(|view| view.allowed_commands.iter().map(|allowed| allowed.command))
                .collect();
            ACTIONS
                .iter()
                .filter(|(_, kind)| kinds.contains(kind))
                .map(|(action, _)| *action)
                .collect::<Vec<_>>()
        })
    });
    let begin = move |action: Action| match action {
        Action::Take => take(case, taking),
        Action::Assign | Action::Escalate | Action::ChangePriority | Action::Solve => {
            chosen.set(Some(action))
        }
    };
    keys().bind("e", move || {
        if permitted.with_untracked(|actions| actions.contains(&Action::Take)) {
            take(case, taking);
        }
    });
    let buttons = move || {
        let actions = permitted.get();
        // One primary action: take what nobody has, else solve.
        let main = if actions.contains(&Action::Take) {
            Action::Take
        } else {
            Action::Solve
        };
        actions.into_iter().map(|action| {
            let class = if action == main { "btn primary sm" } else { "btn sm" };
            let busy = move || (action == Action::Take && taking.get()).then_some("true");
            view! {
                <button class=class type="button" aria-busy=move || busy() aria-disabled=move || busy() on:click=act(move |_| begin(action))>
                    {icon(action.symbol())}{t(action.name())}
                </button>
            }
        }).collect_view()
    };
    let closed = Callback::new(move |()| chosen.set(None));
    let window = move || {
        let action = chosen.get()?;
        let form = ActionForm::new(case, closed);
        Some(match action {
            Action::Take => ().into_any(),
            Action::Assign => view! { <AssignWindow form/> }.into_any(),
            Action::Escalate => view! { <EscalateWindow form/> }.into_any(),
            Action::ChangePriority => view! { <PriorityWindow form/> }.into_any(),
            Action::Solve => view! { <SolveWindow form/> }.into_any(),
        })
    };
    view! {
        <div class="row ticket-actions" role="group" aria-label=t(Words::Actions)>
            {move || buttons()}
            {move || permitted.with(Vec::is_empty).then(|| view! { <span class="muted small">{t(Words::NothingToDo)}</span> }.into_any())}
        </div>
        {move || window()}
    }
}

fn take(case: Case, busy: RwSignal<bool>) {
    let Some(version) = case
        .view
        .with_untracked(|view| view.as_ref().map(|view| view.version))
    else {
        return;
    };
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    let me = case.session.me.with_untracked(|me| me.id);
    let action = TicketAction::Assign(NewAssignment {
        assignee: Some(me),
        group: None,
    });
    later(async move {
        let outcome = action
            .send(case.client, &case.code(), version, &browser::random_key())
            .await;
        if busy.try_set(false).is_some() {
            return;
        }
        match outcome {
            Ok(_) => case.ui.toast(Kind::Success, t(Words::Taken)),
            Err(error) => case.ui.toast(Kind::Error, refusal_text(&error)),
        }
        case.changed();
        browser::focus_first(".ticket-title");
    });
}

/// What was refused and, where the server says so, what is possible now.
fn refusal_text(error: &ApiError) -> String {
    if error.status() == 412 {
        return t(Words::ChangedMeanwhile).to_owned();
    }
    let mut text = error.detail();
    let possible: Vec<&str> = error
        .problem()
        .into_iter()
        .flat_map(|problem| &problem.allowed_commands)
        .filter_map(|command| command_name(*command))
        .collect();
    if error.status() == 409 && !possible.is_empty() {
        text.push(' ');
        text.push_str(&t_with(Words::PossibleNow, &[&possible.join(", ")]));
    }
    text
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

    fn send(self, action: TicketAction, done: Words) {
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
                    case.ui.toast(Kind::Success, t(done));
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
    title: Words,
    /// What the button says.
    button: Words,
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
        <Dialog id title=[t(title), " · ", &code].concat() open=form.open>
            <form novalidate on:submit=act(move |event: leptos::ev::SubmitEvent| { event.prevent_default(); submit.run(()); })>
                <div class="dialog-body stack">
                    {move || notice()}
                    <ErrorSummary faults=form.faults/>
                    <ErrorNote error=form.error/>
                    {children()}
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| form.open.set(false))>{t(Words::Cancel)}</button>
                    <SubmitButton label=t(button) busy_label=t(Words::Sending) busy=form.busy/>
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
                Words::AgentWithLoad,
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
    hint: Words,
) -> impl IntoView {
    view! { {move || {
        let entries = group.with(|group| agents.with(|agents| agent_entries(agents, group)));
        let known = value.with_untracked(|value| entries.iter().any(|entry| entry.value == *value));
        if !known {
            value.set(String::new());
        }
        view! { <SelectField id="assignee" label=t(Words::Agent) value faults=form.faults entries optional=true hint=t(hint)/> }
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
            check.fault("assignee", t(Words::ChooseSomebody).to_owned());
        }
        if !form.faults.show(check.done()) {
            let body = NewAssignment {
                assignee,
                group: moved.then_some(chosen),
            };
            form.send(TicketAction::Assign(body), Words::Assigned);
        }
    };
    view! {
        <ActionWindow form id="assign" title=Words::Assign button=Words::Assign submit=Callback::new(submit)>
            <SelectField id="group" label=t(Words::Group) value=group faults=form.faults entries optional=true/>
            {agent_select(form, group, assignee, agents, Words::AgentOptional)}
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
        .map(|allowed| allowed.levels.clone())
        .filter(|levels| !levels.is_empty())
    {
        Some(levels) => levels,
        None => desk
            .iter()
            .flat_map(|desk| desk.levels.iter().map(|level| level.level))
            .filter(|level| *level != present)
            .collect(),
    };
    let needs_diagnosis =
        allowed.is_some_and(|allowed| allowed.needs.contains(&InputNeed::Diagnosis));
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
                .map_or(t_with(Words::LevelNumber, &[&number.to_string()]), |one| {
                    one.label.clone()
                }),
            help: t(if number < present {
                Words::BackDown
            } else if number == present {
                Words::SameLevel
            } else {
                Words::Up
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
            .choice("level", t(Words::ChooseLevel), level.get_untracked())
            .and_then(|level| level.parse().ok());
        let group = match level {
            Some(_) => check.choice("group", t(Words::ChooseGroup), group.get_untracked()),
            None => None,
        };
        let justification = check.text(
            "justification",
            "",
            justification.with_untracked(|text| Reason::parse(text)),
        );
        let diagnosis = match diagnosis.with_untracked(|text| {
            (!text.trim().is_empty() || needs_diagnosis).then(|| Body::parse(text))
        }) {
            Some(parsed) => check.text("diagnosis", "", parsed).map(Body::into_string),
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
            group,
            assignee: assignee.with_untracked(|key| key.parse().ok()),
            justification: justification.into_string(),
            diagnosis,
        };
        form.send(TicketAction::Escalate(body), Words::Escalated);
    };
    let with_group = move || group.with(|group| !group.is_empty());
    view! {
        <ActionWindow form id="escalate" title=Words::Escalate button=Words::Escalate submit=Callback::new(submit)>
            <RadioCards id="level" legend=t(Words::ToWhichLevel) value=level faults=form.faults choices columns=true/>
            {group_select}
            <div hidden=move || !with_group()>{agent_select(form, group, assignee, agents, Words::AgentOptional)}</div>
            <TextArea id="justification" label=t(Words::Justification) hint=t(Words::JustificationHint) value=justification faults=form.faults max=REASON_MAX rows=3/>
            {needs_diagnosis.then(|| view! {
                <TextArea id="diagnosis" label=t(Words::Diagnosis) hint=t(Words::DiagnosisHint) value=diagnosis faults=form.faults max=BODY_MAX rows=4/>
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
            check.fault("priority", t(Words::SamePriority).to_owned());
        }
        let reason = check.text(
            "reason",
            "",
            reason.with_untracked(|text| Reason::parse(text)),
        );
        if form.faults.show(check.done()) {
            return;
        }
        let (Some(priority), Some(reason)) = (chosen, reason) else {
            return;
        };
        let body = NewPriorityChange {
            priority,
            reason: reason.into_string(),
        };
        form.send(TicketAction::ChangePriority(body), Words::PriorityChanged);
    };
    let waiting = desk
        .is_none()
        .then(|| view! { <Loading lines=4/> }.into_any());
    view! {
        <ActionWindow form id="change-priority" title=Words::ChangePriority button=Words::Change submit=Callback::new(submit)>
            {waiting}
            <RadioCards id="priority" legend=t(Words::NewPriority) value=priority faults=form.faults choices/>
            <TextArea id="reason" label=t(Words::Reason) hint=t(Words::ReasonHint) value=reason faults=form.faults max=REASON_MAX rows=3/>
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
    let needs_reason = allowed.is_some_and(|allowed| allowed.needs.contains(&InputNeed::Reason));
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
            t(Words::WriteSolution),
            solution.with_untracked(|text| Body::parse(text)),
        );
        let chosen = reason.get_untracked();
        if has_reasons && needs_reason {
            check.choice("reason", t(Words::ChooseReason), chosen.clone());
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
        };
        form.send(TicketAction::Solve(body), Words::SolutionSent);
    };
    view! {
        <ActionWindow form id="solve" title=Words::Solve button=Words::Solve submit=Callback::new(submit)>
            <Banner kind=Kind::Info><p>{t_with(Words::SolutionMailed, &[&email])}</p></Banner>
            {has_reasons.then(|| view! {
                <SelectField id="reason" label=t(Words::Reason) value=reason faults=form.faults entries=entries optional=!needs_reason/>
            }.into_any())}
            <TextArea id="solution" label=t(Words::SolutionText) hint=t(Words::SolutionHint) value=solution faults=form.faults max=BODY_MAX rows=6/>
            <FilePicker
                id="attachments" label=t(Words::Files) items=uploads.items limits
                add=Callback::new(move |files| uploads.add(files, limits))
                remove=Callback::new(move |key| uploads.remove(key))
                retry=Callback::new(move |key| uploads.retry(key))
            />
        </ActionWindow>
    }
}
