//! The windows of priority, category and an approver's decision.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::desks::DeskView;
use shared::api::process::{NewApprovalDecision, NewCategoryChange};
use shared::api::tickets::NewPriorityChange;
use shared::ticket::command::Decision;
use shared::ticket::text::{REASON_MAX, Reason};

use super::{ActionForm, ActionWindow, of_desk};
use crate::client::console::TicketAction;
use crate::components::form::{Check, Choice, RadioCards, TextArea};
use crate::console::components::matrix::ImpactUrgency;
use crate::console::components::tree::CategoryPicker;
use crate::console::words::{StepWords, WindowWords, Words};
use crate::i18n::t;

/// Corrects the priority, by itself or by impact and urgency.
#[component]
pub fn PriorityWindow(form: ActionForm) -> impl IntoView {
    let Some(view) = form.view() else {
        return ().into_any();
    };
    let key = |one: &Option<shared::api::tickets::Labelled>| {
        one.as_ref().map(|one| one.id.clone()).unwrap_or_default()
    };
    let priority = RwSignal::new(view.priority.id.clone());
    let impact = RwSignal::new(key(&view.impact));
    let urgency = RwSignal::new(key(&view.urgency));
    let before = (
        view.priority.id.clone(),
        key(&view.impact),
        key(&view.urgency),
    );
    let reason = form.kept_text("reason");
    let fields = move |desk: Arc<DeskView>| {
        let choice = match desk.prioritisation.matrix.clone() {
            Some(matrix) => {
                view! { <ImpactUrgency desk=(*desk).clone() matrix impact urgency faults=form.faults/> }
                    .into_any()
            }
            None => {
                let priorities = desk.priorities.iter().cloned();
                let choices = priorities.map(Choice::from).collect::<Vec<_>>();
                view! { <RadioCards id="priority" legend=form.case.say_priority(WindowWords::NewPriority) value=priority faults=form.faults choices/> }.into_any()
            }
        };
        view! {
            {choice}
            <TextArea id="reason" label=t(Words::Reason) hint=t(WindowWords::ReasonHint) value=reason faults=form.faults max=REASON_MAX rows=3/>
        }
        .into_any()
    };
    let submit = move |()| {
        let Some(desk) = form.desk() else { return };
        let by_matrix = desk.prioritisation.matrix.is_some();
        let mut check = Check::default();
        let (chosen, wide, soon) = if by_matrix {
            let wide = check.choice("impact", t(StepWords::ChooseImpact), impact.get_untracked());
            let soon = check.choice(
                "urgency",
                t(StepWords::ChooseUrgency),
                urgency.get_untracked(),
            );
            if wide.as_ref() == Some(&before.1) && soon.as_ref() == Some(&before.2) {
                check.fault("impact", t(StepWords::SameMatrix).to_owned());
            }
            (None, wide, soon)
        } else {
            let chosen = check.choice(
                "priority",
                &form.case.say_priority(Words::ChoosePriority),
                priority.get_untracked(),
            );
            if chosen.as_ref() == Some(&before.0) {
                check.fault("priority", t(WindowWords::SamePriority).to_owned());
            }
            (chosen, None, None)
        };
        let reason = check.text(
            "reason",
            t(WindowWords::WriteGrounds),
            reason.with_untracked(|text| Reason::parse(text)),
        );
        if form.faults.show(check.done()) {
            return;
        }
        let Some(reason) = reason else { return };
        let body = NewPriorityChange {
            priority: chosen,
            impact: wide,
            urgency: soon,
            reason: reason.into_string(),
        };
        form.send(
            TicketAction::ChangePriority(body),
            form.case.say_priority(WindowWords::PriorityChanged),
        );
    };
    view! {
        <ActionWindow form id="change-priority" title=form.case.say_priority(Words::ChangePriority) button=t(Words::Change) submit=Callback::new(submit) explains=form.lacks_desk()>
            {of_desk(form, Box::new(fields))}
        </ActionWindow>
    }
    .into_any()
}

