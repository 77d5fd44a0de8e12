-- Where a person works, as the desk's directory has it.
ALTER TABLE people ADD COLUMN site text;
ALTER TABLE people ADD COLUMN department text;
ALTER TABLE people ADD COLUMN extension text;
