ALTER TABLE approval_asks DROP COLUMN policy;
