//! The windows of the actions: each asks for the data that its action needs, and neither a refusal nor closing it loses
//! what was typed.
//!
//! [`command`] draws the window of any command from what the ticket says about it: what it needs, what it takes besides,
//! its reasons, levels and groups, and what it still waits for. Four things have a window of their own, because they need
//! more than fields: priority, category, an approver's decision ([`triage`]), attempts to reach the requester
//! ([`contact`]) and relations ([`relations`]).

mod command;
mod contact;
mod details;
mod relations;
mod triage;

pub use self::triage::{checked_decision, decision_choices};

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::desks::{DeskAgent, DeskView};
use shared::api::tickets::TicketView;
use shared::desk::profile::Need;
use shared::ticket::command::CommandKind;

use self::command::CommandWindow;
use self::contact::{AttemptWindow, FollowUpWindow};
use self::details::{CauseWindow, ExtraWindow};
use self::relations::{MergeWindow, RelationWindow};
use self::triage::{CategoryWindow, DecisionWindow, PriorityWindow};
use super::actions::{Action, refusal_text};
use super::{Case, Place};
use crate::browser;
use crate::client::ApiError;
use crate::client::console::TicketAction;
use crate::components::act;
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{Entry, ErrorSummary, Faults, SubmitButton};
use crate::console::KEPT;
use crate::console::components::window::shown;
use crate::console::words::{StepWords, WindowWords, Words};
use crate::i18n::t;
use crate::task::later;

/// The window of an action.
pub fn action_window(action: Action, case: Case, closed: Callback<()>) -> AnyView {
    let form = ActionForm::new(case, action, closed);
    match action {
        Action::Command(CommandKind::ChangePriority) => view! { <PriorityWindow form/> }.into_any(),
        Action::Command(CommandKind::ChangeCategory) => view! { <CategoryWindow form/> }.into_any(),
        Action::Command(CommandKind::DecideApproval) => view! { <DecisionWindow form/> }.into_any(),
        Action::Command(CommandKind::RecordContactAttempt) => {
            view! { <AttemptWindow form/> }.into_any()
        }
        Action::Command(CommandKind::SendFollowUp) => view! { <FollowUpWindow form/> }.into_any(),
        Action::Command(CommandKind::SetExtra) => view! { <ExtraWindow form/> }.into_any(),
        Action::Command(CommandKind::RecordCause) => view! { <CauseWindow form/> }.into_any(),
        Action::Command(command) => view! { <CommandWindow form command/> }.into_any(),
        Action::Relate => view! { <RelationWindow form/> }.into_any(),
        Action::Merge => view! { <MergeWindow form/> }.into_any(),
    }
}

/// What every action window has: its state, and sending.
#[derive(Clone, Copy)]
struct ActionForm {
    case: Case,
    action: Action,
    open: RwSignal<bool>,
    busy: RwSignal<bool>,
    faults: Faults,
    error: RwSignal<Option<ApiError>>,
    /// Somebody changed the ticket, or its state forbids it: said above the form.
    notice: RwSignal<Option<String>>,
    key: StoredValue<String>,
    /// Whom the ticket can be given to, and why that is not known.
    agents: RwSignal<Vec<DeskAgent>>,
    no_agents: RwSignal<Option<ApiError>>,
    /// What the keys begin with under which this browser keeps what is typed.
    prefix: StoredValue<String>,
}

impl ActionForm {
    fn new(case: Case, action: Action, closed: Callback<()>) -> Self {
        let agent = case.session.me.with_untracked(|me| me.id).to_string();
        let word = match action {
            Action::Command(command) => command.as_str(),
            Action::Relate => "relate",
            Action::Merge => "merge",
        };
        let prefix = ["window.", &agent, ".", &case.code(), ".", word, "."].concat();
        Self {
            case,
            action,
            open: shown(closed),
            busy: RwSignal::new(false),
            faults: Faults::none(),
            error: RwSignal::new(None),
            notice: RwSignal::new(None),
            key: StoredValue::new(browser::random_key()),
            agents: RwSignal::new(Vec::new()),
            no_agents: RwSignal::new(None),
            prefix: StoredValue::new(prefix),
        }
    }

    /// The key under which this browser keeps what is typed in a field.
    fn key_of(self, field: &str) -> String {
        self.prefix
            .with_value(|prefix| [prefix.as_str(), field].concat())
    }

    /// A text that outlives the window until it was sent.
    fn kept_text(self, field: &str) -> RwSignal<String> {
        KEPT.text(self.key_of(field))
    }

    fn view(self) -> Option<Arc<TicketView>> {
        self.case.view.get_untracked()
    }

    fn desk(self) -> Option<Arc<DeskView>> {
        untrack(move || self.case.desk())
    }

    /// Whether the desk's profile is not there yet; follows changes.
    fn lacks_desk(self) -> Signal<bool> {
        let case = self.case;
        Memo::new(move |_| case.desk().is_none()).into()
    }

    /// Asks for the agents of the ticket's desk.
    fn load_agents(self) {
        if let Some(view) = self.view() {
            self.case
                .session
                .load_agents(view.desk.clone(), self.agents, self.no_agents);
        }
    }

    /// Whether an agent can be chosen here.
    fn offers_agents(self) -> bool {
        let Action::Command(command) = self.action else {
            return false;
        };
        let picks =
            |need: &Need| matches!(need, Need::Group | Need::Assignee | Need::GroupOrAssignee);
        matches!(command, CommandKind::Assign | CommandKind::Escalate)
            || untrack(move || self.case.rows_of(command))
                .iter()
                .any(|row| row.needs.iter().chain(&row.offers).any(picks))
    }

