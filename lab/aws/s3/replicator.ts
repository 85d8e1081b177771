//! Carries what is written in the buckets of one region to where their rules say. S3 itself does it,
//! not a process of the region: it survives the region's loss, and goes on when there is a way again.

import { Agent } from "node:http";
import type { Address } from "../../descriptor.ts";
import type { Bucket } from "./bucket.ts";
import { type Backlog, type QueueOptions, ReplicationQueue } from "./replication-queue.ts";
import { sendReplica } from "./replica-wire.ts";
import { destinationsOf, ruleIdFor, withProgress } from "./replication.ts";
import type { ObjectVersion } from "./version.ts";

export interface ReplicatorProps extends QueueOptions {
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Where the way to the bucket's region begins; `undefined` when no region has such a bucket. */
  readonly wayTo: (bucket: string) => Address | undefined;
  readonly secret: string;
}

/** As CloudWatch knows a rule's metrics. */
export interface ReplicationMetrics extends Backlog {
  readonly sourceBucket: string;
  readonly destinationBucket: string;
  readonly ruleId: string;
  /** How long the oldest version that waits has waited. */
  readonly latencySeconds: number;
}

interface Way {
  readonly source: string;
  readonly destination: string;
  readonly queue: ReplicationQueue;
}

export class Replicator {
  readonly #props: ReplicatorProps;
  readonly #ways = new Map<string, Way>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(props: ReplicatorProps) {
    this.#props = props;
  }

  /** Takes a new version on its way, if a rule said so when it was written. */
  take({ body, bucket, key, replication, versionId, writtenAtMs }: ObjectVersion): void {
    for (const destination of destinationsOf(replication)) {
      const waiting = { key, versionId, bytes: body.length, writtenAtMs };
      this.#way(bucket, destination).queue.add(waiting);
    }
  }

  /** Of every way that was ever used. */
  metrics(): readonly ReplicationMetrics[] {
    return [...this.#ways.values()].map(({ destination, queue, source }) => {
      const { backlog } = queue;
      const { oldestAtMs } = backlog;
      const waitedMs = oldestAtMs === "none" ? 0 : Math.max(0, Date.now() - oldestAtMs);
      return {
        ...backlog,
        sourceBucket: source,
        destinationBucket: destination,
        ruleId: ruleIdFor(this.#props.buckets.get(source)?.replication, destination),
        latencySeconds: waitedMs / 1_000,
      };
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map(({ queue }) => queue.close()));
    this.#agent.destroy();
  }

  #way(source: string, destination: string): Way {
    const name = `${source} ${destination}`;
    const known = this.#ways.get(name);
    if (known !== undefined) return known;
    const way = { source, destination, queue: this.#queue(source, destination) };
    this.#ways.set(name, way);
    return way;
  }

  #queue(source: string, destination: string): ReplicationQueue {
    const { buckets, secret, wayTo, ...options } = this.#props;
    const agent = this.#agent;
    const find = (key: string, versionId: string) =>
      buckets
        .get(source)
        ?.versionsOf(key)
        .find((version) => version.versionId === versionId);
    return new ReplicationQueue({
      ...options,
      find: ({ key, versionId }) => find(key, versionId),
      note: ({ key, versionId }, progress) => {
        const version = find(key, versionId);
        if (version === undefined) return;
        const replication = withProgress(version.replication, destination, progress);
        buckets.get(source)?.note(key, versionId, replication);
      },
      send: async (version, signal) => {
        const to = wayTo(destination);
        if (to === undefined) return "rejected";
        return sendReplica({ ...version, bucket: destination }, { to, secret, agent, signal });
      },
    });
  }
}
