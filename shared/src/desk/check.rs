//! Does the profile hold together? Everything that one piece says of another is looked up here, so
//! that the rules of tickets never meet a hole.

use std::collections::BTreeSet;

use super::own_words::{self, Piece, Placeholder, pieces};
use super::profile::{
    AcceptanceMode, ClockRule, Desk, Move, MoveTo, Need, Notice, Notification, QuestionKind,
    Recipient, Text, Verdict, Who,
};
use super::read::{Notes, suggestion};
use crate::ticket::command::CommandKind;
use crate::ticket::status::Status;

/// Notes everything in the profile that does not hold together.
pub(super) fn check(desk: &Desk, notes: &Notes) {
    let check = Check { desk, notes };
    check.calendar();
    check.states();
    check.clocks();
    check.groups_and_levels();
    check.priorities();
    check.targets();
    for (index, row) in desk.moves.iter().enumerate() {
        check.a_move(&format!("moves.{index}"), row);
    }
    check.paths();
    check.automatic_circles();
    check.approvals();
    check.acceptance();
    check.survey();
    check.notifications();
    check.catalog();
    check.forms();
    check.follow_ups();
    check.lists();
}

struct Check<'a> {
    desk: &'a Desk,
    notes: &'a Notes,
}

impl Check<'_> {
    fn calendar(&self) {
        for error in self.desk.calendar.validate().err().unwrap_or_default() {
            self.notes.error("calendar", error.to_string(), "");
        }
    }

    fn uses(&self, status: Status) -> bool {
        self.desk.state(status).is_some()
    }

    fn states(&self) {
        self.unique(
            "states",
            "is",
            self.desk.states.iter().map(|state| state.is.as_str()),
            "the state",
        );
        if !self.desk.states.is_empty() && !self.uses(Status::New) {
            self.notes.error(
                "states",
                "the state `new` is not used",
                "every desk begins with it",
            );
        }
        for (index, state) in self.desk.states.iter().enumerate() {
            let path = format!("states.{index}.reasons");
            self.unique(
                &path,
                "id",
                state.reasons.iter().map(|reason| reason.id.as_str()),
                "the reason",
            );
        }
    }

    /// The clock of every state is decided, and only there where it can be.
    fn clocks(&self) {
        for (index, state) in self.desk.states.iter().enumerate() {
            let path = format!("states.{index}");
            let ended = state.is.is_final() || state.is.is_settled();
            if ended && state.clock != ClockRule::Stopped {
                self.notes.error(
                    &format!("{path}.clock"),
                    format!("the clocks end in `{}`", state.is),
                    "write clock = \"stopped\"",
                );
            }
            if !ended && state.clock == ClockRule::Stopped && state.is != Status::Draft {
                self.notes.error(
                    &format!("{path}.clock"),
                    format!("the clocks do not end in `{}`", state.is),
                    "write \"runs\", \"paused\" or \"by_reason\"",
                );
            }
            let by_reason = state.clock == ClockRule::ByReason;
            if by_reason && state.reasons.is_empty() {
                self.notes.error(
                    &format!("{path}.clock"),
                    format!("`{}` goes by reason, but has no reasons", state.is),
                    "add `reasons`, or write \"runs\" or \"paused\"",
                );
            }
            for (place, reason) in state.reasons.iter().enumerate() {
                let path = format!("{path}.reasons.{place}");
                if by_reason && reason.pauses.is_none() {
                    self.notes.error(
                        &path,
                        format!("the reason `{}` does not say whether it pauses", reason.id),
                        "add `pauses = true` or `pauses = false`",
                    );
                }
                if !by_reason && reason.pauses.is_some() {
                    self.notes.error(
                        &format!("{path}.pauses"),
                        format!("the clock of `{}` does not go by reason", state.is),
                        "write clock = \"by_reason\", or leave `pauses` out",
                    );
                }
            }
        }
    }

    fn groups_and_levels(&self) {
        let desk = self.desk;
        if desk.levels.is_empty() || desk.level(crate::ticket::status::Level::ONE).is_none() {
            self.notes.error(
                "levels",
                "the desk has no level 1",
                "add 1 = { name = …, groups = [ … ] }",
            );
        }
        let security = desk.groups.iter().filter(|group| group.security);
        for group in security.clone().skip(1) {
            self.notes.error(
                &format!("groups.{}.security", group.key),
                "security incidents go to one group, and another one is named already",
                "leave `security = true` on one group",
            );
        }
        for group in security.filter(|group| desk.level_of(&group.key).is_none()) {
            self.notes.error(
                &format!("groups.{}.security", group.key),
                format!(
                    "`{}` works at no level, so no incident can go to it",
                    group.key
                ),
                "name it in [levels]",
            );
        }
        let mut used = BTreeSet::new();
        for level in &desk.levels {
            let path = format!("levels.{}", level.level);
            for (list, keys) in [("groups", &level.groups), ("onsite", &level.onsite)] {
                for (place, key) in keys.iter().enumerate() {
                    self.known_group(&format!("{path}.{list}.{place}"), key);
                    used.insert(key.as_str());
                }
            }
            if level.groups.is_empty() && level.onsite.is_empty() {
                self.notes.error(
                    &path,
                    format!("level {} has no groups", level.level),
                    "add `groups = [ … ]`",
                );
            }
        }
        for group in desk
            .groups
            .iter()
            .filter(|group| !used.contains(group.key.as_str()))
        {
            self.notes.warn(
                &format!("groups.{}", group.key),
                format!("the group `{}` works at no level", group.key),
                "name it in a level",
            );
        }
    }

    fn known_group(&self, path: &str, key: &str) {
        if self.desk.group(key).is_none() {
            let known: Vec<_> = self
                .desk
                .groups
                .iter()
                .map(|group| group.key.as_str())
                .collect();
            self.notes.error(
                path,
                format!("the group `{key}` does not exist"),
                suggestion(key, &known),
            );
        }
    }

    fn known_priority(&self, path: &str, key: &str) {
        if self.desk.priority.get(key).is_none() {
            let known: Vec<_> = self
                .desk
                .priority
                .items
                .iter()
                .map(|item| item.key.as_str())
                .collect();
            self.notes.error(
                path,
                format!("the priority `{key}` does not exist"),
                suggestion(key, &known),
            );
        }
    }

    /// Unique codes, and a matrix without holes (I-21).
    fn priorities(&self) {
        let scheme = &self.desk.priority;
        self.unique(
            "priority.values",
            "key",
            scheme.items.iter().map(|item| item.key.as_str()),
            "the priority",
        );
        self.known_priority("priority.default", &scheme.default);
        let Some(matrix) = &scheme.matrix else {
            return;
        };
        self.unique(
            "priority.matrix.impact",
            "id",
            matrix.impact.iter().map(|choice| choice.id.as_str()),
            "the impact",
        );
        self.unique(
            "priority.matrix.urgency",
            "id",
            matrix.urgency.iter().map(|choice| choice.id.as_str()),
            "the urgency",
        );
        if matrix.cells.len() != matrix.impact.len() {
            let message = format!(
                "the matrix has {} rows for {} impacts",
                matrix.cells.len(),
                matrix.impact.len()
            );
            self.notes
                .error("priority.matrix.cells", message, "give each impact its row");
        }
        for (index, row) in matrix.cells.iter().enumerate() {
            let path = format!("priority.matrix.cells.{index}");
            if row.len() != matrix.urgency.len() {
                let message = format!(
                    "the row has {} priorities for {} urgencies",
                    row.len(),
                    matrix.urgency.len()
                );
                self.notes
                    .error(&path, message, "give each urgency its priority");
            }
            row.iter().for_each(|key| self.known_priority(&path, key));
        }
        if let Some(impact) = &matrix.default_impact
            && !matrix.impact.iter().any(|choice| choice.id == *impact)
        {
            let known: Vec<_> = matrix
                .impact
                .iter()
                .map(|choice| choice.id.as_str())
                .collect();
            self.notes.error(
                "priority.matrix.default_impact",
                format!("the impact `{impact}` does not exist"),
                suggestion(impact, &known),
            );
        }
        for (index, item) in scheme.items.iter().enumerate() {
            if !matrix.cells.iter().flatten().any(|key| *key == item.key) {
                self.notes.warn(
                    &format!("priority.values.{index}"),
                    format!("the matrix never gives `{}`", item.key),
                    "",
                );
            }
        }
    }

    /// No row hidden by an earlier one, no row for something that does not exist, no silent gap.
    fn targets(&self) {
        let desk = self.desk;
        for (hidden, by) in desk.sla.hidden_rows() {
            let line = self.notes.spot(&format!("sla.targets.{by}")).line;
            let message = format!("this row never decides: the one in line {line} fits first");
            self.notes.error(
                &format!("sla.targets.{hidden}"),
                message,
                "put the narrower row first, or take one out",
            );
        }
        for (index, row) in desk.sla.targets.iter().enumerate() {
            let path = format!("sla.targets.{index}");
            if let Some(key) = &row.priority {
                self.known_priority(&format!("{path}.priority"), key);
            }
            if let Some(key) = &row.group {
                self.known_group(&format!("{path}.group"), key);
            }
            if let Some(key) = &row.category
                && desk.catalog.get(key).is_none()
            {
                self.notes.error(
                    &format!("{path}.category"),
                    format!("the category `{key}` does not exist"),
                    "write a key of catalog.csv",
                );
            }
            if let Some(level) = row.level
                && !desk
                    .levels
                    .iter()
                    .any(|profile| profile.level.number() == level)
            {
                self.notes.error(
                    &format!("{path}.level"),
                    format!("the desk has no level {level}"),
                    "",
                );
            }
            if let Some(word) = &row.request_type
                && !desk.types.iter().any(|profile| profile.is.as_str() == word)
            {
                self.notes.error(
                    &format!("{path}.type"),
                    format!("the desk does not use the type `{word}`"),
                    "",
                );
            }
        }
        self.gaps();
    }

    /// Combinations of type, priority and level for which the table says nothing at all.
    fn gaps(&self) {
        let desk = self.desk;
        let mut missing = Vec::new();
        for request_type in &desk.types {
            for item in &desk.priority.items {
                for level in &desk.levels {
                    let covered = desk.sla.targets.iter().any(|row| {
                        row.category.is_none()
                            && row.group.is_none()
                            && row
                                .request_type
                                .as_deref()
                                .is_none_or(|word| word == request_type.is.as_str())
                            && row.priority.as_deref().is_none_or(|key| key == item.key)
                            && row
                                .level
                                .is_none_or(|number| number == level.level.number())
                    });
                    if !covered {
                        missing.push(format!(
                            "{} {} level {}",
                            request_type.is, item.key, level.level
                        ));
                    }
                }
            }
        }
        if !missing.is_empty() {
            let message = format!("no committed time for: {}", missing.join("; "));
            self.notes.warn(
                "sla",
                message,
                "add rows without times to say that this is meant",
            );
        }
    }

    fn a_move(&self, path: &str, row: &Move) {
        self.move_states(path, row);
        self.move_commands(path, row);
        self.move_reasons(path, row);
        self.move_needs(path, row);
        self.move_places(path, row);
        for (index, tell) in row.tells.iter().enumerate() {
            if let Some(group) = &tell.group {
                let path = format!("{path}.tells.{index}.group");
                self.known_group(&path, group);
                if tell.who != Recipient::Group {
                    self.notes.error(
                        &path,
                        format!("`{}` is no group", tell.who),
                        "write who = \"group\", or take the group out",
                    );
                }
            }
            let mut mails = self.desk.notifications.iter();
            if !mails.any(|mail| mail.notice == tell.template) {
                let message = format!(
                    "the mail `{}` is not among the notifications",
                    tell.template
                );
                self.notes.error(
                    &format!("{path}.tells.{index}"),
                    message,
                    format!("add [[notifications]] with send = \"{}\"", tell.template),
                );
            }
        }
    }

    /// Levels, categories and approvals that a move names exist.
    fn move_places(&self, path: &str, row: &Move) {
        let desk = self.desk;
        if let Some(level) = row.level {
            let path = format!("{path}.level");
            if desk.level(level).is_none() {
                self.notes
                    .error(&path, format!("the desk has no level {level}"), "");
            }
            let hands_over =
                |kind: &CommandKind| matches!(kind, CommandKind::Escalate | CommandKind::Reject);
            if let Some(kind) = row.on.iter().find(|kind| !hands_over(kind)) {
                self.notes.error(
                    &path,
                    format!("`{kind}` hands the ticket to no level"),
                    "only `escalate` and `reject` do",
                );
            }
        }
        for (index, key) in row.when.category.iter().enumerate() {
            if desk.catalog.get(key).is_none() {
                self.notes.error(
                    &format!("{path}.when.category.{index}"),
                    format!("the category `{key}` does not exist"),
                    "write a key of catalog.csv",
                );
            }
        }
        let policies: Vec<_> = desk
            .approvals
            .iter()
            .map(|policy| policy.key.as_str())
            .collect();
        for (index, key) in row.when.policy.iter().enumerate() {
            if !policies.contains(&key.as_str()) {
                self.notes.error(
                    &format!("{path}.when.policy.{index}"),
                    format!("the approval `{key}` does not exist"),
                    suggestion(key, &policies),
                );
            }
        }
    }

    fn move_states(&self, path: &str, row: &Move) {
        for (index, from) in row.from.iter().enumerate() {
            let path = format!("{path}.from.{index}");
            if !self.uses(*from) {
                self.notes.error(
                    &path,
                    format!("the desk does not use the state `{from}`"),
                    "add it to [[states]], or take it out here",
                );
            }
            if from.is_final() {
                self.notes.error(
                    &path,
                    format!("`{from}` is final; nothing leads out of it"),
                    "take the move out; a new demand is a new ticket",
                );
            }
            let waits = matches!(from, Status::Suspended | Status::AwaitingApproval);
            if row.to == MoveTo::BACK && !waits {
                self.notes.error(
                    &path,
                    format!("`back` leads out of `suspended` and `awaiting_approval` only, not out of `{from}`"),
                    "name the state that it leads to",
                );
            }
        }
        if let MoveTo::State(to) = row.to
            && !self.uses(to)
        {
            self.notes.error(
                &format!("{path}.to"),
                format!("the desk does not use the state `{to}`"),
                "add it to [[states]], or lead the move elsewhere",
            );
        }
        for (index, status) in row.when.came_from.iter().enumerate() {
            if !self.uses(*status) {
                self.notes.error(
                    &format!("{path}.when.came_from.{index}"),
                    format!("the desk does not use the state `{status}`"),
                    "",
                );
            }
        }
    }

    /// A command does what its name says: solving leads to solved and nothing else does.
    fn move_commands(&self, path: &str, row: &Move) {
        for (index, kind) in row.on.iter().enumerate() {
            let path = format!("{path}.on.{index}");
            if !moves_tickets(*kind) {
                self.notes.error(
                    &path,
                    format!("`{kind}` does not move a ticket"),
                    "take it out; it needs no move",
                );
                continue;
            }
            let wanted = leads_to(*kind);
            let stays = row.from.iter().all(|from| row.to == MoveTo::State(*from));
            // Proof alone may be recorded without waiting for anybody.
            if *kind == CommandKind::RequestApproval && stays {
                continue;
            }
            if let MoveTo::State(to) = row.to
                && !wanted.is_empty()
                && !wanted.contains(&to)
            {
                let names: Vec<_> = wanted.iter().map(|status| status.as_str()).collect();
                self.notes.error(
                    &path,
                    format!("`{kind}` cannot lead to `{to}`"),
                    format!("it leads to: {}", names.join(", ")),
                );
            }
            if let MoveTo::State(to) = row.to
                && wanted.is_empty()
                && (to.is_settled() || to.is_final())
                && *kind != CommandKind::DecideApproval
            {
                self.notes.error(
                    &path,
                    format!("`{kind}` cannot lead to `{to}`"),
                    "an outcome has its own command, such as solve",
                );
            }
            let by_system = matches!(kind, CommandKind::Continue | CommandKind::CloseBySilence);
            if by_system && row.by != [Who::System] {
                self.notes.error(
                    &path,
                    format!("only the product itself gives `{kind}`"),
                    "write by = [\"system\"]",
                );
            }
            if *kind == CommandKind::Rate && row.by != [Who::Requester] {
                self.notes.error(
                    &path,
                    "only the requester rates",
                    "write by = [\"requester\"]",
                );
            }
        }
    }

    fn targets_of(&self, row: &Move) -> Vec<Status> {
        match row.to {
            MoveTo::State(to) => vec![to],
            MoveTo::Back(_) => {
                let mut to: BTreeSet<Status> = BTreeSet::new();
                to.extend(row.from.iter().flat_map(|from| self.waits_from(*from)));
                to.into_iter().collect()
            }
        }
    }

    /// The states from which a ticket comes to one in which it waits, and goes back to.
    fn waits_from(&self, waiting: Status) -> Vec<Status> {
        let into = self
            .desk
            .moves
            .iter()
            .filter(|row| row.to == MoveTo::State(waiting));
        let mut from: BTreeSet<Status> = into
            .flat_map(|row| row.from.iter().copied())
            .filter(|from| *from != waiting)
            .collect();
        // What was suspended before it was asked about is new again.
        if waiting == Status::AwaitingApproval && from.remove(&Status::Suspended) {
            from.insert(Status::New);
        }
        from.into_iter().collect()
    }

    fn move_reasons(&self, path: &str, row: &Move) {
        let targets = self.targets_of(row);
        let of_target = |id: &str| targets.iter().any(|to| self.desk.reason(*to, id).is_some());
        let hint = |id: &str, states: &[Status]| {
            let known: Vec<_> = states
                .iter()
                .filter_map(|status| self.desk.state(*status))
                .flat_map(|state| &state.reasons)
                .map(|reason| reason.id.as_str())
                .collect();
            suggestion(id, &known)
        };
        if let Some(id) = &row.reason
            && !of_target(id)
        {
            self.notes.error(
                &format!("{path}.reason"),
                format!("the reason `{id}` does not exist in the new state"),
                hint(id, &targets),
            );
        }
        for (index, id) in row.reasons.iter().enumerate() {
            if !of_target(id) {
                self.notes.error(
                    &format!("{path}.reasons.{index}"),
                    format!("the reason `{id}` does not exist in the new state"),
                    hint(id, &targets),
                );
            }
        }
        for (index, id) in row.when.reason.iter().enumerate() {
            if !row
                .from
                .iter()
                .any(|from| self.desk.reason(*from, id).is_some())
            {
                self.notes.error(
                    &format!("{path}.when.reason.{index}"),
                    format!("the reason `{id}` does not exist in the state before"),
                    hint(id, &row.from),
                );
            }
        }
    }

    fn move_needs(&self, path: &str, row: &Move) {
        let desk = self.desk;
        for (index, need) in row.needs.iter().enumerate() {
            let path = format!("{path}.needs.{index}");
            let (missing, hint) = match need {
                Need::Reason => {
                    let listed = self
                        .targets_of(row)
                        .iter()
                        .filter_map(|to| desk.state(*to))
                        .any(|state| !state.reasons.is_empty());
                    (
                        !listed && !row.on.contains(&CommandKind::Reject),
                        "add `reasons` to the new state",
                    )
                }
                Need::ThreeContactAttempts => {
                    (desk.contact_attempts.is_none(), "add [contact_attempts]")
                }
                Need::Controls => (desk.controls.is_empty(), "add [[controls]]"),
                Need::SurveyAnswers | Need::SurveyAnswered => (
                    desk.survey.questions.is_empty(),
                    "add [survey] with questions",
                ),
                Need::MandatoryExtraData => (desk.forms.is_empty(), "add [forms.…]"),
                Need::NoPendingApproval => (desk.approvals.is_empty(), "add [approvals.…]"),
                Need::Vendor => (
                    !row.on.contains(&CommandKind::SendToVendor),
                    "only `send_to_vendor` names a vendor",
                ),
                Need::Justification
                | Need::PublicNote
                | Need::Diagnosis
                | Need::Solution
                | Need::Description
                | Need::Note
                | Need::Level
                | Need::Group
                | Need::Assignee
                | Need::GroupOrAssignee
                | Need::NextContactDate
                | Need::Evidence
                | Need::Stars
                | Need::LeafCategory
                | Need::PrioritySet
                | Need::ResponsiblePerson
                | Need::SolutionAccepted
                | Need::NotOwnRating
                | Need::ContactAttempted
                | Need::Cause => (false, ""),
            };
            if missing {
                self.notes
                    .error(&path, format!("`{need}` can never be met here"), hint);
            }
            for kind in row
                .on
                .iter()
                .filter(|kind| !need.is_condition() && !carries(**kind, *need))
            {
                self.notes.error(
                    &path,
                    format!("`{kind}` does not carry `{need}`"),
                    "take it out, or name another command",
                );
            }
        }
    }

    /// Every state is reached from the start, and the end is reached from every state.
    fn paths(&self) {
        let desk = self.desk;
        if desk.states.is_empty() || desk.moves.is_empty() {
            return;
        }
        let step = |from: Status| {
            let rows = desk
                .moves
                .iter()
                .filter(move |row| row.from.contains(&from));
            rows.flat_map(|row| self.targets_of(row))
                .collect::<Vec<_>>()
        };
        let mut starts = vec![Status::New];
        if self.uses(Status::Draft) {
            starts.push(Status::Draft);
        }
        if desk
            .intake
            .mail
            .as_ref()
            .is_some_and(|mail| mail.creates == Status::Precase)
        {
            starts.push(Status::Precase);
        }
        let reached = closure(starts, step);
        for (index, state) in desk.states.iter().enumerate() {
            let path = format!("states.{index}");
            if !reached.contains(&state.is) {
                self.notes.error(
                    &path,
                    format!("no move leads to `{}`", state.is),
                    "add a move, or take the state out",
                );
            }
            if !closure(vec![state.is], step)
                .iter()
                .any(|status| status.is_final())
            {
                self.notes.error(
                    &path,
                    format!("a ticket in `{}` can never end", state.is),
                    "add moves that lead to closed or not_managed",
                );
            }
        }
        if let Some(mail) = &desk.intake.mail
            && !self.uses(mail.creates)
        {
            self.notes.error(
                "intake.mail.creates",
                format!("the desk does not use the state `{}`", mail.creates),
                "add it to [[states]]",
            );
        }
    }

    /// Moves that the product makes by itself must come to rest.
    fn automatic_circles(&self) {
        let step = |from: Status| {
            let rows = self.desk.moves.iter().filter(move |row| {
                row.from.contains(&from) && row.on.contains(&CommandKind::Continue)
            });
            rows.flat_map(|row| self.targets_of(row))
                .collect::<Vec<_>>()
        };
        for (index, row) in self.desk.moves.iter().enumerate() {
            let circle = row.on.contains(&CommandKind::Continue)
                && row
                    .from
                    .iter()
                    .any(|from| closure(self.targets_of(row), step).contains(from));
            if circle {
                self.notes.error(
                    &format!("moves.{index}"),
                    "this automatic move leads back to where it began",
                    "break the circle",
                );
            }
        }
    }

    /// Where categories demand an approval, no work begins before it (I-12).
    fn approvals(&self) {
        let desk = self.desk;
        for policy in &desk.approvals {
            let path = format!("approvals.{}", policy.key);
            let asks_nobody = policy.steps.is_empty() && !policy.evidence;
            if asks_nobody || policy.steps.iter().any(|step| step.all_of.is_empty()) {
                self.notes.error(
                    &path,
                    format!("the approval `{}` asks nobody", policy.key),
                    "add steps = [{ all_of = [ … ] }], or evidence = true alone",
                );
            }
            let roles: Vec<_> = policy
                .steps
                .iter()
                .flat_map(|step| &step.all_of)
                .map(String::as_str)
                .collect();
            for (index, named) in policy.roles.iter().enumerate() {
                if !roles.contains(&named.id.as_str()) {
                    self.notes.error(
                        &format!("{path}.roles.{index}.id"),
                        format!("no step asks `{}`", named.id),
                        suggestion(&named.id, &roles),
                    );
                }
            }
            for (index, deputy) in policy.deputies.iter().enumerate() {
                if !roles.contains(&deputy.of.as_str()) {
                    self.notes.error(
                        &format!("{path}.deputies.{index}.of"),
                        format!("no step asks `{}`", deputy.of),
                        suggestion(&deputy.of, &roles),
                    );
                }
                if deputy.roles.is_empty() {
                    self.notes.error(
                        &format!("{path}.deputies.{index}"),
                        format!("nobody stands in for `{}`", deputy.of),
                        "add roles = [ … ]",
                    );
                }
            }
        }
        if !desk
            .catalog
            .entries
            .iter()
            .any(|entry| entry.approval.is_some())
        {
            return;
        }
        for (index, row) in desk.moves.iter().enumerate() {
            let begins_work = row.to == MoveTo::State(Status::InProgress)
                && (row.from.contains(&Status::New) || row.from.contains(&Status::Precase));
            if begins_work && !row.needs.contains(&Need::NoPendingApproval) {
                self.notes.error(
                    &format!("moves.{index}"),
                    "work could begin before the approval that the category demands",
                    "add \"no_pending_approval\" to `needs`",
                );
            }
        }
        for on in [CommandKind::RequestApproval, CommandKind::DecideApproval] {
            if !desk.moves.iter().any(|row| row.on.contains(&on)) {
                self.notes.error(
                    "moves",
                    format!("categories demand approvals, but no move is on `{on}`"),
                    "add the moves into and out of awaiting_approval",
                );
            }
        }
    }

    fn has_move(&self, kind: CommandKind, fits: impl Fn(&Move) -> bool) -> bool {
        self.desk
            .moves
            .iter()
            .any(|row| row.on.contains(&kind) && fits(row))
    }

    /// Every way of ending that the mode promises exists as a move.
    fn acceptance(&self) {
        let acceptance = &self.desk.acceptance;
        let from_solved = |row: &Move| row.from.contains(&Status::Solved);
        let missing = |what: &str, hint: &str| {
            self.notes.error(
                "acceptance.mode",
                format!("no move {what}"),
                hint.to_owned(),
            )
        };
        match acceptance.mode {
            AcceptanceMode::AcceptAndRate => {
                if !self.has_move(CommandKind::Rate, from_solved) {
                    missing(
                        "closes a solved ticket when it is rated",
                        "add a move from solved to closed on \"rate\"",
                    );
                }
                if !self.has_move(CommandKind::Reject, from_solved) {
                    missing("takes a rejection", "add a move from solved on \"reject\"");
                }
            }
            AcceptanceMode::Survey => {
                for verdict in Verdict::ALL {
                    if !self.has_move(CommandKind::Rate, |row| {
                        from_solved(row) && row.when.survey.is_none_or(|when| when == *verdict)
                    }) {
                        missing(
                            &format!("follows a {verdict} survey"),
                            &format!(
                                "add a move from solved on \"rate\" with when = {{ survey = \"{verdict}\" }}"
                            ),
                        );
                    }
                }
            }
            AcceptanceMode::DeskValidates => {
                if !self.has_move(CommandKind::CloseByDesk, from_solved) {
                    missing(
                        "lets the desk close a solved ticket",
                        "add a move from solved to closed on \"close_by_desk\"",
                    );
                }
                if self.has_move(CommandKind::Rate, |_| true) {
                    missing(
                        "may follow a rating where the desk validates",
                        "take the moves on \"rate\" out",
                    );
                }
            }
        }
        // A requester who has written is not silent, and there is nothing to answer.
        let settled = [Status::Solved, Status::Unsolvable];
        let settled = settled.into_iter().filter(|status| self.uses(*status));
        for status in settled {
            for (index, entry) in self.desk.catalog.entries.iter().enumerate() {
                let closes = |row: &Move| {
                    let category = &row.when.category;
                    row.from.contains(&status)
                        && (category.is_empty() || category.contains(&entry.key))
                };
                if entry.unsurveyed && !self.has_move(CommandKind::CloseByDesk, closes) {
                    self.notes.error(
                        &format!("catalog.{index}"),
                        format!(
                            "nobody can close a {status} ticket of a category without a survey"
                        ),
                        format!("add a move from {status} to closed on \"close_by_desk\""),
                    );
                }
            }
        }
        let closes = self.has_move(CommandKind::CloseBySilence, |_| true);
        if acceptance.silence.is_some() && !closes {
            self.notes.error(
                "acceptance.silence",
                "no move closes a ticket for silence",
                "add a move from solved to closed on \"close_by_silence\"",
            );
        }
    }

    /// Exactly one question decides where the mode needs it.
    fn survey(&self) {
        let desk = self.desk;
        self.unique(
            "survey.questions",
            "id",
            desk.survey
                .questions
                .iter()
                .map(|question| question.id.as_str()),
            "the question",
        );
        let deciding: Vec<_> = desk
            .survey
            .questions
            .iter()
            .enumerate()
            .filter(|(_, question)| question.decides_closing)
            .collect();
        if desk.acceptance.mode == AcceptanceMode::Survey && deciding.len() != 1 {
            let message = format!(
                "{} questions decide closing; it must be exactly one",
                deciding.len()
            );
            self.notes.error(
                "survey",
                message,
                "write decides = \"closing\" at one question",
            );
        }
        let takes_one = desk.acceptance.mode == AcceptanceMode::DeskValidates;
        if takes_one && deciding.len() > 1 {
            self.notes.error(
                "survey",
                format!(
                    "{} questions decide closing; it may be one at most",
                    deciding.len()
                ),
                "leave decides = \"closing\" at one question",
            );
        }
        if desk.acceptance.mode == AcceptanceMode::AcceptAndRate && !deciding.is_empty() {
            self.notes.error(
                "survey",
                format!(
                    "no question decides closing in the mode `{}`",
                    desk.acceptance.mode
                ),
                "take `decides` out",
            );
        }
        for (index, question) in deciding {
            if question.kind != QuestionKind::YesNo || !question.required {
                self.notes.error(
                    &format!("survey.questions.{index}"),
                    "the deciding question is a mandatory yes or no",
                    "write kind = \"yes_no\"",
                );
            }
        }
        for (index, question) in desk.survey.questions.iter().enumerate() {
            if (question.kind == QuestionKind::Choice) == question.options.is_empty() {
                self.notes.error(
                    &format!("survey.questions.{index}"),
                    "options belong to questions of the kind `choice`, and only to them",
                    "",
                );
            }
        }
        if desk.acceptance.mode == AcceptanceMode::DeskValidates && desk.survey.questions.is_empty()
        {
            self.notes.error(
                "survey",
                "the desk validates by a survey that has no questions",
                "add [survey] with questions",
            );
        }
    }

    fn notifications(&self) {
        let desk = self.desk;
        for (index, mail) in desk.notifications.iter().enumerate() {
            let place = format!("notifications.{index}");
            let hides = |earlier: &Notification| {
                let fits_any = earlier.only_for.is_empty() && earlier.not_for.is_empty();
                earlier.notice == mail.notice && fits_any
            };
            if desk.notifications[..index].iter().any(hides) {
                self.notes.error(
                    &format!("{place}.send"),
                    format!("the mail `{}` is given twice", mail.notice),
                    "take one of them out, or say what the first is `only_for`",
                );
            }
            for (list, keys) in [("only_for", &mail.only_for), ("not_for", &mail.not_for)] {
                let path = format!("{place}.{list}");
                if !keys.is_empty() && !about_a_ticket(mail.notice) {
                    self.notes.error(
                        &path,
                        format!("the mail `{}` is about no ticket", mail.notice),
                        "take it out",
                    );
                }
                for (at, key) in keys.iter().enumerate() {
                    if desk.catalog.get(key).is_none() {
                        self.notes.error(
                            &format!("{path}.{at}"),
                            format!("the category `{key}` does not exist"),
                            "write a key of catalog.csv",
                        );
                    }
                }
            }
        }
        for (notice, recipient) in [
            (Notice::VerificationCode, Recipient::Requester),
            (Notice::TicketCreated, Recipient::Requester),
            (Notice::Solved, Recipient::Requester),
        ] {
            let mut mails = desk.notifications.iter();
            if !mails.any(|mail| mail.notice == notice && mail.to.contains(&recipient)) {
                self.notes.warn(
                    "notifications",
                    format!("the requester gets no mail `{notice}`"),
                    "",
                );
            }
        }
        for (index, mail) in desk.notifications.iter().enumerate() {
            let allowed = Placeholder::allowed_in(mail);
            let place = format!("notifications.{index}");
            for (language, words) in in_each_language(mail.subject.as_ref()) {
                let path = format!("{place}.subject.{language}");
                self.own_words(&path, words, &allowed, own_words::SUBJECT_MAX);
                if words.chars().any(|c| c.is_control() || is_line_break(c)) {
                    self.notes
                        .error(&path, "a subject is one line", "take out the line breaks");
                }
            }
            for (language, words) in in_each_language(mail.text.as_ref()) {
                let path = format!("{place}.text.{language}");
                self.own_words(&path, words, &allowed, own_words::TEXT_MAX);
            }
        }
    }

    /// Everything in braces is something that this mail can fill in.
    fn own_words(&self, path: &str, words: &str, allowed: &[Placeholder], max: usize) {
        if words.chars().count() > max {
            self.notes.error(
                path,
                format!("this is longer than {max} characters"),
                "make it shorter",
            );
        }
        let known: Vec<&str> = allowed.iter().map(|one| one.as_str()).collect();
        for piece in pieces(words) {
            match piece {
                Piece::Text(_) => {}
                Piece::Named(name) if known.contains(&name) => {}
                Piece::Named(name) if name.parse::<Placeholder>().is_ok() => self.notes.error(
                    path,
                    format!("`{{{name}}}` cannot be filled in in this mail"),
                    format!("one of: {}", known.join(", ")),
                ),
                Piece::Named(name) => self.notes.error(
                    path,
                    format!("`{{{name}}}` is no placeholder"),
                    suggestion(name, &known),
                ),
                Piece::Open(_) => self.notes.error(
                    path,
                    "`{` begins a placeholder that never ends",
                    "close it with `}`",
                ),
            }
        }
    }

    fn catalog(&self) {
        let desk = self.desk;
        let entries = &desk.catalog.entries;
        let mut keys = BTreeSet::new();
        let mut paths = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("catalog.{index}");
            if !keys.insert(&entry.key) {
                self.notes.error(
                    &path,
                    format!("the key `{}` is given twice", entry.key),
                    "give each category a key of its own",
                );
            }
            if !paths.insert(&entry.path) {
                self.notes.error(
                    &path,
                    format!("the category `{}` is given twice", entry.path.join(" > ")),
                    "take one of them out",
                );
            }
            self.entry(&path, entry);
        }
        if desk
            .catalog
            .selectable(desk.intake.leaf_only)
            .next()
            .is_none()
            && desk.intake.category_required
        {
            self.notes.error(
                "catalog",
                "no category can be chosen",
                "add rows to catalog.csv, or write category_required = false",
            );
        }
    }

    fn entry(&self, path: &str, entry: &super::catalog::Entry) {
        let desk = self.desk;
        if let Some(key) = &entry.group {
            self.known_group(path, key);
            let level = entry.level.unwrap_or(crate::ticket::status::Level::ONE);
            let works = desk.level(level).is_some_and(|profile| {
                profile.groups.contains(key) || profile.onsite.contains(key)
            });
            if !works && desk.group(key).is_some() {
                self.notes.error(
                    path,
                    format!("the group `{key}` does not work at level {level}"),
                    "name its level in the column `level`",
                );
            }
        }
        for (level, key) in [
            (crate::ticket::status::Level::TWO, &entry.group_2),
            (crate::ticket::status::Level::THREE, &entry.group_3),
        ] {
            let Some(key) = key else { continue };
            self.known_group(path, key);
            let works = desk
                .level(level)
                .is_some_and(|profile| profile.groups.contains(key));
            if !works && desk.group(key).is_some() {
                self.notes.error(
                    path,
                    format!("the group `{key}` does not work at level {level}"),
                    format!("name a group of level {level} in `group_{level}`"),
                );
            }
        }
        if entry.restricted && entry.group.is_none() {
            self.notes.error(
                path,
                "a restricted category has no group of its own",
                "name it in the column `group`",
            );
        }
        if let Some(key) = &entry.priority {
            self.known_priority(path, key);
        }
        if let Some(level) = entry.level
            && desk.level(level).is_none()
        {
            self.notes
                .error(path, format!("the desk has no level {level}"), "");
        }
        if let Some(key) = &entry.form
            && !desk.forms.iter().any(|form| form.key == *key)
        {
            self.notes.error(
                path,
                format!("the form `{key}` does not exist"),
                "add [forms.…] to desk.toml",
            );
        }
        if let Some(key) = &entry.approval
            && !desk.approvals.iter().any(|policy| policy.key == *key)
        {
            self.notes.error(
                path,
                format!("the approval `{key}` does not exist"),
                "add [approvals.…] to desk.toml",
            );
        }
        if let Some(word) = entry.request_type
            && desk.request_type(word).is_none()
        {
            self.notes
                .error(path, format!("the desk does not use the type `{word}`"), "");
        }
    }

    /// A field may hang on an earlier field of its form, by an answer that this can have.
    fn forms(&self) {
        for form in &self.desk.forms {
            let path = format!("forms.{}.fields", form.key);
            self.unique(
                &path,
                "id",
                form.fields.iter().map(|field| field.id.as_str()),
                "the field",
            );
            for (index, field) in form.fields.iter().enumerate() {
                let path = format!("{path}.{index}.shown_when");
                let Some(when) = &field.shown_when else {
                    continue;
                };
                let earlier = &form.fields[..index];
                let Some(other) = earlier.iter().find(|other| other.id == when.field) else {
                    let known: Vec<_> = earlier.iter().map(|other| other.id.as_str()).collect();
                    self.notes.error(
                        &format!("{path}.field"),
                        format!("no earlier field is called `{}`", when.field),
                        suggestion(&when.field, &known),
                    );
                    continue;
                };
                let answers = |value: &String| {
                    if other.options.is_empty() {
                        other.kind.takes(value)
                    } else {
                        other.options.iter().any(|option| option.id == *value)
                    }
                };
                if when.is.is_empty() || !when.is.iter().all(answers) {
                    self.notes.error(
                        &format!("{path}.is"),
                        format!("`{}` never has such an answer", when.field),
                        "write answers that it takes",
                    );
                }
            }
        }
    }

    /// What the product writes or does by itself has what it takes.
    fn follow_ups(&self) {
        use crate::ticket::command::ContactChannel;
        if let Some(policy) = &self.desk.contact_attempts
            && policy.series
            && (policy.count != 3 || !policy.channels.contains(&ContactChannel::Mail))
        {
            self.notes.error(
                "contact_attempts.series",
                "the series has three mails: a request, a reminder and a closing notice",
                "write count = 3 and name `mail` in `channels`",
            );
        }
        for (index, state) in self.desk.states.iter().enumerate() {
            for (place, reason) in state.reasons.iter().enumerate() {
                if !reason.answer_returns {
                    continue;
                }
                let path = format!("states.{index}.reasons.{place}.answer_returns");
                let leads_back = self.has_move(CommandKind::Resume, |row| {
                    row.from.contains(&Status::Suspended)
                        && row.by.contains(&Who::Requester)
                        && (row.when.reason.is_empty() || row.when.reason.contains(&reason.id))
                });
                if state.is != Status::Suspended || !leads_back {
                    self.notes.error(
                        &path,
                        format!("no move lets the requester bring back `{}`", reason.id),
                        "add a move from suspended on \"resume\" by \"requester\"",
                    );
                }
            }
        }
    }

    fn lists(&self) {
        let desk = self.desk;
        self.unique(
            "types",
            "is",
            desk.types.iter().map(|profile| profile.is.as_str()),
            "the type",
        );
        self.unique(
            "vouching",
            "id",
            desk.vouching.iter().map(|item| item.id.as_str()),
            "the question",
        );
        self.unique(
            "controls",
            "id",
            desk.controls.iter().map(|control| control.id.as_str()),
            "the control",
        );
        for (index, control) in desk.controls.iter().enumerate() {
            let path = format!("controls.{index}");
            if control
                .level
                .is_some_and(|level| desk.level(level).is_none())
            {
                self.notes.error(
                    &format!("{path}.level"),
                    "the desk has no such level",
                    "name a level of [levels]",
                );
            }
            let opposite = &control.otherwise_before;
            if !opposite.is_empty() && control.answer.is_none() {
                self.notes.error(
                    &format!("{path}.otherwise_before"),
                    "there is no answer to be the opposite of",
                    "add `answer`",
                );
            }
            let both = |kind: &&CommandKind| control.before.contains(kind);
            if let Some(kind) = opposite.iter().find(both) {
                self.notes.error(
                    &format!("{path}.otherwise_before"),
                    format!("`{kind}` cannot wait for both answers"),
                    "leave it in one of the lists",
                );
            }
        }
        for (index, status) in desk
            .reports
            .final_states
            .iter()
            .enumerate()
            .filter(|(_, status)| !self.uses(**status))
        {
            self.notes.error(
                &format!("reports.final.{index}"),
                format!("the desk does not use the state `{status}`"),
                "",
            );
        }
        for (index, status) in desk
            .reports
            .apart
            .iter()
            .enumerate()
            .filter(|(_, status)| !self.uses(**status))
        {
            self.notes.error(
                &format!("reports.apart.{index}"),
                format!("the desk does not use the state `{status}`"),
                "",
            );
        }
    }

    fn unique<'k>(&self, path: &str, field: &str, keys: impl Iterator<Item = &'k str>, what: &str) {
        let mut seen = BTreeSet::new();
        for (index, key) in keys.enumerate() {
            if !seen.insert(key) {
                self.notes.error(
                    &format!("{path}.{index}.{field}"),
                    format!("{what} `{key}` is given twice"),
                    "take one of them out",
                );
            }
        }
    }
}