    fn send(self, action: TicketAction, done: impl Into<String>) {
        let done = done.into();
        let Some(version) = self.view().map(|view| view.version) else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        self.notice.set(None);
        let (case, code) = (self.case, self.case.code());
        let prefix = self.prefix.get_value();
        later(async move {
            let outcome = action
                .send(case.client, &code, version, &self.key.get_value())
                .await;
            // Also where the window was closed meanwhile.
            if outcome.is_ok() {
                KEPT.forget(&prefix);
            }
            if self.busy.try_set(false).is_some() {
                if let Err(error) = outcome {
                    case.ui.toast(Kind::Error, error.about(&code));
                }
                return;
            }
            match outcome {
                Ok(_) => {
                    self.open.set(false);
                    case.ui.toast(Kind::Success, done);
                    case.did(&action);
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
                self.notice.set(Some(refusal_text(self.case, &error)));
                self.case.changed();
            }
            _ if self.faults.show_from(&error) => {}
            _ => self.error.set(Some(error)),
        }
    }

    /// Says above the form that what it was filled with has been changed by others, and is up to date now.
    fn overtaken(self) {
        self.notice.set(Some(t(Words::ChangedMeanwhile).to_owned()));
    }

    /// Closes this window and shows a place of the panel instead.
    fn leave_to(self, place: Place) {
        self.open.set(false);
        self.case.lead_to(place);
    }

    /// Closes this window and opens another one.
    fn leave_for(self, action: Action) {
        self.open.set(false);
        let window = self.case.window;
        // This one takes itself away in the next frame.
        set_timeout(
            move || {
                let _ = window.try_set(Some(action));
            },
            std::time::Duration::from_millis(80),
        );
    }
}

/// The frame of an action window: heading, notices, fields, buttons.
#[component]
fn ActionWindow(
    form: ActionForm,
    id: &'static str,
    #[prop(into)] title: String,
    /// What the button says.
    #[prop(into)]
    button: String,
    /// Checks and sends.
    submit: Callback<()>,
    /// Whether there is nothing to send, so that the window only explains.
    #[prop(optional, into)]
    explains: Signal<bool>,
    /// Classes, e.g. `dialog wide`.
    #[prop(default = "dialog")]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let code = form.case.code();
    let notice = move || {
        form.notice.get().map(|text| {
            view! { <div class="dialog-note"><Banner kind=Kind::Warning><p>{text}</p></Banner></div> }
                .into_any()
        })
    };
    let agents = move || {
        let error = form.no_agents.get().filter(|_| form.offers_agents())?;
        Some(view! {
            <Banner kind=Kind::Warning title=t(WindowWords::AgentsNotLoaded)>
                <p>{error.detail()}</p>
                <button class="btn sm" type="button" on:click=act(move |_| form.load_agents())>{t(WindowWords::Retry)}</button>
            </Banner>
        }.into_any())
    };
    let cancel = move || {
        t(if explains.get() {
            StepWords::Close
        } else {
            StepWords::Cancel
        })
    };
    let send = move || {
        (!explains.get()).then(|| {
            view! { <SubmitButton label=button.clone() busy_label=t(Words::Sending) busy=form.busy/> }.into_any()
        })
    };
    view! {
        <Dialog id title=[&title, " · ", &code].concat() open=form.open class>
            <form novalidate on:submit=act(move |event: leptos::ev::SubmitEvent| { event.prevent_default(); if !explains.get_untracked() { submit.run(()); } })>
                {move || notice()}
                <div class="dialog-body stack">
                    {move || agents()}
                    <ErrorSummary faults=form.faults/>
                    <ErrorNote error=form.error/>
                    {children()}
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| form.open.set(false))>{move || cancel()}</button>
                    {move || send()}
                </div>
            </form>
        </Dialog>
    }
}

/// Agents of some groups (of any without one), with how much each has to do.
fn agent_entries(case: Case, agents: &[DeskAgent], groups: &[String]) -> Vec<Entry> {
    agents
        .iter()
        .filter(|agent| groups.is_empty() || agent.groups.iter().any(|key| groups.contains(key)))
        .map(|agent| Entry {
            value: agent.id.to_string(),
            label: case.say_with(
                if agent.open_tickets == 1 {
                    WindowWords::AgentWithOne
                } else {
                    WindowWords::AgentWithLoad
                },
                &[&agent.full_name, &agent.open_tickets.to_string()],
            ),
            group: String::new(),
        })
        .collect()
}

fn agents_of(form: ActionForm) -> RwSignal<Vec<DeskAgent>> {
    form.load_agents();
    form.agents
}

/// Fields that are drawn from the desk's profile; until it has come, what is known of that.
fn of_desk(form: ActionForm, draw: Box<dyn Fn(Arc<DeskView>) -> AnyView + Send>) -> AnyView {
    let session = form.case.session;
    let slug = form
        .view()
        .map(|view| view.desk.clone())
        .unwrap_or_default();
    let wanted = slug.clone();
    let profile = Memo::new(move |_| session.profile_answer(&wanted));
    let content = move || match profile.get() {
        Some(Ok(desk)) => draw(desk),
        Some(Err(error)) => {
            let slug = slug.clone();
            view! { <Failed error retry=Callback::new(move |()| session.retry_profile(&slug))/> }
                .into_any()
        }
        None => view! { <Loading lines=4/> }.into_any(),
    };
    view! { {content} }.into_any()
}
