//! Which page an address shows. Few pages and one rule each, so no route table is needed.

/// A page of the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Which desk?
    Desks,
    /// The accessibility statement.
    Accessibility,
    /// A page of a desk.
    Desk(String, Page),
    /// No such page.
    Unknown,
}

/// A page of a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The three choices.
    Home,
    /// The new ticket form.
    New,
    /// The window for the mailed code, by challenge.
    Verify(String),
    /// The ticket was created.
    Created(String),
    /// Ticket code and mail, to see one's tickets.
    Lookup,
    /// The list of tickets.
    Tickets,
    /// One ticket.
    Ticket(String),
    /// Its rating.
    Rate(String),
    /// What waits for the person's approval.
    Approvals,
    /// One request to approve or refuse.
    Approval(String),
    /// Asking for an account.
    Access,
}

impl Route {
    /// The page of a path such as `/soporte/tickets/INF-1042`.
    pub(super) fn parse(path: &str) -> Self {
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decoded)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (desk, page) = match parts.as_slice() {
            [] => return Self::Desks,
            ["help", "accessibility"] => return Self::Accessibility,
            ["help" | "console" | "api", ..] => return Self::Unknown,
            [desk] => (desk, Page::Home),
            [desk, "new"] => (desk, Page::New),
            [desk, "verify", id] => (desk, Page::Verify((*id).to_owned())),
            [desk, "created", code] => (desk, Page::Created((*code).to_owned())),
            [desk, "my"] => (desk, Page::Lookup),
            [desk, "tickets"] => (desk, Page::Tickets),
            [desk, "tickets", code] => (desk, Page::Ticket((*code).to_owned())),
            [desk, "tickets", code, "rate"] => (desk, Page::Rate((*code).to_owned())),
            [desk, "approvals"] => (desk, Page::Approvals),
            [desk, "approvals", code] => (desk, Page::Approval((*code).to_owned())),
            [desk, "access"] => (desk, Page::Access),
            _ => return Self::Unknown,
        };
        Self::Desk((*desk).to_owned(), page)
    }

    /// The desk whose page it is.
    pub(super) fn desk(&self) -> Option<String> {
        match self {
            Self::Desk(desk, _) => Some(desk.clone()),
            Self::Desks | Self::Accessibility | Self::Unknown => None,
        }
    }
}

fn decoded(part: &str) -> String {
    js_sys::decode_uri_component(part).map_or_else(|_| part.to_owned(), Into::into)
}
