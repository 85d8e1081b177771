//! The write guard as versioned SQL: the database itself refuses writes without a live lease.
//! Needs no extension and nothing that RDS forbids. Applied in order, each once, in one transaction
//! under an advisory lock; a version that was released is never edited.

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/**
 * How long this database may accept writes lies in a sequence, not in a row: setting it takes effect
 * at once for every transaction, whatever its snapshot, and reading it costs no query. It holds the
 * timeline and the time of expiry (milliseconds since 1970, 43 bits), since promotion changes nothing
 * else that an ordinary role can read: a promoted replica, by whoever's hand, is on another timeline
 * and so without a lease. The first eight digits of a WAL file name are the timeline
 * (PostgreSQL documentation, "Write-Ahead Logging (WAL)", "WAL Internals").
 */
const limit = "pg_sequence_last_value('switchback.lease_limit'::regclass)";
const walFile = "pg_walfile_name(pg_current_wal_insert_lsn())";
const timelineNow = `('x' || left(${walFile}, 8))::bit(32)::bigint`;
const expiryMs = `(${limit} & 8796093022207)`;
const nowMs = "date_part('epoch', clock_timestamp()) * 1000";
/**
 * What is left of the lease in milliseconds, if the limit is of this timeline; far outside the half
 * interval in which it is believed if it is of any other. Null before the first grant.
 */
const leftMs = `${limit} - (${timelineNow} << 43) - (${nowMs})::bigint`;
/** Strictly between 0 and 2^37 ms, about four years, with the sequence read once. */
const isLive = `abs(${leftMs} - 68719476736) < 68719476736`;

const leaseTable = `
create sequence switchback.lease_limit as bigint minvalue 0 no cycle;

create table switchback.write_lease (
  only_row boolean primary key default true check (only_row),
  region text not null,
  epoch bigint not null,
  timeline integer not null,
  renewed_at timestamptz not null
) with (fillfactor = 10);
comment on table switchback.write_lease is
  'Who may write here, for people and for the heartbeat; the limit itself is the sequence lease_limit.';

create function switchback.current_timeline() returns integer
language sql volatile as $$ select (${timelineNow})::integer $$;

create function switchback.limit_of(timeline integer, expires_ms double precision) returns bigint
language sql immutable as $$ select (timeline::bigint << 43) + floor(expires_ms)::bigint $$;

create function switchback.lease_state() returns table (
  region text,
  epoch bigint,
  live boolean,
  remaining_ms double precision,
  in_recovery boolean,
  replay_lag_ms double precision
) language plpgsql volatile as $$
begin
  return query
  select
    l.region,
    l.epoch,
    case when pg_is_in_recovery() then false else coalesce(${isLive}, false) end,
    ${expiryMs} - ${nowMs},
    pg_is_in_recovery(),
    case when pg_is_in_recovery() then ${nowMs} - date_part('epoch', l.renewed_at) * 1000 end
  from (select true) as one (present)
  left join switchback.write_lease l on true;
end $$;

grant usage on schema switchback to public;
grant select on switchback.write_lease, switchback.lease_limit to public;
`;

/**
 * One check, when the transaction commits: what it finds is what counts, however long the transaction
 * was open. A check at each statement as well would refuse earlier, and cost as much again. Truncation
 * touches no row that could be checked at commit, so it is checked at once.
 */
const guardTriggers = `
create function switchback.guard() returns trigger
language plpgsql as $$
begin
  if ${isLive} then
    return null;
  end if;
  raise exception 'no live write lease: this database must not accept writes'
    using errcode = 'read_only_sql_transaction',
          detail = coalesce(
            (select format('The lease here is for %s, epoch %s, timeline %s, until %s.', region, epoch,
                           timeline, to_timestamp(${expiryMs} / 1000.0))
             from switchback.write_lease),
            'No lease was ever granted here.'),
          hint = 'Write to the region that holds the lease.';
end $$;

create function switchback.guard_table(guarded oid) returns void
language plpgsql as $$
declare
  relation record;
  disabled name;
begin
  select c.oid::regclass as name into relation
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid = guarded
    and c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'switchback')
    and n.nspname !~ '^pg_';
  if not found then
    return;
  end if;
  if not exists (select from pg_trigger where tgrelid = guarded
                 and tgfoid = 'switchback.guard'::regproc and not tgdeferrable) then
    execute format(
      'create trigger switchback_guard before truncate on %s
       for each statement execute function switchback.guard()', relation.name);
  end if;
  -- A partition inherits the row trigger of its parent. The name is the table's own: a table that
  -- brings a trigger of the same name as its new parent's could not be attached.
  if not exists (select from pg_trigger where tgrelid = guarded
                 and tgfoid = 'switchback.guard'::regproc and tgdeferrable) then
    execute format(
      'create constraint trigger switchback_guard_commit_%s after insert or update or delete on %s
       deferrable initially deferred
       for each row execute function switchback.guard()', guarded, relation.name);
  end if;
  -- New ones, and those that a restore or a person switched off.
  for disabled in
    select tgname from pg_trigger
    where tgrelid = guarded and tgenabled <> 'A'
      and tgfoid = 'switchback.guard'::regproc
  loop
    execute format('alter table %s enable always trigger %I', relation.name, disabled);
  end loop;
end $$;

create view switchback.unguarded_tables as
  select c.oid, c.oid::regclass::text as name, c.relowner as owner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'switchback')
    and n.nspname !~ '^pg_'
    and (select count(distinct t.tgdeferrable) from pg_trigger t
         where t.tgrelid = c.oid and t.tgenabled = 'A'
           and t.tgfoid = 'switchback.guard'::regproc) < 2;

grant select on switchback.unguarded_tables to public;
`;

