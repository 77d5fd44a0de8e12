//! Rows of the queue as they are sent, kept as long as their tickets stay as they are. Where something was written a page has
//! to be read again, but most of its rows are those of before: they are looked for by what tells one version of a ticket from
//! another, and only the others are read in full and written.
//!
//! A page is found in the database each time, within the caller's scope and in its order; what is kept is never asked which
//! tickets somebody sees.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::i18n::Lang;

use super::list::{ListRow, Place, Seen};
use super::view;
use crate::db::{DbConnection, Ts};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::ApiError;
use crate::http::answer::Rows;
use crate::people::names::Names;

/// What a kept row takes beside its text, roughly.
const BESIDE: usize = 160;

/// Rows that were written before, up to so many bytes of them. Whoever comes after finds the place cleared.
#[derive(Debug)]
pub struct WrittenRows {
    most: usize,
    held: Mutex<Held>,
}

/// Rows with names of one moment.
#[derive(Debug, Default)]
struct Held {
    /// The stamp of names at that moment; see [`Names`].
    stamp: i64,
    rows: HashMap<(i64, Lang), WrittenRow>,
    bytes: usize,
}

/// A row as it is sent.
#[derive(Debug)]
struct WrittenRow {
    version: i32,
    desk_version: i32,
    updated_at: Ts,
    place: Place,
    text: Box<[u8]>,
}

impl WrittenRow {
    fn is_of(&self, seen: &Seen) -> bool {
        (self.version, self.desk_version, self.updated_at)
            == (seen.version, seen.desk_version, seen.updated_at)
    }
}

/// A page of rows, with the place of the last one.
#[derive(Debug)]
pub struct Written {
    /// The rows.
    pub rows: Rows,
    /// Where the last of them stands.
    pub last: Option<Place>,
}

