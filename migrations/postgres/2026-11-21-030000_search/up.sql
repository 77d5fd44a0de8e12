-- What a search reads from end to end: nothing but the words, and whose ticket it is. Order means nothing here, so the
-- cheapest one will do. It is partial only in name (no key is empty), so that nothing but a search, which says the
-- condition too, is ever planned with it.
CREATE INDEX tickets_search ON tickets (desk_id, search_key COLLATE "C", requester_id, id) WHERE search_key > '';
