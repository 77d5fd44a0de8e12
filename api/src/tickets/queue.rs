//! The queue as it is sent, and kept for whoever asks next.

use std::sync::Arc;

use shared::api::tickets::{Sort, ViewCounts};
use shared::i18n::Lang;

use super::{list, view};
use crate::db::DbConnection;
use crate::db::kept::{Kept, Weight};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::ApiError;
use crate::http::answer::Rows;
use crate::people::names::Names;

/// A page of the queue, written in one language.
#[derive(Debug)]
pub struct QueuePage {
    /// The rows.
    pub rows: Rows,
    /// The last row, when another page follows.
    pub next: Option<list::Position>,
}

impl QueuePage {
    /// Reads a page and writes it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        names: &Names,
        filter: &list::ListFilter,
        sort: Sort,
        after: Option<&list::Position>,
        limit: i64,
        lang: Lang,
    ) -> Result<Arc<Self>, ApiError> {
        let mut rows = list::page(conn, filter, sort, after, limit)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.position(sort));
        let who: Vec<_> = rows
            .iter()
            .map(|row| (row.requester_id, row.assignee_id))
            .collect();
        let stamp = rows.first().map_or(0, |row| row.names_stamp);
        let named = names.of(conn, stamp, &who)?;
        let mut written = Rows::with_room_for(rows.len());
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
            written.push(&view::row(row, named, &desk, lang))?;
            last = Some(desk);
        }
        let rows = written.finish();
        Ok(Arc::new(Self { rows, next }))
    }
}

/// What was answered last about the queue; see [`Kept`].
pub struct KeptQueue {
    /// Pages.
    pub pages: Kept<Arc<QueuePage>>,
    /// Counts.
    pub counts: Kept<ViewCounts>,
}

impl KeptQueue {
    /// Keeps at most so many bytes of pages and a tenth of that of counts.
    pub fn new(bytes: usize) -> Self {
        Self {
            pages: Kept::new(bytes),
            counts: Kept::new(bytes / 10),
        }
    }
}

impl Weight for Arc<QueuePage> {
    fn bytes(&self) -> usize {
        self.rows.bytes()
    }
}

impl Weight for ViewCounts {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}
