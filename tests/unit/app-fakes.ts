//! The world of the app in memory: a lease to steer, a ledger, a bucket and a peer that do what a
//! test says, and the real HTTP service in front of them.

import { pino } from "pino";
import { Metrics } from "../../app/metrics.ts";
import { Parking, type ParkingProps } from "../../app/parking.ts";
import type { Parts } from "../../app/parts.ts";
import type {
  Appended,
  Clock,
  ForwardRequest,
  Forwarded,
  Found,
  HeldLease,
  LeaseView,
  Ledger,
  LedgerSummary,
  Look,
  NewOrder,
  ObjectPut,
  Objects,
  Order,
  Page,
  Peer,
  ServingState,
  StoredObject,
} from "../../app/ports.ts";
import { startServer } from "../../app/server.ts";
import { createService } from "../../app/service.ts";

export const here = "us-east-1";
export const there = "us-west-2";
export const silentLog = pino({ level: "silent" });

export const servingHere: ServingState = {
  role: "serving",
  epoch: 7,
  remainingMs: 10_000,
  instance: "started/00000001",
};

export const standbyHere: ServingState = {
  role: "standby",
  because: "the database is a replica",
  epoch: 7,
  replayLagMs: 42,
  instance: "started/recovery",
  handover: false,
};

/** The lease ran out. */
export const lapsedHere = {
  role: "fenced",
  because: "the lease of this region is not live",
  epoch: 7,
  instance: "started/00000001",
  handover: false,
} as const satisfies ServingState;

/** The lease was given up for the other region. */
export const closedHere = {
  ...lapsedHere,
  because: "the lease of this region was closed on purpose",
  handover: true,
} as const satisfies ServingState;

export class FakeClock implements Clock {
  #nowMs = 1_000;

  nowMs(): number {
    return this.#nowMs;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
  }
}

/** `state` is what is cached, `next` what a fresh look would find. */
export class FakeLeases implements LeaseView {
  state: ServingState;
  next: ServingState | undefined;
  looks = 0;
  onLook: () => void = () => undefined;
  readonly #clock: Clock;

  constructor(clock: Clock, state: ServingState) {
    this.#clock = clock;
    this.state = state;
  }

  current(): Promise<ServingState> {
    return Promise.resolve(this.state);
  }

  look(): Promise<Look> {
    const askedAtMs = this.#clock.nowMs();
    this.looks += 1;
    this.onLook();
    this.state = this.next ?? this.state;
    return Promise.resolve({ state: this.state, askedAtMs });
  }

  latest(): ServingState {
    return this.state;
  }
}

export interface FakeLease extends HeldLease {
  readonly region: string;
  readonly live: boolean;
}

/** Keeps the ledger's promises by the lease it is given. `failsWith` answers instead, once. */
export class FakeLedger implements Ledger {
  lease: FakeLease;
  failsWith: Appended | undefined;
  readsFailWith: string | undefined;
  onAppend: () => void = () => undefined;
  appends = 0;
  readonly #region: string;
  readonly #orders: Order[] = [];

  constructor(region: string, lease: FakeLease) {
    this.#region = region;
    this.lease = lease;
  }

  append(wanted: NewOrder): Promise<Appended> {
    this.appends += 1;
    const answer = this.failsWith ?? this.#append(wanted);
    this.failsWith = undefined;
    this.onAppend();
    return Promise.resolve(answer);
  }

  find(key: string): Promise<Found<Order>> {
    const order = this.#orders.find((order) => order.key === key);
    return this.#read(order);
  }

  list({ after, limit }: Page): Promise<Found<readonly Order[]>> {
    return this.#read(this.#orders.filter(({ id }) => id > after).slice(0, limit));
  }

  summary(): Promise<Found<LedgerSummary>> {
    const newest = this.#orders.slice(-5).toReversed();
    return this.#read({ count: this.#orders.length, countMax: 100_000, newest });
  }

