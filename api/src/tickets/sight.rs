//! Which tickets somebody of the console may know of. Every query that reads tickets for agents and programs carries it,
//! so that whatever is outside is not found, not counted and not named (R-026, C-58).
//!
//! Inside the desks of a [`Sight`], a restricted ticket is visible to whoever is in charge, to the group in charge, to the
//! group of its category, and where the agent holds [`Privilege::RestrictedRead`]. It is the same rule as
//! [`shared::ticket::may_see`], in SQL; that one is asked again before anything is shown or done.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool};
use shared::ticket::actor::{Actor, Privilege};

use crate::auth::AgentCaller;

/// The desks whose tickets somebody may read, and what is visible there.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Keys of the desks; `None` is every desk.
    pub desks: Option<Vec<i64>>,
    /// What is visible at these desks.
    pub visible: Visible,
}

impl Sight {
    /// What a caller of the console sees.
    pub fn of(caller: &AgentCaller) -> Self {
        let desks = caller.desks_with(Privilege::TicketRead);
        Self {
            visible: Visible::to(caller, desks.as_deref()),
            desks,
        }
    }

    /// Every ticket of these desks, for the product itself and for who was asked for a word on one.
    pub fn whole(desks: Option<Vec<i64>>) -> Self {
        Self {
            desks,
            visible: Visible::All,
        }
    }
}

/// A condition on the rows of `tickets`, under that name or another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Visible {
    /// Every ticket.
    All,
    /// What is not restricted, and of the rest only some.
    Of {
        /// The agent; 0 for a program, which belongs to no group and is in charge of nothing.
        user_id: i64,
        /// Desks where the agent sees the rest too.
        open_at: Vec<i64>,
        /// Desks where the agent is one of a vendor's people, and sees only what they or their groups have.
        own_at: Vec<i64>,
        /// The name of the table in the query.
        table: &'static str,
        /// How the database goes about it.
        way: Way,
    },
}

/// How the database finds out what is not visible; the answer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// For each row: right where few are looked at. PostgreSQL joins, SQLite asks an index.
    RowByRow,
    /// All of it first: right where thousands are counted. What is restricted is little, and there is an index of it.
    AtOnce,
}

impl Visible {
    /// What a caller sees at some desks; `None` is every desk.
    pub fn to(caller: &AgentCaller, desks: Option<&[i64]>) -> Self {
        let user_id = match caller.token_id() {
            Some(_) => 0,
            None => caller.user_id(),
        };
        let Some(open_at) = caller.desks_with(Privilege::RestrictedRead) else {
            return Self::All;
        };
        let own_at = caller.limited_at();
        if !own_at.is_empty() {
            return Self::of(user_id, open_at).only_own_at(own_at);
        }
        match desks {
            // The condition is left out where it would say nothing.
            Some(desks) if desks.iter().all(|desk| open_at.contains(desk)) => Self::All,
            Some(desks) => Self::of(
                user_id,
                open_at
                    .into_iter()
                    .filter(|desk| desks.contains(desk))
                    .collect(),
            ),
            None => Self::of(user_id, open_at),
        }
    }

    /// What an actor sees at the desk where they act.
    pub fn to_actor(actor: &Actor) -> Self {
        match actor {
            Actor::System => Self::All,
            Actor::Agent { .. } if actor.may(Privilege::RestrictedRead) => Self::All,
            Actor::Agent { user_id, .. } => Self::of(*user_id, Vec::new()),
            Actor::ApiClient { .. } | Actor::Approver { .. } | Actor::Requester { .. } => {
                Self::of(0, Vec::new())
            }
        }
    }

    fn of(user_id: i64, open_at: Vec<i64>) -> Self {
        Self::Of {
            user_id,
            open_at,
            own_at: Vec::new(),
            table: "tickets",
            way: Way::RowByRow,
        }
    }

    /// The same condition for one of a vendor's people at some desks.
    #[must_use]
    pub fn only_own_at(mut self, desks: Vec<i64>) -> Self {
        if let Self::Of { own_at, .. } = &mut self {
            *own_at = desks;
        }
        self
    }

