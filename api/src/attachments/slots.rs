//! How many uploads one owner, and one client network, may have under way at the same time (B-78).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::store::{Owner, Sender};

/// Uploads of one owner at the same time.
pub const UPLOADS_AT_ONCE: usize = 4;
/// Uploads of one client network at the same time: a browser can forget its cookie, but not where it is.
pub const UPLOADS_AT_ONCE_OF_A_CLIENT: usize = 16;

/// Whose uploads are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Line {
    Owner(Owner),
    Client(String),
}

impl Line {
    fn most(&self) -> usize {
        match self {
            Self::Owner(_) => UPLOADS_AT_ONCE,
            Self::Client(_) => UPLOADS_AT_ONCE_OF_A_CLIENT,
        }
    }
}

/// Counts the uploads under way in this process, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    taken: Arc<Mutex<HashMap<Line, usize>>>,
}

/// The right to send one file; given back when dropped, however the upload ended.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    lines: [Line; 2],
}

impl Slots {
    /// A slot, unless the owner or the client already uses all.
    pub fn take(&self, sender: Sender<'_>) -> Option<Slot> {
        let lines = [
            Line::Owner(sender.owner.clone()),
            Line::Client(sender.client.to_owned()),
        ];
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = |line: &Line| taken.get(line).is_none_or(|count| *count < line.most());
        if !lines.iter().all(is_free) {
            return None;
        }
        for line in &lines {
            *taken.entry(line.clone()).or_insert(0) += 1;
        }
        Some(Slot {
            slots: self.clone(),
            lines,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self
            .slots
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for line in &self.lines {
            if let Some(count) = taken.get_mut(line) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender<'a>(owner: &'a Owner, client: &'a str) -> Sender<'a> {
        Sender { owner, client }
    }

    #[test]
    fn an_owner_has_four_uploads_at_once_and_others_are_not_affected() {
        let slots = Slots::default();
        let person = || slots.take(sender(&Owner::Person(1), "person:1"));
        let held: Vec<_> = (0..UPLOADS_AT_ONCE).map(|_| person().unwrap()).collect();
        assert!(person().is_none());
        assert!(slots.take(sender(&Owner::User(1), "user:1")).is_some());
        drop(held);
        assert!(person().is_some());
        assert_eq!(slots.taken.lock().unwrap().len(), 0);
    }

    #[test]
    fn another_cookie_gives_a_network_no_more_uploads_at_once() {
        let slots = Slots::default();
        let browser = |number: usize, network: &str| {
            slots.take(sender(
                &Owner::Browser(number.to_be_bytes().to_vec()),
                network,
            ))
        };
        let held: Vec<_> = (0..UPLOADS_AT_ONCE_OF_A_CLIENT)
            .map(|number| browser(number, "203.0.113.0").unwrap())
            .collect();
        assert!(browser(99, "203.0.113.0").is_none());
        assert!(browser(99, "198.51.100.0").is_some());
        drop(held);
        assert!(browser(99, "203.0.113.0").is_some());
        assert_eq!(slots.taken.lock().unwrap().len(), 0);
    }
}
