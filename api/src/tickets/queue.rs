//! The queue as it is sent, and kept for whoever asks next.

use std::sync::Arc;

use shared::api::tickets::{Sort, ViewCounts};
use shared::i18n::Lang;

use super::list;
use super::written::{Written, WrittenRows};
use crate::db::DbConnection;
use crate::db::kept::{Kept, Weight};
use crate::desks::registry::DeskRegistry;
use crate::http::ApiError;
use crate::http::answer::Rows;
use crate::people::names::Names;

/// A page of the queue, written in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct QueuePage {
    /// The rows.
    pub rows: Rows,
    /// The last row, when another page follows.
    pub next: Option<list::Position>,
}

/// What a page is asked for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The conditions, with the caller's scope in them.
    pub filter: &'a list::ListFilter,
    /// The order.
    pub sort: Sort,
    /// The row before the page.
    pub after: Option<&'a list::Position>,
    /// Most rows.
    pub limit: i64,
    /// The language.
    pub lang: Lang,
}

impl Wanted<'_> {
    /// What the page is kept under; nothing for a search.
    pub fn key(&self) -> Option<PageKey> {
        Some(PageKey {
            filter: self.filter.key()?,
            sort: self.sort,
            after: self.after.cloned(),
            limit: self.limit,
            lang: self.lang,
        })
    }
}

/// What a page is kept under; see [`Wanted`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey {
    filter: list::ListFilter,
    sort: Sort,
    after: Option<list::Position>,
    limit: i64,
    lang: Lang,
}

/// What counts are kept under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountsKey {
    /// The conditions.
    pub filter: list::ListFilter,
    /// Desks whose requests for access the caller decides.
    pub deciding: Vec<i64>,
}

impl QueuePage {
    /// Reads a page and writes it, as far as it is not known.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        names: &Names,
        known: &WrittenRows,
        wanted: &Wanted<'_>,
    ) -> Result<Arc<Self>, ApiError> {
        if known.keeps()
            && let Some(page) = Self::of_known(conn, desks, names, known, wanted)?
        {
            return Ok(page);
        }
        let (filter, sort, limit) = (wanted.filter, wanted.sort, wanted.limit);
        let mut rows = list::page(conn, filter, sort, wanted.after, limit)?;
        let more = cut(&mut rows, limit);
        let written = known.write(conn, desks, names, &rows, wanted.lang)?;
        Ok(Self::of(written, sort, more))
    }

    /// A page of rows that were written before, but for those that changed since, which are read in full; `None` when one of
    /// them changed once more meanwhile, so that it may stand elsewhere now.
    fn of_known(
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        names: &Names,
        known: &WrittenRows,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Arc<Self>>, ApiError> {
        let (sort, lang) = (wanted.sort, wanted.lang);
        let mut seen = list::page_seen(conn, wanted.filter, sort, wanted.after, wanted.limit)?;
        let more = cut(&mut seen, wanted.limit);
        let page = match known.page(&seen, lang) {
            Ok(page) => Some(page),
            Err(unknown) => {
                let rows = list::rows_of(conn, &unknown)?;
                known.write(conn, desks, names, &rows, lang)?;
                known.page(&seen, lang).ok()
            }
        };
        Ok(page.map(|page| Self::of(page, sort, more)))
    }

    fn of(written: Written, sort: Sort, more: bool) -> Arc<Self> {
        let next = written.last.filter(|_| more);
        Arc::new(Self {
            next: next.map(|place| place.position(sort)),
            rows: written.rows,
        })
    }
}

/// Takes away what is more than a page; whether there was more.
fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// What was answered last about the queue; see [`Kept`].
pub struct KeptQueue {
    /// Pages.
    pub pages: Kept<PageKey, Arc<QueuePage>>,
    /// Counts.
    pub counts: Kept<CountsKey, ViewCounts>,
    /// Rows, which outlive the pages.
    pub rows: WrittenRows,
}

impl KeptQueue {
    /// Keeps at most so many bytes of pages and a tenth of that of counts, and so many of rows.
    pub fn new(bytes: usize, row_bytes: usize) -> Self {
        Self {
            pages: Kept::new(bytes),
            counts: Kept::new(bytes / 10),
            rows: WrittenRows::new(row_bytes),
        }
    }
}

impl Weight for PageKey {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.filter.beside()
    }
}

impl Weight for CountsKey {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.filter.beside() + 8 * self.deciding.len()
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
