//! The holder's answer to a challenger that asks for the lease. A planned request is met; a grey one
//! only when the world outside, or this region's own app, confirms that nobody is served here.

import type { HandoverRequest } from "../failover/lease-item.ts";
import type { World } from "../failover/ports.ts";
import type { RegionName } from "../topology/topology.ts";
import type { Holder } from "./holder.ts";
import type { LeaseBoard } from "./lease-board.ts";
import type { Lookout } from "./lookout.ts";

export interface YieldingProps {
  readonly region: RegionName;
  readonly board: LeaseBoard;
  readonly holder: Holder;
  readonly lookout: Pick<Lookout, "ownApp">;
  readonly world: World;
  /** In mode observe nothing is touched. */
  readonly mayAct: boolean;
  readonly onAnswer: (answer: YieldAnswer) => void;
}

export interface YieldAnswer {
  readonly planId: string;
  readonly to: RegionName;
  readonly yielded: boolean;
  readonly because: string;
}

/** Once after each renewal: the item that came back shows whether somebody asks. */
export async function answerRequest(props: YieldingProps): Promise<void> {
  const { board, holder, mayAct, onAnswer, region } = props;
  const { item } = board;
  if (!mayAct || item === "unknown" || item.holder !== region || item.request === "none") return;
  const { by: to, planId, reason } = item.request;
  if (to === region || reason === "withdrawn") return;
  const because = await reasonToYield(item.request, props);
  if (because === "none") {
    return onAnswer({ planId, to, yielded: false, because: "the world sees this region serve" });
  }
  const released = await holder.release();
  onAnswer({
    planId,
    to,
    yielded: released.ok,
    because: released.ok ? because : `${released.fault}: ${released.detail}`,
  });
}

async function reasonToYield(
  { reason }: HandoverRequest,
  { lookout, region, world }: YieldingProps,
): Promise<string> {
  if (reason === "planned") return "a person ordered it";
  const seen = await world.sees(region);
  if (seen.ok) return seen.value === "failing" ? "the world sees this region failing" : "none";
  // Blind to the world; the app behind the own endpoint is what is left to look at.
  return lookout.ownApp === "failing" ? "the app here fails" : "none";
}
