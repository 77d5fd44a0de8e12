//! The installed desks in memory: profiles never change once installed, so each version is read and parsed once.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::desk::Desk;

use super::store;
use crate::db::DbConnection;

/// How long a process may go on with a version after another one was applied elsewhere.
const RECHECK_AFTER: TimeDelta = TimeDelta::seconds(2);

/// A desk's profile in one version, with the keys that its rows have in the database.
#[derive(Debug)]
pub struct InstalledDesk {
    /// Key of the desk.
    pub id: i64,
    /// Address part.
    pub slug: String,
    /// Version of the profile.
    pub version: i32,
    /// The profile.
    pub profile: Desk,
    groups: HashMap<String, i64>,
}

impl InstalledDesk {
    /// Key of the group's row.
    pub fn group_id(&self, slug: &str) -> Option<i64> {
        self.groups.get(slug).copied()
    }

    /// The group of a row's key.
    pub fn group_slug(&self, id: i64) -> Option<&str> {
        self.groups
            .iter()
            .find(|(_, group_id)| **group_id == id)
            .map(|(slug, _)| slug.as_str())
    }
}

#[derive(Default)]
struct Known {
    active: HashMap<String, (i64, i32)>,
    versions: HashMap<(i64, i32), Arc<InstalledDesk>>,
    checked_at: Option<DateTime<Utc>>,
}

/// What the installation takes of files, whatever a desk would.
#[derive(Clone, Copy, Debug)]
pub struct FileCeiling {
    /// Files of one message.
    pub files: u32,
    /// Bytes of one file.
    pub bytes: u64,
}

/// The desks of this process, cheap to clone.
#[derive(Clone, Default)]
pub struct DeskRegistry {
    known: Arc<RwLock<Known>>,
    ceiling: Option<FileCeiling>,
}

impl DeskRegistry {
    /// Desks that take no more files than the installation does: what is said of a desk and what is asked of it are then
    /// the same smaller number.
    pub fn within(ceiling: FileCeiling) -> Self {
        Self {
            ceiling: Some(ceiling),
            ..Self::default()
        }
    }

    /// The desk that takes requests under this address part, in its active version.
    pub fn by_slug(
        &self,
        conn: &mut DbConnection,
        slug: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Arc<InstalledDesk>>> {
        self.recheck(conn, now)?;
        let active = self
            .known
            .read()
            .expect("no holder panics")
            .active
            .get(slug)
            .copied();
        match active {
            Some((id, version)) => self.version(conn, id, version).map(Some),
            None => Ok(None),
        }
    }

    /// A desk by key, in its active version.
    pub fn by_id(
        &self,
        conn: &mut DbConnection,
        id: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Arc<InstalledDesk>> {
        self.recheck(conn, now)?;
        let version = self
            .known
            .read()
            .expect("no holder panics")
            .active
            .values()
            .find(|(desk, _)| *desk == id)
            .map(|(_, version)| *version);
        self.version(conn, id, version.ok_or(diesel::result::Error::NotFound)?)
    }

    /// Every desk in its active version, by address part.
    pub fn all(
        &self,
        conn: &mut DbConnection,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<Arc<InstalledDesk>>> {
        self.recheck(conn, now)?;
        let mut active: Vec<(String, (i64, i32))> = self
            .known
            .read()
            .expect("no holder panics")
            .active
            .iter()
            .map(|(slug, key)| (slug.clone(), *key))
            .collect();
        active.sort();
        active
            .into_iter()
            .map(|(_, (id, version))| self.version(conn, id, version))
            .collect()
    }

    /// One version of a desk's profile; tickets keep the one they were opened with.
    pub fn version(
        &self,
        conn: &mut DbConnection,
        id: i64,
        version: i32,
    ) -> QueryResult<Arc<InstalledDesk>> {
        if let Some(desk) = self
            .known
            .read()
            .expect("no holder panics")
            .versions
            .get(&(id, version))
        {
            return Ok(Arc::clone(desk));
        }
        let (slug, mut profile) = store::load_version(conn, id, version)?;
        if let Some(ceiling) = self.ceiling {
            let files = &mut profile.attachments;
            files.max_files = files.max_files.min(ceiling.files);
            files.max_bytes = files.max_bytes.min(ceiling.bytes);
        }
        let groups = store::group_ids(conn, id)?.into_iter().collect();
        let desk = Arc::new(InstalledDesk {
            id,
            slug,
            version,
            profile,
            groups,
        });
        self.known
            .write()
            .expect("no holder panics")
            .versions
            .insert((id, version), Arc::clone(&desk));
        Ok(desk)
    }

    /// Makes the next look-up read the active versions again.
    pub fn forget(&self) {
        self.known.write().expect("no holder panics").checked_at = None;
    }

    fn recheck(&self, conn: &mut DbConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let fresh = |at: DateTime<Utc>| (now - at).abs() < RECHECK_AFTER;
        if self
            .known
            .read()
            .expect("no holder panics")
            .checked_at
            .is_some_and(fresh)
        {
            return Ok(());
        }
        let active = store::active_versions(conn)?;
        let mut known = self.known.write().expect("no holder panics");
        known.active = active
            .into_iter()
            .map(|(id, slug, version)| (slug, (id, version)))
            .collect();
        known.checked_at = Some(now);
        Ok(())
    }
}
