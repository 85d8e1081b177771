//! What the page's POST paths do: orders of people, and the other operator that asks to be vouched for.

import type { LeaseBoard } from "./lease-board.ts";
import { standingOf } from "../failover/journal.ts";
import type { Database, Journal } from "../failover/ports.ts";
import { decideOrder, readOrder, type Situation } from "./orders.ts";
import type { PostAnswer } from "./page.ts";
import { renewalPath } from "./adapters/peer-http.ts";
import { renewalRequest } from "./adapters/lease-json.ts";
import type { Voucher } from "./voucher.ts";

export interface EntrancesProps {
  readonly board: LeaseBoard;
  readonly voucher: Voucher;
  readonly journal: Journal;
  readonly database: Pick<Database, "replicas">;
  readonly situation: () => Omit<Situation, "followers" | "item" | "running">;
  readonly onOrder: (says: string) => void;
}

export function entrances(
  props: EntrancesProps,
): Readonly<Record<string, (body: unknown) => Promise<PostAnswer>>> {
  return {
    "/command": (body) => order(body, props),
    [renewalPath]: (body) => vouch(body, props),
  };
}

async function order(
  body: unknown,
  { board, database, journal, onOrder, situation }: EntrancesProps,
): Promise<PostAnswer> {
  const read = readOrder(body);
  if (!read.ok) return refused(400, "not-an-order", read.problems);
  // What the other operator runs is known only to who reads it now.
  const asked = [board.refresh(), journal.read("fresh"), database.replicas()] as const;
  const [now, entries, replicas] = await Promise.all(asked);
  const { item } = board;
  if (!now.ok || !entries.ok || item === "unknown") {
    return refused(503, "arbiter-silent", ["the arbiter does not answer: try again"]);
  }
  const running = standingOf(entries.value);
  const followers = replicas.ok ? replicas.value.streaming : "unknown";
  const decided = decideOrder(read.order, { ...situation(), followers, item, running });
  if (!decided.ok) return refused(409, "refused", decided.problems);
  const written = await board.instruct(decided.change);
  if (!written.ok) return refused(503, "not-written", [`${written.fault}: ${written.detail}`]);
  onOrder(decided.says);
  const { control } = written.value;
  return { status: 202, body: { accepted: true, says: decided.says, control } };
}

async function vouch(body: unknown, { voucher }: EntrancesProps): Promise<PostAnswer> {
  const read = renewalRequest.safeParse(body);
  if (!read.success) {
    return refused(
      400,
      "not-a-renewal",
      read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    );
  }
  const vouched = await voucher.renewFor(read.data.held, read.data.word);
  if (vouched.ok) return { status: 200, body: vouched.value };
  const status = vouched.fault === "conflict" ? 409 : 503;
  return refused(status, vouched.fault, [vouched.detail]);
}

function refused(status: number, error: string, problems: readonly string[]): PostAnswer {
  return { status, body: { error, problems } };
}