    /// The same condition for a query that looks at every ticket of a desk.
    #[must_use]
    pub fn at_once(mut self) -> Self {
        if let Self::Of { way, .. } = &mut self {
            *way = Way::AtOnce;
        }
        self
    }

    /// The same condition for a query that gives the table another name.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        if let Self::Of { table, .. } = &mut self {
            *table = name;
        }
        self
    }
}

/// A condition on the rows of `tickets`: of one of these desks. The keys are written out, because SQLite has no lists to bind, and
/// a statement that is different each time is read and planned each time; how many desks people work at together is few.
#[derive(Clone, Debug)]
pub struct AtDesks(pub Vec<i64>);

impl Expression for AtDesks {
    type SqlType = Bool;
}

// As with `Visible`.
impl<QS> AppearsOnTable<QS> for AtDesks {}
impl<QS> SelectableExpression<QS> for AtDesks {}

impl<GB> ValidGrouping<GB> for AtDesks {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for AtDesks {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for AtDesks {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.0.is_empty() {
            pass.push_sql("FALSE");
            return Ok(());
        }
        let keys: Vec<String> = self.0.iter().map(i64::to_string).collect();
        pass.push_sql(&format!("tickets.desk_id IN ({})", keys.join(", ")));
        Ok(())
    }
}

impl Expression for Visible {
    type SqlType = Bool;
}

// Whoever filters by it has `tickets` in the query, under the name that it was given.
impl<QS> AppearsOnTable<QS> for Visible {}
impl<QS> SelectableExpression<QS> for Visible {}

impl<GB> ValidGrouping<GB> for Visible {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for Visible {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Visible
where
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Self::Of {
            user_id,
            open_at,
            own_at,
            table,
            way,
        } = self
        else {
            pass.push_sql("TRUE");
            return Ok(());
        };
        if !own_at.is_empty() {
            pass.unsafe_to_cache_prepared();
            let keys: Vec<String> = own_at.iter().map(i64::to_string).collect();
            pass.push_sql(&format!(
                "({table}.desk_id NOT IN ({}) OR {table}.assignee_id = ",
                keys.join(", ")
            ));
            pass.push_bind_param::<BigInt, _>(user_id)?;
            pass.push_sql(&format!(
                " OR {table}.group_id IN (SELECT own.group_id FROM group_members own INNER JOIN \"groups\" team ON team.id = own.group_id \
                 AND team.active WHERE own.user_id = "
            ));
            pass.push_bind_param::<BigInt, _>(user_id)?;
            pass.push_sql(")) AND ");
        }
        // One condition without an alternative beside it: only so PostgreSQL joins instead of asking for each row.
        let row = match way {
            Way::RowByRow => {
                pass.push_sql(&format!(
                    "NOT EXISTS (SELECT 1 FROM ticket_ties restriction WHERE restriction.ticket_id = {table}.id AND "
                ));
                table
            }
            Way::AtOnce => {
                pass.push_sql(&format!(
                    "{table}.id NOT IN (SELECT restriction.ticket_id FROM ticket_ties restriction \
                     INNER JOIN tickets held ON held.id = restriction.ticket_id WHERE "
                ));
                "held"
            }
        };
        pass.push_sql(&format!(
            "restriction.restricted AND ({row}.assignee_id IS NULL OR {row}.assignee_id <> "
        ));
        pass.push_bind_param::<BigInt, _>(user_id)?;
        pass.push_sql(
            ") AND NOT EXISTS (SELECT 1 FROM group_members place INNER JOIN \"groups\" team ON team.id = place.group_id AND team.active \
             WHERE place.user_id = ",
        );
        pass.push_bind_param::<BigInt, _>(user_id)?;
        pass.push_sql(&format!(
            " AND (place.group_id = {row}.group_id OR place.group_id = restriction.restricted_group))"
        ));
        if !open_at.is_empty() {
            // Few agents work at desks with different rights; their lists are not worth a kept statement.
            pass.unsafe_to_cache_prepared();
            let keys: Vec<String> = open_at.iter().map(i64::to_string).collect();
            pass.push_sql(&format!(" AND {row}.desk_id NOT IN ({})", keys.join(", ")));
        }
        pass.push_sql(")");
        Ok(())
    }
}