fn closure(starts: Vec<Status>, step: impl Fn(Status) -> Vec<Status>) -> BTreeSet<Status> {
    let mut reached = BTreeSet::new();
    let mut next = starts;
    while let Some(status) = next.pop() {
        if reached.insert(status) {
            next.extend(step(status));
        }
    }
    reached
}

/// Whether a command follows the table of moves.
fn moves_tickets(kind: CommandKind) -> bool {
    match kind {
        CommandKind::Confirm
        | CommandKind::Complete
        | CommandKind::Take
        | CommandKind::Assign
        | CommandKind::Start
        | CommandKind::Escalate
        | CommandKind::EscalateOnsite
        | CommandKind::Suspend
        | CommandKind::Resume
        | CommandKind::SendToVendor
        | CommandKind::ReturnFromVendor
        | CommandKind::RequestApproval
        | CommandKind::DecideApproval
        | CommandKind::Solve
        | CommandKind::MarkUnsolvable
        | CommandKind::MarkNotManaged
        | CommandKind::Reject
        | CommandKind::Rate
        | CommandKind::CloseByDesk
        | CommandKind::CloseBySilence
        | CommandKind::Continue => true,
        CommandKind::ChangePriority
        | CommandKind::ChangeCategory
        | CommandKind::Accept
        | CommandKind::AddMessage
        | CommandKind::RecordContactAttempt
        | CommandKind::RecordControl
        | CommandKind::RecordWarning
        | CommandKind::RecordBreach
        | CommandKind::LinkParent
        | CommandKind::UnlinkParent
        | CommandKind::SetExtra
        | CommandKind::SetMark
        | CommandKind::RecordCause
        | CommandKind::SendFollowUp
        | CommandKind::RemindApprovers
        | CommandKind::MergeInto
        | CommandKind::Unmerge
        | CommandKind::Absorb
        | CommandKind::Release => false,
    }
}

