-- What was uploaded, as proof, and whether a transfer's attachments have stopped.

create table uploaded_file (
    transfer bigint not null,
    ordinal bigint not null,
    part text not null default '',
    size_bytes bigint not null,
    sha256 text not null,
    cliniko_id text,
    primary key (transfer, ordinal, part),
    foreign key (transfer, ordinal) references record (transfer, ordinal) on delete cascade,
    constraint uploaded_file_sha256 check (sha256 ~ '^[0-9a-f]{64}$')
);
comment on table uploaded_file is 'The files of records, as they left: sizes and checksums were taken on the way';
comment on column uploaded_file.part is 'Empty for the record''s own file; else the name of one that stands beside it';
comment on column uploaded_file.cliniko_id is 'Of a file beside; that of the record''s own file stands in record';

alter table transfer add column attachments_stopped text;
comment on column transfer.attachments_stopped is 'Why no further attachment of this transfer can be sent; null: it can';