  #append(wanted: NewOrder): Appended {
    const { region, epoch, instance, live } = this.lease;
    if (region !== this.#region || !live) return { kind: "not-serving", because: "no live lease" };
    const lease = { epoch, instance };
    const there = this.#orders.find(({ key }) => key === wanted.key);
    if (there === undefined) {
      const acceptedAt = new Date(0).toISOString();
      const order = { ...wanted, id: this.#orders.length + 1, region, epoch, acceptedAt };
      this.#orders.push(order);
      return { kind: "accepted", order, lease };
    }
    const same =
      there.item === wanted.item &&
      there.quantity === wanted.quantity &&
      there.attachment === wanted.attachment;
    return same ? { kind: "repeated", order: there, lease } : { kind: "conflicting" };
  }

  #read<T>(value: T | undefined): Promise<Found<T>> {
    const because = this.readsFailWith;
    if (because !== undefined) return Promise.resolve({ kind: "unavailable", because });
    return Promise.resolve(value === undefined ? { kind: "absent" } : { kind: "found", value });
  }
}

export class FakeObjects implements Objects {
  failsWith: ObjectPut | undefined;
  onPut: () => void = () => undefined;
  readonly #objects = new Map<string, StoredObject>();

  put(key: string, object: StoredObject): Promise<ObjectPut> {
    this.onPut();
    if (this.failsWith !== undefined) return Promise.resolve(this.failsWith);
    this.#objects.set(key, object);
    return Promise.resolve({ kind: "stored" });
  }

  get(key: string): Promise<Found<StoredObject>> {
    const value = this.#objects.get(key);
    return Promise.resolve(value === undefined ? { kind: "absent" } : { kind: "found", value });
  }
}

export class FakePeer implements Peer {
  readonly url = "http://peer.example.com";
  answer: Forwarded = { kind: "not-sent", because: "connection refused" };
  readonly requests: ForwardRequest[] = [];
  onForward: () => void = () => undefined;

  forward(request: ForwardRequest): Promise<Forwarded> {
    this.requests.push(request);
    this.onForward();
    return Promise.resolve(this.answer);
  }

  answers(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.answer = {
      kind: "answered",
      status,
      headers: {
        "content-type": "application/json; charset=utf-8",
        "x-switchback-region": there,
        "x-switchback-epoch": "8",
        ...headers,
      },
      body: Buffer.from(JSON.stringify(body)),
    };
  }
}

/** The real service on a free port, in front of fakes. */
export class Stage {
  readonly clock = new FakeClock();
  readonly leases: FakeLeases;
  readonly ledger: FakeLedger;
  readonly objects = new FakeObjects();
  readonly peer = new FakePeer();
  readonly metrics = new Metrics(here);
  /** Called each time a held request waits; the wait itself takes no time but the clock's. */
  onWait: (waits: number) => void = () => undefined;
  waits = 0;
  readonly #overrides: Partial<Parts>;
  #url = "";
  #stop: () => Promise<void> = () => Promise.resolve();

  constructor(state: ServingState, overrides: Partial<Parts> = {}) {
    this.#overrides = overrides;
    this.leases = new FakeLeases(this.clock, state);
    const live = state.role === "serving";
    const lease = live ? state : { epoch: 7, instance: "started/00000001" };
    this.ledger = new FakeLedger(here, { ...lease, region: here, live });
  }

  async open(): Promise<this> {
    const parts: Parts = {
      region: here,
      build: "test-1",
      ackWithinMs: 250,
      clock: this.clock,
      leases: this.leases,
      ledger: this.ledger,
      objects: this.objects,
      peer: this.peer,
      parking: this.parking(),
      metrics: this.metrics,
      log: silentLog,
      ...this.#overrides,
    };
    const service = createService(parts);
    const server = await startServer({ host: "127.0.0.1", port: 0, service });
    this.#url = `http://127.0.0.1:${server.port}`;
    this.#stop = () => server.stop(0);
    return this;
  }

  close(): Promise<void> {
    return this.#stop();
  }

  parking(limits: Partial<ParkingProps> = {}): Parking {
    return new Parking({
      clock: this.clock,
      metrics: this.metrics,
      waitMs: 3_000,
      retryMs: 40,
      requestsMax: 8,
      bytesMax: 100_000,
      pause: (ms) => {
        this.clock.advance(ms);
        this.onWait((this.waits += 1));
        return Promise.resolve();
      },
      ...limits,
    });
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#url}${path}`, init);
  }

  order(key: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch("/orders", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** The value of one series of `/metrics`. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const lines = (await (await this.fetch("/metrics")).text()).split("\n");
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const line = lines.find(
      (text) => text.startsWith(`${name}{`) && pairs.every((pair) => text.includes(pair)),
    );
    if (line === undefined) throw new Error(`no series ${name} with ${pairs.join()}`);
    return Number(line.slice(line.lastIndexOf(" ")));
  }
}
