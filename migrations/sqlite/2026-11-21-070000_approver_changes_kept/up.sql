-- Who appointed whom is kept like histories and messages.
CREATE TRIGGER approver_changes_no_update BEFORE UPDATE ON approver_changes BEGIN SELECT RAISE(ABORT, 'approver_changes is append-only'); END;
CREATE TRIGGER approver_changes_no_delete BEFORE DELETE ON approver_changes BEGIN SELECT RAISE(ABORT, 'approver_changes is append-only'); END;
