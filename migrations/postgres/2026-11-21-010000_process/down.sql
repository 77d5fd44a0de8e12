DROP TABLE approval_asks;
DROP TABLE approvers;
DELETE FROM surveys WHERE stars IS NULL;
ALTER TABLE surveys DROP COLUMN closing;
ALTER TABLE surveys DROP COLUMN answers;
ALTER TABLE surveys ALTER COLUMN stars SET NOT NULL;
DROP TABLE ticket_ties;
ALTER TABLE people DROP COLUMN vip;
