//! The steps that move the lease, the database and the traffic from one region to the other.

import type { Plan, StepKind } from "../../failover/plan.ts";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { LeaseBoard } from "../lease-board.ts";
import type { StepHandlers } from "./handler.ts";

type ChangeStep = Extract<
  StepKind,
  | "preflight"
  | "close-writes"
  | "take-lease"
  | "drain-replication"
  | "promote-database"
  | "scale-up"
  | "grant-writes"
  | "await-serving"
  | "record-roles"
  | "announce"
>;

export const changeSteps: StepHandlers<ChangeStep> = {
  preflight: {
    title: "see that nothing speaks against it",
    checkMs: 200,
    repeatMs: 1_000,
    async check(plan, _step, { board, preflight }) {
      if (isHolder(plan, board)) return succeeded(true);
      const objections = preflight();
      return objections.length === 0 ? succeeded(true) : failed("refused", objections.join("; "));
    },
    do: async () => succeeded(undefined),
    undo: { harmless: "it only looks" },
  },

  "close-writes": {
    title: "ask the holder to close and let the lease go",
    checkMs: 25,
    repeatMs: 1_000,
    async check(plan, _step, { board }) {
      const read = await board.refresh();
      return read.ok ? succeeded(isHolder(plan, board) || isReleased(plan, board)) : read;
    },
    async do(plan, _step, { board }) {
      const { item } = board;
      if (item === "unknown") return failed("unreachable", "the arbiter has not been read yet");
      if (item.epoch !== plan.epoch - 1 || item.holder !== plan.from) {
        return failed("conflict", `epoch ${item.epoch} is held by ${item.holder}`);
      }
      if (item.request !== "none" && item.request.planId === plan.id) return succeeded(undefined);
      const reason = plan.kind === "handover" ? "grey" : "planned";
      const asked = await board.ask({ by: plan.to, planId: plan.id, reason, because: [] });
      return asked.ok ? succeeded(undefined) : asked;
    },
    undo: {
      title: "withdraw the request, or leave the lease to the old holder",
      async undo(plan, _step, { board }) {
        const read = await board.refresh();
        if (!read.ok) return read;
        const { item } = board;
        if (item === "unknown" || item.request === "none") return succeeded(undefined);
        if (item.request.planId !== plan.id) return succeeded(undefined);
        if (item.request.reason === "withdrawn") return succeeded(undefined);
        const backTo = { by: plan.from, planId: plan.id, because: [] };
        const withdrawn = await board.ask(
          isReleased(plan, board) ? { ...backTo, reason: "withdrawn" } : "none",
        );
        return withdrawn.ok ? succeeded(undefined) : withdrawn;
      },
    },
  },

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
      // Where nothing may be lost only what was let go is taken.
      const expected = plan.kind === "failover" ? plan.from : "nobody";
      if (from !== expected) return failed("conflict", `${from} holds the lease, not ${expected}`);
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
    async check(_plan, _step, { board, database }) {
      const { item } = board;
      if (item === "unknown") return failed("unreachable", "the arbiter has not been read yet");
      return item.token === "none" ? succeeded(true) : database.hasReplayed(item.token);
    },
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
      const protects = plan.kind === "protect" || plan.kind === "switchover";
      const protectedBy = protects ? `, and ${plan.from} is its standby` : "";
      announcer.announce(plan.id, `${plan.to} serves since epoch ${plan.epoch}${protectedBy}`);
      return succeeded(undefined);
    },
    undo: { harmless: "what is said is said" },
  },
};

function isHolder(plan: Plan, board: LeaseBoard): boolean {
  const { item } = board;
  return item !== "unknown" && item.epoch === plan.epoch && item.holder === plan.to;
}

function isReleased(plan: Plan, board: LeaseBoard): boolean {
  const { item } = board;
  return item !== "unknown" && item.epoch === plan.epoch - 1 && item.holder === "nobody";
}
