//! A fake of the lab's instances for RDS: everything that is begun stays under way until the test ends
//! it.

import * as RDS from "@aws-sdk/client-rds";
import type { AwsEndpoint } from "../../lab/aws/endpoint.ts";
import {
  type InstanceName,
  rdsService,
  type RdsInstance,
  type RdsPort,
  type RdsSnapshot,
} from "../../lab/aws/rds.ts";
import { clientOptions, endpoint, opened, regionA, regionB } from "./aws-fixture.ts";

export interface FakeInstance {
  identifier: string;
  readonly region: string;
  role: "primary" | "replica";
  status: string;
  source?: FakeInstance;
  pending?: string;
}

/** How long a promotion does not show in the status. */
export const statusLagMs = 300;

interface Promotion {
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

export class FakeInstances implements RdsPort {
  readonly a: FakeInstance = {
    identifier: "orders-a",
    region: regionA,
    role: "primary",
    status: "available",
  };
  readonly b: FakeInstance = {
    identifier: "orders-b",
    region: regionB,
    role: "replica",
    status: "available",
    source: this.a,
  };
  readonly all: FakeInstance[] = [this.a, this.b];
  readonly taken: { -readonly [K in keyof RdsSnapshot]: RdsSnapshot[K] }[] = [];
  readonly promotions: Promotion[] = [];
  readonly failures: unknown[] = [];
  readonly replication = { up: true };
  /** By which RDS measures how long ago a promotion began. */
  readonly clock = { nowMs: 0 };

  instances(): readonly RdsInstance[] {
    return this.all.map((instance, index) => this.#seen(instance, index));
  }

  snapshots(): readonly RdsSnapshot[] {
    return this.taken;
  }

  createReplica({ identifier, region }: InstanceName, { identifier: name }: RdsInstance): void {
    const source = this.all.find((instance) => instance.identifier === name);
    if (source === undefined) throw new Error(`no ${name}`);
    this.all.push({ identifier, region, role: "replica", status: "creating", source });
  }

  promotionFailed({ identifier }: RdsInstance, error: unknown): void {
    this.failures.push([identifier, error]);
  }

  /** Ends the renames, replicas and snapshots that are under way. */
  finish(): void {
    for (const instance of this.all) {
      instance.identifier = instance.pending ?? instance.identifier;
      delete instance.pending;
      instance.status = "available";
    }
    for (const snapshot of this.taken) snapshot.status = "available";
  }

  /** The other region has taken over; the old primary is one still. */
  failOver(): void {
    this.b.role = "primary";
  }

  async endpointIn(region: string): Promise<AwsEndpoint> {
    return endpoint({ region, services: { rds: rdsService(this, this.#lag) } });
  }

  get #lag() {
    return { statusLagMs, nowMs: () => this.clock.nowMs };
  }

  async clientIn(region: string): Promise<RDS.RDSClient> {
    return opened(new RDS.RDSClient(clientOptions(await this.endpointIn(region), region)));
  }

  #seen(instance: FakeInstance, index: number): RdsInstance {
    return {
      identifier: instance.identifier,
      region: instance.region,
      resourceId: `db-${index}`,
      createdAtMs: index,
      host: "127.0.0.1",
      port: 5432,
      engineVersion: "18.4",
      instanceClass: "db.r7g.large",
      databaseName: "orders",
      role: () => instance.role,
      status: () => instance.status,
      isReplicating: () => this.replication.up,
      source: () => instance.source,
      pendingIdentifier: () => instance.pending,
      promote: () => this.#promote(instance),
      rename: (identifier) => {
        instance.pending = identifier;
        instance.status = "renaming";
      },
      snapshot: (name) => {
        instance.status = "backing-up";
        this.taken.push({
          name,
          region: instance.region,
          instanceIdentifier: instance.identifier,
          resourceId: `db-${index}`,
          engineVersion: "18.4",
          startedAtMs: 0,
          status: "creating",
        });
      },
    };
  }

  #promote(instance: FakeInstance): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        instance.role = "primary";
        resolve();
      };
      this.promotions.push({ finish, fail: reject });
    });
  }
}
