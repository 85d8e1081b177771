//! One direction between two sites: how long bytes take, how many fit through, whether they pass.
//! All connections between the sites share it, so they share its bandwidth and its faults.

/**
 * `blackhole`: what is sent neither arrives nor fails; it waits, as TCP retransmits, until the path
 * is up again. `refuse`: new connections are reset. `reset`: existing ones too.
 */
export type PathMode = "up" | "blackhole" | "refuse" | "reset";

export interface PathState {
  readonly mode: PathMode;
  /** Comes on top of what the distance costs. */
  readonly extraLatencyMs: number;
  /** Up to this much more, by chance. Order is kept. */
  readonly jitterMs: number;
  /** `Infinity`: no limit. */
  readonly bandwidthBitsPerSecond: number;
}

export interface PathProps {
  readonly from: string;
  readonly to: string;
  /** What the distance costs. */
  readonly distanceMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Path {
  readonly from: string;
  readonly to: string;
  readonly #distanceMs: number;
  readonly #random: () => number;
  #state: PathState = {
    mode: "up",
    extraLatencyMs: 0,
    jitterMs: 0,
    bandwidthBitsPerSecond: Infinity,
  };
  #lineFreeAtMs = 0;

  constructor({ from, to, distanceMs, random }: PathProps) {
    this.from = from;
    this.to = to;
    this.#distanceMs = distanceMs;
    this.#random = random;
  }

  get state(): PathState {
    return this.#state;
  }

  change(changes: Partial<PathState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  /** Whether what was sent on an existing connection arrives. */
  get passes(): boolean {
    return this.#state.mode === "up" || this.#state.mode === "refuse";
  }

  get latencyMs(): number {
    return this.#distanceMs + this.#state.extraLatencyMs;
  }

  /** When bytes that are sent at `nowMs` arrive. Takes up the line for as long as they need. */
  arrivalMs(nowMs: number, bytes: number): number {
    const { jitterMs, bandwidthBitsPerSecond } = this.#state;
    const lineMs = (bytes * 8_000) / bandwidthBitsPerSecond;
    this.#lineFreeAtMs = Math.max(this.#lineFreeAtMs, nowMs) + lineMs;
    const sentMs = lineMs === 0 ? nowMs : this.#lineFreeAtMs;
    return sentMs + this.latencyMs + (jitterMs === 0 ? 0 : jitterMs * this.#random());
  }
}
