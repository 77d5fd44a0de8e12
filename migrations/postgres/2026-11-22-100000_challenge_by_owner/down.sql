ALTER TABLE challenges DROP COLUMN by_owner;
