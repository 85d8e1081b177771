//! A region's database in memory: role, timeline, clock, lease row and position. It answers "would
//! a write be accepted now?", which is what every safety test asks.

import type {
  Database,
  DatabaseState,
  LeaseGrant,
  Promotion,
  ReplicasState,
} from "../../failover/ports.ts";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { HandoverToken } from "../../failover/lease-item.ts";
import type { FakeClock } from "./clock.ts";
import type { Wire } from "./wire.ts";

interface LeaseRow {
  readonly region: string;
  readonly epoch: number;
  readonly timeline: number;
  readonly renewedAtMs: number;
  readonly expiresAtMs: number;
}

export interface FakeDatabaseProps {
  readonly name: string;
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly role: DatabaseState["role"];
  /** How far its clock is from everybody else's. */
  readonly clockOffsetMs: number;
  readonly note: (event: string) => void;
}

export class FakeDatabase implements Database, Promotion {
  readonly #props: FakeDatabaseProps;
  role: DatabaseState["role"];
  timeline = 1;
  row: LeaseRow | "none" = "none";
  /** Position in the log; moves with every accepted write. */
  position = 100;
  /** What clients have written, and replication brought. */
  rows: readonly string[] = [];
  isGuarded = false;
  isStreaming = true;
  /** How far it had come when it was promoted. */
  promotedAt = 0;
  /** Who streams from it, as the test arranges it. */
  onReplicas: () => ReplicasState = () => ({ streaming: 0, behindBytes: 0 });
  clockOffsetMs: number;

  constructor(props: FakeDatabaseProps) {
    this.#props = props;
    this.role = props.role;
    this.clockOffsetMs = props.clockOffsetMs;
  }

  get clockMs(): number {
    return this.#props.clock.monotonicMs() + this.clockOffsetMs;
  }

  /** Whether a write would be accepted at this instant. */
  get isWritable(): boolean {
    const { row } = this;
    return (
      this.role === "primary" &&
      row !== "none" &&
      row.timeline === this.timeline &&
      row.expiresAtMs > this.clockMs
    );
  }

  /** A client's write. Returns whether it was accepted. */
  write(row: string): boolean {
    if (!this.isWritable) return false;
    this.rows = [...this.rows, row];
    this.position += 1;
    return true;
  }

  /** What replication brings: everything the source has. */
  receive(source: FakeDatabase): void {
    if (this.role !== "replica" || !this.isStreaming || source.role !== "primary") return;
    if (source.timeline !== this.timeline) return;
    this.row = source.row;
    this.position = source.position;
    this.rows = source.rows;
  }

  state(): Promise<Outcome<DatabaseState>> {
    return this.#props.wire.call("state", () => succeeded(this.#state()));
  }

  installGuard(): Promise<Outcome<void>> {
    return this.#props.wire.call("installGuard", () => {
      if (this.role === "replica") return failed("refused", "read-only (SQLSTATE 25006)");
      this.isGuarded = true;
      return succeeded(undefined);
    });
  }

  grantLease(grant: LeaseGrant): Promise<Outcome<void>> {
    return this.#props.wire.call("grantLease", () => {
      if (this.role === "replica" || !this.isGuarded) return failed("refused", "cannot be granted");
      if (this.row !== "none" && this.row.epoch > grant.epoch) return failed("conflict", "newer");
      this.#write(grant, "grant");
      return succeeded(undefined);
    });
  }

  extendLease(grant: LeaseGrant): Promise<Outcome<void>> {
    return this.#props.wire.call("extendLease", () => {
      const { row } = this;
      if (this.role === "replica" || row === "none" || row.epoch !== grant.epoch) {
        return failed("conflict", "not granted here");
      }
      this.#write(grant, "extend");
      return succeeded(undefined);
    });
  }

  closeLease(): Promise<Outcome<HandoverToken>> {
    return this.#props.wire.call("closeLease", () => {
      if (this.role === "replica") return failed("refused", "read-only (SQLSTATE 25006)");
      if (this.row !== "none") this.row = { ...this.row, expiresAtMs: this.clockMs };
      this.#props.note(`${this.#props.name}: close`);
      return succeeded({
        systemIdentifier: "7",
        timeline: this.timeline,
        lsn: `0/${this.position}`,
      });
    });
  }

  hasReplayed(token: HandoverToken): Promise<Outcome<boolean>> {
    return this.#props.wire.call("hasReplayed", () => {
      const wanted = Number(token.lsn.split("/")[1]);
      if (this.role === "replica") return succeeded(this.position >= wanted);
      return succeeded(this.timeline === token.timeline || this.promotedAt >= wanted);
    });
  }

  replicas(): Promise<Outcome<ReplicasState>> {
    return this.#props.wire.call("replicas", () => succeeded(this.onReplicas()));
  }

  /** A new replica of that one, in the place of what stood here. */
  rebuildFrom(source: FakeDatabase): void {
    this.role = "replica";
    this.timeline = source.timeline;
    this.row = source.row;
    this.position = source.position;
    this.rows = source.rows;
    this.#props.note(`${this.#props.name}: rebuilt`);
  }

  promote(): Promise<Outcome<void>> {
    return this.#props.wire.call("promote", () => {
      if (this.role === "replica") {
        this.role = "primary";
        this.timeline += 1;
        this.promotedAt = this.position;
        this.#props.note(`${this.#props.name}: promote`);
      }
      return succeeded(undefined);
    });
  }

  #write({ region, epoch, timeline, fromMs, leaseMs }: LeaseGrant, how: string): void {
    this.row = { region, epoch, timeline, renewedAtMs: fromMs, expiresAtMs: fromMs + leaseMs };
    this.#props.note(`${this.#props.name}: ${how} ${epoch}`);
  }

  #state(): DatabaseState {
    const { row } = this;
    return {
      role: this.role,
      clockMs: this.clockMs,
      timeline: this.timeline,
      streaming: this.role === "replica" && this.isStreaming,
      lease:
        row === "none"
          ? "none"
          : {
              region: row.region,
              epoch: row.epoch,
              timeline: row.timeline,
              renewedAtMs: row.renewedAtMs,
              live: this.isWritable,
            },
    };
  }
}