impl WrittenRows {
    /// Keeps at most so many bytes; with 0 nothing is kept. Less than a page takes is of no use.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            held: Mutex::default(),
        }
    }

    /// Whether anything is kept at all.
    pub fn keeps(&self) -> bool {
        self.most > 0
    }

    /// A page of rows that are all known.
    ///
    /// # Errors
    /// The keys of those that are not.
    pub fn page(&self, seen: &[Seen], lang: Lang) -> Result<Written, Vec<i64>> {
        let mut written = Rows::with_room_for(seen.len());
        let mut last = None;
        let mut unknown = Vec::new();
        {
            let held = self.held();
            for one in seen {
                let row = held.rows.get(&(one.id, lang)).filter(|row| row.is_of(one));
                match row.filter(|_| held.stamp == one.names_stamp) {
                    Some(row) => {
                        written.push_written(&row.text);
                        last = Some(row.place);
                    }
                    None => unknown.push(one.id),
                }
            }
        }
        if unknown.is_empty() {
            let rows = written.finish();
            Ok(Written { rows, last })
        } else {
            Err(unknown)
        }
    }

    /// Writes rows that were just read, and keeps them.
    ///
    /// # Errors
    /// Those of the database, when people or profiles have to be looked up.
    pub fn write(
        &self,
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        names: &Names,
        rows: &[ListRow],
        lang: Lang,
    ) -> Result<Written, ApiError> {
        let who: Vec<_> = rows
            .iter()
            .map(|row| (row.requester_id, row.assignee_id))
            .collect();
        let stamp = rows.first().map_or(0, |row| row.names_stamp);
        let named = names.of(conn, stamp, &who)?;
        let mut written = Rows::with_room_for(rows.len());
        let mut kept = Vec::new();
        // Most rows of a page go by the profile of the row before.
        let mut last: Option<Arc<InstalledDesk>> = None;
        for (row, named) in rows.iter().zip(&named) {
            let known = last
                .take()
                .filter(|desk| (desk.id, desk.version) == (row.desk_id, row.desk_version));
            let desk = match known {
                Some(desk) => desk,
                None => desks.version(conn, row.desk_id, row.desk_version)?,
            };
            let text = written.push(&view::row(row, named, &desk, lang))?;
            if self.keeps() {
                kept.push(((row.id, lang), WrittenRow::of(row, text)));
            }
            last = Some(desk);
        }
        self.take(stamp, kept);
        Ok(Written {
            rows: written.finish(),
            last: rows.last().map(ListRow::place),
        })
    }

    fn take(&self, stamp: i64, rows: Vec<((i64, Lang), WrittenRow)>) {
        let bytes: usize = rows.iter().map(|(_, row)| row.bytes()).sum();
        if bytes > self.most {
            return;
        }
        // Freed when nobody waits for the place any more.
        let mut former = Held::default();
        let mut held = self.held();
        let replaced = rows.iter().filter_map(|(key, _)| held.rows.get(key));
        let replaced: usize = replaced.map(WrittenRow::bytes).sum();
        if held.stamp != stamp || held.bytes + bytes - replaced > self.most {
            std::mem::swap(&mut *held, &mut former);
            held.stamp = stamp;
        }
        for (key, row) in rows {
            held.bytes += row.bytes();
            if let Some(older) = held.rows.insert(key, row) {
                held.bytes -= older.bytes();
            }
        }
        drop(held);
        drop(former);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WrittenRow {
    fn of(row: &ListRow, text: &[u8]) -> Self {
        Self {
            version: row.version,
            desk_version: row.desk_version,
            updated_at: row.updated_at,
            place: row.place(),
            text: text.into(),
        }
    }

    fn bytes(&self) -> usize {
        self.text.len() + BESIDE
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(seconds: i64) -> Ts {
        Ts::new(DateTime::from_timestamp(seconds, 0).unwrap())
    }

    fn seen(id: i64) -> Seen {
        Seen {
            id,
            version: 1,
            desk_version: 1,
            updated_at: at(1),
            names_stamp: 7,
        }
    }

    fn keep(rows: &WrittenRows, stamp: i64, ids: &[i64], text: &str) {
        let row = |id: &i64| {
            let row = WrittenRow {
                version: 1,
                desk_version: 1,
                updated_at: at(1),
                place: Place::default(),
                text: text.as_bytes().into(),
            };
            ((*id, Lang::Es), row)
        };
        rows.take(stamp, ids.iter().map(row).collect());
    }

    fn text(rows: &WrittenRows, seen: &[Seen]) -> Result<String, Vec<i64>> {
        let page = rows.page(seen, Lang::Es)?;
        Ok(String::from_utf8(page.rows.text().to_vec()).unwrap())
    }

    #[test]
    fn a_row_is_known_by_all_that_it_depends_on() {
        let rows = WrittenRows::new(10_000);
        keep(&rows, 7, &[1, 2], "{}");
        assert_eq!(text(&rows, &[seen(2), seen(1)]), Ok("[{},{}]".to_owned()));
        assert_eq!(text(&rows, &[]), Ok("[]".to_owned()));
        assert_eq!(text(&rows, &[seen(1), seen(3)]), Err(vec![3]));
        assert!(rows.page(&[seen(1)], Lang::En).is_err());
        let changes: [fn(&mut Seen); 4] = [
            |seen| seen.version = 2,
            |seen| seen.desk_version = 2,
            |seen| seen.updated_at = at(2),
            |seen| seen.names_stamp = 8,
        ];
        for change in changes {
            let mut one = seen(1);
            change(&mut one);
            assert_eq!(text(&rows, &[one]), Err(vec![1]), "{one:?}");
        }
    }

    #[test]
    fn rows_of_another_stamp_take_the_place_of_those_before() {
        let rows = WrittenRows::new(10_000);
        keep(&rows, 7, &[1, 2], "{}");
        keep(&rows, 8, &[1], "[]");
        assert_eq!(text(&rows, &[seen(2)]), Err(vec![2]));
        let mut one = seen(1);
        one.names_stamp = 8;
        assert_eq!(text(&rows, &[one]), Ok("[[]]".to_owned()));
    }

    #[test]
    fn no_more_is_kept_than_fits_however_often_a_row_is_written() {
        let each = BESIDE + 2;
        let rows = WrittenRows::new(3 * each);
        keep(&rows, 7, &[1, 2, 3], "{}");
        for _ in 0..10 {
            keep(&rows, 7, &[2], "{}");
        }
        assert!(text(&rows, &[seen(1), seen(2), seen(3)]).is_ok());
        // The place is cleared for what comes.
        keep(&rows, 7, &[4], "{}");
        assert_eq!(text(&rows, &[seen(1), seen(4)]), Err(vec![1]));
        assert_eq!(rows.held().bytes, each);
        // What is too much by itself takes nothing away.
        keep(&rows, 7, &[5, 6, 7, 8], "{}");
        assert!(text(&rows, &[seen(4)]).is_ok());
        let none = WrittenRows::new(0);
        keep(&none, 7, &[1], "{}");
        assert_eq!(text(&none, &[seen(1)]), Err(vec![1]));
    }
}
