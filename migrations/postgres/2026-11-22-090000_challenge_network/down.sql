ALTER TABLE challenges DROP COLUMN network;
