//! What an agent may do with a ticket now: only what `allowed_commands` lists. The usual next step and the most common
//! ones are buttons, the rest is behind "more actions". Each has a window that asks for exactly the data that it needs
//! (see [`windows`](super::windows)); one that waits for something says for what.

use leptos::prelude::*;
use shared::api::process::NewMark;
use shared::api::tickets::{AllowedCommand, NewAssignment, TicketView};
use shared::desk::profile::Need;
use shared::ticket::command::{CommandKind, Mark};
use shared::ticket::status::Status;

use super::Case;
use crate::browser;
use crate::client::ApiError;
use crate::client::console::TicketAction;
use crate::components::{act, icon};
use crate::console::components::menu::Menu;
use crate::console::keys::keys;
use crate::console::parts::{Window, parts};
use crate::console::words::Words;
use crate::i18n::{t, t_with};

/// What has a window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A command of the ticket's own table.
    Command(CommandKind),
    /// Putting other tickets under this one, or this one under another.
    Relate,
    /// Joining a duplicate to the ticket that stays.
    Merge,
}

/// Every command that an agent gives with a button, in the order in which buttons stand.
const ORDER: [CommandKind; 23] = [
    CommandKind::Take,
    CommandKind::DecideApproval,
    CommandKind::Complete,
    CommandKind::Start,
    CommandKind::RequestApproval,
    CommandKind::Resume,
    CommandKind::Solve,
    CommandKind::CloseByDesk,
    CommandKind::Escalate,
    CommandKind::ReturnFromVendor,
    CommandKind::Suspend,
    CommandKind::Assign,
    CommandKind::EscalateOnsite,
    CommandKind::SendToVendor,
    CommandKind::MarkUnsolvable,
    CommandKind::MarkNotManaged,
    CommandKind::Reject,
    CommandKind::RecordContactAttempt,
    CommandKind::SendFollowUp,
    CommandKind::ChangePriority,
    CommandKind::ChangeCategory,
    CommandKind::SetExtra,
    CommandKind::RecordCause,
];

/// How many of them are buttons; the others are in the menu.
const BUTTONS: usize = 4;

/// The usual next step: the first of these that can be taken now.
const NEXT: [CommandKind; 9] = [
    CommandKind::Take,
    CommandKind::DecideApproval,
    CommandKind::Complete,
    CommandKind::Start,
    CommandKind::RequestApproval,
    CommandKind::Resume,
    CommandKind::Solve,
    CommandKind::ReturnFromVendor,
    CommandKind::CloseByDesk,
];

/// The marks, with what putting them on and taking them off is called.
const MARKS: [(Mark, Words, Words); 2] = [
    (Mark::Problem, Words::MarkProblem, Words::UnmarkProblem),
    (Mark::Security, Words::MarkSecurity, Words::UnmarkSecurity),
];

/// A command as its button shows it.
#[derive(Clone, PartialEq)]
struct Step {
    command: CommandKind,
    /// The desk's label of the state that it leads to, where there is one only.
    to: Option<String>,
    /// Whether it waits for something.
    blocked: bool,
    /// Whether it needs no data, so that it needs no window.
    plain: bool,
    /// Whether it takes a request for approval back.
    withdraws: bool,
}

impl Step {
    fn name(&self, case: Case) -> String {
        if self.withdraws {
            return t(Words::WithdrawApproval).to_owned();
        }
        command_name(case, self.command, self.to.as_deref())
    }
}

/// Whether a command takes back the approval that a ticket waits for, rather than going on with it.
pub fn withdraws(case: Case, command: CommandKind) -> bool {
    let waits = |view: &TicketView| view.status == Status::AwaitingApproval;
    command == CommandKind::Resume && case.view.with(|view| view.as_deref().is_some_and(waits))
}

