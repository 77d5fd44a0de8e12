-- Whether the code was asked for with a session of the address: such codes have a budget of their own, so that nobody who only
-- knows the address uses it up.
ALTER TABLE challenges ADD COLUMN by_owner boolean NOT NULL DEFAULT false;
