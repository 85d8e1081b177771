//! Goal: the way between two buckets keeps its order, tries again, is bounded, and ends when told.
//! Method: a sender that the test answers by hand.

import {
  ReplicationQueue,
  type QueueProps,
  type Waiting,
} from "../../lab/aws/s3/replication-queue.ts";
import type { SendResult } from "../../lab/aws/s3/replica-wire.ts";
import { deleteMarker, type ObjectVersion } from "../../lab/aws/s3/version.ts";
import { eventually } from "../lab/postgres-fixture.ts";

const made: ReplicationQueue[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((queue) => queue.close()));
});

const version = (key: string): ObjectVersion =>
  deleteMarker({
    bucket: "b",
    key,
    versioned: true,
    writtenAtMs: 0,
    replication: { kind: "source", to: { other: "PENDING" } },
  });

const waiting = (key: string): Waiting => ({ key, versionId: key, bytes: 3, writtenAtMs: 0 });

function bench(props: Partial<QueueProps> & Pick<QueueProps, "send">) {
  const noted: string[] = [];
  const queue = new ReplicationQueue({
    lagMs: 0,
    retryMsMin: 1,
    retryMsMax: 2,
    find: ({ key }) => version(key),
    note: ({ key }, progress) => noted.push(`${key} ${progress}`),
    ...props,
  });
  made.push(queue);
  return { queue, noted };
}

const delivered = async (): Promise<SendResult> => "delivered";

test("what was written first is sent first", async () => {
  const { noted, queue } = bench({ send: delivered, lanes: 1 });
  for (const key of ["1", "2", "3"]) queue.add(waiting(key));
  expect(queue.backlog).toMatchObject({ operationsPending: 3, bytesPending: 9, oldestAtMs: 0 });
  await eventually("all are noted", () => noted.length === 3);
  expect(noted).toEqual(["1 COMPLETED", "2 COMPLETED", "3 COMPLETED"]);
  expect(queue.backlog).toMatchObject({ operationsPending: 0, oldestAtMs: "none" });
});

test("an attempt that failed is made again until it is answered", async () => {
  let attempts = 0;
  const { noted, queue } = bench({
    send: async () => {
      attempts += 1;
      if (attempts < 5) throw new Error("no way");
      return "delivered";
    },
  });
  queue.add(waiting("1"));
  await eventually("it is noted", () => noted.length === 1);
  expect(attempts).toBe(5);
  expect(noted).toEqual(["1 COMPLETED"]);
});

test("an attempt that nobody answers is given up, and made again", async () => {
  let attempts = 0;
  const { noted, queue } = bench({
    attemptMsMax: 20,
    send: (_version, signal) => {
      attempts += 1;
      if (attempts > 2) return delivered();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("given up")));
      });
    },
  });
  queue.add(waiting("1"));
  await eventually("it is noted", () => noted.length === 1);
  expect(attempts).toBe(3);
});

test("what is rejected fails at once, and what is gone is forgotten", async () => {
  const { noted, queue } = bench({
    lanes: 1,
    send: async () => "rejected",
    find: ({ key }) => (key === "gone" ? undefined : version(key)),
  });
  queue.add(waiting("gone"));
  queue.add(waiting("1"));
  await eventually("both are noted", () => noted.length === 2);
  expect(noted).toEqual(["gone COMPLETED", "1 FAILED"]);
  expect(queue.backlog.operationsFailed).toBe(1);
});

test("what finds no place fails, and what has one keeps it", async () => {
  const answers: ((result: SendResult) => void)[] = [];
  const { noted, queue } = bench({
    waitingMax: 2,
    lanes: 1,
    send: () => new Promise((resolve) => answers.push(resolve)),
  });
  for (const key of ["1", "2", "3"]) queue.add(waiting(key));
  expect(noted).toEqual(["3 FAILED"]);
  expect(queue.backlog.operationsPending).toBe(2);
  await eventually("the rest is noted", () => {
    for (const answer of answers) answer("delivered");
    return noted.length === 3;
  });
  expect(noted).toEqual(["3 FAILED", "1 COMPLETED", "2 COMPLETED"]);
});

test("a closed queue stops waiting and sends nothing more", async () => {
  let attempts = 0;
  const { noted, queue } = bench({
    retryMsMin: 60_000,
    retryMsMax: 60_000,
    send: async () => {
      attempts += 1;
      throw new Error("no way");
    },
  });
  queue.add(waiting("1"));
  await eventually("it was tried", () => attempts === 1);
  await queue.close();
  queue.add(waiting("2"));
  expect(attempts).toBe(1);
  expect(noted).toEqual([]);
});
