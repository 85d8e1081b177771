//! Objects on their way to the other region, by the words of S3 alone: the rule of the own bucket and
//! the status of each object. Sends again what no rule took, by copying each object onto itself.

import { type HeadObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { Storage, StorageState } from "../../failover/ports.ts";
import { type AwsAccess, clientSettings } from "./aws-call.ts";
import { copyOntoItself, head, listKeys, type ListedObject } from "./s3-objects.ts";
import { enableRule, readRules, ruleStateOf } from "./s3-rule.ts";

export interface S3StorageProps {
  readonly access: AwsAccess;
  readonly bucket: string;
  readonly peerBucket: string;
  /** Of one request. */
  readonly timeoutMs: number;
  /**
   * What S3 replicates with where the bucket has no rules yet.
   *
   * @default none: a bucket without rules is left to infrastructure code
   */
  readonly roleArn?: string | undefined;
  /** Told when the bucket has more objects than are looked at. @default nobody is told */
  readonly onBeyondLimit?: (objectsMax: number) => void;
}

export interface S3Storage extends Storage {
  /** Which of these keys the own bucket does not have. At most `objectsMax` keys. */
  missing(keys: readonly string[]): Promise<Outcome<readonly string[]>>;
  close(): void;
}

/** Salvage and other work of the operator; not the app's objects. */
export const ownPrefix = "switchback/";
/** More objects than this are work for S3 Batch Replication; those beyond are not looked at. */
export const objectsMax = 20_000;
/** Asked at a time. */
const parallel = 8;
/** Of one call, in requests that each take their whole time. What is left over counts as unknown. */
const timeoutsMax = 10;
/** A rule that was just made takes a while to work, and a copy a while to show where it stands. */
const copyPauseMs = 30_000;

/** Where the newest version of an object stands. `unknown` was not asked. */
type Standing = "done" | "pending" | "unreplicated" | "gone" | "unknown";

interface Surveyed {
  readonly object: ListedObject;
  readonly standing: Standing;
  readonly head: HeadObjectCommandOutput | undefined;
}

export function s3Storage(props: S3StorageProps): S3Storage {
  const { bucket, peerBucket, roleArn, timeoutMs } = props;
  const client = new S3Client({
    ...clientSettings(props.access, timeoutMs),
    // What stands in for AWS knows no bucket by a host name.
    forcePathStyle: props.access.endpoint !== undefined,
  });
  const reach = { client, bucket, timeoutMs };
  const survey = surveyOf(props, client);
  const copiedAtMs = new Map<string, number>();

  return {
    async state(): Promise<Outcome<StorageState>> {
      const rules = await readRules(reach);
      if (!rules.ok) return rules;
      const surveyed = await survey();
      if (!surveyed.ok) return surveyed;
      const count = (...wanted: readonly Standing[]) =>
        surveyed.value.filter(({ standing }) => wanted.includes(standing)).length;
      return succeeded({
        rule: ruleStateOf(rules.value, peerBucket),
        // Nobody may call a bucket replicated because there was no time to look.
        unreplicated: count("unreplicated", "unknown"),
        pending: count("pending"),
      });
    },

    async turnAround() {
      const enabled = await enableRule(reach, { peerBucket, roleArn });
      if (!enabled.ok) return enabled;
      const surveyed = await survey();
      if (!surveyed.ok) return surveyed;
      const nowMs = performance.now();
      for (const [key, atMs] of copiedAtMs) {
        if (nowMs - atMs > copyPauseMs) copiedAtMs.delete(key);
      }
      const due = surveyed.value.filter(
        ({ object: { key }, standing }) => standing === "unreplicated" && !copiedAtMs.has(key),
      );
      // One object that cannot be copied must not keep the others back.
      const copied = await inParallel(due, timeoutMs, async ({ head: found, object: { key } }) => {
        if (found === undefined) return succeeded(undefined);
        const copy = await copyOntoItself(reach, key, found);
        if (copy.ok || copy.fault === "refused") copiedAtMs.set(key, nowMs);
        return copy;
      });
      return copied.find((each) => each?.ok === false) ?? succeeded(undefined);
    },

    async missing(keys) {
      if (keys.length > objectsMax) {
        return failed("refused", `at most ${objectsMax} keys at a time, given ${keys.length}`);
      }
      const found = await inParallel(keys, timeoutMs, async (key) => head(reach, key));
      const fault = found.find((each) => each?.ok === false);
      if (fault?.ok === false) return fault;
      if (found.includes(undefined)) return failed("unreachable", "no time to ask for all keys");
      return succeeded(keys.filter((_, at) => isAbsent(found[at])));
    },

    close: () => client.destroy(),
  };
}

/** Remembers which versions have arrived for good, so that each is asked for only until then. */
function surveyOf({ bucket, onBeyondLimit, timeoutMs }: S3StorageProps, client: S3Client) {
  const reach = { client, bucket, timeoutMs };
  let arrived: ReadonlySet<string> = new Set();

  return async (): Promise<Outcome<readonly Surveyed[]>> => {
    const listed = await listKeys(reach, objectsMax);
    if (!listed.ok) return listed;
    if (listed.value.truncated) onBeyondLimit?.(objectsMax);
    const objects = listed.value.objects.filter(({ key }) => !key.startsWith(ownPrefix));
    const open = objects.filter(({ version }) => !arrived.has(version));
    const heads = await inParallel(open, timeoutMs, async ({ key }) => head(reach, key));
    const fault = heads.find((each) => each?.ok === false);
    if (fault?.ok === false) return fault;
    const surveyed = open.map((object, at): Surveyed => {
      const answer = heads[at];
      if (answer?.ok !== true) return { object, standing: "unknown", head: undefined };
      if (answer.value === "absent") return { object, standing: "gone", head: undefined };
      return { object, standing: standingOf(answer.value), head: answer.value };
    });
    const stillOpen = new Set(
      surveyed.filter(({ standing }) => standing !== "done").map(({ object }) => object.version),
    );
    arrived = new Set(objects.map(({ version }) => version).filter((one) => !stillOpen.has(one)));
    return succeeded(surveyed);
  };
}

function standingOf({ ReplicationStatus: status }: HeadObjectCommandOutput): Standing {
  if (status === "PENDING") return "pending";
  return status === undefined || status === "FAILED" ? "unreplicated" : "done";
}

function isAbsent(answer: Outcome<HeadObjectCommandOutput | "absent"> | undefined): boolean {
  return answer?.ok === true && answer.value === "absent";
}

/** Answers in the order of the items; `undefined` for those that there was no time for. */
async function inParallel<T, R>(
  items: readonly T[],
  timeoutMs: number,
  ask: (item: T) => Promise<Outcome<R>>,
): Promise<readonly (Outcome<R> | undefined)[]> {
  const untilMs = performance.now() + timeoutsMax * timeoutMs;
  const answers: (Outcome<R> | undefined)[] = items.map(() => undefined);
  const waiting = items.entries();
  let isBroken = false;
  const lane = async (): Promise<void> => {
    for (const [at, item] of waiting) {
      if (isBroken || performance.now() > untilMs) return;
      const answer = await ask(item);
      answers[at] = answer;
      // Where nobody answers, asking on would only take time.
      if (!answer.ok && answer.fault !== "refused") isBroken = true;
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return answers;
}
