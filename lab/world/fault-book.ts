//! Which faults the lab is under. The same fault twice is one fault, and healing one of two that
//! touch the same thing leaves the other in force.

import { type ActiveFault, describeFault, type Fault } from "../faults/faults.ts";
import { type Breakable, healFault, injectFault } from "./injectors.ts";

interface Entry {
  readonly id: string;
  readonly fault: Fault;
  active: ActiveFault;
  /** Resolves when it is done; some take seconds. */
  injecting: Promise<void>;
}

export class FaultBook {
  readonly #lab: Breakable;
  readonly #entries = new Map<string, Entry>();
  #number = 0;

  constructor(lab: Breakable) {
    this.#lab = lab;
  }

  /** Those that are still being injected as well. */
  get active(): readonly ActiveFault[] {
    return [...this.#entries.values()].map(({ active }) => active);
  }

  async inject(fault: Fault): Promise<ActiveFault> {
    const identity = identityOf(fault);
    const same = [...this.#entries.values()].find((each) => identityOf(each.fault) === identity);
    const entry = same ?? this.#enter(fault);
    await entry.injecting;
    return entry.active;
  }

  /** Does nothing when there is no such fault. */
  async heal(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    await entry.injecting;
    // Somebody else may have healed it meanwhile.
    if (!this.#entries.delete(id)) return;
    await healFault(entry.fault, { lab: this.#lab, faults: () => this.#faults });
  }

  #enter(fault: Fault): Entry {
    this.#number += 1;
    const id = `fault-${this.#number}`;
    const active = { id, fault, injectedAtMs: Date.now(), text: describeFault(fault) };
    const entry: Entry = { id, fault, active, injecting: Promise.resolve() };
    if (!passesByItself(fault)) this.#entries.set(id, entry);
    entry.injecting = this.#carryOut(entry);
    return entry;
  }

  /** One that could not be done is not in force. */
  async #carryOut(entry: Entry): Promise<void> {
    try {
      const feltAtMs = await injectFault(entry.fault, {
        lab: this.#lab,
        faults: () => this.#faults,
      });
      if (feltAtMs !== undefined) entry.active = { ...entry.active, injectedAtMs: feltAtMs };
    } catch (error) {
      this.#entries.delete(entry.id);
      throw error;
    }
  }

  get #faults(): readonly Fault[] {
    return this.active.map(({ fault }) => fault);
  }
}

/** A supervisor starts these again at once: there is nothing to undo. */
export function passesByItself(fault: Fault): boolean {
  return fault.kind === "process-kill" && fault.process !== "postgres";
}

/** What is left out means the same as what is written out. */
function identityOf(fault: Fault): string {
  const told: Record<string, unknown> = { ...fault };
  if (told["oneWay"] === false) delete told["oneWay"];
  if (told["audience"] === "everyone") delete told["audience"];
  const names = Object.keys(told).toSorted();
  return JSON.stringify(names.map((name) => [name, told[name]]));
}
