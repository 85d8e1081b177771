//! One database instance of a region: a PostgreSQL server under a name that may change, as RDS names
//! it. Role and source are read from what is there, not remembered.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RegionName } from "../../topology/topology.ts";
import type { PostgresServer } from "../postgres/server.ts";

/** `ready` is whatever its server is: available or failed. */
export type InstancePhase = "creating" | "ready" | "renaming" | "backing-up" | "stopped";

export interface InstanceProps {
  readonly region: RegionName;
  readonly identifier: string;
  readonly resourceId: string;
  readonly server: PostgresServer;
  /** What it follows from the start. @default nothing: it is a primary */
  readonly source?: LabInstance;
}

export class LabInstance {
  readonly region: RegionName;
  readonly resourceId: string;
  readonly createdAtMs = Date.now();
  readonly #source: LabInstance | undefined;
  identifier: string;
  /** Another one, at another port, once the instance has another name. */
  server: PostgresServer;
  phase: InstancePhase = "creating";
  /** The name it is being given. */
  pendingIdentifier: string | undefined;

  constructor({ identifier, region, resourceId, server, source }: InstanceProps) {
    this.region = region;
    this.resourceId = resourceId;
    this.identifier = identifier;
    this.server = server;
    this.#source = source;
  }

  get role(): "primary" | "replica" {
    if (this.phase === "creating") return this.#source === undefined ? "primary" : "replica";
    // PostgreSQL itself removes the file when it is promoted, by whoever's hand.
    return existsSync(join(this.server.dataDir, "standby.signal")) ? "replica" : "primary";
  }

  /** What a replica follows, also after that has been renamed; undefined for a primary. */
  get source(): LabInstance | undefined {
    return this.role === "replica" ? this.#source : undefined;
  }

  /** As `DBInstanceStatus` of RDS. */
  get status(): string {
    if (this.phase !== "ready") return this.phase;
    return this.server.running ? "available" : "failed";
  }
}
