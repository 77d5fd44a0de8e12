-- Who raises the priority at desks that say so.
ALTER TABLE people ADD COLUMN vip boolean NOT NULL DEFAULT FALSE;

-- What only some tickets have: when the requester is to be contacted again, a parent, a ticket they
-- were merged into, and that only one group sees them.
CREATE TABLE ticket_ties (
    ticket_id bigint NOT NULL PRIMARY KEY REFERENCES tickets (id),
    contact_at bigint,
    parent_id bigint REFERENCES tickets (id),
    merged_into bigint REFERENCES tickets (id),
    restricted boolean NOT NULL,
    restricted_group bigint REFERENCES groups (id)
);
CREATE INDEX ticket_ties_contact ON ticket_ties (contact_at) WHERE contact_at IS NOT NULL;
CREATE INDEX ticket_ties_parent ON ticket_ties (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ticket_ties_restricted ON ticket_ties (ticket_id) WHERE restricted;
CREATE INDEX ticket_ties_merged ON ticket_ties (merged_into) WHERE merged_into IS NOT NULL;

-- Who decides approvals, and what waits for them.
CREATE TABLE approvers (
    desk_id bigint NOT NULL REFERENCES desks (id),
    role text NOT NULL,
    person_id bigint NOT NULL REFERENCES people (id),
    deputy boolean NOT NULL,
    place integer NOT NULL,
    PRIMARY KEY (desk_id, role, person_id)
);
CREATE INDEX approvers_person ON approvers (person_id);
CREATE TABLE approval_asks (
    ticket_id bigint NOT NULL REFERENCES tickets (id),
    role text NOT NULL,
    desk_id bigint NOT NULL REFERENCES desks (id),
    asked_seq integer NOT NULL,
    asked_at bigint NOT NULL,
    PRIMARY KEY (ticket_id, role)
);
CREATE INDEX approval_asks_role ON approval_asks (desk_id, role, asked_at);

-- A survey may ask questions instead of stars.
CREATE TABLE surveys_new (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL,
    ticket_id bigint NOT NULL REFERENCES tickets (id),
    cycle integer NOT NULL,
    stars integer CHECK (stars BETWEEN 1 AND 5),
    comment text,
    person_id bigint NOT NULL REFERENCES people (id),
    created_at bigint NOT NULL,
    answers text,
    closing boolean,
    UNIQUE (ticket_id, cycle)
);
INSERT INTO surveys_new (id, desk_id, ticket_id, cycle, stars, comment, person_id, created_at) SELECT id, desk_id, ticket_id, cycle, stars, comment, person_id, created_at FROM surveys;
DROP TABLE surveys;
ALTER TABLE surveys_new RENAME TO surveys;
