-- The client network that a code was asked for from (/24 of IPv4, /56 of IPv6): each has a budget of its own for an address,
-- so that nobody elsewhere uses it up. It goes with the row, some hours later. None where it was not kept.
ALTER TABLE challenges ADD COLUMN network text;
