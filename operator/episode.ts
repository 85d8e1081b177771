//! What a process remembers only for its own convenience: since when it suspects, and when it last
//! tried a step. Losing it costs a repeated call or a less exact time, never safety.

import type { StepKind } from "../failover/plan.ts";
import type { Verdict, VerdictKind } from "../failover/verdict.ts";

export interface Attempt {
  readonly planId: string;
  readonly step: StepKind;
  readonly call: "check" | "do";
  readonly everyMs: number;
  readonly nowMs: number;
}

export class Episode {
  #suspectedAtMs: number | "calm" = "calm";
  #kind: VerdictKind = "stay";
  readonly #triedMs = new Map<string, number>();

  /** True when the kind of the verdict changed. */
  note(verdict: Verdict, wallMs: number): boolean {
    if (verdict.kind === "stay") this.#suspectedAtMs = "calm";
    else if (this.#suspectedAtMs === "calm") this.#suspectedAtMs = wallMs;
    const changed = verdict.kind !== this.#kind;
    this.#kind = verdict.kind;
    return changed;
  }

  get calm(): boolean {
    return this.#suspectedAtMs === "calm";
  }

  suspectedAtMs(otherwiseMs: number): number {
    return this.#suspectedAtMs === "calm" ? otherwiseMs : this.#suspectedAtMs;
  }

  /** True when a step may be checked or tried now; notes that it is. */
  isDue({ planId, step, call, everyMs, nowMs }: Attempt): boolean {
    const key = `${planId} ${step} ${call}`;
    const before = this.#triedMs.get(key);
    if (before !== undefined && nowMs - before < everyMs) return false;
    this.#triedMs.set(key, nowMs);
    return true;
  }

  end(planId: string): void {
    for (const key of this.#triedMs.keys()) {
      if (key.startsWith(`${planId} `)) this.#triedMs.delete(key);
    }
  }
}
