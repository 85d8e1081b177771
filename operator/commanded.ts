//! What a person ordered, turned into plans: a command stands in the arbiter's item until the world is
//! as it asks. Each region's operator does its own part of it, so either may be asked, and either killed.

import type { Command } from "../failover/lease-item.ts";
import type { Observations } from "../failover/observations.ts";
import { planProtect, planSwitchover } from "../failover/plan.ts";
import type { Verdict } from "../failover/verdict.ts";
import { begin } from "./begin.ts";
import type { Operator } from "./operator.ts";

/** How often the other region's RDS is asked while a command waits. */
const lookMs = 500;

/** One step towards what was ordered, when no plan runs: a plan is begun, or the command is done. */
export async function settleCommand(
  seen: Observations,
  { kind }: Verdict,
  operator: Operator,
): Promise<void> {
  if (seen.lease === "unknown") return;
  const { command } = seen.lease.item.control;
  if (command === "none" || kind === "seize" || kind === "hold") return;
  const { holder } = seen.lease.item;
  if (command.kind !== "protect" && command.to === holder) return done(command, operator);
  if (holder === operator.region) return protectFirst(command, seen, operator);
  if (command.kind !== "protect" && command.to === operator.region) {
    await changeOver(command, seen, operator);
  }
}

/** The holder's part: the other region must be able to take over before it may. */
async function protectFirst(
  command: Command,
  { lease }: Observations,
  operator: Operator,
): Promise<void> {
  const { clock, episode, peer, ports, region } = operator;
  if (lease === "unknown" || command.kind === "switchover") return;
  const due = { planId: command.id, step: "create-replica", call: "check" } as const;
  if (!episode.isDue({ ...due, everyMs: lookMs, nowMs: clock.monotonicMs() })) return;
  const standing = await ports.rebuild.state();
  if (!standing.ok) return;
  const { value } = standing;
  if (value.kind === "replica" && value.followsThisRegion) {
    if (command.kind === "protect") await done(command, operator);
    return;
  }
  const { epoch } = lease.item;
  const kept = { keptAs: keptAs(operator, epoch), isAbsent: value.kind === "absent" };
  const plan = planProtect({ from: peer, to: region, epoch, ...kept });
  await begin(plan, [`a person ordered ${command.kind}`], operator);
}

/** The standby's part: it may begin as soon as it is one. */
async function changeOver(
  command: Command,
  { lease, standby }: Observations,
  operator: Operator,
): Promise<void> {
  const { peer, region, replicas } = operator;
  if (lease === "unknown" || lease.item.holder !== peer) return;
  // Until the holder has made a replica of it again.
  if (command.kind === "failback" && standby.database !== "replica") return;
  const epoch = lease.item.epoch + 1;
  const plan = planSwitchover({
    from: peer,
    to: region,
    epoch,
    replicas,
    keptAs: keptAs(operator, epoch),
  });
  await begin(plan, [`a person ordered ${command.kind}`], operator);
}

/** RDS wants letters, digits and hyphens; the epoch makes it unique. */
function keptAs({ peer, service }: Operator, epoch: number): string {
  return `${service}-${peer}-before-epoch-${epoch}`;
}

async function done({ id }: Command, { ports }: Operator): Promise<void> {
  await ports.board.instruct((control) =>
    control.command !== "none" && control.command.id === id
      ? { ...control, command: "none" }
      : control,
  );
}
