//! The whole load: users through DNS, one canary a region, one ledger. Runs until it is stopped,
//! then waits for the last answers and closes the ledger with its final line.

import type { LabDescriptor } from "../../descriptor.ts";
import { createCanary } from "./canary.ts";
import { steadyClock, type Clock } from "./clock.ts";
import { newAttachments } from "./attachments.ts";
import { openLedger, type LedgerWriter } from "./ledger-writer.ts";
import { cachedName, dnsLookup } from "./resolver.ts";
import { openLoop, type Schedule } from "./schedule.ts";
import { createUser } from "./user.ts";

export interface LoadProps {
  readonly lab: LabDescriptor;
  readonly ledgerPath: string;
  readonly seed: number;
  readonly writesPerSecond: number;
  readonly clients: number;
  /** Requests under way at most. @default as many as pile up in two timeouts */
  readonly connections?: number;
  /** One request of the users in so many puts an object; 0: none does. */
  readonly objectEvery: number;
  /** Users whose DNS cache never expires. */
  readonly ignoresTtl: boolean;
  readonly onFailure: (error: unknown) => void;
}

export interface Load {
  stop(): Promise<void>;
}

/** Longer than any pause that is planned: whoever waits for a second has not failed. */
const userTimeoutMs = 2_500;
const canaryTimeoutMs = 500;
const canaryWritesPerSecond = 20;
const dnsTimeoutMs = 500;

/** One request of the users in ten reads a page, except where it puts an object. */
const readEvery = 10;

export async function startLoad(props: LoadProps): Promise<Load> {
  const clock = steadyClock();
  const ledger = await openLedger(props.ledgerPath, props.onFailure);
  ledger.write({
    kind: "start",
    seed: props.seed,
    hostname: props.lab.hostname,
    writesPerSecond: props.writesPerSecond,
    clients: props.clients,
    startedAtMs: clock(),
  });
  const parts = [startUsers(props, clock, ledger), ...startCanaries(props, clock, ledger)];
  return {
    async stop() {
      const endedAtMs = clock();
      await Promise.all(parts.map((part) => part.schedule.stop()));
      for (const part of parts) part.close();
      ledger.write({
        kind: "end",
        endedAtMs,
        sent: sum(parts.map((part) => part.schedule.started())),
        skipped: sum(parts.map((part) => part.schedule.skipped())),
      });
      await ledger.close();
    },
  };
}

export function operationKind(number: number, objectEvery: number): "user" | "read" | "object" {
  if (objectEvery > 0 && number % objectEvery === 0) return "object";
  return number % readEvery === 0 ? "read" : "user";
}

/** So that as many orders are written as was asked for, beside pages and objects. */
export function operationsPerWrite(objectEvery: number): number {
  const sample = Math.max(1, objectEvery) * readEvery;
  const numbers = Array.from({ length: sample }, (_, i) => i + 1);
  const writes = numbers.filter((number) => operationKind(number, objectEvery) === "user");
  return sample / Math.max(1, writes.length);
}

interface Part {
  readonly schedule: Schedule;
  close(): void;
}

function startUsers(props: LoadProps, clock: Clock, ledger: LedgerWriter): Part {
  const lookup = dnsLookup(props.lab.dns, dnsTimeoutMs);
  const { hostname } = props.lab;
  const { ignoresTtl } = props;
  const attachments = newAttachments();
  const users = Array.from({ length: props.clients }, () =>
    createUser({
      lab: props.lab,
      seed: props.seed,
      name: cachedName({ hostname, lookup, clock, ignoresTtl }),
      attachments,
      clock,
      timeoutMs: userTimeoutMs,
      record: (line) => ledger.write(line),
    }),
  );
  const sent = { user: 0, read: 0, object: 0 };
  const ratePerSecond = props.writesPerSecond * operationsPerWrite(props.objectEvery);
  const schedule = openLoop({
    ratePerSecond,
    inFlightMax: props.connections ?? Math.ceil((ratePerSecond * userTimeoutMs) / 1_000) * 2,
    clock,
    async operation(number) {
      const kind = operationKind(number, props.objectEvery);
      sent[kind] += 1;
      await users[number % users.length]?.perform(kind, sent[kind]);
    },
  });
  return { schedule, close: () => users.forEach((user) => user.close()) };
}

function startCanaries(props: LoadProps, clock: Clock, ledger: LedgerWriter): Part[] {
  return Object.keys(props.lab.regions).map((region) => {
    const canary = createCanary({
      lab: props.lab,
      region,
      seed: props.seed,
      clock,
      timeoutMs: canaryTimeoutMs,
      record: (line) => ledger.write(line),
    });
    const schedule = openLoop({
      ratePerSecond: canaryWritesPerSecond,
      inFlightMax: canaryWritesPerSecond,
      clock,
      operation: (number) => canary.perform(number),
    });
    return { schedule, close: () => canary.close() };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
