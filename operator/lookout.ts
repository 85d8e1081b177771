//! Looks, and keeps looking, at the other region from four sides, each on its own clock so that a
//! slow one never delays another. Decides nothing: it only says what was seen, and when.

import type { Reading, StandbyState, Vantage } from "../failover/observations.ts";
import type {
  Capacity,
  CapacityState,
  Clock,
  Database,
  DatabaseState,
  World,
} from "../failover/ports.ts";
import type { HolderWord, LeaseItem } from "../failover/lease-item.ts";
import type { RegionName } from "../topology/topology.ts";
import type { ProbeAnswer } from "./adapters/probe.ts";
import type { LeaseBoard } from "./lease-board.ts";

export interface LookoutProps {
  readonly region: RegionName;
  readonly peer: RegionName;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly board: LeaseBoard;
  readonly database: Database;
  readonly capacity: Capacity;
  readonly world: World;
  readonly probe: (region: RegionName) => Promise<ProbeAnswer>;
}

/** The replica's newest heartbeat and when it came, on our own clock. */
interface Heartbeat {
  readonly writtenMs: number;
  readonly arrivedMs: number;
}

export class Lookout {
  readonly #props: LookoutProps;
  readonly #readings = new Map<Vantage, Reading>();
  readonly #onceServing = new Set<Vantage>();
  #database: DatabaseState | "unreachable" = "unreachable";
  #capacity: CapacityState | "unknown" = "unknown";
  #heartbeat: Heartbeat | "none" = "none";
  #ownApp: HolderWord["app"] = "silent";
  #writableSinceMs: number | "not" = "not";
  /** Since when the holder has said that it can serve; what failed before says nothing of it. */
  #holderWritableSinceMs: number | "not" = "not";
  #lagMs: number | "unknown" = "unknown";

  constructor(props: LookoutProps) {
    this.#props = props;
  }

  get readings(): readonly Reading[] {
    return [...this.#readings.values()];
  }

  get ownApp(): HolderWord["app"] {
    return this.#ownApp;
  }

  /** How long the own database has been seen writable without a break. */
  get writableForMs(): number {
    const { clock } = this.#props;
    return this.#writableSinceMs === "not" ? 0 : clock.monotonicMs() - this.#writableSinceMs;
  }

  get database(): DatabaseState | "unreachable" {
    return this.#database;
  }

  get standby(): StandbyState {
    return {
      database: this.#databaseKind(),
      lagMs: this.#lagMs,
      appsReady: this.#capacity === "unknown" ? "unknown" : this.#capacity.ready,
    };
  }

  get capacity(): CapacityState | "unknown" {
    return this.#capacity;
  }

  /** True while the other region (or nobody) holds the lease, so that it is worth watching. */
  get watching(): boolean {
    const { item } = this.#props.board;
    return item === "unknown" || item.holder !== this.#props.region;
  }

  /** True once the probe and the world have both seen the other region serve. */
  get knowsBetterDays(): boolean {
    return this.#onceServing.has("probe") && this.#onceServing.has("world");
  }

  async lookAtLease(): Promise<void> {
    if (!this.watching) {
      this.#readings.delete("self");
      return;
    }
    const answer = await this.#props.board.refresh();
    const { item } = this.#props.board;
    if (!answer.ok) return this.#note("self", "silent", `arbiter: ${answer.detail}`);
    this.#noteHolder(item);
    if (item === "unknown" || item.word === "none") {
      return this.#note("self", "silent", "the holder has not spoken yet");
    }
    const { app, database } = item.word;
    if (database === "writable" && app !== "failing") {
      return this.#note("self", "serving", "the holder says that it serves");
    }
    this.#note("self", "failing", `the holder says: database ${database}, app ${app}`);
  }

  #noteHolder(item: LeaseItem | "unknown"): void {
    const isWritable =
      item !== "unknown" && item.word !== "none" && item.word.database === "writable";
    if (!isWritable) this.#holderWritableSinceMs = "not";
    else if (this.#holderWritableSinceMs === "not") {
      this.#holderWritableSinceMs = this.#props.clock.monotonicMs();
    }
  }