/// What a command is called. Where it is the state that says what happens, the desk's own label of the state is used.
pub fn command_name(case: Case, command: CommandKind, to: Option<&str>) -> String {
    let moved = |plain: Words| match to {
        Some(label) => t_with(Words::MoveTo, &[label]),
        None => t(plain).to_owned(),
    };
    let words = match command {
        CommandKind::Take => Words::Take,
        CommandKind::Assign => Words::Assign,
        CommandKind::Start => Words::Start,
        CommandKind::Complete => Words::Complete,
        CommandKind::Escalate => Words::Escalate,
        CommandKind::Resume => Words::Resume,
        CommandKind::ReturnFromVendor => Words::ReturnFromVendor,
        CommandKind::RequestApproval => Words::RequestApproval,
        CommandKind::DecideApproval => Words::DecideApproval,
        CommandKind::ChangePriority => return case.say_priority(Words::ChangePriority),
        CommandKind::ChangeCategory => return case.say_category(Words::ChangeCategory),
        CommandKind::Solve => Words::Solve,
        CommandKind::CloseByDesk => Words::CloseByDesk,
        CommandKind::Reject => Words::RejectSolution,
        CommandKind::RecordContactAttempt => Words::RecordAttempt,
        CommandKind::SendFollowUp => Words::SendFollowUp,
        CommandKind::SetExtra => Words::SetExtra,
        CommandKind::RecordCause => Words::RecordCause,
        CommandKind::EscalateOnsite => return moved(Words::EscalateOnsite),
        CommandKind::Suspend => return moved(Words::Suspend),
        CommandKind::SendToVendor => return moved(Words::SendToVendor),
        CommandKind::MarkUnsolvable => return moved(Words::MarkUnsolvable),
        CommandKind::MarkNotManaged => return moved(Words::MarkNotManaged),
        // Given by requesters, by the product, or beside what they are about.
        CommandKind::Confirm
        | CommandKind::Accept
        | CommandKind::Rate
        | CommandKind::CloseBySilence
        | CommandKind::Continue
        | CommandKind::AddMessage
        | CommandKind::RecordControl
        | CommandKind::RecordWarning
        | CommandKind::RecordBreach
        | CommandKind::LinkParent
        | CommandKind::UnlinkParent
        | CommandKind::RemindApprovers
        | CommandKind::MergeInto
        | CommandKind::Unmerge
        | CommandKind::Absorb
        | CommandKind::Release
        | CommandKind::SetMark => return String::new(),
    };
    t(words).to_owned()
}

fn symbol(command: CommandKind) -> &'static str {
    match command {
        CommandKind::Take => "user",
        CommandKind::Assign => "users",
        CommandKind::Start | CommandKind::Resume => "play",
        CommandKind::Complete => "edit",
        CommandKind::Escalate => "layers",
        CommandKind::EscalateOnsite => "monitor",
        CommandKind::Suspend => "pause",
        CommandKind::SendToVendor => "building",
        CommandKind::ReturnFromVendor => "arrow-left",
        CommandKind::RequestApproval | CommandKind::DecideApproval => "shield",
        CommandKind::ChangePriority => "flag",
        CommandKind::ChangeCategory => "tag",
        CommandKind::Solve => "check-circle",
        CommandKind::CloseByDesk => "check",
        CommandKind::MarkUnsolvable | CommandKind::MarkNotManaged => "x",
        CommandKind::Reject => "refresh",
        CommandKind::RecordContactAttempt => "phone",
        CommandKind::SendFollowUp => "mail",
        CommandKind::SetExtra => "list",
        CommandKind::RecordCause => "search",
        _ => "circle-dot",
    }
}

/// The state that all rows of a command lead to, if it is one.
fn common_target(rows: &[AllowedCommand]) -> Option<Status> {
    let first = rows.first()?.to?;
    rows.iter()
        .all(|row| row.to == Some(first))
        .then_some(first)
}

/// The state that all rows of a command lead to, where it is another one than now.
pub fn new_state(case: Case, rows: &[AllowedCommand]) -> Option<Status> {
    let now = case.view.with(|view| view.as_ref().map(|view| view.status));
    common_target(rows).filter(|to| Some(*to) != now)
}

