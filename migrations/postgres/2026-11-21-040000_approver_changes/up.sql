-- Who appointed whom to an approver role. `data` is the change as JSON text, hashed byte for byte with the hash before it;
-- the number of a desk's last change is the version of its list.
CREATE TABLE approver_changes (
    desk_id bigint NOT NULL REFERENCES desks (id),
    seq integer NOT NULL,
    actor_kind text NOT NULL,
    actor_id bigint,
    actor_name text NOT NULL,
    at timestamptz NOT NULL,
    data text NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (desk_id, seq)
);
