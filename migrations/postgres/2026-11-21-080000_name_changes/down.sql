DROP TRIGGER users_renamed ON users;
DROP TRIGGER organizations_renamed ON organizations;
DROP TRIGGER people_renamed ON people;
DROP FUNCTION stamp_name_change;
DROP TABLE name_changes;
