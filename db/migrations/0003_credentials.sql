-- Keys of practitioners: a note carries the author whose key it was written with.

create table practitioner_key (
    account bigint not null references account,
    label text not null,
    sealed bytea not null,
    cliniko_user text,
    practitioner_id text,
    changed_at timestamptz not null default now(),
    primary key (account, label)
);
comment on column practitioner_key.label is 'The practitioner as the operator named it: for messages';
comment on column practitioner_key.sealed is 'The API key, sealed as in credential';
comment on column practitioner_key.cliniko_user is 'Id of the user whom the key belongs to; null until it was asked for';
comment on column practitioner_key.practitioner_id is 'The practitioner who that user is; null until it was asked for';
