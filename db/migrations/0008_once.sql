-- What keeps two from doing one thing, and the moves of records and tasks, which model/record_state.c and
-- model/task_state.c hold as well; a test compares them.

-- The indexes that end in "alone" keep two from doing one thing at once; who comes second is told to try again
-- (connection.c).

-- Two transfers of one system into one account would both send what neither knows of the other.
create unique index transfer_alone on transfer (account, system)
    where state in ('extracting', 'preflight', 'waiting', 'scheduled', 'running', 'verifying', 'paused');

create function transfer_must_be_alone() returns trigger language plpgsql as $$
declare
    other bigint;
begin
    select o.id into other from transfer o where o.account = new.account and o.system = new.system and o.id <> new.id and
        o.state in ('extracting', 'preflight', 'waiting', 'scheduled', 'running', 'verifying', 'paused');
    if found then
        raise exception 'transfer % brings the same system into this account and is not over: let it end, or cancel it',
            other using errcode = 'HO002';
    end if;
    return new;
end $$;
create trigger transfer_must_be_alone before update of state on transfer for each row
    when (old.state = 'draft' and new.state = 'extracting') execute function transfer_must_be_alone();

-- Appointments and alerts carry no marker: two equal ones that are in doubt at once must not be taken for one object.
-- Also what finds the records that an object stands for.
create unique index id_map_object_alone on id_map (account, entity, cliniko_id)
    where entity in ('appointment', 'medical_alert');

alter table task add column single_writer bigint;
comment on column task.single_writer is 'The account, where equal names in its small lists allow one writer at a time';
update task k set single_writer = t.account from transfer t where t.id = k.transfer and k.kind = 'catalogue';
create unique index task_writer_alone on task (single_writer) where state = 'leased' and single_writer is not null;

alter table task add column stuck_since timestamptz;
comment on column task.stuck_since is 'When it was first returned without any progress; null: it made some since';

alter table record add column sent_there timestamptz;
comment on column record.sent_there is 'Cliniko''s clock when the intent was written: what was created earlier is not it';

create table record_move (
    from_state text not null,
    to_state text not null,
    primary key (from_state, to_state)
);
insert into record_move values
    ('staged', 'sending'), ('staged', 'created'), ('staged', 'matched'), ('staged', 'skipped'), ('staged', 'left'),
    ('staged', 'failed'),
    ('sending', 'staged'), ('sending', 'created'), ('sending', 'matched'), ('sending', 'skipped'),
    ('sending', 'failed'),
    ('matched', 'staged'), ('left', 'staged');

create table task_move (
    from_state text not null,
    to_state text not null,
    primary key (from_state, to_state)
);
insert into task_move values
    ('ready', 'leased'), ('ready', 'done'), ('leased', 'ready'), ('leased', 'done'), ('leased', 'failed');

-- Once for a statement, since a statement changes some hundred records.
create function record_guard() returns trigger language plpgsql as $$
declare
    wrong record;
begin
    select o.state as was, n.state as is into wrong from old_rows o
        join new_rows n on n.transfer = o.transfer and n.entity = o.entity and n.source_key = o.source_key
        where n.state <> o.state and
            not exists (select from record_move m where m.from_state = o.state and m.to_state = n.state) limit 1;
    if found then
        raise exception 'a record cannot move from % to %', wrong.was, wrong.is using errcode = 'HO003';
    end if;
    return null;
end $$;
create trigger record_guard after update on record referencing old table as old_rows new table as new_rows
    for each statement execute function record_guard();

create function task_guard() returns trigger language plpgsql as $$
begin
    if not exists (select from task_move m where m.from_state = old.state and m.to_state = new.state) then
        raise exception 'a task cannot move from % to %', old.state, new.state using errcode = 'HO004';
    end if;
    return new;
end $$;
create trigger task_guard before update on task for each row when (old.state <> new.state) execute function task_guard();
