//! The whole load: users through DNS, one canary a region, one ledger. Runs until it is stopped,
//! then waits for the last answers and closes the ledger with its final line.

import type { LabDescriptor } from "../../descriptor.ts";
import { createCanary } from "./canary.ts";
import { steadyClock, type Clock } from "./clock.ts";
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
  readonly objects: boolean;
  readonly onFailure: (error: unknown) => void;
}

export interface Load {
  stop(): Promise<void>;
}

const userTimeoutMs = 1_500;
const canaryTimeoutMs = 500;
const canaryWritesPerSecond = 20;
const dnsTimeoutMs = 500;

/** Of forty operations of the users four are no writes: three pages and one object. */
const operationsPerWrite = 40 / 36;

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

export function operationKind(number: number, objects: boolean): "user" | "read" | "object" {
  if (number % 40 === 0) return objects ? "object" : "read";
  return number % 10 === 0 ? "read" : "user";
}

interface Part {
  readonly schedule: Schedule;
  close(): void;
}

function startUsers(props: LoadProps, clock: Clock, ledger: LedgerWriter): Part {
  const lookup = dnsLookup(props.lab.dns, dnsTimeoutMs);
  const users = Array.from({ length: props.clients }, () =>
    createUser({
      lab: props.lab,
      seed: props.seed,
      name: cachedName(props.lab.hostname, lookup, clock),
      clock,
      timeoutMs: userTimeoutMs,
      record: (line) => ledger.write(line),
    }),
  );
  const sent = { user: 0, read: 0, object: 0 };
  const ratePerSecond = props.writesPerSecond * operationsPerWrite;
  const schedule = openLoop({
    ratePerSecond,
    inFlightMax: Math.ceil((ratePerSecond * userTimeoutMs) / 1_000) * 2,
    clock,
    async operation(number) {
      const kind = operationKind(number, props.objects);
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
