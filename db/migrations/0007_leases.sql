-- Tasks end with the stage that they belong to; when a lease ended; how often a worker died with a task.

-- The task of a stage that is over must not stay behind: nobody would ever take it, and the transfer would wait for it.
create or replace function transfer_guard() returns trigger language plpgsql as $$
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
        if old.state in ('extracting', 'preflight', 'verifying') and new.state <> 'paused' then
            update task set state = 'done', leased_by = null, lease_until = null, ended_at = now()
            where transfer = new.id and state in ('ready', 'leased') and
                kind = case old.state when 'extracting' then 'extract' when 'verifying' then 'verify' else 'preflight' end;
        end if;
        insert into audit (account, transfer, actor, event, detail)
        values (new.account, new.id, coalesce(nullif(current_setting('handover.actor', true), ''), session_user),
                'transfer_' || new.state,
                jsonb_strip_nulls(jsonb_build_object('from', old.state, 'reason', new.reason)));
    end if;
    return new;
end $$;

update task k set state = 'done', leased_by = null, lease_until = null, ended_at = now()
from transfer t where t.id = k.transfer and k.state in ('ready', 'leased') and
    (k.kind = 'extract' and t.state not in ('extracting', 'paused') or
     k.kind = 'preflight' and t.state not in ('preflight', 'paused') or
     k.kind = 'verify' and t.state not in ('verifying', 'paused'));

alter table task add column lease_ended_at timestamptz;
comment on column task.lease_ended_at is 'Up to then the last holder may have sent: a late commit is waited for from here';
alter table task add column deaths integer not null default 0;
comment on column task.deaths is 'Workers that died in a row while they held it, without any progress';
