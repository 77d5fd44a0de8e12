//! What the two databases must do alike, and what the writer thread promises. PostgreSQL runs when its address is set.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

use super::gather::{Gathered, Gathering};
use super::loader::{Ask, Loader};
use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    samples (id) {
        id -> BigInt,
        at -> TsSql,
        data -> Text,
        key -> UidSql,
    }
}

#[derive(Debug, PartialEq)]
enum Failure {
    Refused,
    Db(String),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Db(format!("{error:?}"))
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        DbError::from(error).into()
    }
}

/// A database of its own for one test; removed at the end.
struct Scratch {
    db: Db,
    folder: PathBuf,
}

impl Scratch {
    fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("atiende-db-{}", Uuid::new_v4()));
        let path = folder.join("test.db");
        let db = Db::open(&DatabaseSettings::new(path.to_string_lossy())).unwrap();
        let create = "CREATE TABLE samples (id integer PRIMARY KEY, at bigint NOT NULL, data text NOT NULL, key blob NOT NULL, UNIQUE (at, data))";
        run(&db, create);
        Self { db, folder }
    }

    fn postgres() -> Option<Self> {
        let url = std::env::var("ATIENDE_TEST_POSTGRES_URL").ok()?;
        let schema = format!("db_test_{}", Uuid::new_v4().simple());
        let mark = if url.contains('?') { '&' } else { '?' };
        let db = Db::open(&DatabaseSettings::new(format!(
            "{url}{mark}options=-csearch_path%3D{schema}"
        )))
        .unwrap();
        run(&db, &format!("CREATE SCHEMA {schema}"));
        run(
            &db,
            "CREATE TABLE samples (id bigint PRIMARY KEY, at timestamptz NOT NULL, data text NOT NULL, key uuid NOT NULL, CONSTRAINT samples_at_data_key UNIQUE (at, data))",
        );
        Some(Self {
            db,
            folder: std::env::temp_dir().join(schema),
        })
    }

    fn all() -> Vec<Self> {
        [Some(Self::sqlite()), Self::postgres()]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.db.is_postgres() {
            let schema = self
                .folder
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            run(&self.db, &format!("DROP SCHEMA {schema} CASCADE"));
        }
        // PostgreSQL has no folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn run(db: &Db, sql: &str) {
    let sql = sql.to_owned();
    db.write_blocking(move |conn| -> Result<(), Failure> { Ok(conn.batch_execute(&sql)?) })
        .unwrap();
}

fn insert(conn: &mut DbConnection, id: i64) -> Result<(), Failure> {
    insert_with(conn, id, &format!("\"{id}\""))
}

