//! What an agent may do with a ticket now: only what `allowed_commands` lists, each with a window that asks for the data
//! that it needs (see [`windows`](super::windows)).

use leptos::prelude::*;
use shared::api::tickets::NewAssignment;
use shared::ticket::command::CommandKind;

use super::Case;
use crate::browser;
use crate::client::ApiError;
use crate::client::console::TicketAction;
use crate::components::feedback::Kind;
use crate::components::{act, icon};
use crate::console::keys::keys;
use crate::console::parts::{Window, parts};
use crate::console::task::later;
use crate::console::words::Words;
use crate::i18n::{t, t_with};

/// The actions that this console has a window for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
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
                .flat_map(|view| &view.allowed_commands)
                .filter(|allowed| allowed.blocked_by.is_empty())
                .map(|allowed| allowed.command)
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
        Some(parts().window(Window::Action(action, case), closed))
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
        reason: None,
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
pub fn refusal_text(error: &ApiError) -> String {
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
