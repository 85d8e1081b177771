//! The ports of the way back, in memory: the other region's RDS, the salvage of its rows, the objects.

import type {
  PeerInstance,
  Rebuild,
  Salvage,
  SalvageSummary,
  Storage,
  StorageState,
} from "../../failover/ports.ts";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { FakeDatabase } from "./database.ts";
import type { Wire } from "./wire.ts";

export interface FakeRebuildProps {
  readonly wire: Wire;
  readonly own: FakeDatabase;
  readonly peer: () => FakeDatabase;
  readonly peerIsUp: () => boolean;
}

/** What stands in the region itself: both regions' operators see and change the same. */
export interface Instances {
  readonly snapshots: Set<string>;
  readonly retired: Set<string>;
  isAbsent: boolean;
}

export function noInstances(): Instances {
  return { snapshots: new Set(), retired: new Set(), isAbsent: false };
}

export class FakeRebuild implements Rebuild {
  readonly #props: FakeRebuildProps;
  /** Those of the other region. */
  readonly #of: () => Instances;

  constructor(props: FakeRebuildProps, instances: () => Instances) {
    this.#props = props;
    this.#of = instances;
  }

  get #instances(): Instances {
    return this.#of();
  }

  state(): Promise<Outcome<PeerInstance>> {
    return this.#call("rebuild.state", (): PeerInstance => {
      if (this.#instances.isAbsent) return { kind: "absent" };
      const { role, timeline } = this.#props.peer();
      const followsThisRegion = role === "replica" && timeline === this.#props.own.timeline;
      return { kind: role, status: "available", followsThisRegion };
    });
  }

  snapshotState(name: string): Promise<Outcome<"absent" | "creating" | "available">> {
    return this.#call("snapshotState", () =>
      this.#instances.snapshots.has(name) ? "available" : "absent",
    );
  }

  snapshot(name: string): Promise<Outcome<void>> {
    // RDS has nothing to make a snapshot of; the call is repeated, and never comes to anything.
    return this.#call("snapshot", () => {
      if (!this.#instances.isAbsent) this.#instances.snapshots.add(name);
    });
  }

  isRetired(name: string): Promise<Outcome<boolean>> {
    return this.#call("isRetired", () => this.#instances.retired.has(name));
  }

  retire(name: string): Promise<Outcome<void>> {
    return this.#call("retire", () => {
      this.#instances.retired.add(name);
      this.#instances.isAbsent = true;
    });
  }

  createReplica(): Promise<Outcome<void>> {
    return this.#call("createReplica", () => {
      if (!this.#instances.isAbsent) return;
      this.#props.peer().rebuildFrom(this.#props.own);
      this.#instances.isAbsent = false;
    });
  }

  #call<T>(name: string, effect: () => T): Promise<Outcome<T>> {
    return this.#props.wire.call(name, () =>
      this.#props.peerIsUp() ? succeeded(effect()) : failed("unreachable", "the region is gone"),
    );
  }
}

export class FakeSalvage implements Salvage {
  readonly #wire: Wire;
  /** Kept in the own region's bucket: it outlives the process. */
  readonly #done: Set<string>;

  constructor(wire: Wire, done: Set<string>) {
    this.#wire = wire;
    this.#done = done;
  }

  summary(name: string): Promise<Outcome<SalvageSummary | "absent">> {
    return this.#wire.call("summary", () => succeeded(this.#done.has(name) ? nothing : "absent"));
  }

  start(name: string): Promise<Outcome<void>> {
    return this.#wire.call("salvage", () => succeeded(void this.#done.add(name)));
  }
}

const nothing: SalvageSummary = {
  missingRows: 0,
  conflictingRows: 0,
  deletedRows: 0,
  missingObjects: 0,
  uncompared: [],
  location: "s3://bucket/switchback/salvage/",
};

export class FakeStorage implements Storage {
  readonly #wire: Wire;
  #state: StorageState = { rule: "disabled", unreplicated: 3, pending: 0 };

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  state(): Promise<Outcome<StorageState>> {
    return this.#wire.call("storage.state", () => succeeded(this.#state));
  }

  turnAround(): Promise<Outcome<void>> {
    return this.#wire.call("reverse", () => {
      this.#state = { rule: "enabled", unreplicated: 0, pending: 3 };
      return succeeded(undefined);
    });
  }
}