fn insert_with(conn: &mut DbConnection, id: i64, data: &str) -> Result<(), Failure> {
    let at = Ts::new(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let row = (
        samples::id.eq(id),
        samples::at.eq(at),
        samples::data.eq(data),
        samples::key.eq(Uid(Uuid::from_u128(7))),
    );
    diesel::insert_into(samples::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

fn ids(db: &Db) -> Vec<i64> {
    db.read_blocking(|conn: &mut DbConnection| -> Result<_, Failure> {
        Ok(samples::table
            .select(samples::id)
            .order(samples::id)
            .load(conn)?)
    })
    .unwrap()
}

#[test]
fn both_databases_give_back_what_was_written() {
    for scratch in Scratch::all() {
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 123_456_789).unwrap();
        let read = scratch
            .db
            .write_blocking(move |conn| -> Result<_, Failure> {
                let data = JsonText(serde_json::json!({"ñ": [1, null, "á"]}));
                let row = (
                    samples::id.eq(1),
                    samples::at.eq(Ts::new(at)),
                    samples::data.eq(data),
                    samples::key.eq(Uid(Uuid::from_u128(9))),
                );
                diesel::insert_into(samples::table)
                    .values(row)
                    .execute(conn)?;
                Ok(samples::table
                    .select((samples::at, samples::data, samples::key))
                    .first::<(Ts, Json, Uid)>(conn)?)
            });
        let (read_at, data, key) = read.unwrap();
        assert_eq!(read_at, Ts::new(at));
        assert_eq!(read_at.get().timestamp_subsec_nanos(), 123_457_000);
        assert_eq!(data.0, serde_json::json!({"ñ": [1, null, "á"]}));
        assert_eq!(key.0, Uuid::from_u128(9));
    }
}

#[test]
fn sqlite_is_built_without_locks_between_connections_and_plans_without_what_is_bound() {
    #[derive(QueryableByName)]
    struct Choice {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let scratch = Scratch::sqlite();
    let built = scratch.db.read_blocking(|conn| -> Result<_, Failure> {
        let choices = diesel::sql_query("PRAGMA compile_options");
        let choices: Vec<Choice> = crate::each!(conn, inner => choices.load(inner))?;
        Ok(choices)
    });
    let built = built.unwrap();
    let has = |name: &str| built.iter().any(|choice| choice.compile_options == name);
    // Set in .cargo/config.toml; without it every bound LIMIT has its statement read and planned anew.
    assert!(has("ENABLE_QPSG"));
    // With it all connections wait for each other at every page that they look at.
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"));
    assert!(has("THREADSAFE=2"));
}

#[test]
fn a_refused_write_leaves_nothing() {
    for scratch in Scratch::all() {
        let outcome = scratch.db.write_blocking(|conn| {
            insert(conn, 1)?;
            Err::<(), _>(Failure::Refused)
        });
        assert_eq!(outcome, Err(Failure::Refused));
        assert_eq!(ids(&scratch.db), Vec::<i64>::new());
    }
}

#[test]
fn a_panicking_write_leaves_nothing_and_the_next_one_works() {
    for scratch in Scratch::all() {
        let outcome = scratch.db.write_blocking(|conn| -> Result<(), Failure> {
            insert(conn, 1)?;
            // Leaves a savepoint open when it unwinds.
            conn.transaction(|conn| -> Result<(), Failure> {
                insert(conn, 2)?;
                panic!("on purpose")
            })
        });
        assert!(matches!(outcome, Err(Failure::Db(text)) if text.contains("Panicked")));
        scratch.db.write_blocking(|conn| insert(conn, 3)).unwrap();
        assert_eq!(ids(&scratch.db), [3]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_bad_writes_fail_alone() {
    for scratch in Scratch::all() {
        let mut tasks = Vec::new();
        for id in 0..300_i64 {
            let db = scratch.db.clone();
            tasks.push(tokio::spawn(async move {
                let outcome = db
                    .write(move |conn| {
                        insert(conn, id)?;
                        match id % 10 {
                            3 => Err(Failure::Refused),
                            7 => panic!("on purpose"),
                            _ => Ok(id),
                        }
                    })
                    .await;
                (id, outcome)
            }));
        }
        for task in tasks {
            let (id, outcome) = task.await.unwrap();
            match id % 10 {
                3 => assert_eq!(outcome, Err(Failure::Refused)),
                7 => assert!(matches!(outcome, Err(Failure::Db(_)))),
                _ => assert_eq!(outcome, Ok(id)),
            }
        }
        let wanted: Vec<i64> = (0..300).filter(|id| id % 10 != 3 && id % 10 != 7).collect();
        assert_eq!(ids(&scratch.db), wanted);
    }
}

#[test]
fn when_the_commit_fails_every_write_of_the_group_is_told() {
    let scratch = Scratch::sqlite();
    run(
        &scratch.db,
        "CREATE TABLE parents (id integer PRIMARY KEY); CREATE TABLE children (parent integer REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    let (ready, go) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(std::sync::Barrier::new(2)),
    );
    // The first job holds the writer until the other two wait in the queue, so that all three share a group.
    let spawn = |work: Box<dyn FnOnce(&mut DbConnection) -> Result<(), Failure> + Send>| {
        let db = scratch.db.clone();
        std::thread::spawn(move || db.write_blocking(work))
    };
    let gate = Arc::clone(&go);
    let waiting = Arc::clone(&ready);
    let first = spawn(Box::new(move |conn| {
        waiting.fetch_add(1, Ordering::SeqCst);
        gate.wait();
        insert(conn, 1)
    }));
    while ready.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let queue = |work: fn(&mut DbConnection) -> Result<(), Failure>| {
        let sender = sender.clone();
        let reply = move |result| drop(sender.send(result));
        let job = ClosureJob {
            work: Some(work),
            result: None,
            reply,
        };
        scratch
            .db
            .inner
            .writer
            .as_ref()
            .unwrap()
            .send(Box::new(job))
            .unwrap();
    };
    queue(|conn| Ok(conn.batch_execute("INSERT INTO children VALUES (99)")?));
    queue(|conn| insert(conn, 2));
    go.wait();
    assert!(
        matches!(first.join().unwrap(), Err(Failure::Db(text)) if text.contains("NotCommitted"))
    );
    for _ in 0..2 {
        assert!(
            matches!(receiver.recv().unwrap(), Err(Failure::Db(text)) if text.contains("NotCommitted"))
        );
    }
    assert_eq!(ids(&scratch.db), Vec::<i64>::new());
    scratch.db.write_blocking(|conn| insert(conn, 4)).unwrap();
    assert_eq!(ids(&scratch.db), [4]);
}

#[test]
fn a_snapshot_sees_nothing_of_what_is_written_meanwhile() {
    for scratch in Scratch::all() {
        let count = |conn: &mut DbConnection| -> Result<i64, Failure> {
            Ok(samples::table.count().get_result(conn)?)
        };
        run(&scratch.db, "DELETE FROM samples");
        let db = scratch.db.clone();
        let seen = scratch.db.read_snapshot_blocking(move |conn| {
            let before = count(conn)?;
            db.write_blocking(|conn| insert(conn, 1))?;
            Ok::<_, Failure>((before, count(conn)?))
        });
        assert_eq!(seen, Ok((0, 0)));
        assert_eq!(scratch.db.read_blocking(count), Ok(1));
    }
}

#[test]
fn readers_cannot_write_to_an_sqlite_file() {
    let scratch = Scratch::sqlite();
    let outcome = scratch
        .db
        .read_blocking(|conn: &mut DbConnection| insert(conn, 1));
    assert!(matches!(outcome, Err(Failure::Db(text)) if text.contains("readonly")));
}

#[test]
fn an_sqlite_file_is_durable_by_default() {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Text)]
        answer: String,
    }
    let scratch = Scratch::sqlite();
    let ask = |pragma: &str| {
        let sql = format!("SELECT CAST({pragma} AS text) AS answer FROM pragma_{pragma}");
        scratch
            .db
            .write_blocking(move |conn| -> Result<_, Failure> {
                Ok(diesel::sql_query(sql).get_result::<Answer>(conn)?.answer)
            })
            .unwrap()
    };
    assert_eq!(ask("journal_mode"), "wal");
    assert_eq!(ask("synchronous"), "2");
    assert_eq!(ask("foreign_keys"), "1");
}

#[test]
fn a_unique_violation_is_recognised_in_both_forms() {
    for scratch in Scratch::all() {
        let outcome = scratch.db.write_blocking(|conn| -> Result<bool, Failure> {
            insert_with(conn, 1, "a")?;
            let at = Ts::new(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let again = (
                samples::id.eq(2),
                samples::at.eq(at),
                samples::data.eq("a"),
                samples::key.eq(Uid(Uuid::nil())),
            );
            let error = conn
                .transaction(|conn| {
                    diesel::insert_into(samples::table)
                        .values(again)
                        .execute(conn)
                })
                .unwrap_err();
            let known = dialect::is_unique_violation(
                &error,
                "samples_at_data_key",
                "samples",
                &["at", "data"],
            );
            let other = dialect::is_unique_violation(&error, "samples_pkey", "samples", &["id"]);
            Ok(known && !other && dialect::is_any_unique_violation(&error))
        });
        assert_eq!(outcome, Ok(true));
    }
}

#[test]
fn the_workers_of_an_sqlite_file_run_in_one_process_only() {
    let scratch = Scratch::sqlite();
    let held = scratch.db.worker_lock().unwrap();
    assert!(scratch.db.worker_lock().is_err());
    drop(held);
    assert!(scratch.db.worker_lock().is_ok());
}

#[test]
fn migrations_run_once_and_a_newer_schema_is_refused() {
    let folder = std::env::temp_dir().join(format!("atiende-migrate-{}", Uuid::new_v4()));
    let db = Db::open(&DatabaseSettings::new(
        folder.join("test.db").to_string_lossy(),
    ))
    .unwrap();
    assert!(db.migrate().unwrap() > 0);
    assert_eq!(db.migrate().unwrap(), 0);
    run(
        &db,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')",
    );
    assert!(
        db.migrate()
            .unwrap_err()
            .to_string()
            .contains("newer Atiende")
    );
    drop(db);
    std::fs::remove_dir_all(folder).unwrap();
}

/// What a database says of its schema, a sorted line each, in words that both have: columns with kind and nullability,
/// primary keys, unique constraints, references and indexes.
fn schema(db: &Db) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Piece {
        /// What it is about: a table, with a column or the name of a constraint.
        #[diesel(sql_type = Text)]
        place: String,
        #[diesel(sql_type = Text)]
        about: String,
        /// Where a constraint has several columns, one of them.
        #[diesel(sql_type = Text)]
        part: String,
    }
    let queries = if db.is_postgres() {
        POSTGRES_SCHEMA
    } else {
        SQLITE_SCHEMA
    };
    let mut lines = Vec::new();
    for query in queries {
        let pieces: Vec<Piece> = db
            .read_blocking(move |conn: &mut DbConnection| -> Result<_, Failure> {
                Ok(diesel::sql_query(*query).load(conn)?)
            })
            .unwrap();
        // Names of constraints differ; the table and the columns say which one it is.
        let mut parts: std::collections::BTreeMap<(String, String), Vec<String>> =
            std::collections::BTreeMap::new();
        for Piece { place, about, part } in pieces {
            parts.entry((place, about)).or_default().push(part);
        }
        for ((place, about), mut parts) in parts {
            parts.sort();
            let table = place.split(' ').next().unwrap();
            lines.push(format!("{table} {about} {}", parts.join(", ")));
        }
    }
    lines.retain(|line| !line.starts_with("__diesel"));
    lines.sort();
    lines
}

/// A whole number, an instant and a truth value of SQLite are numbers; a key of 128 bits is bytes.
const SQLITE_SCHEMA: &[&str] = &[
    "SELECT t.name AS place, c.name || CASE lower(c.type) WHEN 'integer' THEN ' number' WHEN 'bigint' THEN ' number' WHEN 'blob' THEN ' bytes' \
     ELSE ' ' || lower(c.type) END || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END AS about, '' AS part \
     FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    "SELECT t.name AS place, 'primary key' AS about, c.name AS part FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.pk > 0",
    "SELECT t.name || ' ' || i.name AS place, 'unique' AS about, c.name AS part \
     FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE t.type = 'table' AND i.origin = 'u'",
    "SELECT t.name || ' ' || f.id AS place, 'refers to ' || f.\"table\" AS about, f.\"from\" AS part FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
    "SELECT t.name || ' ' || i.name AS place, 'index ' || i.name || CASE i.partial WHEN 1 THEN ' partial' ELSE '' END AS about, c.name AS part \
     FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE t.type = 'table' AND i.origin = 'c'",
];

const POSTGRES_SCHEMA: &[&str] = &[
    "SELECT table_name::text AS place, column_name || CASE data_type WHEN 'integer' THEN ' number' WHEN 'bigint' THEN ' number' \
     WHEN 'timestamp with time zone' THEN ' number' WHEN 'bytea' THEN ' bytes' WHEN 'uuid' THEN ' bytes' ELSE ' ' || data_type END \
     || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END AS about, '' AS part FROM information_schema.columns WHERE table_schema = current_schema()",
    "SELECT t.relname || ' ' || c.conname AS place, CASE c.contype WHEN 'p' THEN 'primary key' ELSE 'unique' END AS about, a.attname::text AS part \
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey) \
     WHERE c.connamespace = current_schema()::regnamespace AND c.contype IN ('p', 'u')",
    "SELECT t.relname || ' ' || c.conname AS place, 'refers to ' || r.relname AS about, a.attname::text AS part \
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey) WHERE c.connamespace = current_schema()::regnamespace AND c.contype = 'f'",
    "SELECT t.relname || ' ' || i.relname AS place, 'index ' || i.relname || CASE WHEN x.indpred IS NULL THEN '' ELSE ' partial' END AS about, a.attname::text AS part \
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (x.indkey) \
     WHERE i.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u'))",
];

/// The number is what the database remembers, so of two folders with the same one only the first would ever run.
#[test]
fn every_migration_has_a_number_of_its_own() {
    for database in ["sqlite", "postgres"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/");
        let folders = std::fs::read_dir([folder, database].concat()).unwrap();
        let mut numbers: Vec<String> = folders
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.split('_').next().unwrap_or_default().to_owned())
            .collect();
        numbers.sort();
        let repeated: Vec<_> = numbers
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .collect();
        assert!(repeated.is_empty(), "{database}: {repeated:?}");
    }
}

#[test]
fn migrations_go_up_down_and_up_and_both_databases_get_the_same_schema() {
    let mut schemas = Vec::new();
    for scratch in Scratch::all() {
        run(&scratch.db, "DROP TABLE samples");
        assert!(scratch.db.migrate().unwrap() > 0);
        let once = schema(&scratch.db);
        assert!(
            once.iter()
                .any(|line| line.starts_with("tickets code text not null")),
            "the schema is read: {once:?}"
        );
        let steps = scratch.db.migrate_down().unwrap();
        assert_eq!(schema(&scratch.db), Vec::<String>::new(), "nothing stays");
        assert_eq!(scratch.db.migrate().unwrap(), steps);
        assert_eq!(schema(&scratch.db), once, "the second time is as the first");
        schemas.push(once);
    }
    if let [sqlite, postgres] = &schemas[..] {
        let only = |one: &[String], other: &[String]| {
            let lines = one.iter().filter(|line| !other.contains(line));
            lines.cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            only(sqlite, postgres),
            Vec::<String>::new(),
            "only in SQLite"
        );
        assert_eq!(
            only(postgres, sqlite),
            Vec::<String>::new(),
            "only in PostgreSQL"
        );
    }
}

#[test]
fn ticket_numbers_of_a_desk_never_repeat() {
    let folder = std::env::temp_dir().join(format!("atiende-numbers-{}", Uuid::new_v4()));
    let db = Db::open(&DatabaseSettings::new(
        folder.join("test.db").to_string_lossy(),
    ))
    .unwrap();
    db.migrate().unwrap();
    let numbers = db.write_blocking(|conn| -> Result<Vec<i64>, Failure> {
        let desk = "INSERT INTO desks (id, slug, active_version, created_at) VALUES (1, 'soporte', 1, 0), (2, 'otra', 1, 0)";
        conn.batch_execute(desk)?;
        dialect::create_ticket_counter(conn, 1, 1)?;
        dialect::create_ticket_counter(conn, 1, 1)?;
        dialect::create_ticket_counter(conn, 2, 500)?;
        let mut numbers = Vec::new();
        for desk in [1, 1, 2, 1, 2] {
            numbers.push(crate::tickets::store::draw(conn, desk, None)?.number);
        }
        Ok(numbers)
    });
    assert_eq!(numbers, Ok(vec![1, 2, 500, 3, 501]));
    drop(db);
    std::fs::remove_dir_all(folder).unwrap();
}

fn pid(conn: &mut DbConnection) -> Result<i64, Failure> {
    #[derive(QueryableByName)]
    struct Pid {
        #[diesel(sql_type = BigInt)]
        pid: i64,
    }
    Ok(diesel::sql_query("SELECT pg_backend_pid()::bigint AS pid")
        .get_result::<Pid>(conn)?
        .pid)
}

#[test]
fn lost_connections_to_postgresql_are_replaced_without_an_error() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let admin = Db::open(&DatabaseSettings::new(
        std::env::var("ATIENDE_TEST_POSTGRES_URL").unwrap(),
    ))
    .unwrap();
    // Gone when the answer comes, or the next statement might still reach it.
    let kill = |pid: i64| {
        run(
            &admin,
            &format!("SELECT pg_terminate_backend({pid}, 10000)"),
        )
    };
    kill(scratch.db.read_blocking(pid).unwrap());
    assert_eq!(ids(&scratch.db), Vec::<i64>::new());
    kill(scratch.db.read_blocking(pid).unwrap());
    scratch.db.write_blocking(|conn| insert(conn, 1)).unwrap();
    assert_eq!(ids(&scratch.db), [1]);
    kill(scratch.db.read_blocking(pid).unwrap());
    // What prepares a write runs again, too.
    let (pooled, _) = scratch.db.prepare(pid).unwrap();
    drop(pooled);
    assert_eq!(ids(&scratch.db), [1]);
}

#[test]
fn what_is_stored_together_is_stored_whole_or_not_at_all() {
    for scratch in Scratch::all() {
        let db = &scratch.db;
        let in_no_transaction = |work: fn(&mut DbConnection) -> Result<(), Failure>| {
            if db.is_postgres() {
                let mut pooled = db.checkout()?;
                db.try_on(&mut pooled, work).into_result()
            } else {
                db.write_blocking(work)
            }
        };
        let outcome = in_no_transaction(|conn| {
            together(conn, |conn| {
                insert(conn, 1)?;
                insert(conn, 2)
            })
        });
        assert_eq!(outcome, Ok(()));
        let outcome = in_no_transaction(|conn| {
            together(conn, |conn| {
                insert(conn, 3)?;
                Err::<(), _>(Failure::Refused)
            })
        });
        assert_eq!(outcome, Err(Failure::Refused));
        let outcome = in_no_transaction(|conn| {
            together(conn, |conn| {
                insert(conn, 4)?;
                panic!("on purpose")
            })
        });
        assert_eq!(outcome, Err(Failure::Db("Panicked".to_owned())));
        // In the transaction of a write, it is undone with the rest of it.
        let later: Result<(), _> = db.write_blocking(|conn| {
            together(conn, |conn| insert(conn, 5))?;
            Err(Failure::Refused)
        });
        assert_eq!(later, Err(Failure::Refused));
        assert_eq!(ids(db), [1, 2]);
    }
}

/// What a write of the tests does beside adding its row.
#[derive(Clone, Default)]
enum Fate {
    #[default]
    Stored,
    /// Is stored when so many others wait.
    After(usize, Arc<std::sync::OnceLock<Gathering<Sample>>>),
    /// Is stored when the test says so.
    Until(Arc<AtomicBool>),
    Alone,
    Refused,
    Panics,
    Busy,
    LosesConnection,
}

/// Waits for something that others do.
#[track_caller]
fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "it did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a statement fails with that waited for others too long.
fn busy() -> DieselError {
    use diesel::result::DatabaseErrorKind::Unknown;
    DieselError::DatabaseError(
        Unknown,
        Box::new("canceling statement due to lock timeout".to_owned()),
    )
}

/// A row that is stored with others; each group is noted.
struct Sample {
    id: i64,
    fate: Fate,
    groups: Arc<Mutex<Vec<Vec<i64>>>>,
}

impl Gathered for Sample {
    type Error = Failure;

    fn is_alone(&self) -> bool {
        matches!(self.fate, Fate::Alone)
    }

    fn store(all: &[Self], conn: &mut DbConnection) -> Result<(), Failure> {
        let group = all.iter().map(|sample| sample.id).collect();
        all[0].groups.lock().unwrap().push(group);
        together(conn, |conn| {
            for sample in all {
                match &sample.fate {
                    Fate::Stored | Fate::Alone => {}
                    Fate::After(others, gathering) => {
                        until(|| gathering.get().unwrap().waiting() >= *others);
                    }
                    Fate::Until(released) => until(|| released.load(Ordering::SeqCst)),
                    Fate::Refused => return Err(Failure::Refused),
                    Fate::Panics => panic!("on purpose"),
                    Fate::Busy => return Err(Failure::Db("busy".to_owned())),
                    Fate::LosesConnection => {
                        let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
                        conn.batch_execute(sql)?;
                    }
                }
                insert(conn, sample.id)?;
            }
            Ok(())
        })
    }

    fn database(error: Failure) -> Result<DbError, Failure> {
        match error {
            Failure::Db(text) if text == "busy" => Ok(DbError::Query(busy())),
            other => Err(other),
        }
    }
}

/// Stores a row as it is ready.
async fn write_sample(
    gathering: Gathering<Sample>,
    groups: &Arc<Mutex<Vec<Vec<i64>>>>,
    id: i64,
    fate: Fate,
    ready: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<i64, Failure> {
    let groups = Arc::clone(groups);
    let prepare = move |_: &mut DbConnection| {
        until(ready);
        let sample = Sample { id, fate, groups };
        Ok::<_, Failure>(gather::Prepared::Store(sample, id))
    };
    gathering.write(prepare).await
}

/// Stores rows with these keys and fates, all of which wait while row 0 is stored; gives their outcomes, and the groups after
/// the first.
fn gathered(
    scratch: &Scratch,
    samples: &[(i64, Fate)],
) -> (Vec<Result<i64, Failure>>, Vec<Vec<i64>>) {
    let gathering = Gathering::patient(scratch.db.clone(), Duration::from_secs(60));
    let own = Arc::new(std::sync::OnceLock::new());
    assert!(own.set(gathering.clone()).is_ok());
    let groups = Arc::default();
    let write = |id, fate| {
        let (gathering, groups) = (gathering.clone(), Arc::clone(&groups));
        async move { write_sample(gathering, &groups, id, fate, || true).await }
    };
    // PostgreSQL alone has somebody wait.
    let others = if scratch.db.is_postgres() {
        samples.len()
    } else {
        0
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let first = runtime.spawn(write(0, Fate::After(others, own)));
    until(|| !groups.lock().unwrap().is_empty());
    let tasks: Vec<_> = samples
        .iter()
        .map(|(id, fate)| runtime.spawn(write(*id, fate.clone())))
        .collect();
    let outcomes = runtime.block_on(async {
        assert_eq!(first.await.unwrap(), Ok(0));
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    });
    let mut groups: Vec<Vec<i64>> = groups.lock().unwrap().drain(1..).collect();
    groups.iter_mut().for_each(|group| group.sort_unstable());
    (outcomes, groups)
}

#[test]
fn writes_that_wait_are_stored_together() {
    for scratch in Scratch::all() {
        let samples = [1, 2, 3, 4, 5].map(|id| (id, Fate::Stored));
        let (outcomes, groups) = gathered(&scratch, &samples);
        assert_eq!(outcomes, [1, 2, 3, 4, 5].map(Ok));
        assert_eq!(ids(&scratch.db), [0, 1, 2, 3, 4, 5]);
        if scratch.db.is_postgres() {
            assert_eq!(groups, [[1, 2, 3, 4, 5]]);
        } else {
            assert_eq!(groups.len(), 5);
        }
    }
}

#[test]
fn whoever_is_to_blame_is_told_so_and_the_others_are_stored() {
    for (fate, told) in [
        (Fate::Refused, Failure::Refused),
        (Fate::Panics, Failure::Db("Panicked".to_owned())),
    ] {
        for scratch in Scratch::all() {
            let samples = [(1, Fate::Stored), (2, fate.clone()), (3, Fate::Stored)];
            let (outcomes, groups) = gathered(&scratch, &samples);
            assert_eq!(outcomes[0], Ok(1));
            assert!(
                outcomes[1].as_ref().is_err_and(|error| *error == told),
                "{outcomes:?}"
            );
            assert_eq!(outcomes[2], Ok(3));
            assert_eq!(ids(&scratch.db), [0, 1, 3]);
            if scratch.db.is_postgres() {
                assert_eq!(groups.len(), 4, "together, then one by one: {groups:?}");
            }
        }
    }
}

/// While row 0 is being stored, which takes as long as the test wants, stores row 1; gives what is there before row 0 is.
fn beside_a_slow_one(patience: Duration, fate: Fate) -> Option<Vec<i64>> {
    let scratch = Scratch::postgres()?;
    let gathering = Gathering::patient(scratch.db.clone(), patience);
    let (groups, released) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let write = |id, fate| {
        let (gathering, groups) = (gathering.clone(), Arc::clone(&groups));
        async move { write_sample(gathering, &groups, id, fate, || true).await }
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let slow = runtime.spawn(write(0, Fate::Until(Arc::clone(&released))));
    until(|| !groups.lock().unwrap().is_empty());
    assert_eq!(runtime.block_on(write(1, fate)), Ok(1));
    let stored = ids(&scratch.db);
    released.store(true, Ordering::SeqCst);
    assert_eq!(runtime.block_on(slow).unwrap(), Ok(0));
    assert_eq!(ids(&scratch.db), [0, 1]);
    Some(stored)
}

#[test]
fn whatever_takes_a_transaction_does_not_wait() {
    let stored = beside_a_slow_one(Duration::from_secs(60), Fate::Alone);
    assert!(stored.is_none_or(|stored| stored == [1]));
}

#[test]
fn nobody_waits_long_for_one_that_is_held_up() {
    let stored = beside_a_slow_one(Duration::from_millis(20), Fate::Stored);
    assert!(stored.is_none_or(|stored| stored == [1]));
}

#[test]
fn whoever_took_long_to_prepare_does_not_wait_either() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let patience = Duration::from_millis(20);
    let gathering = Gathering::patient(scratch.db.clone(), patience);
    let (groups, released) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let (begun, taken) = (Instant::now(), Arc::clone(&groups));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let write = |id, fate, ready: Arc<dyn Fn() -> bool + Send + Sync>| {
        let (gathering, groups) = (gathering.clone(), Arc::clone(&groups));
        runtime
            .spawn(async move { write_sample(gathering, &groups, id, fate, move || ready()).await })
    };
    // Row 1 has waited for longer than anybody should when row 0 is taken, and is ready right after that.
    let quick = write(
        1,
        Fate::Stored,
        Arc::new(move || !taken.lock().unwrap().is_empty()),
    );
    let held = Fate::Until(Arc::clone(&released));
    let slow = write(0, held, Arc::new(move || begun.elapsed() > patience * 5));
    let quick =
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), quick).await });
    released.store(true, Ordering::SeqCst);
    assert_eq!(quick.expect("nobody stored it").unwrap(), Ok(1));
    assert_eq!(runtime.block_on(slow).unwrap(), Ok(0));
    assert_eq!(ids(&scratch.db), [0, 1]);
}