  /** The active region's endpoint from outside; of the own region when this one is active. */
  async lookAtEndpoint(): Promise<void> {
    if (this.watching) {
      const { health, detail } = await this.#props.probe(this.#props.peer);
      return this.#note("probe", health, detail);
    }
    this.#readings.delete("probe");
    this.#ownApp = (await this.#props.probe(this.#props.region)).health;
  }

  async lookAtWorld(): Promise<void> {
    if (!this.watching) {
      this.#readings.delete("world");
      return;
    }
    const { peer } = this.#props;
    const seen = await this.#props.world.sees(peer);
    if (!seen.ok) return this.#note("world", "silent", `DNS: ${seen.detail}`);
    this.#note("world", seen.value, `health checkers see ${peer} ${seen.value}`);
  }

  async lookAtDatabase(): Promise<void> {
    const state = await this.#props.database.state();
    this.#database = state.ok ? state.value : "unreachable";
    const isWritable = state.ok && state.value.lease !== "none" && state.value.lease.live;
    if (!isWritable) this.#writableSinceMs = "not";
    else if (this.#writableSinceMs === "not") {
      this.#writableSinceMs = this.#props.clock.monotonicMs();
    }
    if (!state.ok) return this.#note("data", "silent", `own database: ${state.detail}`);
    const { lease, role } = state.value;
    if (role === "primary" || lease === "none") {
      this.#readings.delete("data");
      this.#lagMs = "unknown";
      return;
    }
    this.#noteHeartbeat(lease.renewedAtMs);
    this.#measureLag(lease.renewedAtMs, lease.epoch);
  }

  async lookAtCapacity(): Promise<void> {
    const state = await this.#props.capacity.state();
    this.#capacity = state.ok ? state.value : "unknown";
  }

  /** Each renewal stamps a row; a replica that sees no new stamp has lost its source. */
  #noteHeartbeat(writtenMs: number): void {
    const nowMs = this.#props.clock.monotonicMs();
    const before = this.#heartbeat;
    if (before === "none" || before.writtenMs !== writtenMs) {
      this.#heartbeat = { writtenMs, arrivedMs: nowMs };
      return this.#note("data", "serving", "the replica receives");
    }
    const ageMs = Math.round(nowMs - before.arrivedMs);
    if (ageMs <= this.#props.leaseMs) return this.#note("data", "serving", "the replica receives");
    this.#note("data", "failing", `no heartbeat has arrived for ${ageMs} ms`);
  }

  /**
   * Both times are the primary's own clock: the one it told the arbiter with its last renewal, the
   * other as far as it has reached the replica. So this says how much was missing when the holder
   * was last heard of, and does not grow afterwards.
   */
  #measureLag(writtenMs: number, epoch: number): void {
    const { item } = this.#props.board;
    if (item === "unknown" || item.word === "none" || item.epoch !== epoch) {
      // A row of another epoch: the replica may have missed everything since.
      this.#lagMs = "unknown";
      return;
    }
    this.#lagMs = Math.max(0, item.word.databaseMs - writtenMs);
  }

  #databaseKind(): StandbyState["database"] {
    if (this.#database === "unreachable") return "unreachable";
    if (this.#database.role === "replica") return "replica";
    const { item } = this.#props.board;
    const { lease } = this.#database;
    const isLastHolder =
      item !== "unknown" &&
      lease !== "none" &&
      lease.region === this.#props.region &&
      lease.epoch === item.epoch;
    return isLastHolder ? "last-holder" : "old-primary";
  }

  #note(vantage: Vantage, health: Reading["health"], detail: string): void {
    const atMs = this.#props.clock.monotonicMs();
    const before = this.#readings.get(vantage);
    const holderMs = this.#holderWritableSinceMs === "not" ? atMs : this.#holderWritableSinceMs;
    const sinceMs = before?.health === health ? Math.max(before.sinceMs, holderMs) : atMs;
    this.#readings.set(vantage, { vantage, atMs, sinceMs, health, detail });
    if (health === "serving") this.#onceServing.add(vantage);
  }
}