fn steps(case: Case) -> Vec<Step> {
    let label = |status: Status| {
        let desk = case.desk()?;
        let state = desk.states.iter().find(|state| state.id == status)?;
        Some(state.label.clone())
    };
    ORDER
        .iter()
        .filter_map(|command| {
            let rows = case.rows_of(*command);
            let first = rows.first()?;
            let asks = !first.needs.is_empty() || !first.reasons.is_empty() || rows.len() > 1;
            Some(Step {
                command: *command,
                to: new_state(case, &rows).and_then(label),
                // Control questions are answered in the window itself.
                blocked: rows
                    .iter()
                    .all(|row| row.blocked_by.iter().any(|need| *need != Need::Controls)),
                withdraws: withdraws(case, *command),
                plain: !asks
                    && first.blocked_by.is_empty()
                    && matches!(*command, CommandKind::Take | CommandKind::Start),
            })
        })
        .collect()
}

/// Splits steps into buttons and menu; the usual next step is the first button.
fn arranged(mut steps: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
    let next = NEXT.iter().find_map(|command| {
        steps
            .iter()
            .position(|step| step.command == *command && !step.blocked && !step.withdraws)
    });
    let mut buttons = Vec::new();
    if let Some(place) = next {
        buttons.push(steps.remove(place));
    }
    let mut rest = Vec::new();
    for step in steps {
        let everyday = !matches!(
            step.command,
            CommandKind::ChangePriority
                | CommandKind::ChangeCategory
                | CommandKind::RecordContactAttempt
                | CommandKind::SendFollowUp
                | CommandKind::SetExtra
                | CommandKind::RecordCause
        );
        if everyday && !step.blocked && buttons.len() < BUTTONS {
            buttons.push(step);
        } else {
            rest.push(step);
        }
    }
    (buttons, rest)
}

/// The buttons of the permitted actions, the menu of the rest, and the window of the one that was chosen.
#[component]
pub fn ActionBar(case: Case) -> impl IntoView {
    let busy = RwSignal::new(false);
    // Compared, so that news about other things leaves the buttons and their focus alone.
    let permitted = Memo::new(move |_| steps(case));
    let relates = Memo::new(move |_| !case.rows_of(CommandKind::LinkParent).is_empty());
    let begin = move |step: &Step| {
        if step.plain && !step.blocked {
            at_once(case, step.command, busy);
        } else {
            case.window.set(Some(Action::Command(step.command)));
        }
    };
    keys().bind("e", move || {
        let take = permitted.with_untracked(|steps| {
            steps
                .iter()
                .find(|step| step.command == CommandKind::Take)
                .cloned()
        });
        if let Some(step) = take {
            begin(&step);
        }
    });
    let bar = move || {
        // To decide is asked above, where it cannot be missed.
        let mut steps = permitted.get();
        steps.retain(|step| step.command != CommandKind::DecideApproval);
        let (buttons, rest) = arranged(steps);
        let main = buttons
            .first()
            .filter(|step| NEXT.contains(&step.command))
            .map(|step| step.command);
        let buttons = buttons.into_iter().map(|step| {
            let class = if main == Some(step.command) { "btn primary sm" } else { "btn sm" };
            let plain = step.plain;
            let waits = move || (plain && busy.get()).then_some("true");
            let (name, symbol) = (step.name(case), symbol(step.command));
            view! {
                <button class=class type="button" aria-busy=move || waits() aria-disabled=move || waits() on:click=act(move |_| begin(&step))>
                    {icon(symbol)}{name}
                </button>
            }
            .into_any()
        });
        view! { {buttons.collect_view()}{more(case, rest, relates.get(), busy, begin)} }.into_any()
    };
    let merged = Memo::new(move |_| {
        case.view
            .with(|view| view.as_ref().is_some_and(|view| view.merged_into.is_some()))
    });
    let nothing = move || permitted.with(Vec::is_empty) && !relates.get() && !merged.get();
    let closed = Callback::new(move |()| case.window.set(None));
    let window = move || {
        let action = case.window.get()?;
        Some(parts().window(Window::Action(action, case), closed))
    };
    view! {
        <div class="row ticket-actions" role="group" aria-label=t(Words::Actions)>
            {move || bar()}
            {move || nothing().then(|| view! { <span class="muted small">{t(Words::NothingToDo)}</span> }.into_any())}
        </div>
        {move || window()}
    }
}

