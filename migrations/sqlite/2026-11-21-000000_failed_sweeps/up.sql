-- Tickets whose timed effects could not be written, and how often since they last were; the sweeper waits longer each time.
CREATE TABLE failed_sweeps (
    ticket_id bigint NOT NULL PRIMARY KEY REFERENCES tickets (id),
    failures integer NOT NULL
);
