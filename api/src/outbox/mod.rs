//! The outbox: mail waits here between the commit of a change and its delivery.
//!
//! The cast: a command calls [`store::enqueue`] or [`store::insert_all`] inside its own transaction, one row per event,
//! recipient and template; a new ticket brings its first mails in the statement that stores it (`tickets::store`).
//! After the commit the handler calls [`Wake::wake`]. The [`worker`] claims due rows by lease, renders and sends them,
//! and marks them. The guarantee: at least once per recipient, always with the same Message-ID; a double happens only
//! when the process or the line dies between the server's acceptance and our note of it (I-44). Mails of one ticket to
//! one person leave in the order of their events (I-43). What waits for somebody who is shut out is
//! withdrawn ([`store::withdraw`]); a write that is just under way may still tell them once. A row is never deleted: it is the record of R-291.

use std::sync::Arc;

use tokio::sync::Notify;

pub mod store;
pub mod worker;

/// Tells the worker of this process that something was enqueued; cheap to clone, part of the application's state.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    notify: Arc<Notify>,
}

impl Wake {
    /// Lets the worker look at once. Call it after the commit; a forgotten call only costs the polling interval.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// Waits until somebody calls [`Wake::wake`].
    pub async fn woken(&self) {
        self.notify.notified().await;
    }
}
