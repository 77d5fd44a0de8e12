//! How many uploads one owner may have under way at the same time (B-78).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::store::Owner;

/// Uploads of one owner at the same time.
pub const UPLOADS_AT_ONCE: usize = 4;

/// Counts the uploads under way in this process, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    taken: Arc<Mutex<HashMap<Owner, usize>>>,
}

/// The right to send one file; given back when dropped, however the upload ended.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    owner: Owner,
}

impl Slots {
    /// A slot, unless the owner already uses all.
    pub fn take(&self, owner: &Owner) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(owner.clone()).or_insert(0);
        if *count >= UPLOADS_AT_ONCE {
            return None;
        }
        *count += 1;
        Some(Slot {
            slots: self.clone(),
            owner: owner.clone(),
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
        if let Some(count) = taken.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_four_uploads_at_once_and_others_are_not_affected() {
        let slots = Slots::default();
        let held: Vec<_> = (0..UPLOADS_AT_ONCE)
            .map(|_| slots.take(&Owner::Person(1)).unwrap())
            .collect();
        assert!(slots.take(&Owner::Person(1)).is_none());
        assert!(slots.take(&Owner::User(1)).is_some());
        drop(held);
        assert!(slots.take(&Owner::Person(1)).is_some());
        assert_eq!(slots.taken.lock().unwrap().len(), 0);
    }
}