#[test]
fn whoever_comes_when_too_many_wait_is_told_to_come_back() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let gathering = Gathering::patient(scratch.db.clone(), Duration::from_secs(60));
    let (groups, released) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let write = |id, fate| {
        let (gathering, groups) = (gathering.clone(), Arc::clone(&groups));
        runtime.spawn(async move { write_sample(gathering, &groups, id, fate, || true).await })
    };
    let most = i64::try_from(gather::MOST_WAITING).unwrap();
    let slow = write(0, Fate::Until(Arc::clone(&released)));
    until(|| !groups.lock().unwrap().is_empty());
    let others: Vec<_> = (1..=most).map(|id| write(id, Fate::Stored)).collect();
    until(|| gathering.waiting() == gather::MOST_WAITING);
    let late = runtime.block_on(write(most + 1, Fate::Stored)).unwrap();
    assert_eq!(late, Err(Failure::Db("Overloaded".to_owned())));
    released.store(true, Ordering::SeqCst);
    assert_eq!(runtime.block_on(slow).unwrap(), Ok(0));
    for (id, other) in (1..).zip(others) {
        assert_eq!(runtime.block_on(other).unwrap(), Ok(id));
    }
    assert_eq!(ids(&scratch.db), Vec::from_iter(0..=most));
}

