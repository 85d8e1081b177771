//! The lab's Route 53: one hosted zone, its health checks, and the API to both. Control plane and
//! data plane are apart, as in AWS: with the API down, answers and health checks go on as before.

import { randomUUID } from "node:crypto";

import type { AwsService } from "../aws/endpoint.ts";
import type { AnswerSource } from "../dns/answer.ts";
import { canonicalName } from "../dns/names.ts";
import { answerQuestion } from "./answers.ts";
import { createScopedClock, systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { createEntrance } from "./entrance.ts";
import type { Route53Call } from "./entrance.ts";
import { healthHandlers } from "./health-api.ts";
import type { EndpointCheck } from "./health-config.ts";
import { createHealth } from "./health.ts";
import type { Health } from "./health.ts";
import { createHostedZone } from "./hosted-zone.ts";
import { createProbe } from "./probe.ts";
import type { Probe, ProbeTarget } from "./probe.ts";
import { recordHandlers } from "./record-api.ts";
import { createThrottle } from "./throttle.ts";

export interface Route53Options {
  /** Name of the hosted zone, such as `example.test`. */
  readonly zone: string;
  /** How much faster than Route 53 the health checkers ask. */
  readonly speedup: number;
  /** Where a health checker's connection goes for a check of an endpoint. */
  readonly probeTarget: (check: EndpointCheck) => ProbeTarget;
  /** From the acceptance of a change to its being in every answer. @default 200 */
  readonly propagationMs?: number;
  /** From a change of health to its being in every answer. @default 0 */
  readonly healthPropagationMs?: number;
  /** Independent checkers of each endpoint. @default 6 */
  readonly checkersPerCheck?: number;
  /** Of the account, whoever asks. @default 5, as in AWS */
  readonly requestsPerSecond?: number;
  /** How long a "no such name" may be cached. @default 5, to suit the lab's pace */
  readonly negativeTtlSeconds?: number;
  /** @default the system's */
  readonly clock?: Clock;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default UUIDs */
  readonly newId?: () => string;
  /** @default real connections to `probeTarget` */
  readonly probe?: Probe;
}

export interface Route53Lab {
  readonly service: AwsService;
  readonly health: Health;
  readonly hostedZoneId: string;
  /** What the name servers say at this moment. */
  readonly answer: AnswerSource;
  /** `false`: every call of the API is refused with 503. Answers and health checks go on. */
  setControlPlane(isUp: boolean): void;
  /** How often each operation was called, those that were refused included. */
  calls(): Readonly<Record<string, number>>;
  /** The newest calls with their times, the oldest of them first; no more than 10,000. */
  recentCalls(): readonly Route53Call[];
  /** Health checkers begin. */
  start(): void;
  /** For good: no probe is under way afterwards, and a change that was pending stays so. */
  stop(): Promise<void>;
}

const hostedZoneId = "ZSWITCHBACKLAB";
const checkersPerCheckMin = 3;

const defaults = {
  propagationMs: 200,
  healthPropagationMs: 0,
  checkersPerCheck: 6,
  requestsPerSecond: 5,
  negativeTtlSeconds: 5,
  clock: systemClock,
  random: Math.random,
  newId: randomUUID,
};

export function createRoute53(options: Route53Options): Route53Lab {
  const settings = { ...defaults, ...options };
  const { random, newId, checkersPerCheck, speedup, propagationMs } = settings;
  const clock = createScopedClock(settings.clock);
  if (checkersPerCheck < checkersPerCheckMin) {
    throw new RangeError(`checkersPerCheck must be at least ${checkersPerCheckMin}`);
  }
  const health = createHealth({
    clock,
    random,
    checkersPerCheck,
    speedup,
    probe: options.probe ?? createProbe(options),
    propagationMs: settings.healthPropagationMs,
  });
  const name = canonicalName(options.zone);
  const nameServers = [`ns1.${name}`];
  const { negativeTtlSeconds, requestsPerSecond } = settings;
  const zone = createHostedZone({
    name,
    hostedZoneId,
    nameServers,
    negativeTtlSeconds,
    clock,
    propagationMs,
  });
  const throttle = createThrottle({ requestsPerSecond, nowMs: () => clock.nowMs() });
  const entrance = createEntrance({
    admit: () => throttle.admit(),
    nowMs: () => clock.nowMs(),
  });

  return {
    service: entrance.guard({
      ...recordHandlers({ zone, healthCheckExists: health.has }),
      ...healthHandlers({ health, newId }),
    }),
    health,
    hostedZoneId,
    answer: (asked, type) =>
      answerQuestion(
        zone.served(),
        { name: asked, type },
        { isHealthy: health.isHealthyInDns, pick: random() },
      ),
    setControlPlane: entrance.setOpen,
    calls: entrance.calls,
    recentCalls: entrance.recentCalls,
    start: health.start,
    async stop() {
      await health.stop();
      clock.cancelAll();
    },
  };
}
