//! The steps that make a standby again of a region that served before. Nothing of the old primary is
//! touched before what only it has is listed, and it is never deleted.

import type { StepKind } from "../../failover/plan.ts";
import type { SalvageSummary } from "../../failover/ports.ts";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { StepHandlers } from "./handler.ts";

type ProtectStep = Extract<
  StepKind,
  | "snapshot-old-primary"
  | "salvage"
  | "retire-old-primary"
  | "create-replica"
  | "await-caught-up"
  | "reverse-storage"
>;

/** A replica this close has caught up: what is left is on its way. */
const behindBytesMax = 1_048_576;

export const protectSteps: StepHandlers<ProtectStep> = {
  "snapshot-old-primary": {
    title: "snapshot the old primary",
    checkMs: 500,
    repeatMs: 10_000,
    async check(_plan, { name }, { rebuild }) {
      const state = await rebuild.snapshotState(name);
      return state.ok ? succeeded(state.value === "available") : state;
    },
    do: (_plan, { name }, { rebuild }) => rebuild.snapshot(name),
    undo: { harmless: "a snapshot costs money, nothing else" },
  },

  salvage: {
    title: "list and export what only the old primary has",
    checkMs: 250,
    repeatMs: 5_000,
    async check(_plan, { name }, { salvage }) {
      const summary = await salvage.summary(name);
      if (!summary.ok) return summary;
      return succeeded(summary.value === "absent" ? false : { detail: wordsOf(summary.value) });
    },
    do: (_plan, { name }, { salvage }) => salvage.start(name),
    undo: { harmless: "it only reads, and its exports are kept" },
  },

  "retire-old-primary": {
    title: "rename the old primary and keep it",
    checkMs: 500,
    repeatMs: 10_000,
    check: (_plan, { name }, { rebuild }) => rebuild.isRetired(name),
    do: (_plan, { name }, { rebuild }) => rebuild.retire(name),
    undo: {
      irreversible: "the region has no database under its own name until the replica stands",
    },
  },

  "create-replica": {
    title: "create the replica",
    checkMs: 500,
    repeatMs: 10_000,
    async check(_plan, _step, { rebuild }) {
      const state = await rebuild.state();
      if (!state.ok) return state;
      const { value } = state;
      if (value.kind === "absent") return succeeded(false);
      if (value.kind === "replica" && value.followsThisRegion) {
        return succeeded(value.status === "available");
      }
      return failed("refused", `a ${value.kind} stands there that does not follow this region`);
    },
    do: (_plan, _step, { rebuild }) => rebuild.createReplica(),
    undo: {
      irreversible: "the region has no database under its own name until the replica stands",
    },
  },

  "await-caught-up": {
    title: "wait until the replica has caught up",
    checkMs: 100,
    repeatMs: 1_000,
    async check(_plan, _step, { database }) {
      const state = await database.replicas();
      if (!state.ok) return state;
      const { behindBytes, streaming } = state.value;
      return succeeded(streaming > 0 && behindBytes <= behindBytesMax);
    },
    do: async () => succeeded(undefined),
    undo: { harmless: "it only waits" },
  },

  "reverse-storage": {
    title: "send the objects the other way",
    checkMs: 500,
    repeatMs: 5_000,
    async check(_plan, _step, { storage }) {
      const state = await storage.state();
      if (!state.ok) return state;
      const { rule, unreplicated } = state.value;
      return succeeded(rule === "enabled" && unreplicated === 0);
    },
    do: (_plan, _step, { storage }) => storage.turnAround(),
    undo: { harmless: "objects in both regions harm nobody" },
  },
};

function wordsOf(summary: SalvageSummary): string {
  const { conflictingRows, deletedRows, location, missingObjects, missingRows } = summary;
  return (
    `${missingRows} rows only there, ${conflictingRows} in conflict, ${deletedRows} deleted there, ` +
    `${missingObjects} objects missing: ${location}`
  );
}