/// A database of its own for one test, which keeps nobody else out when it is shut; removed at the end.
struct OwnDatabase {
    admin: PgConnection,
    name: String,
    url: String,
}

impl OwnDatabase {
    fn create() -> Option<Self> {
        let url = std::env::var("ATIENDE_TEST_POSTGRES_URL").ok()?;
        let name = format!("db_test_{}", Uuid::new_v4().simple());
        let mut own = reqwest::Url::parse(&url).unwrap();
        own.set_path(&name);
        let mut admin = PgConnection::establish(&url).unwrap();
        let create = format!("CREATE DATABASE {name}");
        admin.batch_execute(&create).unwrap();
        Some(Self {
            admin,
            name,
            url: own.to_string(),
        })
    }

    /// Ends all connections; there will be no others.
    fn shut(&mut self) {
        let name = &self.name;
        let shut = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        self.admin.batch_execute(&shut).unwrap();
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        self.admin.batch_execute(&end).unwrap();
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        self.admin.batch_execute(&drop).unwrap();
    }
}

#[test]
fn nobody_waits_for_a_database_that_is_away() {
    let Some(mut own) = OwnDatabase::create() else {
        return;
    };
    let db = Db::open(&DatabaseSettings::new(&own.url)).unwrap();
    run(
        &db,
        "CREATE TABLE samples (id bigint PRIMARY KEY, at timestamptz NOT NULL, data text NOT NULL, key uuid NOT NULL)",
    );
    let gathering = Gathering::patient(db, Duration::from_secs(2));
    let (groups, preparing) = (
        Arc::default(),
        Arc::new(Mutex::new(std::collections::HashSet::new())),
    );
    let (shut, released) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let write = |id, fate, ready: Arc<dyn Fn() -> bool + Send + Sync>| {
        let (gathering, groups) = (gathering.clone(), Arc::clone(&groups));
        runtime
            .spawn(async move { write_sample(gathering, &groups, id, fate, move || ready()).await })
    };
    let slow = write(0, Fate::Until(Arc::clone(&released)), Arc::new(|| true));
    until(|| !groups.lock().unwrap().is_empty());
    // These have their connections, and are ready when the database is away.
    let others = [1, 2, 3].map(|id| {
        let (shut, preparing) = (Arc::clone(&shut), Arc::clone(&preparing));
        let ready = move || {
            preparing.lock().unwrap().insert(id);
            shut.load(Ordering::SeqCst)
        };
        write(id, Fate::Stored, Arc::new(ready))
    });
    until(|| preparing.lock().unwrap().len() == 3);
    own.shut();
    shut.store(true, Ordering::SeqCst);
    until(|| gathering.waiting() > 0);
    released.store(true, Ordering::SeqCst);
    let told = runtime.block_on(async {
        let mut told = vec![slow.await.unwrap()];
        for other in others {
            let answer = tokio::time::timeout(Duration::from_secs(20), other).await;
            told.push(answer.expect("nobody was told").unwrap());
        }
        told
    });
    let is = |result: &Result<i64, Failure>, kind: &str| matches!(result, Err(Failure::Db(text)) if text.starts_with(kind));
    assert!(is(&told[0], "ConnectionLost"), "{told:?}");
    // Whoever found the others too slow lost a connection of their own.
    assert!(
        told.iter()
            .all(|told| is(told, "NoConnection") || is(told, "ConnectionLost")),
        "{told:?}"
    );
    assert!(told.iter().any(|told| is(told, "NoConnection")), "{told:?}");
}