/// The states that a command may lead to; empty is any that is no outcome.
fn leads_to(kind: CommandKind) -> &'static [Status] {
    match kind {
        CommandKind::Solve => &[Status::Solved],
        CommandKind::MarkUnsolvable => &[Status::Unsolvable],
        CommandKind::MarkNotManaged => &[Status::NotManaged],
        CommandKind::CloseByDesk | CommandKind::CloseBySilence => &[Status::Closed],
        CommandKind::Suspend => &[Status::Suspended],
        CommandKind::RequestApproval => &[Status::AwaitingApproval],
        CommandKind::SendToVendor => &[Status::WithVendor, Status::Suspended],
        CommandKind::EscalateOnsite => &[Status::EscalatedOnsite],
        CommandKind::Rate => &[
            Status::Closed,
            Status::Reopened,
            Status::InProgress,
            Status::Escalated,
        ],
        CommandKind::Confirm | CommandKind::Complete => &[Status::New],
        CommandKind::Take
        | CommandKind::Assign
        | CommandKind::Start
        | CommandKind::Escalate
        | CommandKind::Resume
        | CommandKind::ReturnFromVendor
        | CommandKind::DecideApproval
        | CommandKind::Reject
        | CommandKind::Continue
        | CommandKind::ChangePriority
        | CommandKind::ChangeCategory
        | CommandKind::Accept
        | CommandKind::AddMessage
        | CommandKind::RecordContactAttempt
        | CommandKind::RecordControl
        | CommandKind::RecordWarning
        | CommandKind::RecordBreach
        | CommandKind::LinkParent
        | CommandKind::UnlinkParent
        | CommandKind::SetExtra
        | CommandKind::SetMark
        | CommandKind::RecordCause
        | CommandKind::SendFollowUp
        | CommandKind::RemindApprovers
        | CommandKind::MergeInto
        | CommandKind::Unmerge
        | CommandKind::Absorb
        | CommandKind::Release => &[],
    }
}

