//! The queue: one query that gives the rows of a page, scoped to the caller's desks.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{case_when, count, exists, sql};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{Bool, Integer};
use serde::{Deserialize, Serialize};
use shared::api::tickets::{Sort, View};
use shared::ticket::status::{RequestType, Status};

use super::pipeline::END_OF_TIME;
use super::sight::{AtDesks, Visible};
use super::words::{ClockNameWord, ClockStatusWord, RequestTypeWord, StatusWord};
use crate::db::schema::{organizations, people, ticket_ties, tickets};
use crate::db::{DbConnection, MultiBackend, Ts};
use crate::each;
use crate::people::names;

/// What a page is asked for; all conditions hold together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListFilter {
    /// Desks that the caller may read, already narrowed to the desk asked for.
    pub desks: Vec<i64>,
    /// The view.
    pub view: View,
    /// The caller, for "mine".
    pub user_id: i64,
    /// The caller's groups, for "my group".
    pub group_ids: Vec<i64>,
    /// States; replaces the view's own choice.
    pub statuses: Vec<Status>,
    /// Keys of priorities.
    pub priorities: Vec<String>,
    /// Type of ticket.
    pub request_type: Option<RequestType>,
    /// Level.
    pub level: Option<u8>,
    /// Group.
    pub group_id: Option<i64>,
    /// Assignee.
    pub assignee: Option<i64>,
    /// Requester.
    pub requester: Option<i64>,
    /// Which tickets a text was found in, if one was looked for.
    pub found: Option<Found>,
    /// What the caller sees at these desks.
    pub visible: Visible,
    /// The time.
    pub now: DateTime<Utc>,
    /// Until when a target counts as due soon.
    pub due_before: DateTime<Utc>,
}

/// How long an answer that depends on the time of day may be given again, in seconds.
const KEPT_SECONDS: i64 = 10;

impl ListFilter {
    /// The conditions, the same for everybody who is given the same rows; none for a search, which is seldom asked twice.
    pub fn key(&self) -> Option<Self> {
        if self.found.is_some() {
            return None;
        }
        let mut key = self.clone();
        if self.view != View::Mine {
            key.user_id = 0;
        }
        if self.view != View::Group {
            key.group_ids = Vec::new();
        }
        key.due_before = DateTime::UNIX_EPOCH;
        key.now = match self.view {
            View::DueSoon | View::DueContact => self.recently(),
            View::Mine
            | View::Group
            | View::All
            | View::Unassigned
            | View::Solved
            | View::Closed => DateTime::UNIX_EPOCH,
        };
        Some(key)
    }

    /// The conditions of counts; they are of one caller, and of now.
    pub fn key_of_counts(&self) -> Self {
        Self {
            due_before: DateTime::UNIX_EPOCH,
            now: self.recently(),
            ..self.clone()
        }
    }

    /// Bytes that its lists take beside itself, roughly.
    pub fn beside(&self) -> usize {
        let keys = match &self.visible {
            Visible::All => 0,
            Visible::Of {
                open_at, own_at, ..
            } => open_at.len() + own_at.len(),
        };
        let priorities = self
            .priorities
            .iter()
            .map(|key| size_of::<String>() + key.len());
        8 * (keys + self.desks.len() + self.group_ids.len() + self.statuses.len())
            + priorities.sum::<usize>()
    }

    fn recently(&self) -> DateTime<Utc> {
        let seconds = self.now.timestamp().div_euclid(KEPT_SECONDS) * KEPT_SECONDS;
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }
}

/// Where a page begins: the sort value and the key of the last row before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Microseconds since 1970, or the rank of the priority.
    pub value: i64,
    /// Key of the ticket.
    pub id: i64,
}

