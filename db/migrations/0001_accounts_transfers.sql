-- Accounts, transfers and the record of who changed what.

create table account (
    id bigint generated always as identity primary key,
    name text not null unique,
    shard text not null,
    cliniko_user text,
    rate_per_minute integer not null default 180 check (rate_per_minute >= 0),
    created_at timestamptz not null default now()
);
comment on table account is 'A Cliniko account that transfers write to';
comment on column account.cliniko_user is 'Id of the user whom the key belongs to; it owns the rate limit';
comment on column account.rate_per_minute is 'Requests a minute; 0 is for a local Cliniko without a limit';

create table credential (
    account bigint primary key references account,
    sealed bytea not null,
    changed_at timestamptz not null default now()
);
comment on column credential.sealed is 'The API key, sealed with the key of HANDOVER_SEAL_KEY_FILE (nonce, then box)';

create table transfer (
    id bigint generated always as identity primary key,
    account bigint not null references account,
    state text not null default 'draft',
    system text not null,
    source text not null,
    profile text not null,
    options jsonb not null default '{}',
    phase integer not null default 0,
    paused_from text,
    reason text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    running_at timestamptz,
    ended_at timestamptz,
    constraint transfer_state_known check (state in ('draft', 'extracting', 'preflight', 'waiting', 'scheduled',
        'running', 'verifying', 'review', 'completed', 'purged', 'paused', 'failed', 'cancelled', 'undoing', 'undone'))
);
comment on column transfer.system is 'The namespace of the source keys, from the profile';
comment on column transfer.phase is 'The phase of entities that is being sent (model/entity.h)';

-- The moves that a transfer may make. model/transfer_state.c holds the same list; a test compares them.
create table transfer_move (
    from_state text not null,
    to_state text not null,
    primary key (from_state, to_state)
);
insert into transfer_move values
    ('draft', 'extracting'), ('draft', 'cancelled'),
    ('extracting', 'preflight'), ('extracting', 'paused'), ('extracting', 'failed'), ('extracting', 'cancelled'),
    ('preflight', 'waiting'), ('preflight', 'scheduled'), ('preflight', 'paused'), ('preflight', 'failed'),
    ('preflight', 'cancelled'),
    ('waiting', 'preflight'), ('waiting', 'scheduled'), ('waiting', 'cancelled'),
    ('scheduled', 'running'), ('scheduled', 'cancelled'), ('scheduled', 'paused'),
    ('running', 'verifying'), ('running', 'paused'), ('running', 'failed'), ('running', 'cancelled'),
    ('verifying', 'review'), ('verifying', 'paused'), ('verifying', 'failed'), ('verifying', 'cancelled'),
    ('review', 'completed'), ('review', 'undoing'),
    ('completed', 'purged'), ('completed', 'undoing'),
    ('paused', 'extracting'), ('paused', 'preflight'), ('paused', 'scheduled'), ('paused', 'running'),
    ('paused', 'verifying'), ('paused', 'cancelled'),
    ('cancelled', 'undoing'), ('failed', 'undoing'),
    ('undoing', 'undone'), ('undoing', 'failed');

create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    account bigint,
    transfer bigint,
    actor text not null,
    event text not null,
    detail jsonb not null default '{}'
);
create index audit_transfer on audit (transfer, id);

-- Every change of state passes here, whoever makes it: the move must be known, and it leaves one row in the audit log.
create function transfer_guard() returns trigger language plpgsql as $$
begin
    if new.state is distinct from old.state then
        if not exists (select from transfer_move m where m.from_state = old.state and m.to_state = new.state) then
            raise exception 'a transfer cannot move from % to %', old.state, new.state using errcode = 'HO001';
        end if;
        if new.state = 'paused' then
            new.paused_from := old.state;
        elsif old.state = 'paused' then
            new.paused_from := null;
        end if;
        if new.state = 'running' and new.running_at is null then
            new.running_at := clock_timestamp();
        end if;
        if new.state in ('completed', 'failed', 'cancelled') then
            new.ended_at := clock_timestamp();
        end if;
        insert into audit (account, transfer, actor, event, detail)
        values (new.account, new.id, coalesce(nullif(current_setting('handover.actor', true), ''), session_user),
                'transfer_' || new.state,
                jsonb_strip_nulls(jsonb_build_object('from', old.state, 'reason', new.reason)));
    end if;
    return new;
end $$;

create trigger transfer_guard before update on transfer for each row execute function transfer_guard();
