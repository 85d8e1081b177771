//! The leg of a drill that a person asked for: from the last command for a planned move to the end.
//! A planned move promises more than a forced one, so it is measured by itself.

import type { Ledger } from "../ledger.ts";
import { isPlannedMove, type CommandRecord } from "./command.ts";
import type { Acknowledgement, LostRow, PlannedLeg } from "./evidence.ts";
import { longestGapMs } from "./recovery.ts";
import { failedRequests } from "./requests.ts";

/** The command that was accepted last; a refused one moves nothing. */
export function plannedCommand(commands: readonly CommandRecord[]): CommandRecord | null {
  return commands.findLast(({ accepted, command }) => accepted && isPlannedMove(command)) ?? null;
}

export interface PlannedProps {
  readonly commands: readonly CommandRecord[];
  readonly ledger: Ledger;
  /** By time. */
  readonly acknowledgements: readonly Acknowledgement[];
  readonly lost: readonly LostRow[] | null;
}

export function plannedLeg(props: PlannedProps): PlannedLeg | null {
  const command = plannedCommand(props.commands);
  if (command === null) return null;
  const { acknowledgements, ledger, lost } = props;
  const beganAtMs = command.sentAtMs;
  const epoch = epochAt(acknowledgements, beganAtMs);
  const sinceMs = acknowledgements.find((ack) => (ack.epoch ?? 0) >= epoch)?.doneAtMs ?? beganAtMs;
  const users = acknowledgements.filter((ack) => ack.kind === "user");
  const lastBefore = users.findLastIndex((ack) => ack.doneAtMs <= beganAtMs);
  return {
    beganAtMs,
    sinceMs,
    failedRequests: failedRequests(ledger, beganAtMs),
    lostRows: lost === null ? null : lost.filter((row) => (row.epoch ?? epoch) >= epoch).length,
    writePauseMs: longestGapMs(users.slice(Math.max(0, lastBefore)), ledger),
  };
}

function epochAt(acknowledgements: readonly Acknowledgement[], atMs: number): number {
  const before = acknowledgements.filter((ack) => ack.doneAtMs <= atMs);
  return before.reduce((newest, ack) => Math.max(newest, ack.epoch ?? 0), 0);
}
