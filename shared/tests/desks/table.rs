//! The tables of the procedures against the desks: each row of a table is walked, and a desk allows nothing that its
//! table does not name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shared::desk::Desk;
use shared::desk::load::Warning;
use shared::desk::profile::{MoveTo, Need};
use shared::i18n::Lang;
use shared::sla::policy::ClockEffect;
use shared::ticket::Refusal;
use shared::ticket::actor::Actor;
use shared::ticket::command::Command;
use shared::ticket::event::Event;
use shared::ticket::status::Status;

use super::story::Story;

/// The rows of a table in `tests/data`, each by its column names.
pub fn rows(file: &str) -> Vec<BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The rows of one desk.
pub fn rows_of(file: &str, desk: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = rows(file);
    rows.retain(|row| row["desk"] == desk);
    assert!(!rows.is_empty());
    rows
}

/// How one row of the table of transitions is walked.
pub enum Walk {
    /// A ticket is opened.
    Opens(fn() -> Story),
    /// Somebody gives a command to a ticket in the state before.
    Moves(fn() -> Story, Actor, Command),
}

/// The pairs of states that a command brought about, those inside a state included.
pub fn pairs(before: Status, events: &[Event]) -> Vec<(Status, Status)> {
    let mut pairs: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::StatusChanged { from, to, .. } => Some((*from, *to)),
            _ => None,
        })
        .collect();
    if pairs.is_empty() {
        pairs.push((before, before));
    }
    pairs
}

/// The canonical state of a label of the tables.
pub fn state_of(desk: &Desk, label: &str) -> Status {
    let found = desk
        .states
        .iter()
        .find(|state| state.label.get(Lang::Es) == label);
    found
        .unwrap_or_else(|| panic!("no state is called {label}"))
        .is
}

/// Walks every row of the table in its order: as many walks as rows.
pub fn walk_all(desk: &Desk, name: &str, walks: Vec<Walk>) {
    let rows = rows_of("transitions.csv", name);
    assert_eq!(rows.len(), walks.len(), "one walk for each row");
    for (row, walk) in rows.iter().zip(walks) {
        let named = format!("{} -> {}: {}", row["from"], row["to"], row["trigger"]);
        let to = state_of(desk, &row["to"]);
        match walk {
            Walk::Opens(open) => {
                assert_eq!(row["from"], "(none)", "{named}");
                assert_eq!(open().ticket.status, to, "{named}");
            }
            Walk::Moves(before, actor, command) => {
                let from = state_of(desk, &row["from"]);
                let mut story = before();
                let start = story.ticket.status;
                let events = story
                    .give(&actor, command)
                    .unwrap_or_else(|refusal| panic!("{named} in {start}: {refusal:?}"));
                let pairs = pairs(start, &events);
                assert!(pairs.contains(&(from, to)), "{named} gave {pairs:?}");
            }
        }
    }
}

/// The pairs of states that the moves of a desk allow are those of the table and those that its folder explains.
pub fn check_pairs(desk: &Desk, name: &str, more: &[(Status, Status)]) {
    let mut wanted: BTreeSet<(Status, Status)> = more.iter().copied().collect();
    for row in rows_of("transitions.csv", name) {
        if row["from"] != "(none)" {
            wanted.insert((state_of(desk, &row["from"]), state_of(desk, &row["to"])));
        }
    }
    let mut found = BTreeSet::new();
    for row in &desk.moves {
        for from in &row.from {
            match row.to {
                MoveTo::State(to) => {
                    found.insert((*from, to));
                }
                // Back is every state that leads there.
                MoveTo::Back(_) => {
                    let into = desk
                        .moves
                        .iter()
                        .filter(|one| one.to == MoveTo::State(*from));
                    let before = into.flat_map(|one| &one.from).filter(|one| *one != from);
                    found.extend(before.map(|to| (*from, *to)));
                }
            }
        }
    }
    assert_eq!(found, wanted);
}

