-- Which version of the desk's questions was answered; none where it asks no questions. The history has always said it.
ALTER TABLE surveys ADD COLUMN version integer;
UPDATE surveys SET version = (
    SELECT json_extract(events.data, '$.version')
    FROM events
    WHERE events.desk_id = surveys.desk_id AND events.ticket_id = surveys.ticket_id AND events.kind = 'rated'
        AND json_extract(events.data, '$.cycle') = surveys.cycle
    ORDER BY events.seq DESC
    LIMIT 1
);