/// A row of the queue as stored.
#[derive(Queryable, Debug)]
pub struct ListRow {
    /// Key.
    pub id: i64,
    /// Desk.
    pub desk_id: i64,
    /// Version of the desk's profile.
    pub desk_version: i32,
    /// Public code.
    pub code: String,
    /// Brief description.
    pub subject: String,
    /// Canonical state.
    pub status: StatusWord,
    /// Incident or request.
    pub request_type: RequestTypeWord,
    /// Key of the priority.
    pub priority: String,
    /// 1 is the most urgent.
    pub priority_rank: i32,
    /// Level in charge.
    pub level: i32,
    /// Group in charge.
    pub group_id: Option<i64>,
    /// Agent in charge.
    pub assignee_id: Option<i64>,
    /// Requester.
    pub requester_id: i64,
    /// Whether the requester wrote last.
    pub awaits_reply: bool,
    /// Clock of the next target.
    pub due_clock: ClockNameWord,
    /// What that clock does.
    pub clock_status: ClockStatusWord,
    /// Next target.
    pub due_at: Option<Ts>,
    /// Creation.
    pub created_at: Ts,
    /// Last movement.
    pub updated_at: Ts,
    /// Version.
    pub version: i32,
    /// The stamp of names when the row was read; the same in all rows of a page.
    pub names_stamp: i64,
}

impl ListRow {
    /// Where it stands in each order.
    pub fn place(&self) -> Place {
        // As the column that is sorted by; see `pipeline::columns`.
        let due = self.due_at.map_or(END_OF_TIME, Ts::get);
        Place {
            id: self.id,
            due: due.timestamp_micros(),
            created: self.created_at.get().timestamp_micros(),
            updated: self.updated_at.get().timestamp_micros(),
            rank: i64::from(self.priority_rank),
        }
    }
}

/// Where a row stands in each order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    id: i64,
    due: i64,
    created: i64,
    updated: i64,
    rank: i64,
}

impl Place {
    /// Where the page after the row begins.
    pub fn position(self, sort: Sort) -> Position {
        let value = match sort {
            Sort::Due | Sort::DueDesc => self.due,
            Sort::Created | Sort::CreatedDesc => self.created,
            Sort::Updated | Sort::UpdatedDesc => self.updated,
            Sort::Priority | Sort::PriorityDesc => self.rank,
        };
        Position { value, id: self.id }
    }
}

/// A row of the queue by what it was when it was read: nothing that is shown of a ticket changes without one of these.
#[derive(Queryable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Key.
    pub id: i64,
    /// Version.
    pub version: i32,
    /// Version of the desk's profile.
    pub desk_version: i32,
    /// Last movement.
    pub updated_at: Ts,
    /// The stamp of names when the row was read; the same in all rows of a page.
    pub names_stamp: i64,
}

/// What is read of a row to be written; the order is that of [`ListRow`].
macro_rules! columns {
    () => {
        (
            tickets::id,
            tickets::desk_id,
            tickets::desk_version,
            tickets::code,
            tickets::subject,
            tickets::status,
            tickets::request_type,
            tickets::priority,
            tickets::priority_rank,
            tickets::level,
            tickets::group_id,
            tickets::assignee_id,
            tickets::requester_id,
            tickets::awaits_reply,
            tickets::due_clock,
            tickets::clock_status,
            tickets::due_at,
            tickets::created_at,
            tickets::updated_at,
            tickets::version,
            names::stamp(),
        )
    };
}

/// One page of the queue, plus one row more when another page follows. Who the requesters and assignees are is told by
/// [`Names`](crate::people::names::Names).
pub fn page(
    conn: &mut DbConnection,
    filter: &ListFilter,
    sort: Sort,
    after: Option<&Position>,
    limit: i64,
) -> QueryResult<Vec<ListRow>> {
    load_limited(
        narrowed(filter, sort, after).select(columns!()),
        conn,
        limit,
    )
}

/// The same page, of which only what its rows are known by is read.
pub fn page_seen(
    conn: &mut DbConnection,
    filter: &ListFilter,
    sort: Sort,
    after: Option<&Position>,
    limit: i64,
) -> QueryResult<Vec<Seen>> {
    let columns = (
        tickets::id,
        tickets::version,
        tickets::desk_version,
        tickets::updated_at,
        names::stamp(),
    );
    load_limited(narrowed(filter, sort, after).select(columns), conn, limit)
}

