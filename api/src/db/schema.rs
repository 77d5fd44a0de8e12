//! The tables as diesel knows them; the migrations of both databases give this schema.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    desks (id) {
        id -> BigInt,
        slug -> Text,
        active_version -> Integer,
        created_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    desk_versions (desk_id, version) {
        desk_id -> BigInt,
        version -> Integer,
        profile -> Text,
        files -> Text,
        author -> Text,
        applied_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    desk_counters (desk_id) {
        desk_id -> BigInt,
        last_number -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    groups (id) {
        id -> BigInt,
        desk_id -> BigInt,
        slug -> Text,
        level -> Integer,
        active -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    users (id) {
        id -> BigInt,
        email -> Text,
        full_name -> Text,
        language -> Text,
        is_admin -> Bool,
        active -> Bool,
        epoch -> Integer,
        created_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    user_secrets (user_id) {
        user_id -> BigInt,
        password_hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    memberships (desk_id, user_id) {
        desk_id -> BigInt,
        user_id -> BigInt,
        privileges -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    group_members (desk_id, group_id, user_id) {
        desk_id -> BigInt,
        group_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    sessions (id) {
        id -> UidSql,
        family -> UidSql,
        audience -> Text,
        subject_id -> BigInt,
        desk_id -> Nullable<BigInt>,
        token_hash -> Binary,
        created_at -> TsSql,
        last_used_at -> TsSql,
        expires_at -> TsSql,
        absolute_expires_at -> TsSql,
        replaced_at -> Nullable<TsSql>,
        revoked_at -> Nullable<TsSql>,
        binding -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    api_tokens (id) {
        id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        prefix -> Text,
        secret_hash -> Binary,
        scopes -> Text,
        created_at -> TsSql,
        expires_at -> TsSql,
        last_used_at -> Nullable<TsSql>,
        revoked_at -> Nullable<TsSql>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    organizations (id) {
        id -> BigInt,
        desk_id -> BigInt,
        name -> Text,
        name_key -> Text,
        created_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    name_changes (id) {
        id -> Integer,
        stamp -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    people (id) {
        id -> BigInt,
        desk_id -> BigInt,
        full_name -> Text,
        email -> Text,
        phone -> Text,
        organization_id -> Nullable<BigInt>,
        language -> Text,
        search_key -> Text,
        active -> Bool,
        vip -> Bool,
        site -> Nullable<Text>,
        department -> Nullable<Text>,
        extension -> Nullable<Text>,
        version -> Integer,
        epoch -> Integer,
        created_at -> TsSql,
        updated_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    access_requests (id) {
        id -> BigInt,
        desk_id -> BigInt,
        reference -> Text,
        full_name -> Text,
        phone -> Text,
        email -> Text,
        entity -> Text,
        language -> Text,
        status -> Text,
        created_at -> TsSql,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<TsSql>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    tickets (id) {
        id -> BigInt,
        desk_id -> BigInt,
        number -> BigInt,
        code -> Text,
        desk_version -> Integer,
        request_type -> Text,
        category -> Text,
        priority -> Text,
        priority_rank -> Integer,
        level -> Integer,
        group_id -> Nullable<BigInt>,
        assignee_id -> Nullable<BigInt>,
        requester_id -> BigInt,
        channel -> Text,
        subject -> Text,
        search_key -> Text,
        status -> Text,
        reason -> Nullable<Text>,
        open -> Bool,
        version -> Integer,
        last_seq -> Integer,
        created_at -> TsSql,
        updated_at -> TsSql,
        due_at -> Nullable<TsSql>,
        due_sort -> TsSql,
        due_clock -> Text,
        clock_status -> Text,
        awaits_reply -> Bool,
        state -> Text,
        head_hash -> Binary,
        next_effect_at -> Nullable<TsSql>,
        closed_at -> Nullable<TsSql>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    messages (id) {
        id -> BigInt,
        desk_id -> BigInt,
        ticket_id -> BigInt,
        author_kind -> Text,
        author_id -> Nullable<BigInt>,
        author_name -> Text,
        visibility -> Text,
        body -> Text,
        created_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    events (ticket_id, seq) {
        desk_id -> BigInt,
        ticket_id -> BigInt,
        seq -> Integer,
        kind -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        at -> TsSql,
        data -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    surveys (id) {
        id -> BigInt,
        desk_id -> BigInt,
        ticket_id -> BigInt,
        cycle -> Integer,
        stars -> Nullable<Integer>,
        comment -> Nullable<Text>,
        answers -> Nullable<Text>,
        closing -> Nullable<Bool>,
        person_id -> BigInt,
        created_at -> TsSql,
        version -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    ticket_ties (ticket_id) {
        ticket_id -> BigInt,
        contact_at -> Nullable<TsSql>,
        parent_id -> Nullable<BigInt>,
        merged_into -> Nullable<BigInt>,
        restricted -> Bool,
        restricted_group -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    approvers (desk_id, role, person_id) {
        desk_id -> BigInt,
        role -> Text,
        person_id -> BigInt,
        deputy -> Bool,
        place -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    approval_asks (ticket_id, role) {
        ticket_id -> BigInt,
        role -> Text,
        desk_id -> BigInt,
        asked_seq -> Integer,
        asked_at -> TsSql,
        policy -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    approver_changes (desk_id, seq) {
        desk_id -> BigInt,
        seq -> Integer,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        at -> TsSql,
        data -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    challenges (id) {
        id -> UidSql,
        desk_id -> BigInt,
        purpose -> Text,
        email -> Text,
        person_id -> Nullable<BigInt>,
        ticket_code -> Nullable<Text>,
        browser_hash -> Binary,
        code_hash -> Binary,
        attempts -> Integer,
        sends -> Integer,
        mails -> Integer,
        reference -> Nullable<Text>,
        draft -> Nullable<Text>,
        language -> Text,
        vouched -> Nullable<Text>,
        times_vouched -> Integer,
        created_at -> TsSql,
        expires_at -> TsSql,
        last_sent_at -> TsSql,
        used_at -> Nullable<TsSql>,
        by_owner -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    vouchings (id) {
        id -> BigInt,
        desk_id -> BigInt,
        challenge_id -> UidSql,
        reference -> Nullable<Text>,
        person_id -> BigInt,
        email -> Text,
        agent_id -> BigInt,
        agent_name -> Text,
        at -> TsSql,
        proof -> Text,
        ticket_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    attachments (id) {
        id -> UidSql,
        owner_kind -> Text,
        owner_key -> Text,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Binary,
        storage_key -> Text,
        client -> Text,
        created_at -> TsSql,
        challenge_id -> Nullable<UidSql>,
        desk_id -> Nullable<BigInt>,
        ticket_id -> Nullable<BigInt>,
        message_id -> Nullable<BigInt>,
        visibility -> Nullable<Text>,
        bound_at -> Nullable<TsSql>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    outbox (id) {
        id -> BigInt,
        desk_id -> BigInt,
        ticket_id -> Nullable<BigInt>,
        event_seq -> Nullable<Integer>,
        template -> Text,
        recipient -> Text,
        language -> Text,
        payload -> Text,
        message_id -> Text,
        dedup_key -> Text,
        status -> Text,
        attempts -> Integer,
        created_at -> TsSql,
        next_attempt_at -> TsSql,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<TsSql>,
        sent_at -> Nullable<TsSql>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    local_mails (id) {
        id -> BigInt,
        sender -> Text,
        recipient -> Text,
        subject -> Text,
        body_text -> Text,
        body_html -> Text,
        message_id -> Text,
        sent_at -> TsSql,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{TsSql, UidSql};

    idempotency (actor, route, key) {
        actor -> Text,
        route -> Text,
        key -> Text,
        body_hash -> Binary,
        status -> Nullable<Integer>,
        answer -> Nullable<Text>,
        created_at -> TsSql,
    }
}

diesel::table! {
    failed_sweeps (ticket_id) {
        ticket_id -> BigInt,
        failures -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    desks,
    desk_versions,
    desk_counters,
    groups,
    users,
    user_secrets,
    memberships,
    group_members,
    sessions,
    api_tokens,
    organizations,
    name_changes,
    people,
    access_requests,
    tickets,
    messages,
    events,
    surveys,
    ticket_ties,
    approvers,
    approval_asks,
    approver_changes,
    challenges,
    vouchings,
    attachments,
    outbox,
    local_mails,
    idempotency,
);
