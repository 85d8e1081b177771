//! The ports around lease and database, in memory: app pods, failover records, the health checkers
//! of the world, and people who are told.

import type { Announcer, Capacity, CapacityState, Traffic, World } from "../../failover/ports.ts";
import { type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Wire } from "./wire.ts";

export class FakeCapacity implements Capacity {
  readonly #wire: Wire;
  wanted: number;

  constructor(wire: Wire, wanted: number) {
    this.#wire = wire;
    this.wanted = wanted;
  }

  state(): Promise<Outcome<CapacityState>> {
    return this.#wire.call("capacity.state", () =>
      succeeded({ wanted: this.wanted, ready: this.wanted }),
    );
  }

  scaleTo(replicas: number): Promise<Outcome<void>> {
    return this.#wire.call("scaleTo", () => {
      this.wanted = replicas;
      return succeeded(undefined);
    });
  }
}

/** The records themselves; both regions write the same ones. */
export interface Records {
  primary: string;
}

export class FakeTraffic implements Traffic {
  readonly #wire: Wire;
  readonly #records: Records;

  constructor(wire: Wire, records: Records) {
    this.#wire = wire;
    this.#records = records;
  }

  primary(): Promise<Outcome<string>> {
    return this.#wire.call("primary", () => succeeded(this.#records.primary));
  }

  makePrimary(region: string): Promise<Outcome<void>> {
    return this.#wire.call("makePrimary", () => {
      this.#records.primary = region;
      return succeeded(undefined);
    });
  }
}

export class FakeWorld implements World {
  readonly #wire: Wire;
  readonly #serves: (region: string) => boolean;

  constructor(wire: Wire, serves: (region: string) => boolean) {
    this.#wire = wire;
    this.#serves = serves;
  }

  sees(region: string): Promise<Outcome<"serving" | "failing">> {
    return this.#wire.call("sees", () =>
      succeeded(this.#serves(region) ? ("serving" as const) : ("failing" as const)),
    );
  }
}

/** One process's own; what was told stays told. */
export class FakeAnnouncer implements Announcer {
  readonly told: string[] = [];

  announce(planId: string, text: string): void {
    this.told.push(`${planId}: ${text}`);
  }

  announced(planId: string): boolean {
    return this.told.some((line) => line.startsWith(`${planId}: `));
  }
}