/// Rows by their keys, in no order. Whoever asks has found the keys within the caller's scope.
pub fn rows_of(conn: &mut DbConnection, ids: &[i64]) -> QueryResult<Vec<ListRow>> {
    let query = tickets::table
        .filter(tickets::id.eq_any(ids))
        .select(columns!());
    each!(conn, inner => query.load(inner))
}

/// The tickets of a list in its order, from a place on.
fn narrowed<'a>(
    filter: &'a ListFilter,
    sort: Sort,
    after: Option<&Position>,
) -> tickets::BoxedQuery<'a, MultiBackend> {
    let mut query = tickets::table.into_boxed::<MultiBackend>();

    query = match filter.desks.as_slice() {
        // An equality keeps the index usable for the order; a list of one would not.
        [desk] => query.filter(tickets::desk_id.eq(*desk)),
        desks => query.filter(AtDesks(desks.to_vec())),
    };
    if filter.visible != Visible::All {
        query = query.filter(filter.visible.clone());
    }
    if filter.statuses.is_empty() {
        query = match filter.view {
            View::Solved => query
                .filter(tickets::open.eq(false))
                .filter(tickets::status.eq_any(["solved", "unsolvable"])),
            View::Closed => query
                .filter(tickets::open.eq(false))
                .filter(tickets::status.eq_any(["closed", "not_managed"])),
            View::Mine
            | View::Group
            | View::All
            | View::Unassigned
            | View::DueSoon
            | View::DueContact => query.filter(tickets::open.eq(true)),
        };
    } else {
        let names: Vec<&str> = filter
            .statuses
            .iter()
            .map(|status| status.as_str())
            .collect();
        query = query.filter(tickets::status.eq_any(names));
        let open = filter
            .statuses
            .iter()
            .filter(|status| status.is_open())
            .count();
        if open == filter.statuses.len() {
            query = query.filter(tickets::open.eq(true));
        } else if open == 0 {
            query = query.filter(tickets::open.eq(false));
        }
    }
    match filter.view {
        View::Mine => query = query.filter(tickets::assignee_id.eq(filter.user_id)),
        View::Group => query = query.filter(tickets::group_id.eq_any(filter.group_ids.clone())),
        View::Unassigned => query = query.filter(tickets::assignee_id.is_null()),
        View::DueSoon => query = query.filter(tickets::due_at.le(Ts::new(filter.due_before))),
        View::DueContact => query = query.filter(tickets::id.eq_any(due_for_contact(filter.now))),
        View::All | View::Solved | View::Closed => {}
    }
    query = match filter.priorities.as_slice() {
        [] => query,
        // As with the desk: an equality is decided within the index that gives the order.
        [priority] => query.filter(tickets::priority.eq(priority.clone())),
        priorities => query.filter(tickets::priority.eq_any(priorities.to_vec())),
    };
    if let Some(request_type) = filter.request_type {
        query = query.filter(tickets::request_type.eq(request_type.as_str()));
    }
    if let Some(level) = filter.level {
        query = query.filter(tickets::level.eq(i32::from(level)));
    }
    if let Some(group_id) = filter.group_id {
        query = query.filter(tickets::group_id.eq(group_id));
    }
    if let Some(assignee) = filter.assignee {
        query = query.filter(tickets::assignee_id.eq(assignee));
    }
    if let Some(requester) = filter.requester {
        query = query.filter(tickets::requester_id.eq(requester));
    }
    match &filter.found {
        None => {}
        Some(Found::These(ids)) => query = query.filter(tickets::id.eq_any(ids.clone())),
        Some(Found::Many(words)) => {
            for word in words {
                let asker = people::table
                    .left_join(
                        organizations::table
                            .on(people::organization_id.eq(organizations::id.nullable())),
                    )
                    .filter(people::id.eq(tickets::requester_id))
                    .filter(
                        people::search_key
                            .like(contains(word))
                            .escape('\\')
                            .or(organizations::name_key.like(contains(word)).escape('\\')),
                    );
                let found = tickets::search_key
                    .like(contains(word))
                    .escape('\\')
                    .or(exists(asker));
                query = query.filter(found);
            }
        }
    }

    macro_rules! keyset {
        ($column:expr, $value:expr, asc) => {{
            if let Some(after) = after {
                query = query.filter(
                    $column
                        .gt($value(after))
                        .or($column.eq($value(after)).and(tickets::id.gt(after.id))),
                );
                // Redundant, but it lets the index begin at the right place.
                query = query.filter($column.ge($value(after)));
            }
            query.order(($column.asc(), tickets::id.asc()))
        }};
        ($column:expr, $value:expr, desc) => {{
            if let Some(after) = after {
                query = query.filter(
                    $column
                        .lt($value(after))
                        .or($column.eq($value(after)).and(tickets::id.lt(after.id))),
                );
                query = query.filter($column.le($value(after)));
            }
            query.order(($column.desc(), tickets::id.desc()))
        }};
    }
    let instant = |position: &Position| {
        Ts::new(DateTime::from_timestamp_micros(position.value).unwrap_or_default())
    };
    let rank = |position: &Position| i32::try_from(position.value).unwrap_or_default();
    match sort {
        Sort::Due => keyset!(tickets::due_sort, instant, asc),
        Sort::DueDesc => keyset!(tickets::due_sort, instant, desc),
        Sort::Created => keyset!(tickets::created_at, instant, asc),
        Sort::CreatedDesc => keyset!(tickets::created_at, instant, desc),
        Sort::Updated => keyset!(tickets::updated_at, instant, asc),
        Sort::UpdatedDesc => keyset!(tickets::updated_at, instant, desc),
        Sort::Priority => keyset!(tickets::priority_rank, rank, asc),
        Sort::PriorityDesc => keyset!(tickets::priority_rank, rank, desc),
    }
}

