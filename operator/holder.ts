//! The holder's side of the lease: renew it with the arbiter, then, and only then, let the database
//! accept writes a little longer. `t0` is always the database's clock, read before the arbiter is asked.

import type { DatabaseState } from "../failover/ports.ts";
import type { HolderWord, LeaseItem } from "../failover/lease-item.ts";
import { hasLapsed, type LeaseWatch } from "../failover/lease.ts";
import { failed, type Outcome, succeeded } from "../failover/outcome.ts";
import { ClockStepDetector } from "./clock-step.ts";
import { Patience } from "./patience.ts";
import type { Answered, Confirmed, HolderProps, Renewed } from "./holder-parts.ts";
import { grantOf, isGranted, wordOf } from "./holder-parts.ts";

const notHeld = failed("conflict", "this region does not hold the lease");

export class Holder {
  readonly #props: HolderProps;
  readonly #startedMs: number;
  readonly #steps: ClockStepDetector;
  readonly #extending: Patience;
  #confirmed: Confirmed | "none" = "none";
  #grantedEpoch = 0;
  /** The epoch that this very process opened or took: it knows that it owes nobody a wait. */
  #ownEpoch = 0;
  #ungranted: { readonly epoch: number; readonly sinceMs: number } | "granted" = "granted";
  /** The clock was set and the lease could not be closed yet: it may reach far into the future. */
  #mustClose = false;
  /** `sent`: under way. A time: since then nobody knows whether it was applied. */
  #takeOver: "none" | "sent" | { readonly unknownSinceMs: number } = "none";
  /** Renewal, takeover, grant and release follow one another, never overlap. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(props: HolderProps) {
    this.#props = props;
    this.#startedMs = props.clock.monotonicMs();
    // A step that is not noticed eats into the margin, of which the commit gap is spoken for.
    const { commitGapMs, leaseMs, marginMs } = props.timing;
    this.#steps = new ClockStepDetector(Math.max(1, marginMs - commitGapMs));
    // The rest leaves room for another to find the lease lapsed and to take it.
    const patience = { forMs: leaseMs, restMs: 3 * (leaseMs + marginMs) };
    this.#extending = new Patience(props.clock, patience);
  }

  /** One renewal. Does nothing unless this region holds the lease. */
  renew(): Promise<void> {
    return this.#alone(async () => {
      const item = this.#held();
      if (item === "nothing") return;
      const state = await this.#readDatabase();
      // Who does not renew would otherwise never hear that the lease is another's.
      if (!this.#mayRenew(item, state)) return this.#learn(item);
      const renewed = await this.#renewWithArbiter(item, state);
      if (renewed === "failed" || !state.ok) return;
      await this.#extend(renewed, state.value);
    });
  }

  /** Opens epoch 1 at the very first start, in the region that the topology calls active. */
  open(): Promise<Outcome<LeaseItem>> {
    const { arbiter, clock, region } = this.#props;
    return this.#become(() => arbiter.open(region, clock.wallMs()));
  }

  /**
   * Takes the lease of a silent holder, or one that nobody holds. Looks at the clock once more: a
   * renewal may have come in since the verdict, and the write must not be conditional on that one.
   */
  async takeOver(seen: LeaseWatch): Promise<Outcome<LeaseItem>> {
    const { arbiter, clock, region, timing } = this.#props;
    if (!hasLapsed(seen, clock.monotonicMs(), timing)) {
      return failed("conflict", `${seen.item.holder} has renewed the lease`);
    }
    this.#takeOver = "sent";
    const taken = await this.#become(() => arbiter.takeOver(seen.item, region, clock.wallMs()));
    const isKnown = taken.ok || taken.fault === "conflict";
    this.#takeOver = isKnown ? "none" : { unknownSinceMs: clock.monotonicMs() };
    return taken;
  }

  /**
   * Whether a takeover was sent whose outcome is not known. Until it is, no promise may be given: the
   * old holder could live on promises for ever while this region holds the lease.
   */
  get takeOverIsOpen(): boolean {
    if (typeof this.#takeOver === "string") return this.#takeOver === "sent";
    const { watch } = this.#props.board;
    return watch === "unknown" || watch.lastReadMs <= this.#takeOver.unknownSinceMs;
  }

  /** Lets the database accept writes under the epoch this region holds. */
  grant(): Promise<Outcome<void>> {
    return this.#alone(async () => {
      const granted = await this.#grant();
      if (granted.ok) this.#extending.note(true);
      if (granted.ok) return granted;
      const because = `${granted.fault}: ${granted.detail}`;
      this.#props.onEvent({ kind: "grant-refused", because });
      return granted;
    });
  }

  async #grant(): Promise<Outcome<void>> {
    const { database, timing } = this.#props;
    const item = this.#held();
    if (item === "nothing") return notHeld;
    const waitMs = this.#graceMs(item.epoch);
    if (waitMs > 0) return failed("refused", `the grant waits ${Math.ceil(waitMs)} ms more`);
    const state = await this.#readDatabase();
    if (!state.ok) return state;
    if (state.value.role !== "primary") return failed("refused", "the database is a replica");
    const fromMs = await this.#confirmedFromMs(item, state);
    if (!fromMs.ok) return fromMs;
    const guarded = await database.installGuard();
    if (!guarded.ok) return guarded;
    return database.grantLease(grantOf(item, state.value, { ...timing, fromMs: fromMs.value }));
  }

  /** Gives the lease up on purpose, so that the peer need not wait it out. */
  release(): Promise<Outcome<LeaseItem>> {
    return this.#alone(async () => {
      const { arbiter, board, database } = this.#props;
      // Whom the arbiter does not hear cannot make room, and would close for nothing.
      const heard = await board.refresh();
      if (!heard.ok) return heard;
      const item = this.#held();
      if (item === "nothing") return notHeld;
      const state = await this.#readDatabase();
      if (!state.ok) return state;
      // Promoted and not granted yet, it would be left as an old primary that nobody may take up.
      if (!isGranted(item, state.value)) return failed("refused", "there is nothing to hand over");
      const token = await database.closeLease();
      if (!token.ok) return token;
      // Sent, it may be applied at any time: only a renewal after it can show that it was not.
      this.#confirmed = "none";
      const released = await arbiter.release(item, token.value);
      if (released.ok) board.take(released.value);
      return released;
    });
  }

  /**
   * A process that restarted does not know what its predecessor promised or still had under way, so
   * it outwaits that before it opens an epoch that was never granted. And a takeover that was taken
   * for lost may be applied after a promise was given: the grant waits for that promise as well.
   */
  #graceMs(epoch: number): number {
    const { board, clock, timing } = this.#props;
    const startedMs = this.#ownEpoch === epoch ? Number.NEGATIVE_INFINITY : this.#startedMs;
    const sinceMs = Math.max(startedMs, board.promisedMs);
    return sinceMs + timing.leaseMs + timing.marginMs - clock.monotonicMs();
  }

  /**
   * The database's clock before a renewal of this epoch that the arbiter confirmed. A process that
   * has none (it restarted, or never heard the answer of its takeover) renews for this grant.
   */
  async #confirmedFromMs(item: LeaseItem, state: Answered): Promise<Outcome<number>> {
    const confirmed = this.#confirmed;
    if (confirmed !== "none" && confirmed.epoch === item.epoch) return succeeded(confirmed.fromMs);
    const renewed = await this.#renewWithArbiter(item, state);
    if (renewed === "failed") return failed("refused", "no renewal of this epoch is confirmed yet");
    return succeeded(state.value.clockMs);
  }

  #become(write: () => Promise<Outcome<LeaseItem>>): Promise<Outcome<LeaseItem>> {
    return this.#alone(async () => {
      const state = await this.#readDatabase();
      const taken = await write();
      if (!taken.ok) return taken;
      this.#ownEpoch = taken.value.epoch;
      if (state.ok) {
        this.#confirmed = { epoch: taken.value.epoch, fromMs: state.value.clockMs };
      }
      this.#props.board.take(taken.value);
      return taken;
    });
  }

  async #readDatabase(): Promise<Outcome<DatabaseState>> {
    const { clock, database, onEvent } = this.#props;
    const sentMs = clock.monotonicMs();
    const state = await database.state();
    if (!state.ok) return state;
    const receivedMs = clock.monotonicMs();
    const steppedByMs = this.#steps.observe({ sentMs, receivedMs, clockMs: state.value.clockMs });
    if (steppedByMs !== 0) {
      onEvent({ kind: "clock-stepped", byMs: steppedByMs });
      this.#confirmed = "none";
      this.#mustClose = state.value.role === "primary";
    }
    // A clock set back would stretch the lease that stands: close it, and start anew from this clock.
    if (this.#mustClose) this.#mustClose = !(await database.closeLease()).ok;
    return state;
  }

  /** A database that cannot be reached lets the lease run out, unless it is just being promoted. */
  #mayRenew(item: LeaseItem, state: Outcome<DatabaseState>): boolean {
    const { clock, onEvent, promoting, ungrantedMsMax } = this.#props;
    if (state.ok && isGranted(item, state.value)) {
      this.#grantedEpoch = item.epoch;
      this.#ungranted = "granted";
      return this.#takesRenewals();
    }
    if (this.#ungranted === "granted" || this.#ungranted.epoch !== item.epoch) {
      this.#ungranted = { epoch: item.epoch, sinceMs: clock.monotonicMs() };
    }
    const onTheWay = promoting(item.epoch) || this.#ownEpoch === item.epoch;
    const ungrantedMs = clock.monotonicMs() - this.#ungranted.sinceMs;
    if (this.#grantedEpoch !== item.epoch && onTheWay && ungrantedMs <= ungrantedMsMax) return true;
    const because = state.ok ? "the database has no lease of this epoch" : state.detail;
    onEvent({ kind: "renewal-failed", because });
    return false;
  }

  /** Renewed for and never prolonged, a database would serve nobody and make room for nobody. */
  #takesRenewals(): boolean {
    if (this.#extending.lasts()) return true;
    this.#props.onEvent({ kind: "renewal-failed", because: "the database takes no renewal" });
    return false;
  }

  async #renewWithArbiter(item: LeaseItem, state: Outcome<DatabaseState>): Promise<Renewed> {
    const { appHealth, arbiter, board, clock, onEvent } = this.#props;
    // The database's clock was read before this: whoever answers, the lease began earlier.
    const sentMs = clock.monotonicMs();
    const word = wordOf(item, state, appHealth());
    const renewed = await arbiter.renew(item, word);
    if (renewed.ok) {
      board.take(renewed.value);
      if (state.ok) this.#confirmed = { epoch: renewed.value.epoch, fromMs: state.value.clockMs };
      const tookMs = clock.monotonicMs() - sentMs;
      onEvent({ kind: "renewed", epoch: renewed.value.epoch, tookMs });
      return renewed.value;
    }
    onEvent({ kind: "renewal-failed", because: `${renewed.fault}: ${renewed.detail}` });
    if (renewed.fault !== "conflict" && state.ok && isGranted(item, state.value)) {
      const vouched = await this.#askPeer(item, word, state.value.clockMs);
      if (vouched !== "failed") return vouched;
    }
    await this.#learn(item);
    return "failed";
  }

  /** Without the arbiter the lease lives on the word of the only one who could take it. */
  async #askPeer(item: LeaseItem, word: HolderWord, fromMs: number): Promise<Renewed> {
    const { board, onEvent, peer } = this.#props;
    const vouched = await peer.renewFor(item, word);
    if (!vouched.ok) {
      onEvent({ kind: "renewal-failed", because: `peer: ${vouched.detail}` });
      return "failed";
    }
    // A release that was taken for lost would leave behind what is accepted on a promise.
    const isConfirmed = this.#confirmed !== "none" && this.#confirmed.epoch === item.epoch;
    if (vouched.value.kind === "promised" && !isConfirmed) {
      onEvent({ kind: "renewal-failed", because: "a promise prolongs only what was confirmed" });
      return "failed";
    }
    onEvent({ kind: "vouched", how: vouched.value.kind });
    if (vouched.value.kind === "promised") return item;
    board.take(vouched.value.item);
    this.#confirmed = { epoch: item.epoch, fromMs };
    return vouched.value.item;
  }

  /** After a failed renewal: is the lease still ours, and at which count? */
  async #learn(before: LeaseItem): Promise<void> {
    const { board, database, onEvent, region } = this.#props;
    const now = await board.refresh();
    if (!now.ok || now.value === "absent" || now.value.holder === region) return;
    onEvent({ kind: "lost", to: now.value.holder, epoch: now.value.epoch });
    if (before.epoch < now.value.epoch) await database.closeLease();
  }

  async #extend(item: LeaseItem, state: DatabaseState): Promise<void> {
    if (!isGranted(item, state)) return;
    const { database, onEvent, timing } = this.#props;
    const grant = grantOf(item, state, { ...timing, fromMs: state.clockMs });
    const extended = await database.extendLease(grant);
    this.#extending.note(extended.ok);
    if (!extended.ok) {
      return onEvent({ kind: "renewal-failed", because: `database: ${extended.detail}` });
    }
    // What the lease said before, by whatever clock, is overwritten.
    this.#mustClose = false;
    onEvent({ kind: "extended" });
  }

  /** The lease, as last heard of, if it is this region's. */
  #held(): LeaseItem | "nothing" {
    const { board, region } = this.#props;
    return board.item !== "unknown" && board.item.holder === region ? board.item : "nothing";
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    // A failure belongs to whoever asked for it; the next in the queue starts all the same.
    this.#last = next.catch(() => undefined);
    return next;
  }
}
