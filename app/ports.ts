//! What the HTTP layer asks of the world, in the words of the service: a view of the write lease,
//! a ledger of orders, a store of objects, the peer region. Tests put fakes behind the same words.
//! Expected failures are values here; a rejected promise is a bug.

/** Milliseconds that only move forward. Never compared with another machine's. */
export interface Clock {
  nowMs(): number;
}

/**
 * What this region may do, by its own database.
 * `serving`: a live lease of this region. `standby`: a replica. `fenced`: writable in itself, but
 * without a live lease of this region. `unknown`: the database did not say.
 * `handover`: the lease did not run out, it was closed on purpose, and a moment ago: some region is
 * about to serve.
 */
export type ServingState =
  | {
      readonly role: "serving";
      readonly epoch: number;
      /** How long the lease still ran when the database was asked. */
      readonly remainingMs: number;
      /** One run of one database server on one timeline. */
      readonly instance: string;
    }
  | {
      readonly role: "standby";
      readonly because: string;
      readonly epoch: number | "unknown";
      readonly replayLagMs: number | "unknown";
      readonly instance: string;
      readonly handover: boolean;
    }
  | {
      readonly role: "fenced";
      readonly because: string;
      readonly epoch: number | "unknown";
      readonly instance: string;
      readonly handover: boolean;
    }
  | { readonly role: "unknown"; readonly because: string; readonly databaseAnswers: boolean };

export type NotServing = Exclude<ServingState, { readonly role: "serving" }>;

export type Role = ServingState["role"];

/** One question to the database, with the moment before it was asked. */
export interface Look {
  readonly state: ServingState;
  readonly askedAtMs: number;
}

export interface LeaseView {
  /** The state as of half a second ago or later. Concurrent callers share one question. */
  current(): Promise<ServingState>;
  /** A question to the database that starts after this call, whatever is cached or under way. */
  look(): Promise<Look>;
  /** The last state seen, however old: for headers and pages, never for a decision. */
  latest(): ServingState;
}

/** The lease under which the database took a write: the epoch, and which running server it was. */
export interface HeldLease {
  readonly epoch: number;
  readonly instance: string;
}

export interface NewOrder {
  readonly key: string;
  readonly item: string;
  readonly quantity: number;
  /** Key of an object, which need not be there yet; null when the order has none. */
  readonly attachment: string | null;
}

export interface Order extends NewOrder {
  readonly id: number;
  readonly region: string;
  readonly epoch: number;
  /** ISO 8601, by the database's clock. */
  readonly acceptedAt: string;
}

export type Appended =
  | { readonly kind: "accepted"; readonly order: Order; readonly lease: HeldLease }
  /** The key was there already, with the same content. */
  | { readonly kind: "repeated"; readonly order: Order; readonly lease: HeldLease }
  /** The key was there already, with other content. */
  | { readonly kind: "conflicting" }
  /** Certainly not stored: the database holds no live lease of this region. */
  | { readonly kind: "not-serving"; readonly because: string }
  /** Certainly not stored, for another reason. */
  | { readonly kind: "unavailable"; readonly because: string }
  /** Perhaps stored: the answer of the database got lost. */
  | { readonly kind: "outcome-unknown"; readonly because: string };

export type Found<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "unavailable"; readonly because: string };

export interface Page {
  readonly after: number;
  readonly limit: number;
}

export interface LedgerSummary {
  /** Exact up to `countMax`; then there are at least that many. */
  readonly count: number;
  readonly countMax: number;
  /** Newest first, a handful. */
  readonly newest: readonly Order[];
}

export interface Ledger {
  append(order: NewOrder): Promise<Appended>;
  find(key: string): Promise<Found<Order>>;
  /** Ascending by id, those after `page.after`. An empty page is `found`. */
  list(page: Page): Promise<Found<readonly Order[]>>;
  summary(): Promise<Found<LedgerSummary>>;
}

export interface StoredObject {
  readonly contentType: string;
  readonly body: Buffer;
}

export type ObjectPut =
  | { readonly kind: "stored" }
  | { readonly kind: "unavailable"; readonly because: string }
  | { readonly kind: "outcome-unknown"; readonly because: string };

export interface Objects {
  put(key: string, object: StoredObject): Promise<ObjectPut>;
  get(key: string): Promise<Found<StoredObject>>;
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ForwardRequest {
  readonly method: string;
  /** Path and query as the user sent them. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly clientAddress: string;
}

export type Forwarded =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Headers;
      readonly body: Buffer;
    }
  /** The peer certainly saw nothing of the request. */
  | { readonly kind: "not-sent"; readonly because: string }
  /** The peer may have carried it out. */
  | { readonly kind: "outcome-unknown"; readonly because: string };

/** The other region, through its public endpoint. */
export interface Peer {
  readonly url: string;
  forward(request: ForwardRequest): Promise<Forwarded>;
}
