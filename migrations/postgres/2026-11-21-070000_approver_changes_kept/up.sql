-- Who appointed whom is kept like histories and messages.
CREATE TRIGGER approver_changes_append_only BEFORE UPDATE OR DELETE ON approver_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
