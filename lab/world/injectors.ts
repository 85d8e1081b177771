//! How each fault is done to the lab, and undone. A fault without its row does not compile.

import type { Fault, FaultKind } from "../faults/faults.ts";
import type { Mesh } from "../links/mesh.ts";
import type { LabRegion } from "./region.ts";

export interface Breakable {
  readonly mesh: Mesh;
  readonly regionNamed: (name: string) => LabRegion;
  readonly setRoute53ControlPlane: (isUp: boolean) => void;
  readonly setArbiter: (isUp: boolean) => void;
}

type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

interface Injector<K extends FaultKind> {
  inject(fault: FaultOf<K>, lab: Breakable): Promise<void>;
  heal(fault: FaultOf<K>, lab: Breakable): Promise<void>;
}

const injectors: { readonly [K in FaultKind]: Injector<K> } = {
  "region-loss": {
    async inject({ region }, { mesh, regionNamed }) {
      // Dark first: what is on the wire at this moment must not arrive any more.
      mesh.dark(region);
      await regionNamed(region).lose();
    },
    async heal({ region }, { mesh, regionNamed }) {
      mesh.light(region);
      await regionNamed(region).restore();
    },
  },
  "link-cut": {
    inject: async ({ from, to, oneWay = false }, { mesh }) => mesh.cut(from, to, { oneWay }),
    heal: async ({ from, to }, { mesh }) => mesh.heal(from, to),
  },
  "link-slow": {
    inject: async ({ from, to, latencyMs }, { mesh }) => mesh.slow(from, to, latencyMs),
    heal: async ({ from, to }, { mesh }) => mesh.slow(from, to, 0),
  },
  "process-kill": {
    async inject({ process, region }, { regionNamed }) {
      const target = regionNamed(region);
      if (process === "postgres") return target.postgres.kill();
      await Promise.all(programsOf(target, process).map((program) => program.kill()));
    },
    async heal({ process, region }, { regionNamed }) {
      const { postgres } = regionNamed(region);
      if (process === "postgres" && !postgres.running) await postgres.start();
    },
  },
  "process-freeze": {
    async inject({ process, region }, { regionNamed }) {
      const target = regionNamed(region);
      if (process === "postgres") return target.postgres.freeze();
      for (const program of programsOf(target, process)) program.freeze();
    },
    async heal({ process, region }, { regionNamed }) {
      const target = regionNamed(region);
      if (process === "postgres") return target.postgres.thaw();
      for (const program of programsOf(target, process)) program.thaw();
    },
  },
  "route53-control-plane-down": {
    inject: async (_fault, lab) => lab.setRoute53ControlPlane(false),
    heal: async (_fault, lab) => lab.setRoute53ControlPlane(true),
  },
  "arbiter-down": {
    inject: async (_fault, lab) => lab.setArbiter(false),
    heal: async (_fault, lab) => lab.setArbiter(true),
  },
};

/** Injecting the same fault twice is the same as once. */
export function injectFault(fault: Fault, lab: Breakable): Promise<void> {
  return injectorOf(fault).inject(fault, lab);
}

export function healFault(fault: Fault, lab: Breakable): Promise<void> {
  return injectorOf(fault).heal(fault, lab);
}

/** The pairing of kind and row that the table guarantees, which the compiler cannot follow. */
function injectorOf(fault: Fault): Injector<FaultKind> {
  return injectors[fault.kind] as unknown as Injector<FaultKind>;
}

function programsOf({ supervisor }: LabRegion, process: "operator" | "app") {
  return supervisor.processes.filter(({ program: { name } }) =>
    process === "operator" ? name === "operator" : name.startsWith("app-"),
  );
}
