//! Which faults the lab is under. The same fault twice is one fault, and healing one of two that
//! touch the same link leaves the other in force.

import { type ActiveFault, describeFault, type Fault } from "../faults/faults.ts";
import { type Breakable, healFault, injectFault } from "./injectors.ts";

export class FaultBook {
  readonly #lab: Breakable;
  readonly #faults = new Map<string, ActiveFault>();
  #number = 0;

  constructor(lab: Breakable) {
    this.#lab = lab;
  }

  get active(): readonly ActiveFault[] {
    return [...this.#faults.values()];
  }

  async inject(fault: Fault): Promise<ActiveFault> {
    const same = this.active.find((each) => JSON.stringify(each.fault) === JSON.stringify(fault));
    if (same !== undefined) return same;
    this.#number += 1;
    const injectedAtMs = Date.now();
    await injectFault(fault, this.#lab);
    const text = describeFault(fault);
    const injected = { id: `fault-${this.#number}`, fault, injectedAtMs, text };
    if (!passesByItself(fault)) this.#faults.set(injected.id, injected);
    return injected;
  }

  /** Does nothing when there is no such fault. */
  async heal(id: string): Promise<void> {
    const healed = this.#faults.get(id);
    if (healed === undefined) return;
    this.#faults.delete(id);
    await healFault(healed.fault, this.#lab);
    for (const { fault } of this.active)
      if (isLinkFault(fault)) await injectFault(fault, this.#lab);
  }
}

/** A supervisor starts these again at once: there is nothing to undo. */
export function passesByItself(fault: Fault): boolean {
  return fault.kind === "process-kill" && fault.process !== "postgres";
}

function isLinkFault({ kind }: Fault): boolean {
  return kind === "link-cut" || kind === "link-slow";
}
