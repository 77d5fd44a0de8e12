DROP TABLE approval_asks;
DROP TABLE approvers;
CREATE TABLE surveys_new (
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
INSERT INTO surveys_new (id, desk_id, ticket_id, cycle, stars, comment, person_id, created_at) SELECT id, desk_id, ticket_id, cycle, stars, comment, person_id, created_at FROM surveys WHERE stars IS NOT NULL;
DROP TABLE surveys;
ALTER TABLE surveys_new RENAME TO surveys;
DROP TABLE ticket_ties;
ALTER TABLE people DROP COLUMN vip;
