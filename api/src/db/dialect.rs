//! The places where the two databases differ, so that no store has to know.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{BigInt, Integer, Text};

use super::connection::DbConnection;

/// Runs the same expression on the connection of either database.
///
/// For what diesel's multi-connection cannot express: `ON CONFLICT`, batch inserts, `RETURNING` of a struct.
#[macro_export]
macro_rules! each {
    ($conn:expr, $inner:ident => $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Pg($inner) => $body,
            $crate::db::DbConnection::Sqlite($inner) => $body,
        }
    };
}

/// Loads rows that no other worker holds: `FOR UPDATE SKIP LOCKED` on PostgreSQL, a plain select on SQLite, whose
/// writer thread runs one transaction at a time. Call it inside a write and move `locked_until` of the rows found.
///
/// `claim!(conn, outbox::table.filter(…).select(outbox::id).limit(20) => load::<i64>)`
#[macro_export]
macro_rules! claim {
    ($conn:expr, $query:expr => load::<$row:ty>) => {
        match $conn {
            $crate::db::DbConnection::Pg(inner) => {
                $query.for_update().skip_locked().load::<$row>(inner)
            }
            $crate::db::DbConnection::Sqlite(inner) => $query.load::<$row>(inner),
        }
    };
}

/// Loads one row and keeps it locked to the end of the write: `FOR UPDATE` on PostgreSQL; SQLite writes are alone anyway.
/// Write the query in place: one that was put into a variable already belongs to one database.
#[macro_export]
macro_rules! load_locked {
    ($conn:expr, $query:expr => first::<$row:ty>) => {
        match $conn {
            $crate::db::DbConnection::Pg(inner) => $query.for_update().first::<$row>(inner),
            $crate::db::DbConnection::Sqlite(inner) => $query.first::<$row>(inner),
        }
    };
}

/// Name of the sequence that counts a desk's tickets on PostgreSQL.
pub fn ticket_counter(desk_id: i64) -> String {
    format!("ticket_number_{desk_id}")
}

/// Prepares the counter of a new desk's ticket numbers; harmless when it exists.
pub fn create_ticket_counter(
    conn: &mut DbConnection,
    desk_id: i64,
    first_number: i64,
) -> QueryResult<()> {
    match conn {
        DbConnection::Pg(pg) => {
            // Names and numbers here are integers of ours: there is no way to bind them in DDL.
            let counter = ticket_counter(desk_id);
            let sql = format!(
                "CREATE SEQUENCE IF NOT EXISTS {counter} START WITH {first_number} MINVALUE 0"
            );
            diesel::sql_query(sql).execute(pg)?;
        }
        DbConnection::Sqlite(sqlite) => {
            diesel::sql_query("INSERT INTO desk_counters (desk_id, last_number) VALUES (?, ?) ON CONFLICT (desk_id) DO NOTHING")
                .bind::<BigInt, _>(desk_id)
                .bind::<BigInt, _>(first_number - 1)
                .execute(sqlite)?;
        }
    }
    Ok(())
}

/// Holds the families of a desk's tickets to the end of the transaction, so that who is above whom does not change
/// meanwhile. SQLite writes are alone anyway.
pub fn lock_families(conn: &mut DbConnection, desk_id: i64) -> QueryResult<()> {
    match conn {
        DbConnection::Pg(pg) => diesel::sql_query("SELECT pg_advisory_xact_lock(4712, $1)")
            .bind::<Integer, _>(i32::try_from(desk_id).unwrap_or(i32::MAX))
            .execute(pg)
            .map(drop),
        DbConnection::Sqlite(_) => Ok(()),
    }
}

/// Whether the error is a unique violation of the named constraint or index over these columns.
///
/// PostgreSQL gives the constraint's name; SQLite gives `UNIQUE constraint failed: table.a, table.b`, or the index name
/// for an index over expressions. `columns` are plain names in the order of the constraint.
pub fn is_unique_violation(
    error: &DieselError,
    constraint: &str,
    table: &str,
    columns: &[&str],
) -> bool {
    let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else {
        return false;
    };
    if let Some(name) = info.constraint_name() {
        return name == constraint;
    }
    let Some((_, broken)) = info.message().split_once("constraint failed: ") else {
        return false;
    };
    if broken.contains(&format!("'{constraint}'")) {
        return true;
    }
    let wanted: Vec<String> = columns
        .iter()
        .map(|column| format!("{table}.{column}"))
        .collect();
    broken.split(", ").eq(wanted.iter().map(String::as_str))
}

/// Whether the error is a unique violation of any constraint.
pub fn is_any_unique_violation(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Whether a row still refers to this one, or this one refers to a row that is not there.
pub fn is_foreign_key_violation(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)
    )
}

/// Takes a lock that lasts to the end of the write, for work that two processes must not do at once.
///
/// PostgreSQL: a transaction-level advisory lock, waits. SQLite: nothing to do, the writer thread is alone.
pub fn lock_name(conn: &mut DbConnection, name: &str) -> QueryResult<()> {
    if let DbConnection::Pg(pg) = conn {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(name)
            .execute(pg)?;
    }
    Ok(())
}
