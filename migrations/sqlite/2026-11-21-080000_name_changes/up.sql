-- Tells whether a name that lists show was changed: of a person, of the entity they belong to, or of an agent. A program
-- that keeps names reads the stamp together with its rows, and knows whether what it keeps still holds. Stamps are drawn at
-- random: a change after a restore, or under a clock that was set back, does not get the stamp of an earlier one. One row.
CREATE TABLE name_changes (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    stamp bigint NOT NULL
);
INSERT INTO name_changes (id, stamp) VALUES (1, 0);
CREATE TRIGGER people_renamed AFTER UPDATE OF full_name, organization_id ON people
    WHEN OLD.full_name <> NEW.full_name OR OLD.organization_id IS NOT NEW.organization_id
    BEGIN UPDATE name_changes SET stamp = random(); END;
CREATE TRIGGER organizations_renamed AFTER UPDATE OF name ON organizations
    WHEN OLD.name <> NEW.name
    BEGIN UPDATE name_changes SET stamp = random(); END;
CREATE TRIGGER users_renamed AFTER UPDATE OF full_name ON users
    WHEN OLD.full_name <> NEW.full_name
    BEGIN UPDATE name_changes SET stamp = random(); END;