#[test]
fn nobody_is_told_that_it_is_stored_when_nobody_knows() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let samples = [(1, Fate::Stored), (2, Fate::LosesConnection)];
    let (outcomes, groups) = gathered(&scratch, &samples);
    for outcome in &outcomes {
        let lost = matches!(outcome, Err(Failure::Db(text)) if text.contains("ConnectionLost"));
        assert!(lost, "{outcomes:?}");
    }
    assert_eq!(groups, [[1, 2]], "nothing is stored again");
    assert_eq!(ids(&scratch.db), [0]);
    // Others go on.
    scratch.db.write_blocking(|conn| insert(conn, 3)).unwrap();
    assert_eq!(ids(&scratch.db), [0, 3]);
}

#[test]
fn whoever_waited_too_long_may_ask_again_and_others_are_stored() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let is_busy = |outcome: &Result<i64, Failure>| matches!(outcome, Err(Failure::Db(text)) if text.starts_with("NotCommitted") && text.contains("lock timeout"));
    let samples = [(1, Fate::Stored), (2, Fate::Busy), (3, Fate::Stored)];
    let (outcomes, groups) = gathered(&scratch, &samples);
    assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(1), &Ok(3)));
    assert!(is_busy(&outcomes[1]), "{outcomes:?}");
    assert_eq!(groups.len(), 4, "together, then one by one: {groups:?}");
    assert_eq!(ids(&scratch.db), [0, 1, 3]);
}

