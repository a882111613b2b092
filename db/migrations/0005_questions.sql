-- Questions that hold a transfer until they are answered, and records that are named among what stays behind.

create table question (
    transfer bigint not null references transfer,
    id text not null,
    stage text not null check (stage in ('extracting', 'preflight')),
    place integer not null,
    ask text not null,
    found bigint not null default 0,
    detail jsonb not null default '{}',
    primary key (transfer, id)
);
comment on table question is 'What is open: a transfer with questions rests in waiting and cannot be approved';
comment on column question.stage is 'Where the transfer goes on once it is answered';
comment on column question.found is 'How many rows of the source the answer decides about';
comment on column question.detail is 'Choices, proposals, the names the answer goes by: see cli/questions.c';

insert into transfer_move values ('extracting', 'waiting'), ('waiting', 'extracting');

alter table record drop constraint record_state_known;
alter table record add constraint record_state_known check (state in ('staged', 'sending', 'created', 'matched',
    'skipped', 'excluded', 'left', 'failed'));
comment on column record.state is
    'staged: nothing sent; sending: intent written, may have been sent; created: in Cliniko, see cliniko_id; matched: '
    'stands for something that was there; skipped: its parent is missing; excluded: cannot be sent, see problem; '
    'left: stays behind by a rule or by choice, see problem; failed: Cliniko refused it';
