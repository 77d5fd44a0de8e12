-- Which version of the desk's questions was answered; none where it asks no questions. The history has always said it.
ALTER TABLE surveys ADD COLUMN version integer;
UPDATE surveys SET version = (
    SELECT (events.data::jsonb ->> 'version')::integer
    FROM events
    WHERE events.desk_id = surveys.desk_id AND events.ticket_id = surveys.ticket_id AND events.kind = 'rated'
        AND (events.data::jsonb ->> 'cycle')::integer = surveys.cycle
    ORDER BY events.seq DESC
    LIMIT 1
);
