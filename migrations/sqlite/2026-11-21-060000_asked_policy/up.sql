-- Who stands in for a role is said by the policy, so an inbox has to know which one asks.
ALTER TABLE approval_asks ADD COLUMN policy text NOT NULL DEFAULT '';
UPDATE approval_asks SET policy = COALESCE((SELECT json_extract(tickets.state, '$.approval.policy') FROM tickets WHERE tickets.id = approval_asks.ticket_id), '');
