-- What stays behind as a whole, counted, and what patients owe: the old system's money is not transferred.

create table left_behind (
    transfer bigint not null references transfer,
    place integer not null,
    what text not null,
    found bigint not null,
    unread bigint not null default 0,
    counted boolean not null,
    advice text,
    primary key (transfer, place)
);
comment on column left_behind.found is 'Rows of the source; where "counted" is false it is only named';
comment on column left_behind.unread is 'Rows that could not be read: they are in no balance';

create table balance (
    transfer bigint not null references transfer,
    source_key text not null,
    amount numeric not null,
    primary key (transfer, source_key)
);
comment on table balance is 'What a patient owed the clinic (above 0) or was owed: for an opening balance in Cliniko';