/** Tables made later are guarded as they appear, where the role may have event triggers. */
const eventTrigger = `
create function switchback.guard_new_tables() returns event_trigger
language plpgsql as $$
begin
  -- All that lack it, not only what the command names: detaching a partition takes its guard away.
  -- It runs as whoever gave the command, who can change only tables of their own.
  perform switchback.guard_table(oid) from switchback.unguarded_tables
  where pg_has_role(owner, 'usage');
end $$;

do $$
begin
  create event trigger switchback_guard_new_tables on ddl_command_end
    when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE SCHEMA', 'ALTER TABLE')
    execute function switchback.guard_new_tables();
exception when insufficient_privilege then
  raise notice 'no event trigger: new tables are guarded by the periodic check instead';
end $$;
`;

/**
 * What a failover loses is told apart by transaction ids. With each renewal the row notes an id below
 * which every transaction had ended: their commits precede the row in the WAL, so whoever has the row
 * has them all. Not a whole snapshot: that says nothing about the ids of subtransactions
 * (PostgreSQL documentation, "Transaction ID and Snapshot Information Functions").
 */
const epochHistory = `
alter table switchback.write_lease add column ended_below xid8;
comment on column switchback.write_lease.ended_below is
  'Every transaction with a lower id had ended when this row was written.';

create table switchback.epoch_history (
  epoch bigint primary key,
  previous_epoch bigint not null,
  region text not null,
  timeline integer not null,
  renewed_at timestamptz not null,
  replicated_below xid8,
  inherited_below xid8 not null,
  granted_at timestamptz not null default clock_timestamp()
);
comment on table switchback.epoch_history is
  'Where each epoch began: the last renewal of the previous one that had arrived here by then.';
comment on column switchback.epoch_history.region is 'Who held the previous epoch.';
comment on column switchback.epoch_history.replicated_below is
  'On the previous primary: rows of transactions with a lower id have certainly arrived here.';
comment on column switchback.epoch_history.inherited_below is
  'Here: rows of transactions with a lower id came from before this epoch.';
grant select on switchback.epoch_history to public;
`;

/**
 * Closed on purpose is another thing than run out: somebody is about to take over, and whoever has a
 * request in hand does well to wait for a moment. A replica sees it as soon as it has replayed it. One
 * transaction, so that nobody finds the function missing.
 */
const closedLease = `
drop function switchback.lease_state();

create function switchback.lease_state() returns table (
  region text,
  epoch bigint,
  live boolean,
  remaining_ms double precision,
  in_recovery boolean,
  replay_lag_ms double precision,
  closed boolean
) language plpgsql volatile as $$
begin
  return query
  select
    l.region,
    l.epoch,
    case when pg_is_in_recovery() then false else coalesce(${isLive}, false) end,
    ${expiryMs} - ${nowMs},
    pg_is_in_recovery(),
    case when pg_is_in_recovery() then ${nowMs} - date_part('epoch', l.renewed_at) * 1000 end,
    l.region is not null and coalesce(${limit} = 0, false)
  from (select true) as one (present)
  left join switchback.write_lease l on true;
end $$;
`;

/** From this version on tables can be guarded. */
export const triggersVersion = 2;

export const guardMigrations: readonly Migration[] = [
  { version: 1, name: "lease table", sql: leaseTable },
  { version: triggersVersion, name: "guard triggers", sql: guardTriggers },
  { version: 3, name: "event trigger for new tables", sql: eventTrigger },
  { version: 4, name: "epoch history", sql: epochHistory },
  { version: 5, name: "a closed lease shows", sql: closedLease },
];

/** Puts the guard on every table that lacks it. Cheap when there is none; run periodically. */
export const guardUnguarded =
  "select name, switchback.guard_table(oid) from switchback.unguarded_tables";