#[test]
fn where_two_waited_too_long_the_rest_does_not_wait_as_long_again() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let samples = [1, 2, 3, 4].map(|id| (id, Fate::Busy));
    let (outcomes, groups) = gathered(&scratch, &samples);
    for outcome in &outcomes {
        let busy = matches!(outcome, Err(Failure::Db(text)) if text.starts_with("NotCommitted"));
        assert!(busy, "{outcomes:?}");
    }
    assert_eq!(groups.len(), 3, "together, then two of them: {groups:?}");
    assert_eq!(ids(&scratch.db), [0]);
}

#[test]
fn a_server_that_speaks_spanish_is_understood() {
    use diesel::result::{DatabaseErrorKind, Error};
    let said = |text: &str| {
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
        DbError::from(error).is_temporary()
    };
    assert!(said("se ha detectado un deadlock"));
    assert!(said("deadlock detected"));
    assert!(said(
        "cancelando la sentencia debido a que se agotó el tiempo de espera de candados (locks)"
    ));
    assert!(!said("la relación «tickets» no existe"));
}

impl kept::Weight for String {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl kept::Weight for u32 {
    fn bytes(&self) -> usize {
        4
    }
}

fn ask(kept: &kept::Kept<String, u32>, db: &Db, key: &str, fresh: u32) -> u32 {
    let read = |conn: &mut DbConnection| -> Result<u32, Failure> {
        kept.get_or_read(db, conn, key.to_owned(), |_| Ok::<_, Failure>(fresh))
    };
    db.read_blocking(read).unwrap()
}

/// Asks twice in a row until the second answer is the first one. Other tests write to the same cluster of PostgreSQL, and each of
/// their commits makes an answer one that is read again; but not for ever.
fn is_kept(kept: &kept::Kept<String, u32>, db: &Db, key: &str) -> bool {
    (0..10_000).any(|turn| ask(kept, db, key, 2 * turn) == ask(kept, db, key, 2 * turn + 1))
}

#[test]
fn an_answer_is_kept_until_something_is_written() {
    for scratch in Scratch::all() {
        let db = &scratch.db;
        let kept = kept::Kept::new(1_000);
        assert!(is_kept(&kept, db, "a"));
        assert!(is_kept(&kept, db, "b"));
        for id in 1..=20 {
            db.write_blocking(move |conn| insert(conn, id)).unwrap();
            let fresh = 1_000_000 + u32::try_from(id).unwrap();
            assert_eq!(ask(&kept, db, "a", fresh), fresh);
        }
        // By another process.
        if !db.is_postgres() {
            let path = scratch.folder.join("test.db");
            let other = Db::open(&DatabaseSettings::new(path.to_string_lossy())).unwrap();
            other.write_blocking(|conn| insert(conn, 21)).unwrap();
            assert_eq!(ask(&kept, db, "a", 5_000_000), 5_000_000);
        }
        assert_eq!(
            ids(db).last(),
            Some(&if db.is_postgres() { 20 } else { 21 })
        );
    }
}

#[test]
fn what_was_read_while_somebody_wrote_is_not_used_after_the_commit() {
    for scratch in Scratch::all() {
        let db = scratch.db.clone();
        let kept = Arc::new(kept::Kept::new(1_000));
        let (other, meanwhile) = (db.clone(), Arc::clone(&kept));
        let write = move |conn: &mut DbConnection| -> Result<(), Failure> {
            insert(conn, 1)?;
            // Not committed: what others are given now is without the row.
            assert_eq!(ask(&meanwhile, &other, "a", 1), 1);
            Ok(())
        };
        db.write_blocking(write).unwrap();
        assert_eq!(ask(&kept, &db, "a", 2), 2);
    }
}

#[test]
fn no_more_is_kept_than_fits() {
    let scratch = Scratch::sqlite();
    let none = kept::Kept::new(0);
    assert_eq!(ask(&none, &scratch.db, "a", 1), 1);
    assert_eq!(ask(&none, &scratch.db, "a", 2), 2);
    let one = kept::Kept::new(5);
    assert_eq!(ask(&one, &scratch.db, "a", 1), 1);
    assert_eq!(ask(&one, &scratch.db, "b", 2), 2);
    assert_eq!(ask(&one, &scratch.db, "a", 3), 1);
    assert_eq!(ask(&one, &scratch.db, "b", 4), 4);
}

/// What reading together does in a test.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Together {
    Reads,
    Never,
    Fails,
    Panics,
    LosesConnection,
}

