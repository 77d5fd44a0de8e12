-- Who validated a caller, when and how (R-050). The draft that the code was read out for gets other codes and is removed after
-- some hours; this stays. `proof` is what the agent stated, as JSON text; `ticket_id` is filled in when the draft becomes a
-- ticket. `times_vouched` of a challenge says how many rows here are about it.
CREATE TABLE vouchings (
    id integer PRIMARY KEY,
    desk_id bigint NOT NULL REFERENCES desks (id),
    challenge_id blob NOT NULL,
    reference text,
    person_id bigint NOT NULL REFERENCES people (id),
    email text NOT NULL,
    agent_id bigint NOT NULL REFERENCES users (id),
    agent_name text NOT NULL,
    at bigint NOT NULL,
    proof text NOT NULL,
    ticket_id bigint REFERENCES tickets (id)
);
CREATE INDEX vouchings_challenge ON vouchings (challenge_id);
ALTER TABLE challenges ADD COLUMN times_vouched integer NOT NULL DEFAULT 0;
-- It is kept like histories and messages; only the ticket is noted later, once.
CREATE TRIGGER vouchings_no_update BEFORE UPDATE OF id, desk_id, challenge_id, reference, person_id, email, agent_id, agent_name, at, proof ON vouchings BEGIN SELECT RAISE(ABORT, 'vouchings is append-only'); END;
CREATE TRIGGER vouchings_one_ticket BEFORE UPDATE OF ticket_id ON vouchings WHEN OLD.ticket_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'vouchings is append-only'); END;
CREATE TRIGGER vouchings_no_delete BEFORE DELETE ON vouchings BEGIN SELECT RAISE(ABORT, 'vouchings is append-only'); END;