/// The menu of what is done now and then, or waits for something.
fn more(
    case: Case,
    steps: Vec<Step>,
    relates: bool,
    busy: RwSignal<bool>,
    begin: impl Fn(&Step) + Copy + Send + Sync + 'static,
) -> AnyView {
    if steps.is_empty() && !relates {
        return ().into_any();
    }
    let item = move |step: Step| {
        let (name, symbol) = (step.name(case), symbol(step.command));
        let waits = step.blocked.then(|| {
            view! { <span class="menu-hint">{icon("lock")}{t(Words::Waits)}</span> }.into_any()
        });
        view! {
            <button class="menu-item" role="menuitem" type="button" on:click=act(move |_| begin(&step))>
                {icon(symbol)}<span class="grow">{name}</span>{waits}
            </button>
        }
        .into_any()
    };
    let tie = move |action: Action, symbol: &'static str, name: Words| {
        view! {
            <button class="menu-item" role="menuitem" type="button" on:click=act(move |_| case.window.set(Some(action)))>
                {icon(symbol)}<span class="grow">{t(name)}</span>
            </button>
        }
        .into_any()
    };
    let ties = relates.then(|| {
        view! {
            <hr/>
            {tie(Action::Relate, "link", Words::CreateRelation)}
            {tie(Action::Merge, "copy", Words::MergeDuplicate)}
        }
        .into_any()
    });
    let button = view! { {icon("more")}{t(Words::MoreActions)} }.into_any();
    let marks = move || {
        let view = case.view.get()?;
        let may = view
            .allowed_commands
            .iter()
            .any(|row| row.command == CommandKind::SetMark);
        may.then(|| {
            MARKS
                .into_iter()
                .map(|(mark, add, remove)| {
                    let on = !view.marks.contains(&mark);
                    let body = NewMark { mark, on };
                    view! {
                        <button class="menu-item" role="menuitem" type="button" on:click=act(move |_| case.send_now(TicketAction::Mark(body.clone()), t(Words::Marked), busy))>
                            {icon("alert")}<span class="grow">{t(if on { add } else { remove })}</span>
                        </button>
                    }
                    .into_any()
                })
                .collect_view()
        })
    };
    view! {
        <Menu button_class="btn sm" menu_class="menu wide" button>
            {steps.into_iter().map(item).collect_view()}
            {move || marks()}
            {ties}
        </Menu>
    }
    .into_any()
}

/// Gives a command that needs no data.
fn at_once(case: Case, command: CommandKind, busy: RwSignal<bool>) {
    let (action, done) = if command == CommandKind::Take {
        let me = case.session.me.with_untracked(|me| me.id);
        let action = TicketAction::Assign(NewAssignment {
            assignee: Some(me),
            group: None,
            reason: None,
        });
        (action, case.say(Words::Taken))
    } else {
        (
            TicketAction::Move(super::start()),
            t(Words::Started).to_owned(),
        )
    };
    case.send_now(action, done, busy);
    browser::focus_first(".ticket-title");
}

/// What was refused and, where the server says so, what is possible now.
pub fn refusal_text(case: Case, error: &ApiError) -> String {
    if error.status() == 412 {
        return t(Words::ChangedMeanwhile).to_owned();
    }
    let mut text = error.detail();
    let possible: Vec<String> = error
        .problem()
        .into_iter()
        .flat_map(|problem| &problem.allowed_commands)
        .map(|command| command_name(case, *command, None))
        .filter(|name| !name.is_empty())
        .collect();
    if error.status() == 409 && !possible.is_empty() {
        text.push(' ');
        text.push_str(&t_with(Words::PossibleNow, &[&possible.join(", ")]));
    }
    text
}