/// Loads a page and one row more.
fn load_limited<'query, Q, Row>(
    query: Q,
    conn: &mut DbConnection,
    limit: i64,
) -> QueryResult<Vec<Row>>
where
    Limited<Q>: LoadQuery<'query, DbConnection, Row>,
{
    let limited = Limited {
        query,
        rows: limit + 1,
    };
    // Collected row by row, the place of the rows would be outgrown and moved several times.
    let mut rows = Vec::with_capacity(usize::try_from(limit + 1).unwrap_or_default());
    for row in limited.internal_load(conn)? {
        rows.push(row?);
    }
    Ok(rows)
}

/// A query with the number of its rows written out. PostgreSQL plans a statement once, before anything is bound (see
/// `pool`), and is to plan this one for few rows.
struct Limited<Q> {
    query: Q,
    rows: i64,
}

impl<Q: Query> Query for Limited<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Limited<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Limited<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.query.walk_ast(pass.reborrow())?;
        pass.push_sql(&format!(" LIMIT {}", self.rows));
        Ok(())
    }
}

impl<Q> RunQueryDsl<DbConnection> for Limited<Q> {}

/// Which tickets a text was found in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// In these, however far down the queue they stand.
    These(Vec<i64>),
    /// In so many that some stand near the top of any queue; the words are looked for on the way.
    Many(Vec<String>),
}

/// Most tickets that are named one by one.
const NAMED_MAX: usize = 1_000;