/// Looks for the number that it has itself, half of it in the database; each reading is noted.
#[derive(Clone)]
struct Look {
    id: i64,
    together: Together,
    readings: Arc<Mutex<Vec<Vec<i64>>>>,
}

impl Look {
    fn note(&self, ids: Vec<i64>) {
        self.readings.lock().unwrap().push(ids);
    }
}

fn lose_connection(conn: &mut DbConnection) -> QueryResult<()> {
    conn.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")
}

impl Ask for Look {
    type Found = i64;

    fn is_alone(&self) -> bool {
        self.together == Together::Never
    }

    fn one(&self, conn: &mut DbConnection) -> QueryResult<i64> {
        self.note(vec![self.id]);
        diesel::select(diesel::dsl::sql::<BigInt>(&format!(
            "CAST({} AS BIGINT)",
            self.id
        )))
        .get_result(conn)
    }

    fn all(asks: &[&Self], conn: &mut DbConnection) -> QueryResult<Vec<i64>> {
        let ids: Vec<i64> = asks.iter().map(|ask| ask.id).collect();
        asks[0].note(ids.clone());
        for ask in asks {
            match ask.together {
                Together::Reads | Together::Never => {}
                Together::Fails => conn.batch_execute("SELECT nothing")?,
                Together::Panics => panic!("on purpose"),
                Together::LosesConnection => lose_connection(conn)?,
            }
        }
        Ok(ids)
    }
}

/// Readers of a test and what they read.
struct Looking {
    loader: Loader<Look>,
    readings: Arc<Mutex<Vec<Vec<i64>>>>,
    runtime: tokio::runtime::Runtime,
}

type Work = Arc<dyn Fn(&mut DbConnection) -> Result<(), Failure> + Send + Sync>;

impl Looking {
    fn new(db: &Db, readers: usize, patience: Duration) -> Self {
        Self::until(db, readers, patience, Duration::from_secs(60))
    }

    fn until(db: &Db, readers: usize, patience: Duration, longest: Duration) -> Self {
        Self {
            loader: Loader::with(db.clone(), readers, patience, longest),
            readings: Arc::default(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// Begins to look; with what is found something is done.
    fn look(
        &self,
        id: i64,
        together: Together,
        work: &Work,
    ) -> tokio::task::JoinHandle<Result<i64, Failure>> {
        let (loader, work) = (self.loader.clone(), Arc::clone(work));
        let ask = Look {
            id,
            together,
            readings: Arc::clone(&self.readings),
        };
        let with_work = move |conn: &mut DbConnection, found| work(conn).map(|()| found);
        self.runtime
            .spawn(async move { loader.load(ask, with_work).await })
    }

    /// Holds a reader up; gives what lets it go on.
    fn hold(
        &self,
        id: i64,
    ) -> (
        tokio::task::JoinHandle<Result<i64, Failure>>,
        Arc<AtomicBool>,
    ) {
        let (begun, released) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (begins, goes_on) = (Arc::clone(&begun), Arc::clone(&released));
        let work: Work = Arc::new(move |_| {
            begins.store(true, Ordering::SeqCst);
            until(|| goes_on.load(Ordering::SeqCst));
            Ok(())
        });
        let held = self.look(id, Together::Reads, &work);
        until(|| begun.load(Ordering::SeqCst));
        (held, released)
    }

    /// Has these wait for the only reader, who is held up with 0; gives what they are told.
    fn waiting(&self, looks: &[(i64, Together, Work)]) -> Vec<Result<i64, Failure>> {
        let (held, released) = self.hold(0);
        let mut tasks = Vec::new();
        for (place, (id, together, work)) in looks.iter().enumerate() {
            tasks.push(self.look(*id, *together, work));
            until(|| self.loader.waiting() > place);
        }
        released.store(true, Ordering::SeqCst);
        assert_eq!(self.runtime.block_on(held).unwrap(), Ok(0));
        let told = tasks
            .into_iter()
            .map(|task| self.runtime.block_on(task).unwrap())
            .collect();
        until(|| self.loader.readers() == 0);
        told
    }

    /// What was read after 0.
    fn readings(&self) -> Vec<Vec<i64>> {
        self.readings.lock().unwrap().drain(1..).collect()
    }
}

fn no_work() -> Work {
    Arc::new(|_| Ok(()))
}

#[test]
fn reads_that_wait_are_made_together() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
    let looks = [1, 2, 3].map(|id| (id, Together::Reads, no_work()));
    assert_eq!(looking.waiting(&looks), [1, 2, 3].map(Ok));
    assert_eq!(looking.readings(), [[1, 2, 3]]);
    // As many as it takes where they are many.
    let looks: Vec<_> = (1..=40)
        .map(|id| (id, Together::Reads, no_work()))
        .collect();
    assert_eq!(looking.waiting(&looks), Vec::from_iter((1..=40).map(Ok)));
    let sizes: Vec<usize> = looking.readings().iter().map(Vec::len).collect();
    assert_eq!(sizes[sizes.len() - 3..], [16, 16, 8]);
}

#[test]
fn a_server_has_readers_while_it_has_connections_to_spare() {
    let Some(own) = OwnDatabase::create() else {
        return;
    };
    for (connections, has_readers) in [(1, false), (2, true), (8, true)] {
        let settings = DatabaseSettings {
            pool_size: connections,
            ..DatabaseSettings::new(&own.url)
        };
        let db = Db::open(&settings).unwrap();
        let looking = Looking {
            loader: Loader::new(db),
            ..Looking::new(&Scratch::sqlite().db, 1, Duration::from_secs(60))
        };
        let (held, released) = looking.hold(0);
        assert_eq!(looking.loader.readers() > 0, has_readers, "{connections}");
        released.store(true, Ordering::SeqCst);
        assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    }
}

#[test]
fn on_sqlite_everybody_reads_alone() {
    let scratch = Scratch::sqlite();
    let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
    let (held, released) = looking.hold(0);
    let other = looking.look(1, Together::Fails, &no_work());
    assert_eq!(looking.runtime.block_on(other).unwrap(), Ok(1));
    released.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    assert_eq!(looking.readings(), [[1]]);
}

#[test]
fn whoever_is_not_answered_with_others_reads_alone() {
    for together in [Together::Fails, Together::Panics, Together::LosesConnection] {
        let Some(scratch) = Scratch::postgres() else {
            return;
        };
        let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
        let looks = [
            (1, Together::Reads, no_work()),
            (2, together, no_work()),
            (3, Together::Reads, no_work()),
        ];
        assert_eq!(looking.waiting(&looks), [1, 2, 3].map(Ok), "{together:?}");
        let mut readings = looking.readings();
        assert_eq!(readings.remove(0), [1, 2, 3]);
        readings.sort();
        assert_eq!(readings, [[1], [2], [3]], "{together:?}");
    }
}

#[test]
fn what_one_does_with_what_was_found_harms_no_other() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
    let lost_once = AtomicBool::new(false);
    let loses: Work = Arc::new(move |conn| {
        if lost_once.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        Ok(lose_connection(conn)?)
    });
    let refuses: Work = Arc::new(|_| Err(Failure::Refused));
    let looks = [
        (1, Together::Reads, refuses),
        (2, Together::Reads, no_work()),
        (3, Together::Reads, loses),
        (4, Together::Reads, no_work()),
    ];
    let told = looking.waiting(&looks);
    assert_eq!(told, [Err(Failure::Refused), Ok(2), Ok(3), Ok(4)]);
    let mut readings = looking.readings();
    assert_eq!(readings.remove(0), [1, 2, 3, 4]);
    readings.sort();
    assert_eq!(readings, [[3], [4]], "those that had no answer yet");

    let panics: Work = Arc::new(|_| panic!("on purpose"));
    let looks = [
        (5, Together::Reads, panics),
        (6, Together::Reads, no_work()),
    ];
    let told = looking.waiting(&looks);
    assert_eq!(told, [Err(Failure::Db("Panicked".to_owned())), Ok(6)]);
}

#[test]
fn who_reads_alone_waits_for_no_reader() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
    let (held, released) = looking.hold(0);
    let other = looking.look(1, Together::Never, &no_work());
    assert_eq!(looking.runtime.block_on(other).unwrap(), Ok(1));
    released.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    assert_eq!(looking.readings(), [[1]]);
}

