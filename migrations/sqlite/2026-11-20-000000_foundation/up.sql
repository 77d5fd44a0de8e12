-- The desk profiles. A version is never changed; tickets keep the version they were opened with.
CREATE TABLE desks (
    id integer PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    active_version integer NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE desk_versions (
    desk_id bigint NOT NULL REFERENCES desks (id),
    version integer NOT NULL,
    profile text NOT NULL,
    files text NOT NULL,
    author text NOT NULL,
    applied_at bigint NOT NULL,
    PRIMARY KEY (desk_id, version)
);
-- Ticket numbers where the database has no sequences.
CREATE TABLE desk_counters (
    desk_id bigint NOT NULL PRIMARY KEY REFERENCES desks (id),
    last_number bigint NOT NULL
);
CREATE TABLE groups (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    slug text NOT NULL,
    level integer NOT NULL,
    active boolean NOT NULL,
    UNIQUE (desk_id, slug)
);

-- Agents. Secrets stand in tables of their own that no answer type derives from.
CREATE TABLE users (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name text NOT NULL,
    language text NOT NULL CHECK (language IN ('es', 'en')),
    is_admin boolean NOT NULL,
    active boolean NOT NULL,
    epoch integer NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE user_secrets (
    user_id bigint NOT NULL PRIMARY KEY REFERENCES users (id),
    password_hash text NOT NULL
);
CREATE TABLE memberships (
    desk_id bigint NOT NULL REFERENCES desks (id),
    user_id bigint NOT NULL REFERENCES users (id),
    privileges text NOT NULL,
    PRIMARY KEY (desk_id, user_id)
);
CREATE TABLE group_members (
    desk_id bigint NOT NULL REFERENCES desks (id),
    group_id bigint NOT NULL REFERENCES groups (id),
    user_id bigint NOT NULL REFERENCES users (id),
    PRIMARY KEY (desk_id, group_id, user_id)
);
CREATE TABLE sessions (
    id blob NOT NULL PRIMARY KEY,
    family blob NOT NULL,
    audience text NOT NULL CHECK (audience IN ('console', 'portal')),
    subject_id bigint NOT NULL,
    desk_id bigint,
    token_hash blob NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    absolute_expires_at bigint NOT NULL,
    replaced_at bigint,
    revoked_at bigint,
    binding blob
);
CREATE INDEX sessions_family ON sessions (family);
CREATE INDEX sessions_subject ON sessions (audience, subject_id);
CREATE TABLE api_tokens (
    id integer PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    name text NOT NULL,
    prefix text NOT NULL UNIQUE,
    secret_hash blob NOT NULL,
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_used_at bigint,
    revoked_at bigint
);

-- Requesters. Who asks at two desks has a record at each: what one desk keeps of a person is not the other's to see or change.
CREATE TABLE organizations (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    name text NOT NULL,
    name_key text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (desk_id, name_key)
);
CREATE TABLE people (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    full_name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    organization_id bigint REFERENCES organizations (id),
    language text NOT NULL CHECK (language IN ('es', 'en')),
    search_key text NOT NULL,
    active boolean NOT NULL,
    version integer NOT NULL,
    epoch integer NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (desk_id, email)
);
CREATE TABLE access_requests (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    reference text NOT NULL,
    full_name text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    entity text NOT NULL,
    language text NOT NULL CHECK (language IN ('es', 'en')),
    status text NOT NULL CHECK (status IN ('pending', 'approved', 'refused')),
    created_at bigint NOT NULL,
    decided_by bigint REFERENCES users (id),
    decided_at bigint,
    reason text
);
CREATE INDEX access_requests_desk ON access_requests (desk_id, status, id);

-- Tickets: columns to search and sort by, and the folded history in `state`.
CREATE TABLE tickets (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    number bigint NOT NULL,
    code text NOT NULL UNIQUE,
    desk_version integer NOT NULL,
    request_type text NOT NULL,
    category text NOT NULL,
    priority text NOT NULL,
    priority_rank integer NOT NULL,
    level integer NOT NULL,
    group_id bigint REFERENCES groups (id),
    assignee_id bigint REFERENCES users (id),
    requester_id bigint NOT NULL REFERENCES people (id),
    channel text NOT NULL,
    subject text NOT NULL,
    search_key text NOT NULL,
    status text NOT NULL,
    reason text,
    open boolean NOT NULL,
    version integer NOT NULL,
    last_seq integer NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    due_at bigint,
    due_sort bigint NOT NULL,
    due_clock text NOT NULL,
    clock_status text NOT NULL,
    awaits_reply boolean NOT NULL,
    state text NOT NULL,
    head_hash blob NOT NULL,
    next_effect_at bigint,
    closed_at bigint,
    UNIQUE (desk_id, number)
);
CREATE INDEX tickets_due ON tickets (desk_id, open, due_sort, id, priority);
CREATE INDEX tickets_updated ON tickets (desk_id, open, updated_at, id);
CREATE INDEX tickets_assignee ON tickets (assignee_id, open, due_sort, id);
CREATE INDEX tickets_group ON tickets (group_id, open, due_sort, id);
CREATE INDEX tickets_requester ON tickets (requester_id, updated_at, id, open);
-- What the rail counts, without a look at the rows.
CREATE INDEX tickets_live ON tickets (desk_id, open, status, assignee_id, group_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX tickets_effects ON tickets (next_effect_at) WHERE next_effect_at IS NOT NULL;

CREATE TABLE messages (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL,
    ticket_id bigint NOT NULL REFERENCES tickets (id),
    author_kind text NOT NULL,
    author_id bigint,
    author_name text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'internal')),
    body text NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX messages_ticket ON messages (ticket_id, id);
-- The history. `data` is the event as JSON text, hashed byte for byte with the hash before it.
CREATE TABLE events (
    desk_id bigint NOT NULL,
    ticket_id bigint NOT NULL REFERENCES tickets (id),
    seq integer NOT NULL,
    kind text NOT NULL,
    actor_kind text NOT NULL,
    actor_id bigint,
    actor_name text NOT NULL,
    at bigint NOT NULL,
    data text NOT NULL,
    hash blob NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);
CREATE TABLE surveys (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL,
    ticket_id bigint NOT NULL REFERENCES tickets (id),
    cycle integer NOT NULL,
    stars integer NOT NULL CHECK (stars BETWEEN 1 AND 5),
    comment text,
    person_id bigint NOT NULL REFERENCES people (id),
    created_at bigint NOT NULL,
    UNIQUE (ticket_id, cycle)
);

-- Proof of mail addresses; a draft waits here until its code is proved.
CREATE TABLE challenges (
    id blob NOT NULL PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    purpose text NOT NULL CHECK (purpose IN ('draft', 'lookup')),
    email text NOT NULL,
    person_id bigint REFERENCES people (id),
    ticket_code text,
    browser_hash blob NOT NULL,
    code_hash blob NOT NULL,
    attempts integer NOT NULL,
    sends integer NOT NULL,
    mails integer NOT NULL,
    reference text,
    draft text,
    language text NOT NULL,
    vouched text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_sent_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX challenges_email ON challenges (email, created_at);
CREATE INDEX challenges_reference ON challenges (desk_id, reference);
CREATE INDEX challenges_created ON challenges (created_at);

CREATE TABLE attachments (
    id blob NOT NULL PRIMARY KEY,
    owner_kind text NOT NULL CHECK (owner_kind IN ('browser', 'person', 'user')),
    owner_key text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 blob NOT NULL,
    storage_key text NOT NULL,
    client text NOT NULL,
    created_at bigint NOT NULL,
    challenge_id blob REFERENCES challenges (id),
    desk_id bigint,
    ticket_id bigint REFERENCES tickets (id),
    message_id bigint REFERENCES messages (id),
    visibility text CHECK (visibility IN ('public', 'internal')),
    bound_at bigint
);
CREATE INDEX attachments_ticket ON attachments (ticket_id);
CREATE INDEX attachments_message ON attachments (message_id);
CREATE INDEX attachments_challenge ON attachments (challenge_id);
CREATE INDEX attachments_storage ON attachments (storage_key);
CREATE INDEX attachments_unbound ON attachments (created_at) WHERE bound_at IS NULL;

-- Mail that must leave: one row per event and recipient. A withheld one never leaves: it stands for a code that nobody is to get.
CREATE TABLE outbox (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL,
    ticket_id bigint REFERENCES tickets (id),
    event_seq integer,
    template text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    payload text NOT NULL,
    message_id text NOT NULL,
    dedup_key text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('pending', 'sent', 'failed', 'withheld')),
    attempts integer NOT NULL,
    created_at bigint NOT NULL,
    next_attempt_at bigint NOT NULL,
    lease_owner text,
    lease_until bigint,
    sent_at bigint,
    last_error text
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE status = 'pending';
CREATE INDEX outbox_withheld ON outbox (created_at) WHERE status = 'withheld';
CREATE INDEX outbox_ticket ON outbox (ticket_id, id);
CREATE TABLE local_mails (
    id integer PRIMARY KEY,
    sender text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    message_id text NOT NULL UNIQUE,
    sent_at bigint NOT NULL
);

-- Answers to requests with an idempotency key, written in the same transaction as their effect.
CREATE TABLE idempotency (
    actor text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash blob NOT NULL,
    status integer,
    answer text,
    created_at bigint NOT NULL,
    PRIMARY KEY (actor, route, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- History and messages are append-only.
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER messages_no_update BEFORE UPDATE ON messages BEGIN SELECT RAISE(ABORT, 'messages is append-only'); END;
CREATE TRIGGER messages_no_delete BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'messages is append-only'); END;
