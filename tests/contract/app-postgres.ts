//! A database as the app finds it: a lease to steer and tables under guard, reduced to what the
//! app depends on. The operator's own guard is tested elsewhere.

import type { PostgresServer } from "../../lab/postgres/server.ts";

/** One lease, one switch for the commit check, and every new table of the app under guard. */
const guard = `
create schema switchback;
create table switchback.steered (
  region text, epoch bigint, expires_at timestamptz, fails_at_commit boolean not null default false
);
insert into switchback.steered values (null, null, null);

create function switchback.lease_state() returns table (
  region text, epoch bigint, live boolean, remaining_ms double precision,
  in_recovery boolean, replay_lag_ms double precision
) language sql volatile as $$
  select s.region, s.epoch,
         not pg_is_in_recovery() and coalesce(s.expires_at > clock_timestamp(), false),
         extract(epoch from s.expires_at - clock_timestamp())::double precision * 1000,
         pg_is_in_recovery(),
         case when pg_is_in_recovery() then 12.5::double precision end
    from switchback.steered s
$$;

create function switchback.refuse() returns trigger language plpgsql as $$
begin
  if tg_when = 'AFTER' then
    if not (select fails_at_commit from switchback.steered) then return null; end if;
  elsif (select l.live from switchback.lease_state() l) then
    return null;
  end if;
  raise exception 'no live write lease' using errcode = '25006';
end $$;

create function switchback.guard_new_tables() returns event_trigger language plpgsql as $$
declare made record;
begin
  for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
    execute format('create trigger guard before insert or update or delete on %s
      for each statement execute function switchback.refuse()', made.objid::regclass);
    execute format('create constraint trigger guard_commit after insert on %s
      deferrable initially deferred for each row execute function switchback.refuse()',
      made.objid::regclass);
  end loop;
end $$;
create event trigger guard_new_tables on ddl_command_end when tag in ('CREATE TABLE')
  execute function switchback.guard_new_tables();
`;

export async function installGuard(server: PostgresServer): Promise<void> {
  await server.query(guard);
}

export async function removeGuardAndTable(server: PostgresServer): Promise<void> {
  await server.query(
    "drop event trigger if exists guard_new_tables; drop schema if exists app, switchback cascade",
  );
}

export interface Grant {
  readonly region: string;
  readonly epoch: number;
  /** @default a minute */
  readonly leaseMs?: number;
}

export async function grant(server: PostgresServer, { region, epoch, leaseMs = 60_000 }: Grant) {
  await server.query(
    `update switchback.steered set region = $1, epoch = $2,
            expires_at = clock_timestamp() + $3 * interval '1 ms'`,
    [region, epoch, leaseMs],
  );
}

export async function expire(server: PostgresServer): Promise<void> {
  await server.query("update switchback.steered set expires_at = clock_timestamp()");
}

export async function failAtCommit(server: PostgresServer, fails: boolean): Promise<void> {
  await server.query("update switchback.steered set fails_at_commit = $1", [fails]);
}

export function urlOf(server: PostgresServer): string {
  return `postgres://lab@${server.host}:${server.port}/postgres`;
}
