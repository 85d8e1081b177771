//! The configuration files of a lab server. They are written anew at every start, since a base
//! backup brings those of the server it was taken from.

import type { Address } from "../descriptor.ts";

/** The lab's only account in the database, a superuser. */
export const labUser = "lab";
export const defaultDatabase = "postgres";

export interface StandbyOf extends Address {
  /** Replication slot on the primary; it must exist. */
  readonly slot: string;
}

export interface ServerSettings extends Address {
  readonly name: string;
  readonly major: number;
  readonly standbyOf: StandbyOf | undefined;
  readonly extra: Readonly<Record<string, string>>;
}

/** Nobody from outside this machine, and no password: there is nothing to protect. */
export const hostBasedAccess = `# TYPE DATABASE USER ADDRESS METHOD
host all all 127.0.0.0/8 trust
host replication all 127.0.0.0/8 trust
`;

export function postgresqlConf(server: ServerSettings): string {
  const settings: Record<string, string> = {
    listen_addresses: server.host,
    port: `${server.port}`,
    unix_socket_directories: "",
    cluster_name: server.name,
    ...replication,
    ...durability,
    ...smallMemory,
    ...reporting,
    // Later versions start three more processes for input and output, which a small server wastes.
    ...(server.major >= 18 ? { io_method: "sync" } : {}),
    ...(server.standbyOf === undefined ? {} : standby(server.name, server.standbyOf)),
    ...server.extra,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`);
  return `${lines.join("\n")}\n`;
}

/** Slot names may hold lower-case letters, digits and underscores only. */
export function slotNameOf(site: string): string {
  return site.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
}

const replication = {
  wal_level: "replica",
  hot_standby: "on",
  // A primary that has been left behind can then be rewound as well as rebuilt.
  wal_log_hints: "on",
  max_wal_senders: "10",
  max_replication_slots: "10",
  wal_keep_size: "64MB",
  // A slot of a region that is lost must not fill the disk.
  max_slot_wal_keep_size: "512MB",
  wal_sender_timeout: "5s",
  wal_receiver_timeout: "5s",
  wal_receiver_status_interval: "1s",
  // A promotion that comes just as the standby notices the lost primary waits for this long.
  wal_retrieve_retry_interval: "100ms",
  recovery_min_apply_delay: "0",
  recovery_target_timeline: "latest",
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
};

/** What was acknowledged must survive the death of the process: that is what drills measure. */
const durability = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
};

const smallMemory = {
  shared_buffers: "32MB",
  work_mem: "2MB",
  maintenance_work_mem: "16MB",
  wal_buffers: "1MB",
  min_wal_size: "32MB",
  max_wal_size: "256MB",
  max_connections: "60",
  max_worker_processes: "4",
  max_parallel_workers: "0",
  max_parallel_workers_per_gather: "0",
  max_logical_replication_workers: "0",
  autovacuum_max_workers: "1",
  huge_pages: "off",
  jit: "off",
};

const reporting = {
  logging_collector: "off",
  log_destination: "stderr",
  log_line_prefix: "%m [%p] ",
  log_timezone: "UTC",
  timezone: "UTC",
  log_checkpoints: "off",
};

function standby(name: string, { host, port, slot }: StandbyOf): Record<string, string> {
  const conninfo = {
    host,
    port: `${port}`,
    user: labUser,
    application_name: name,
    connect_timeout: "3",
    sslmode: "disable",
    gssencmode: "disable",
    keepalives_idle: "5",
    keepalives_interval: "2",
    keepalives_count: "3",
  };
  const pairs = Object.entries(conninfo).map(([key, value]) => `${key}=${quoteConninfo(value)}`);
  return { primary_conninfo: pairs.join(" "), primary_slot_name: slot };
}

function quote(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

function quoteConninfo(value: string): string {
  return /^[\w.-]+$/.test(value)
    ? value
    : `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