/// Looks for words in the tickets of some desks: each must be in the code, the subject, or the name, address or entity of
/// the requester.
///
/// A queue is read in its order, and most rows hold nothing of what is looked for, so looking on the way would read all of
/// them. Code, subject and requester are therefore also kept in an index of their own (`tickets_search`), which holds little
/// else and is read from end to end; people and entities are few. Only what is found more often than [`NAMED_MAX`] is looked
/// for on the way after all.
pub fn search(conn: &mut DbConnection, desks: &[i64], words: Vec<String>) -> QueryResult<Found> {
    let mut query = tickets::table
        .select(tickets::id)
        // The condition of the index, in its own words; no key is empty.
        .filter(sql::<Bool>("tickets.search_key > ''"))
        .into_boxed::<MultiBackend>();
    query = match desks {
        [desk] => query.filter(tickets::desk_id.eq(*desk)),
        desks => query.filter(AtDesks(desks.to_vec())),
    };
    for word in &words {
        let askers = people::table
            .left_join(
                organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
            )
            .filter(
                people::search_key
                    .like(contains(word))
                    .escape('\\')
                    .or(organizations::name_key.like(contains(word)).escape('\\')),
            )
            .select(people::id);
        let found = tickets::search_key
            .like(contains(word))
            .escape('\\')
            .or(tickets::requester_id.eq_any(askers));
        query = query.filter(found);
    }
    let most = i64::try_from(NAMED_MAX).unwrap_or(i64::MAX);
    let ids: Vec<i64> = query.limit(most + 1).load(conn)?;
    Ok(if ids.len() > NAMED_MAX {
        Found::Many(words)
    } else {
        Found::These(ids)
    })
}

/// The pattern of what contains a text, with `%`, `_` and the escape itself literal.
fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

type ContactDue = diesel::dsl::Select<
    diesel::dsl::Filter<ticket_ties::table, diesel::dsl::LtEq<ticket_ties::contact_at, Ts>>,
    ticket_ties::ticket_id,
>;

/// Tickets whose requester is to be contacted again by now.
fn due_for_contact(now: DateTime<Utc>) -> ContactDue {
    ticket_ties::table
        .filter(ticket_ties::contact_at.le(Ts::new(now)))
        .select(ticket_ties::ticket_id)
}

/// How many tickets each view holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Assigned to the caller.
    pub mine: i64,
    /// Of the caller's groups.
    pub group: i64,
    /// Open.
    pub all: i64,
    /// Without assignee.
    pub unassigned: i64,
    /// Due soon or past due.
    pub due_soon: i64,
    /// To be contacted again today, or before.
    pub due_contact: i64,
    /// Waiting for the requester.
    pub solved: i64,
}

/// Counts the views of the rail in one pass over the tickets that have not ended: every console asks for it all day long.
pub fn counts(conn: &mut DbConnection, filter: &ListFilter) -> QueryResult<Counts> {
    // What is not counted is NULL, and so left out by `COUNT`.
    macro_rules! count_of {
        ($condition:expr) => {
            count(case_when($condition, 1.into_sql::<Integer>()))
        };
    }
    let open = || tickets::open.eq(true);
    let query = tickets::table
        // The condition of the index, in its own words.
        .filter(tickets::closed_at.is_null())
        .select((
            count_of!(open().and(tickets::assignee_id.eq(filter.user_id))),
            count_of!(open().and(tickets::group_id.eq_any(filter.group_ids.clone()))),
            count_of!(open()),
            count_of!(open().and(tickets::assignee_id.is_null())),
            count_of!(open().and(tickets::due_at.le(Ts::new(filter.due_before)))),
            count_of!(open().and(tickets::id.eq_any(due_for_contact(filter.now)))),
            count_of!(tickets::status.eq_any(["solved", "unsolvable"])),
        ))
        .into_boxed::<MultiBackend>();
    let query = match filter.desks.as_slice() {
        [desk] => query.filter(tickets::desk_id.eq(*desk)),
        desks => query.filter(AtDesks(desks.to_vec())),
    };
    let query = match &filter.visible {
        Visible::All => query,
        visible => query.filter(visible.clone().at_once()),
    };
    let (mine, group, all, unassigned, due_soon, due_contact, solved) = query.first(conn)?;
    Ok(Counts {
        mine,
        group,
        all,
        unassigned,
        due_soon,
        due_contact,
        solved,
    })
}

