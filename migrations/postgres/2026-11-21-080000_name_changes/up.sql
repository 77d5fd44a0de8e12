-- Tells whether a name that lists show was changed: of a person, of the entity they belong to, or of an agent. A program
-- that keeps names reads the stamp together with its rows, and knows whether what it keeps still holds. Stamps are drawn at
-- random: a change after a restore, or under a clock that was set back, does not get the stamp of an earlier one. One row.
CREATE TABLE name_changes (
    id integer PRIMARY KEY CHECK (id = 1),
    stamp bigint NOT NULL
);
INSERT INTO name_changes (id, stamp) VALUES (1, 0);
CREATE FUNCTION stamp_name_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Once for each transaction, however many names it changes.
    UPDATE name_changes SET stamp = hashtextextended(gen_random_uuid()::text, 0)
    WHERE xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END
$$;
-- Deferred to the end of the transaction, which by then waits for no other lock: the row is shared by all who rename.
CREATE CONSTRAINT TRIGGER people_renamed AFTER UPDATE OF full_name, organization_id ON people
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.full_name <> NEW.full_name OR OLD.organization_id IS DISTINCT FROM NEW.organization_id)
    EXECUTE FUNCTION stamp_name_change();
CREATE CONSTRAINT TRIGGER organizations_renamed AFTER UPDATE OF name ON organizations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION stamp_name_change();
CREATE CONSTRAINT TRIGGER users_renamed AFTER UPDATE OF full_name ON users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.full_name <> NEW.full_name) EXECUTE FUNCTION stamp_name_change();
