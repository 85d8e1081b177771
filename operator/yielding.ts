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
  readonly lookout: Pick<Lookout, "ownApp" | "writableForMs">;
  /** Whoever has been writable for less is seen failing because it was not. */
  readonly writableMsMin: number;
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
  const { because, yields } = await considered(item.request, props);
  if (!yields) return onAnswer({ planId, to, yielded: false, because });
  const released = await holder.release();
  onAnswer({
    planId,
    to,
    yielded: released.ok,
    because: released.ok ? because : `${released.fault}: ${released.detail}`,
  });
}

interface Considered {
  readonly yields: boolean;
  readonly because: string;
}

async function considered(
  { reason }: HandoverRequest,
  { lookout, region, world, writableMsMin }: YieldingProps,
): Promise<Considered> {
  if (reason === "planned") return { yields: true, because: "a person ordered it" };
  if (lookout.writableForMs < writableMsMin) {
    return { yields: false, because: "this region has only just become writable" };
  }
  const seen = await world.sees(region);
  if (seen.ok) {
    const yields = seen.value === "failing";
    return { yields, because: `the world sees this region ${yields ? "failing" : "serve"}` };
  }
  // Blind to the world; the app behind the own endpoint is what is left to look at.
  const yields = lookout.ownApp === "failing";
  return { yields, because: yields ? "the app here fails" : "blind, and the app here serves" };
}