/// Labels, pausing and ends of every state, as the table says.
pub fn check_states(desk: &Desk, name: &str) {
    let rows = rows_of("states.csv", name);
    assert_eq!(rows.len(), desk.states.len());
    for row in rows {
        let status: Status = row["canonical_state"].parse().unwrap();
        let state = desk.state(status).unwrap();
        assert_eq!(state.label.es, row["state_label_es"]);
        assert!(state.label.en.is_some(), "{status}");
        assert_eq!(status.is_final(), row["final"] == "yes", "{status}");
        let pauses = state
            .reasons
            .iter()
            .map(|reason| desk.clock_effect(status, Some(&reason.id)));
        let mut effects: Vec<_> = pauses.collect();
        if effects.is_empty() {
            effects.push(desk.clock_effect(status, None));
        }
        let rests = effects.iter().any(|effect| *effect != ClockEffect::Runs);
        assert_eq!(rests, row["pauses_clock"] == "yes", "{status}");
    }
}

/// Every reason of the table is there with its effect; where the table leaves the list open, there is one.
pub fn check_reasons(desk: &Desk, name: &str) {
    let rows = rows_of("reasons.csv", name);
    for row in &rows {
        let status = state_of(desk, &row["state_label_es"]);
        let listed = &desk.state(status).unwrap().reasons;
        let open = row["reason_es"].starts_with('(');
        let meant: Vec<_> = listed
            .iter()
            .filter(|reason| open || reason.label.es == row["reason_es"])
            .collect();
        assert!(!meant.is_empty(), "{}", row["reason_es"]);
        for reason in meant {
            let rests = desk.clock_effect(status, Some(&reason.id)) != ClockEffect::Runs;
            assert_eq!(rests, row["pauses_clock"] == "yes", "{}", reason.label.es);
        }
    }
    let closed_lists = desk.states.iter().filter(|state| {
        let label = &state.label.es;
        let mut of_state = rows.iter().filter(|row| row["state_label_es"] == *label);
        of_state.all(|row| !row["reason_es"].starts_with('('))
    });
    for state in closed_lists {
        let label = &state.label.es;
        let count = rows.iter().filter(|row| row["state_label_es"] == *label);
        assert_eq!(state.reasons.len(), count.count(), "{label}");
    }
}

/// The command without one piece of its data; none where it does not carry it.
pub fn without(command: &Command, need: Need) -> Option<Command> {
    let mut json = serde_json::to_value(command).unwrap();
    let fields = json.as_object_mut().unwrap();
    let names: &[&str] = match need {
        Need::Reason => &["reason"],
        Need::Justification | Need::PublicNote => &["justification"],
        Need::Diagnosis => &["diagnosis"],
        Need::Solution => &["solution"],
        Need::Description => &["description"],
        Need::Note => &["note", "comment"],
        Need::Level => &["level"],
        Need::Group => &["group"],
        Need::Assignee => &["assignee"],
        Need::GroupOrAssignee => &["group", "assignee"],
        Need::Vendor => &["vendor"],
        Need::NextContactDate => &["next_contact"],
        Need::Evidence => &["evidence"],
        Need::Stars => &["stars"],
        _ => return None,
    };
    for name in names {
        if let Some(field) = fields.get_mut(*name) {
            *field = match field {
                serde_json::Value::Array(_) => serde_json::Value::Array(Vec::new()),
                _ => serde_json::Value::Null,
            };
        }
    }
    let stripped: Command = serde_json::from_value(json).unwrap();
    (stripped != *command).then_some(stripped)
}

/// What a command cannot do without in a situation, as the screen is told: each piece is asked by name when it is missing.
#[track_caller]
pub fn asks_for(story: &Story, actor: &Actor, command: &Command, needs: &[(Need, &str)]) {
    let mut whole = story.clone();
    whole.does(actor, command.clone());
    for (need, pointer) in needs {
        let bare = without(command, *need).unwrap_or_else(|| panic!("{need} is not carried"));
        match story.clone().refuses(actor, bare) {
            Refusal::Invalid { errors } => {
                let named: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
                assert_eq!(named, [*pointer], "{need}");
            }
            other => panic!("{need}: {other:?}"),
        }
    }
}

/// A condition that does not hold is named, and nothing happens.
#[track_caller]
pub fn waits_for(story: &Story, actor: &Actor, command: &Command, need: Need) {
    assert_eq!(
        story.clone().refuses(actor, command.clone()),
        Refusal::Unmet { needs: vec![need] }
    );
}

/// Nothing is found in the folder but mails that this version of the product does not send yet.
pub fn check_warnings(warnings: &[Warning]) {
    let others: Vec<_> = warnings
        .iter()
        .filter(|warning| !warning.message.ends_with("is not sent yet"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
