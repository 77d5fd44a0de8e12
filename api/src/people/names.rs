//! Who is who in a list. Every row of a queue names a requester with their entity and an assignee, and looking them up costs a
//! database as much as finding the rows; but names change a few times a month. So they are kept.
//!
//! The database stamps the changes (`name_changes`, by triggers on every `UPDATE`, in the transaction that changes a name),
//! and a list reads the stamp in the statement that reads its rows: a name that is given was right when the rows were read or
//! later, also with several processes on one database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;

use crate::db::DbConnection;
use crate::db::schema::{name_changes, organizations, people, users};

/// The stamp of the last change of a name, to be read together with what shows names.
#[diesel::dsl::auto_type]
pub fn stamp() -> _ {
    name_changes::table
        .find(1_i32)
        .select(name_changes::stamp)
        .single_value()
        .assume_not_null()
}

/// A requester as lists show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    /// Full name.
    pub name: String,
    /// The entity they belong to.
    pub entity: Option<String>,
}

/// The people of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Who asked.
    pub requester: Arc<Requester>,
    /// Who is in charge, if somebody is.
    pub assignee: Option<Arc<str>>,
}

/// Most people that are kept; a few megabytes. Whoever comes after finds the place cleared.
const MOST: usize = 20_000;

/// Names that were read before.
#[derive(Debug, Default)]
pub struct Names {
    held: Mutex<Held>,
}

impl Names {
    /// Who is meant by each requester and assignee of some rows, in their order. `stamp` is what [`stamp`] was when the rows
    /// were read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(
        &self,
        conn: &mut DbConnection,
        stamp: i64,
        rows: &[(i64, Option<i64>)],
    ) -> QueryResult<Vec<Named>> {
        if rows.is_empty() {
            // Then there is no stamp either.
            return Ok(Vec::new());
        }
        let (requesters, agents) = {
            let mut held = self.held();
            if held.stamp != stamp {
                *held = Held {
                    stamp,
                    ..Held::default()
                };
            }
            match held.name(rows) {
                Some(named) => return Ok(named),
                None => held.strangers(rows),
            }
        };
        let read = Held::read(conn, requesters, agents)?;
        {
            let mut held = self.held();
            // Otherwise somebody was renamed after the rows were read: the next list finds the place cleared.
            if held.stamp == read.stamp {
                held.take(read);
            }
            if let Some(named) = held.name(rows) {
                return Ok(named);
            }
        }
        let (requesters, agents) = Held::default().strangers(rows);
        let all = Held::read(conn, requesters, agents)?;
        Ok(rows.iter().map(|row| all.name_or_number(*row)).collect())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names of one moment.
#[derive(Debug, Default)]
struct Held {
    /// The stamp at that moment.
    stamp: i64,
    requesters: HashMap<i64, Arc<Requester>>,
    agents: HashMap<i64, Arc<str>>,
}

impl Held {
    /// Names everybody in some rows, if everybody is known.
    fn name(&self, rows: &[(i64, Option<i64>)]) -> Option<Vec<Named>> {
        rows.iter()
            .map(|(requester, assignee)| {
                let assignee = match assignee {
                    Some(id) => Some(Arc::clone(self.agents.get(id)?)),
                    None => None,
                };
                let requester = Arc::clone(self.requesters.get(requester)?);
                Some(Named {
                    requester,
                    assignee,
                })
            })
            .collect()
    }

    /// Names those of a row as far as they are known. The database has everybody, unless somebody took them out past its
    /// rules; one such row does not take the list away from those who work with it.
    fn name_or_number(&self, (requester, assignee): (i64, Option<i64>)) -> Named {
        let number = || {
            Arc::new(Requester {
                name: format!("#{requester}"),
                entity: None,
            })
        };
        let known = self.requesters.get(&requester).map(Arc::clone);
        Named {
            requester: known.unwrap_or_else(number),
            assignee: assignee.and_then(|id| self.agents.get(&id).map(Arc::clone)),
        }
    }

    /// Requesters and agents of some rows that are not known, each once.
    fn strangers(&self, rows: &[(i64, Option<i64>)]) -> (Vec<i64>, Vec<i64>) {
        let requesters = rows.iter().map(|row| row.0);
        let requesters = requesters.filter(|id| !self.requesters.contains_key(id));
        let agents = rows.iter().filter_map(|row| row.1);
        let agents = agents.filter(|id| !self.agents.contains_key(id));
        (once_each(requesters), once_each(agents))
    }

    fn take(&mut self, other: Self) {
        if self.requesters.len() + other.requesters.len() > MOST {
            self.requesters.clear();
        }
        if self.agents.len() + other.agents.len() > MOST {
            self.agents.clear();
        }
        self.requesters.extend(other.requesters);
        self.agents.extend(other.agents);
    }

    fn read(conn: &mut DbConnection, requesters: Vec<i64>, agents: Vec<i64>) -> QueryResult<Self> {
        // What is read second may be newer than the stamp says, never older.
        let mut first = None;
        let mut read = Self::default();
        if !requesters.is_empty() {
            let rows: Vec<(i64, String, Option<String>, i64)> = people::table
                .left_join(
                    organizations::table
                        .on(people::organization_id.eq(organizations::id.nullable())),
                )
                .filter(people::id.eq_any(requesters))
                .select((
                    people::id,
                    people::full_name,
                    organizations::name.nullable(),
                    stamp(),
                ))
                .load(conn)?;
            for (id, name, entity, stamp) in rows {
                first.get_or_insert(stamp);
                read.requesters
                    .insert(id, Arc::new(Requester { name, entity }));
            }
        }
        if !agents.is_empty() {
            let rows: Vec<(i64, String, i64)> = users::table
                .filter(users::id.eq_any(agents))
                .select((users::id, users::full_name, stamp()))
                .load(conn)?;
            for (id, name, stamp) in rows {
                first.get_or_insert(stamp);
                read.agents.insert(id, name.into());
            }
        }
        read.stamp = first.unwrap_or_default();
        Ok(read)
    }
}

fn once_each(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
