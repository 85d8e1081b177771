//! What each step of a plan does. `check` reads the world and alone decides that a step is done; `do`
//! may be repeated; `undo` exists or says why it cannot. A step without its row does not compile.

import type { Plan, StepKind, StepOf } from "../failover/plan.ts";
import type {
  Announcer,
  Capacity,
  Database,
  Promotion,
  Traffic,
  World,
} from "../failover/ports.ts";
import { failed, type Outcome, succeeded } from "../failover/outcome.ts";
import type { Holder } from "./holder.ts";
import type { LeaseBoard } from "./lease-board.ts";

export interface StepPorts {
  readonly board: LeaseBoard;
  readonly holder: Holder;
  readonly database: Database;
  readonly promotion: Promotion;
  readonly capacity: Capacity;
  readonly traffic: Traffic;
  readonly world: World;
  readonly announcer: Announcer;
}

export interface StepHandler<K extends StepKind> {
  /** For runbooks and for the time line. */
  readonly title: string;
  /** How often `check` may ask the world, in milliseconds: a control plane has its rate limit. */
  readonly checkMs: number;
  /** How long to wait before `do` is repeated when `check` still says no, in milliseconds. */
  readonly repeatMs: number;
  check(plan: Plan, step: StepOf<K>, ports: StepPorts): Promise<Outcome<boolean>>;
  do(plan: Plan, step: StepOf<K>, ports: StepPorts): Promise<Outcome<void>>;
  readonly undo: { readonly irreversible: string } | { readonly harmless: string };
}

export type StepHandlers = { readonly [K in StepKind]: StepHandler<K> };

export const stepHandlers: StepHandlers = {
  "take-lease": {
    title: "take the lease",
    checkMs: 0,
    repeatMs: 200,
    check: async (plan, _step, { board }) => succeeded(isHolder(plan, board)),
    async do(plan, _step, { board, holder }) {
      const { watch } = board;
      if (watch === "unknown") return failed("unreachable", "the arbiter has not been read yet");
      const { epoch, holder: from } = watch.item;
      if (epoch !== plan.epoch - 1) return failed("conflict", `epoch is ${epoch} already`);
      if (from !== plan.from)
        return failed("conflict", `${from} holds the lease, not ${plan.from}`);
      const taken = await holder.takeOver(watch);
      // The answer may be lost and the write done: whatever the arbiter says now is what counts.
      if (!taken.ok) await board.refresh();
      return taken.ok ? succeeded(undefined) : taken;
    },
    undo: { irreversible: "the old holder is fenced; going back is a plan of its own" },
  },

  "drain-replication": {
    title: "replay up to where the old holder closed",
    checkMs: 10,
    repeatMs: 50,
    check: (_plan, { token }, { database }) => database.hasReplayed(token),
    do: async () => succeeded(undefined),
    undo: { harmless: "it only waits" },
  },

  "promote-database": {
    title: "promote the database",
    checkMs: 0,
    repeatMs: 5_000,
    async check(_plan, _step, { database }) {
      const state = await database.state();
      return state.ok ? succeeded(state.value.role === "primary") : state;
    },
    do: (_plan, _step, { promotion }) => promotion.promote(),
    undo: { irreversible: "a promoted replica has left its source; the old primary is rebuilt" },
  },

  "scale-up": {
    title: "scale the app up",
    checkMs: 100,
    repeatMs: 2_000,
    // One ready pod is enough to serve: the rest come while users are already let in.
    async check(_plan, { replicas }, { capacity }) {
      const state = await capacity.state();
      return state.ok ? succeeded(state.value.wanted >= replicas && state.value.ready > 0) : state;
    },
    do: (_plan, { replicas }, { capacity }) => capacity.scaleTo(replicas),
    undo: { harmless: "more pods than needed cost money, nothing else" },
  },

  "grant-writes": {
    title: "grant writes",
    checkMs: 0,
    repeatMs: 20,
    async check(plan, _step, { database }) {
      const state = await database.state();
      if (!state.ok) return state;
      const { lease } = state.value;
      return succeeded(
        lease !== "none" && lease.live && lease.region === plan.to && lease.epoch === plan.epoch,
      );
    },
    do: (_plan, _step, { holder }) => holder.grant(),
    undo: { irreversible: "rows may have been accepted; they go back by replication only" },
  },

  "await-serving": {
    title: "wait until the world sees it serve",
    checkMs: 50,
    repeatMs: 1_000,
    async check(plan, _step, { world }) {
      const seen = await world.sees(plan.to);
      return seen.ok ? succeeded(seen.value === "serving") : seen;
    },
    do: async () => succeeded(undefined),
    undo: { harmless: "it only waits" },
  },

  "record-roles": {
    title: "swap PRIMARY and SECONDARY",
    checkMs: 2_000,
    repeatMs: 5_000,
    async check(plan, _step, { traffic }) {
      const primary = await traffic.primary();
      return primary.ok ? succeeded(primary.value === plan.to) : primary;
    },
    do: (plan, _step, { traffic }) => traffic.makePrimary(plan.to),
    undo: { harmless: "the next plan writes the records again" },
  },

  announce: {
    title: "tell people",
    checkMs: 0,
    repeatMs: 1_000,
    // Once per process: told twice is better than not at all.
    check: async (plan, _step, { announcer }) => succeeded(announcer.announced(plan.id)),
    async do(plan, _step, { announcer }) {
      announcer.announce(plan.id, `${plan.to} serves since epoch ${plan.epoch}`);
      return succeeded(undefined);
    },
    undo: { harmless: "what is said is said" },
  },
};

/** The handler of a step, with the pairing of kinds that the table guarantees. */
export function handlerOf<K extends StepKind>(step: StepOf<K>): StepHandler<K> {
  return stepHandlers[step.kind];
}

function isHolder(plan: Plan, board: LeaseBoard): boolean {
  const { item } = board;
  return item !== "unknown" && item.epoch === plan.epoch && item.holder === plan.to;
}
