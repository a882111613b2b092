-- The staged records with their journal, the tasks with their leases, the ID map, the workers.

create table record (
    transfer bigint not null references transfer,
    ordinal bigint not null,
    entity text not null,
    source_key text not null,
    payload jsonb not null,
    state text not null,
    attempts smallint not null default 0,
    lease_token bigint,
    sent_at timestamptz,
    cliniko_id text,
    problem text,
    warning text,
    primary key (transfer, ordinal),
    constraint record_state_known check (state in ('staged', 'sending', 'created', 'matched', 'skipped', 'excluded',
        'failed'))
) with (fillfactor = 45);
-- Each record is updated twice (staged, sending, created). The free half of each page lets PostgreSQL put the new row
-- beside the old one and leave the indexes alone.
-- Nothing is ever looked for by content, and its statistics would cost more than those of all other columns.
alter table record alter payload set statistics 0;
create unique index record_key on record (transfer, entity, source_key);
comment on column record.state is
    'staged: nothing sent; sending: intent written, may have been sent; created: in Cliniko, see cliniko_id; matched: '
    'stands for something that was there; skipped: its parent is missing; excluded: cannot be sent, see problem; '
    'failed: Cliniko refused it';
comment on column record.lease_token is 'The lease under which it was sent or is being asked for';

-- Its rows are made from rows of transfer, whose account exists: a check of each again would cost as much as the insert.
create table id_map (
    account bigint not null,
    system text not null,
    entity text not null,
    source_key text not null,
    cliniko_id text not null,
    transfer bigint not null,
    at timestamptz not null default now(),
    primary key (account, system, entity, source_key)
);
comment on table id_map is 'What stands where in Cliniko: the guard against a second creation, in every transfer';

create sequence lease_token;

create table task (
    id bigint generated always as identity primary key,
    transfer bigint not null references transfer,
    kind text not null,
    entity text,
    phase integer not null default 0,
    first bigint not null default 0,
    last bigint not null default 0,
    total integer not null default 0,
    state text not null default 'ready',
    lease_token bigint not null default 0,
    leased_by text,
    lease_until timestamptz,
    attempts integer not null default 0,
    not_before timestamptz not null default now(),
    created integer not null default 0,
    failed integer not null default 0,
    skipped integer not null default 0,
    problem text,
    ended_at timestamptz,
    constraint task_state_known check (state in ('ready', 'leased', 'done', 'failed'))
);
create index task_open on task (kind, id) where state in ('ready', 'leased');
create index task_transfer on task (transfer, phase);

create table transfer_entity (
    transfer bigint not null references transfer,
    entity text not null,
    staged bigint not null default 0,
    excluded bigint not null default 0,
    left_behind bigint not null default 0,
    warnings bigint not null default 0,
    verified bigint not null default 0,
    differing bigint not null default 0,
    primary key (transfer, entity)
);
comment on table transfer_entity is 'What extraction found, by entity: to be sent, not sendable, left behind by rule';

create table worker (
    name text primary key,
    host text not null,
    pid bigint not null,
    kinds text not null,
    slots integer not null,
    state text not null default 'here' check (state in ('here', 'gone')),
    seen_at timestamptz not null default now()
);
