DROP TRIGGER users_renamed;
DROP TRIGGER organizations_renamed;
DROP TRIGGER people_renamed;
DROP TABLE name_changes;
