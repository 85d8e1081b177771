//! How each fault is done to the lab, and undone. A fault without its row does not compile. What lasts
//! is worked out from all faults in force, so that they can be healed in any order.

import type { Fault, FaultKind } from "../faults/faults.ts";
import type { Mesh } from "../links/mesh.ts";
import { treatmentOf, type AppEntrance } from "./app-entrance.ts";
import { fillDisk, freeDisk } from "./disk.ts";
import { settleWay } from "./link-faults.ts";
import type { LabRegion } from "./region.ts";
import type { RogueWriters } from "./rogue-writers.ts";
import {
  type FaultsInForce,
  holdPrograms,
  settleRegion,
  settleReplay,
  standingOf,
} from "./standing.ts";

export interface Breakable {
  readonly mesh: Mesh;
  readonly regionNamed: (name: string) => LabRegion;
  readonly peerOf: (name: string) => LabRegion;
  /** Every way into a region's app. */
  readonly entrancesOf: (region: string) => readonly AppEntrance[];
  readonly rogueWriters: Pick<RogueWriters, "start" | "stop">;
  readonly setRoute53ControlPlane: (isUp: boolean) => void;
  readonly setArbiter: (isUp: boolean) => void;
}

export interface Surroundings {
  readonly lab: Breakable;
  /** In force now: with the one that is injected, without the one that is healed. */
  readonly faults: FaultsInForce;
}

type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

interface Injector<K extends FaultKind> {
  /** May tell since when users feel it, where that is not the moment of the call. */
  inject(fault: FaultOf<K>, around: Surroundings): Promise<number | void>;
  heal(fault: FaultOf<K>, around: Surroundings): Promise<void>;
}

const injectors: { readonly [K in FaultKind]: Injector<K> } = {
  "region-loss": {
    async inject({ region }, { lab, faults }) {
      // Dark first: what is on the wire at this moment must not arrive any more.
      lab.mesh.dark(region);
      const target = lab.regionNamed(region);
      const databases = target.databases.kill();
      await Promise.all([holdPrograms(target, standingOf(region, faults())), databases]);
    },
    async heal({ region }, { lab, faults }) {
      lab.mesh.light(region);
      await settleRegion(lab.regionNamed(region), faults);
    },
  },
  "region-freeze": {
    async inject({ region }, { lab, faults }) {
      const target = lab.regionNamed(region);
      const programs = holdPrograms(target, standingOf(region, faults()));
      await Promise.all([target.databases.freeze(), programs]);
    },
    heal: ({ region }, { lab, faults }) => settleRegion(lab.regionNamed(region), faults),
  },
  "link-cut": {
    inject: async ({ from, to }, { lab, faults }) => settleWay(lab.mesh, faults(), [from, to]),
    heal: async ({ from, to }, { lab, faults }) => settleWay(lab.mesh, faults(), [from, to]),
  },
  "link-slow": {
    inject: async ({ from, to }, { lab, faults }) => settleWay(lab.mesh, faults(), [from, to]),
    heal: async ({ from, to }, { lab, faults }) => settleWay(lab.mesh, faults(), [from, to]),
  },
  "process-kill": {
    async inject({ process, region }, { lab }) {
      const { postgres, supervisor } = lab.regionNamed(region);
      if (process === "postgres") return postgres.kill();
      const programs = supervisor.processes.filter(({ program: { name } }) =>
        process === "operator" ? name === "operator" : name.startsWith("app-"),
      );
      await Promise.all(programs.map((program) => program.kill()));
    },
    heal: ({ region }, { lab, faults }) => settleRegion(lab.regionNamed(region), faults),
  },
  "process-down": {
    async inject({ process, region }, { lab, faults }) {
      const target = lab.regionNamed(region);
      if (process === "postgres") return target.postgres.kill();
      await holdPrograms(target, standingOf(region, faults()));
    },
    heal: ({ region }, { lab, faults }) => settleRegion(lab.regionNamed(region), faults),
  },
  "process-freeze": {
    async inject({ process, region }, { lab, faults }) {
      const target = lab.regionNamed(region);
      if (process === "postgres") return target.postgres.freeze();
      await holdPrograms(target, standingOf(region, faults()));
    },
    heal: ({ region }, { lab, faults }) => settleRegion(lab.regionNamed(region), faults),
  },
  "app-errors": {
    inject: ({ region }, around) => settleEntrances(region, around),
    heal: ({ region }, around) => settleEntrances(region, around),
  },
  "app-slow": {
    inject: ({ region }, around) => settleEntrances(region, around),
    heal: ({ region }, around) => settleEntrances(region, around),
  },
  "replay-paused": {
    inject: ({ region }, { lab, faults }) => settleReplay(lab.regionNamed(region), faults()),
    heal: ({ region }, { lab, faults }) => settleReplay(lab.regionNamed(region), faults()),
  },
  "disk-full": {
    inject: ({ region }, { lab }) =>
      fillDisk({
        postgres: lab.regionNamed(region).postgres,
        upstream: lab.peerOf(region).postgres,
      }),
    async heal({ region }, { lab, faults }) {
      const target = lab.regionNamed(region);
      await freeDisk(target.postgres);
      await settleRegion(target, faults);
    },
  },
  "rogue-writer": {
    inject: async ({ region }, { lab }) => lab.rogueWriters.start(region),
    heal: ({ region }, { lab }) => lab.rogueWriters.stop(region),
  },
  "route53-control-plane-down": {
    inject: async (_fault, { lab }) => lab.setRoute53ControlPlane(false),
    heal: async (_fault, { lab }) => lab.setRoute53ControlPlane(true),
  },
  "arbiter-down": {
    inject: async (_fault, { lab }) => lab.setArbiter(false),
    heal: async (_fault, { lab }) => lab.setArbiter(true),
  },
};

/** Injecting the same fault twice is the same as once. */
export function injectFault(fault: Fault, around: Surroundings): Promise<number | void> {
  return injectorOf(fault).inject(fault, around);
}

export function healFault(fault: Fault, around: Surroundings): Promise<void> {
  return injectorOf(fault).heal(fault, around);
}

/** The pairing of kind and row that the table guarantees, which the compiler cannot follow. */
function injectorOf(fault: Fault): Injector<FaultKind> {
  return injectors[fault.kind] as unknown as Injector<FaultKind>;
}

async function settleEntrances(region: string, { lab, faults }: Surroundings): Promise<void> {
  await Promise.all(
    lab.entrancesOf(region).map((entrance) => {
      return entrance.treat(treatmentOf(faults(), region, entrance.audience));
    }),
  );
}
