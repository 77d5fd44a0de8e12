ALTER TABLE people DROP COLUMN extension;
ALTER TABLE people DROP COLUMN department;
ALTER TABLE people DROP COLUMN site;
