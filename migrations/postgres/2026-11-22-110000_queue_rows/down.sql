DROP INDEX tickets_requester_open;
DROP INDEX tickets_due;
CREATE INDEX tickets_due ON tickets (desk_id, open, due_sort, id, priority);