#[test]
fn nobody_waits_for_a_reader_that_is_held_up() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let patience = Duration::from_millis(20);
    let looking = Looking::new(&scratch.db, 1, patience);
    let (held, released) = looking.hold(0);
    let begun = Instant::now();
    let other = looking.look(1, Together::Reads, &no_work());
    assert_eq!(looking.runtime.block_on(other).unwrap(), Ok(1));
    until(|| begun.elapsed() > patience * 10);
    released.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    until(|| looking.loader.readers() == 0 && looking.loader.waiting() == 0);
    assert_eq!(
        looking.readings(),
        [[1]],
        "what is being read is not read twice"
    );
}

#[test]
fn who_is_held_up_by_another_of_the_group_reads_alone_in_the_end() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let longest = Duration::from_millis(100);
    let looking = Looking::until(&scratch.db, 1, longest, longest);
    let (held, released) = looking.hold(0);
    let (stuck, go_on) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (is_stuck, goes_on) = (Arc::clone(&stuck), Arc::clone(&go_on));
    let holds: Work = Arc::new(move |_| {
        is_stuck.store(true, Ordering::SeqCst);
        until(|| goes_on.load(Ordering::SeqCst));
        Ok(())
    });
    let first = looking.look(1, Together::Reads, &holds);
    until(|| looking.loader.waiting() == 1);
    let second = looking.look(2, Together::Reads, &no_work());
    until(|| looking.loader.waiting() == 2);
    released.store(true, Ordering::SeqCst);
    until(|| stuck.load(Ordering::SeqCst));
    assert_eq!(looking.runtime.block_on(second).unwrap(), Ok(2));
    go_on.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(first).unwrap(), Ok(1));
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    until(|| looking.loader.readers() == 0);
}

#[test]
fn nobody_reads_for_one_who_went_away() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let looking = Looking::new(&scratch.db, 1, Duration::from_secs(60));
    let (held, released) = looking.hold(0);
    let gone = looking.look(1, Together::Reads, &no_work());
    until(|| looking.loader.waiting() == 1);
    let stays = looking.look(2, Together::Reads, &no_work());
    until(|| looking.loader.waiting() == 2);
    gone.abort();
    assert!(looking.runtime.block_on(gone).unwrap_err().is_cancelled());
    released.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    assert_eq!(looking.runtime.block_on(stays).unwrap(), Ok(2));
    assert_eq!(looking.readings(), [[2]]);
}

#[test]
fn only_so_many_read_for_all() {
    let Some(scratch) = Scratch::postgres() else {
        return;
    };
    let looking = Looking::new(&scratch.db, 2, Duration::from_secs(60));
    let (first, second) = (looking.hold(0), looking.hold(1));
    assert_eq!(looking.loader.readers(), 2);
    let third = looking.look(2, Together::Reads, &no_work());
    until(|| looking.loader.waiting() == 1);
    assert_eq!(looking.loader.readers(), 2);
    for (id, (held, released)) in [(0, first), (1, second)] {
        released.store(true, Ordering::SeqCst);
        assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(id));
    }
    assert_eq!(looking.runtime.block_on(third).unwrap(), Ok(2));
    until(|| looking.loader.readers() == 0);
}

#[test]
fn readers_of_a_database_that_is_away_are_told_so() {
    let Some(mut own) = OwnDatabase::create() else {
        return;
    };
    let db = Db::open(&DatabaseSettings::new(&own.url)).unwrap();
    let looking = Looking::new(&db, 1, Duration::from_secs(60));
    let (held, released) = looking.hold(0);
    let other = looking.look(1, Together::Reads, &no_work());
    until(|| looking.loader.waiting() == 1);
    own.shut();
    released.store(true, Ordering::SeqCst);
    assert_eq!(looking.runtime.block_on(held).unwrap(), Ok(0));
    let told = looking.runtime.block_on(other).unwrap();
    assert!(
        matches!(&told, Err(Failure::Db(text)) if text.starts_with("NoConnection")),
        "{told:?}"
    );
    until(|| looking.loader.readers() == 0);
}
