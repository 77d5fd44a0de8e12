ALTER TABLE challenges DROP COLUMN times_vouched;
DROP TABLE vouchings;
