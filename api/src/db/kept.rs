//! Answers that are kept until anything is written. Everybody at a desk looks at the same few queues all day and asks for them
//! again every few seconds, while tickets change a few times a minute; most of those questions have just been answered.
//!
//! What is kept is looked up by the conditions that the database would be asked with, so it holds the asker's scope, and it
//! counts only while the database is as it was (see [`Db::mark`]): what was written is seen at once, also with several
//! processes on one database. Answers that depend on the time of day carry it in their key, to ten seconds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use diesel::result::Error as DieselError;

use super::{Db, DbConnection, Mark};

/// How much memory something takes.
pub trait Weight {
    /// Bytes, roughly.
    fn bytes(&self) -> usize;
}

/// Answers of one kind to questions of one kind, up to so many bytes of both.
pub struct Kept<K, T> {
    most: usize,
    held: Mutex<Held<K, T>>,
}

struct Held<K, T> {
    /// When the answers were right; all of one moment.
    mark: Option<Mark>,
    answers: HashMap<K, T>,
    bytes: usize,
}

impl<K: Hash + Eq + Weight, T: Clone + Weight> Kept<K, T> {
    /// Keeps at most so many bytes; with 0 nothing is kept, and every answer is read.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            held: Mutex::new(Held {
                mark: None,
                answers: HashMap::new(),
                bytes: 0,
            }),
        }
    }

    /// The answer kept under a key, if nothing was written since; otherwise it is read, and kept.
    ///
    /// # Errors
    /// Those of `read`, and of the database when it is asked whether anything was written.
    pub fn get_or_read<E: From<DieselError>>(
        &self,
        db: &Db,
        conn: &mut DbConnection,
        key: K,
        read: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.most == 0 {
            return read(conn);
        }
        // Before the reading: what is written meanwhile may be in the answer, and makes it one that is not used again.
        let mark = db.mark(conn)?;
        if let Some(answer) = self.find(&mark, &key) {
            return Ok(answer);
        }
        let answer = read(conn)?;
        self.keep(mark, key, &answer);
        Ok(answer)
    }

    /// How many answers are kept.
    pub fn count(&self) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.answers.len()
    }

    fn find(&self, mark: &Mark, key: &K) -> Option<T> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.mark.as_ref() == Some(mark) {
            held.answers.get(key).cloned()
        } else {
            None
        }
    }

    fn keep(&self, mark: Mark, key: K, answer: &T) {
        let bytes = answer.bytes() + key.bytes();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.mark.as_ref() != Some(&mark) {
            held.answers.clear();
            held.bytes = 0;
            held.mark = Some(mark);
        }
        if held.bytes + bytes <= self.most && held.answers.insert(key, answer.clone()).is_none() {
            held.bytes += bytes;
        }
    }
}