/// The latest instant that counts as "due soon": four business hours ahead on the desk's calendar, or of wall time
/// when several desks are listed together.
pub fn due_soon_limit(
    now: DateTime<Utc>,
    calendar: Option<&shared::sla::calendar::Calendar>,
) -> DateTime<Utc> {
    let span = TimeDelta::hours(4);
    calendar
        .and_then(|calendar| {
            calendar.deadline(now, shared::sla::business_time::BusinessMinutes(240).into())
        })
        .unwrap_or(now + span)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn filter() -> ListFilter {
        ListFilter {
            desks: vec![1],
            view: View::All,
            user_id: 7,
            group_ids: vec![3],
            statuses: Vec::new(),
            priorities: Vec::new(),
            request_type: None,
            level: None,
            group_id: None,
            assignee: None,
            requester: None,
            found: None,
            visible: Visible::All,
            now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            due_before: DateTime::from_timestamp(1_800_014_400, 0).unwrap(),
        }
    }

    fn key(change: impl FnOnce(&mut ListFilter)) -> ListFilter {
        let mut filter = filter();
        change(&mut filter);
        filter.key().unwrap()
    }

    /// Only where the database would be asked the same is the same page given.
    #[test]
    fn whatever_narrows_a_page_is_in_its_key() {
        let of = |user_id: i64, own_at: Vec<i64>, open_at: Vec<i64>| Visible::Of {
            user_id,
            open_at,
            own_at,
            table: "tickets",
            way: super::super::sight::Way::RowByRow,
        };
        let mut keys = vec![
            key(|_| {}),
            key(|filter| filter.desks = vec![1, 2]),
            key(|filter| filter.desks = vec![2]),
            key(|filter| filter.statuses = vec![Status::New]),
            key(|filter| filter.priorities = vec!["p1".to_owned()]),
            key(|filter| filter.request_type = Some(RequestType::Incident)),
            key(|filter| filter.level = Some(2)),
            key(|filter| filter.group_id = Some(3)),
            key(|filter| filter.assignee = Some(7)),
            key(|filter| filter.requester = Some(7)),
            key(|filter| filter.visible = of(7, vec![], vec![])),
            key(|filter| filter.visible = of(8, vec![], vec![])),
            key(|filter| filter.visible = of(7, vec![1], vec![])),
            key(|filter| filter.visible = of(7, vec![], vec![1])),
            key(|filter| filter.view = View::Mine),
            key(|filter| (filter.view, filter.user_id) = (View::Mine, 8)),
            key(|filter| filter.view = View::Group),
            key(|filter| (filter.view, filter.group_ids) = (View::Group, vec![4])),
            key(|filter| filter.view = View::Unassigned),
            key(|filter| filter.view = View::Solved),
            key(|filter| filter.view = View::Closed),
        ];
        for view in [View::DueSoon, View::DueContact] {
            keys.push(key(|filter| filter.view = view));
            keys.push(key(|filter| {
                filter.view = view;
                filter.now += TimeDelta::seconds(KEPT_SECONDS);
            }));
        }
        let different: HashSet<&ListFilter> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "{keys:#?}");
    }

    #[test]
    fn colleagues_who_see_the_same_share_a_page() {
        let colleague = |filter: &mut ListFilter| {
            filter.user_id = 8;
            filter.group_ids = vec![4];
            filter.now += TimeDelta::hours(1);
            filter.due_before += TimeDelta::hours(1);
        };
        assert_eq!(key(|_| {}), key(colleague));
        let mut search = filter();
        search.found = Some(Found::These(vec![1]));
        assert_eq!(search.key(), None);
    }

    #[test]
    fn counts_are_of_one_caller() {
        let mut keys = [filter(), filter(), filter(), filter()];
        keys[1].user_id = 8;
        keys[2].group_ids = vec![4];
        keys[3].now += TimeDelta::seconds(KEPT_SECONDS);
        let different: HashSet<ListFilter> = keys.iter().map(ListFilter::key_of_counts).collect();
        assert_eq!(different.len(), 4);
    }
}