/// Corrects the category.
#[component]
pub fn CategoryWindow(form: ActionForm) -> impl IntoView {
    let Some(view) = form.view() else {
        return ().into_any();
    };
    let category = RwSignal::new(String::new());
    let reason = form.kept_text("reason");
    let before = view.category_id.clone();
    let fields = move |desk: Arc<DeskView>| {
        let categories = Signal::stored(desk.categories.clone());
        view! {
            <CategoryPicker id="category" label=form.case.say_category(StepWords::NewCategory) noun=form.case.speech().category value=category faults=form.faults categories/>
            <TextArea id="reason" label=t(Words::Reason) hint=t(WindowWords::ReasonHint) value=reason faults=form.faults max=REASON_MAX rows=2 optional=true/>
        }
        .into_any()
    };
    let present = (!view.category.is_empty()).then(|| {
        let path = view.category.join(" › ");
        view! { <p class="step-target"><span class="muted">{form.case.say_category(StepWords::PresentCategory)}</span><span>{path}</span></p> }.into_any()
    });
    let submit = move |()| {
        let mut check = Check::default();
        let chosen = check.choice(
            "category",
            &form.case.say_category(StepWords::ChooseCategory),
            category.get_untracked(),
        );
        if chosen.is_some() && chosen == before {
            check.fault("category", form.case.say_category(StepWords::SameCategory));
        }
        let reason = reason.with_untracked(|text| check.optional_reason("reason", text));
        if form.faults.show(check.done()) {
            return;
        }
        let Some(category) = chosen else { return };
        let body = NewCategoryChange { category, reason };
        form.send(
            TicketAction::ChangeCategory(body),
            form.case.say_category(StepWords::CategoryChanged),
        );
    };
    view! {
        <ActionWindow form id="change-category" title=form.case.say_category(Words::ChangeCategory) button=t(Words::Change) submit=Callback::new(submit) explains=form.lacks_desk() class="dialog wide">
            {present}
            {of_desk(form, Box::new(fields))}
        </ActionWindow>
    }
    .into_any()
}

/// The cards of yes and no.
pub fn decision_choices() -> Vec<Choice> {
    [
        (
            Decision::Approved,
            StepWords::Approve,
            StepWords::ApproveHelp,
        ),
        (Decision::Refused, StepWords::Refuse, StepWords::RefuseHelp),
    ]
    .map(|(decision, title, help)| Choice {
        value: decision.as_str().to_owned(),
        title: t(title).to_owned(),
        help: t(help).to_owned(),
        side: String::new(),
    })
    .to_vec()
}

/// Checks a decision and its comment, which a refusal cannot do without.
pub fn checked_decision(
    check: &mut Check,
    decision: &str,
    comment: &str,
) -> Option<(Decision, Option<String>)> {
    let decision: Option<Decision> = check
        .choice(
            "decision",
            t(StepWords::ChooseDecision),
            decision.to_owned(),
        )
        .and_then(|word| word.parse().ok());
    let refuses = decision == Some(Decision::Refused);
    let comment = comment.trim();
    let comment = if refuses || !comment.is_empty() {
        check
            .text(
                "comment",
                t(StepWords::WriteWhyRefused),
                Reason::parse(comment),
            )
            .map(Reason::into_string)
    } else {
        None
    };
    Some((decision?, comment))
}

/// The decision of an approver.
#[component]
pub fn DecisionWindow(form: ActionForm) -> impl IntoView {
    let roles: Vec<_> = form
        .view()
        .and_then(|view| view.approval.clone())
        .into_iter()
        .flat_map(|approval| approval.steps)
        .filter(|step| step.current)
        .flat_map(|step| step.approvers)
        .filter(|approver| approver.mine && approver.decision.is_none())
        .map(|approver| approver.role)
        .collect();
    let role = RwSignal::new(
        roles
            .first()
            .map(|role| role.id.clone())
            .unwrap_or_default(),
    );
    let decision = RwSignal::new(String::new());
    let comment = form.kept_text("comment");
    let several = (roles.len() > 1).then(|| {
        let choices = roles
            .iter()
            .map(|role| Choice {
                value: role.id.clone(),
                title: role.label.clone(),
                help: String::new(),
                side: String::new(),
            })
            .collect::<Vec<_>>();
        view! { <RadioCards id="role" legend=t(StepWords::AsWhich) value=role faults=form.faults choices columns=true/> }.into_any()
    });
    let single = roles.first().filter(|_| roles.len() == 1).map(|role| {
        view! { <p class="step-target"><span class="muted">{t(StepWords::AsWhich)}</span><span>{role.label.clone()}</span></p> }.into_any()
    });
    let submit = move |()| {
        let mut check = Check::default();
        let given = decision.with_untracked(|decision| {
            comment.with_untracked(|comment| checked_decision(&mut check, decision, comment))
        });
        if form.faults.show(check.done()) {
            return;
        }
        let Some((decision, comment)) = given else {
            return;
        };
        let body = NewApprovalDecision {
            role: role.get_untracked(),
            decision,
            comment,
        };
        form.send(TicketAction::Decide(body), t(StepWords::DecisionKept));
    };
    view! {
        <ActionWindow form id="decide" title=t(Words::DecideApproval) button=t(StepWords::SendDecision) submit=Callback::new(submit)>
            {several}
            {single}
            <RadioCards id="decision" legend=t(StepWords::YourDecision) value=decision faults=form.faults choices=decision_choices() columns=true/>
            <TextArea id="comment" label=t(StepWords::Comment) hint=t(StepWords::CommentHint) value=comment faults=form.faults max=REASON_MAX sometimes=true rows=3/>
        </ActionWindow>
    }
}
