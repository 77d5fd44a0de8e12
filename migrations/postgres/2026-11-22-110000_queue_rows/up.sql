-- The queue in the order of what is due, with all that tells one version of a row from another: a page whose rows the program
-- knows is found in the index alone.
DROP INDEX tickets_due;
CREATE INDEX tickets_due ON tickets (desk_id, open, due_sort, id, priority, version, desk_version, updated_at);
-- How many other open tickets somebody has, without a look at all that they ever had. SQLite asks the condition of the last
-- column.
CREATE INDEX tickets_requester_open ON tickets (requester_id, id, open) WHERE open;
