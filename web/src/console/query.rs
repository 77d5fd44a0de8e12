//! What the queue shows, as the address says it: view, filters and order live in the query string, so that a list
//! can be bookmarked, shared and reached again with the back button.

use shared::api::tickets::{Sort, TicketQuery, View};
use shared::ticket::status::Status;
use web_sys::UrlSearchParams;

/// Rows of one page of the queue.
pub const PAGE_ROWS: u16 = 50;

/// The views of the rail, in its order.
pub const VIEWS: [View; 8] = [
    View::Mine,
    View::Group,
    View::All,
    View::Unassigned,
    View::DueSoon,
    View::DueContact,
    View::Solved,
    View::Closed,
];

/// The columns that a list can be sorted by, each with its rising and its falling order.
pub const SORTS: [(Sort, Sort); 4] = [
    (Sort::Due, Sort::DueDesc),
    (Sort::Priority, Sort::PriorityDesc),
    (Sort::Updated, Sort::UpdatedDesc),
    (Sort::Created, Sort::CreatedDesc),
];

/// The spelling of a view in addresses.
pub fn view_word(view: View) -> &'static str {
    match view {
        View::Mine => "mine",
        View::Group => "group",
        View::All => "all",
        View::Unassigned => "unassigned",
        View::DueSoon => "due_soon",
        View::DueContact => "due_contact",
        View::Solved => "solved",
        View::Closed => "closed",
    }
}

/// The spelling of an order in addresses.
pub fn sort_word(sort: Sort) -> &'static str {
    match sort {
        Sort::Due => "due",
        Sort::DueDesc => "-due",
        Sort::Created => "created",
        Sort::CreatedDesc => "-created",
        Sort::Updated => "updated",
        Sort::UpdatedDesc => "-updated",
        Sort::Priority => "priority",
        Sort::PriorityDesc => "-priority",
    }
}

fn parse_view(word: &str) -> Option<View> {
    VIEWS.into_iter().find(|view| view_word(*view) == word)
}

/// Reads an order; unknown words give none.
pub fn parse_sort(word: &str) -> Option<Sort> {
    SORTS
        .into_iter()
        .flat_map(|(up, down)| [up, down])
        .find(|sort| sort_word(*sort) == word)
}

/// The order that a click on a column's head asks for: rising first, falling on the second click.
pub fn toggled(current: Option<Sort>, column: (Sort, Sort)) -> Sort {
    if current.unwrap_or_default() == column.0 {
        column.1
    } else {
        column.0
    }
}

/// Reads the query of an address; what it does not know is left out. Without a view it is "mine".
pub fn from_search(search: &str, desk: Option<String>) -> TicketQuery {
    let params = UrlSearchParams::new_with_str(search).ok();
    let text = |name: &str| params.as_ref()?.get(name).filter(|value| !value.is_empty());
    let view = text("view")
        .and_then(|word| parse_view(&word))
        .unwrap_or(View::Mine);
    // What has ended is due no more.
    let usual = (view == View::Closed).then_some(Sort::UpdatedDesc);
    TicketQuery {
        request_type: text("request_type").and_then(|word| word.parse().ok()),
        desk,
        view: Some(view),
        status: text("status"),
        priority: text("priority"),
        level: text("level").and_then(|number| number.parse().ok()),
        group: text("group"),
        assignee: text("assignee").and_then(|key| key.parse().ok()),
        requester: text("requester").and_then(|key| key.parse().ok()),
        q: text("q"),
        sort: text("sort").and_then(|word| parse_sort(&word)).or(usual),
        limit: None,
        cursor: None,
    }
}

/// The query string, with its question mark; the same for the page's address and for the API.
pub fn to_search(query: &TicketQuery) -> String {
    let mut search = String::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            search.push(if search.is_empty() { '?' } else { '&' });
            search.push_str(name);
            search.push('=');
            search.push_str(&encode(&value));
        }
    };
    add("desk", query.desk.clone());
    add("view", query.view.map(|view| view_word(view).to_owned()));
    add("status", query.status.clone());
    add("priority", query.priority.clone());
    add(
        "request_type",
        query.request_type.map(|kind| kind.as_str().to_owned()),
    );
    add("level", query.level.map(|level| level.to_string()));
    add("group", query.group.clone());
    add("assignee", query.assignee.map(|key| key.to_string()));
    add("requester", query.requester.map(|key| key.to_string()));
    add("q", query.q.clone());
    add("sort", query.sort.map(|sort| sort_word(sort).to_owned()));
    add("limit", query.limit.map(|limit| limit.to_string()));
    add("cursor", query.cursor.clone());
    search
}

/// Whether anything narrows the view.
pub fn is_filtered(query: &TicketQuery) -> bool {
    let blank = TicketQuery {
        desk: query.desk.clone(),
        view: query.view,
        sort: query.sort,
        ..TicketQuery::default()
    };
    *query != blank
}

/// The query without anything that narrows the view.
pub fn unfiltered(query: &TicketQuery) -> TicketQuery {
    TicketQuery {
        desk: query.desk.clone(),
        view: query.view,
        sort: query.sort,
        ..TicketQuery::default()
    }
}

/// The search of a query in every state and view.
pub fn everywhere(query: &TicketQuery) -> TicketQuery {
    let states: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    TicketQuery {
        desk: query.desk.clone(),
        view: Some(View::All),
        status: Some(states.join(",")),
        q: query.q.clone(),
        sort: Some(Sort::UpdatedDesc),
        ..TicketQuery::default()
    }
}

/// A text made fit for one part of an address.
pub fn encode(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}
