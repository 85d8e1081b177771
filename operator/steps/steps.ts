//! What each step of a plan does: one row a step, and a step without its row does not compile.

import type { StepKind, StepOf } from "../../failover/plan.ts";
import { changeSteps } from "./change.ts";
import type { StepHandler, StepHandlers } from "./handler.ts";
import { protectSteps } from "./protect.ts";

export const stepHandlers: StepHandlers<StepKind> = { ...changeSteps, ...protectSteps };

/** The handler of a step, with the pairing of kinds that the table guarantees. */
export function handlerOf<K extends StepKind>(step: StepOf<K>): StepHandler<K> {
  return stepHandlers[step.kind];
}