/// Whether a mail is about a ticket, rather than about who somebody is.
fn about_a_ticket(notice: Notice) -> bool {
    !matches!(
        notice,
        Notice::VerificationCode
            | Notice::IdentityVouched
            | Notice::AccessRequested
            | Notice::AccessDecided
    )
}

/// A text as each language has it.
fn in_each_language(text: Option<&Text>) -> impl Iterator<Item = (&'static str, &str)> {
    text.into_iter().flat_map(|text| {
        let en = text.en.as_deref().map(|en| ("en", en));
        [("es", text.es.as_str())].into_iter().chain(en)
    })
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a command has a field for a piece of data.
fn carries(kind: CommandKind, need: Need) -> bool {
    use CommandKind as C;
    match need {
        Need::Reason => !matches!(
            kind,
            C::Confirm
                | C::Complete
                | C::Take
                | C::RequestApproval
                | C::DecideApproval
                | C::Rate
                | C::CloseBySilence
                | C::Continue
        ),
        Need::Justification => matches!(
            kind,
            C::Escalate | C::EscalateOnsite | C::Suspend | C::SendToVendor
        ),
        Need::PublicNote => kind == C::Suspend,
        Need::Diagnosis => matches!(kind, C::Start | C::Escalate | C::EscalateOnsite),
        Need::Solution => kind == C::Solve,
        Need::Description => matches!(kind, C::MarkUnsolvable | C::MarkNotManaged),
        Need::Note => matches!(
            kind,
            C::Assign
                | C::Resume
                | C::ReturnFromVendor
                | C::CloseByDesk
                | C::RequestApproval
                | C::DecideApproval
        ),
        Need::Level => kind == C::Escalate,
        Need::Group => matches!(
            kind,
            C::Complete | C::Assign | C::Escalate | C::EscalateOnsite | C::SendToVendor
        ),
        Need::Assignee | Need::GroupOrAssignee => matches!(
            kind,
            C::Assign | C::Escalate | C::EscalateOnsite | C::SendToVendor
        ),
        Need::Vendor => kind == C::SendToVendor,
        Need::NextContactDate => kind == C::Suspend,
        Need::Evidence => kind == C::RequestApproval,
        Need::Stars | Need::SurveyAnswers => kind == C::Rate,
        Need::ThreeContactAttempts
        | Need::NoPendingApproval
        | Need::LeafCategory
        | Need::PrioritySet
        | Need::ResponsiblePerson
        | Need::MandatoryExtraData
        | Need::SurveyAnswered
        | Need::SolutionAccepted
        | Need::Controls
        | Need::NotOwnRating
        | Need::ContactAttempted
        | Need::Cause => true,
    }
}
