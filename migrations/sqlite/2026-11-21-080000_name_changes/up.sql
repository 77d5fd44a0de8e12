-- How often a name that lists show was changed: of a person, of the entity they belong to, or of an agent. A program that
-- keeps names reads the count together with its rows, and knows whether what it keeps still holds. One row.
CREATE TABLE name_changes (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    count bigint NOT NULL
);
INSERT INTO name_changes (id, count) VALUES (1, 0);
CREATE TRIGGER people_renamed AFTER UPDATE OF full_name, organization_id ON people
    WHEN OLD.full_name <> NEW.full_name OR OLD.organization_id IS NOT NEW.organization_id
    BEGIN UPDATE name_changes SET count = count + 1; END;
CREATE TRIGGER organizations_renamed AFTER UPDATE OF name ON organizations
    WHEN OLD.name <> NEW.name
    BEGIN UPDATE name_changes SET count = count + 1; END;
CREATE TRIGGER users_renamed AFTER UPDATE OF full_name ON users
    WHEN OLD.full_name <> NEW.full_name
    BEGIN UPDATE name_changes SET count = count + 1; END;
