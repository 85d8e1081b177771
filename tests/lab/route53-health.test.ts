//! Goal: a health check turns as Route 53's does: by consecutive results of each checker, by a share
//! of the checkers, a moment later in DNS. Method: a fake clock and a probe whose results are set.

import { readHealthCheckConfig } from "../../lab/route53/health-config.ts";
import type { HealthCheckConfig } from "../../lab/route53/health-config.ts";
import { createHealth } from "../../lab/route53/health.ts";
import type { Health, HealthChange } from "../../lab/route53/health.ts";
import { initialOpinion, judge, nextOpinion } from "../../lab/route53/opinion.ts";
import type { Opinion } from "../../lab/route53/opinion.ts";
import type { Probe } from "../../lab/route53/probe.ts";
import { createThrottle } from "../../lab/route53/throttle.ts";
import { createFakeClock } from "./route53-clock.ts";
import type { FakeClock } from "./route53-clock.ts";

type Shape = Parameters<typeof readHealthCheckConfig>[0];

function configOf(shape: Partial<Shape> = {}): HealthCheckConfig {
  const endpoint = { Type: "HTTP", IPAddress: "192.0.2.1", RequestInterval: 10 } as const;
  const read = readHealthCheckConfig({ ...endpoint, FailureThreshold: 2, ...shape });
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return read.config;
}

describe("the opinion of a checker", () => {
  test.each([
    ["one failure changes nothing", 3, "x", true],
    ["two of three failures change nothing", 3, "xx", true],
    ["three in a row make it unhealthy", 3, "xxx", false],
    ["a success in between starts the count anew", 3, "xx.xx", true],
    ["two successes of three do not bring it back", 3, "xxx..", false],
    ["three successes bring it back", 3, "xxx...", true],
    ["a failure in between starts that count anew, too", 3, "xxx..x..", false],
    ["with a threshold of one each result decides", 1, "x.x", false],
  ])("%s", (_, threshold, results, expected) => {
    const last = Array.from(results).reduce<Opinion>(
      (opinion, result) => nextOpinion(opinion, result === ".", threshold),
      initialOpinion,
    );
    expect(last.isHealthy).toBe(expected);
  });
});

const opinions = (healthy: number, all: number): Opinion[] =>
  Array.from({ length: all }, (_, index) => ({ isHealthy: index < healthy, contrary: 0 }));
const isChildHealthy = (id: string): boolean => id.startsWith("good");

describe("the status of a check", () => {
  test.each([
    ["none of 6 checkers", 0, 6, false],
    ["one of 6 checkers, 16.7 %", 1, 6, false],
    ["two of 6 checkers", 2, 6, true],
    ["exactly 18 % is not more than 18 %", 18, 100, false],
    ["19 % is", 19, 100, true],
    ["two of 11 checkers, 18.2 %", 2, 11, true],
  ])("%s", (_, healthy, all, expected) => {
    const evidence = { opinions: opinions(healthy, all), isChildHealthy };
    expect(judge(configOf(), evidence).isHealthy).toBe(expected);
  });

  test.each([
    ["enough children", { HealthThreshold: 1 }, true],
    ["too few children", { HealthThreshold: 2 }, false],
    ["a threshold of zero is always met", { HealthThreshold: 0 }, true],
    ["a threshold above the number of children never is", { HealthThreshold: 3 }, false],
    ["inverted", { HealthThreshold: 1, Inverted: true }, false],
    ["disabled is healthy", { HealthThreshold: 3, Disabled: true }, true],
  ])("calculated: %s", (_, given, expected) => {
    const config = readHealthCheckConfig({
      Type: "CALCULATED",
      ChildHealthChecks: ["good", "bad"],
      ...given,
    });
    if (!config.ok) throw new Error(config.problems.join("\n"));
    expect(judge(config.config, { opinions: [], isChildHealthy }).isHealthy).toBe(expected);
  });

  test.each([
    ["inverted turns it over", { Inverted: true }, true],
    ["disabled is healthy whatever the checkers say", { Disabled: true }, true],
    ["disabled is healthy even when inverted", { Disabled: true, Inverted: true }, true],
  ])("%s", (_, given, expected) => {
    const evidence = { opinions: opinions(0, 6), isChildHealthy };
    expect(judge(configOf(given), evidence).isHealthy).toBe(expected);
  });
});

interface World {
  readonly clock: FakeClock;
  readonly health: Health;
  readonly changes: HealthChange[];
  readonly probed: { readonly address: string; readonly atMs: number }[];
  /** Addresses that fail, or checkers of one by their turn. */
  readonly failing: Set<string>;
}

function createWorld(given: { speedup?: number; propagationMs?: number } = {}): World {
  const clock = createFakeClock();
  const failing = new Set<string>();
  const probed: { address: string; atMs: number }[] = [];
  const probe: Probe = (check) => {
    const address = check.address ?? "";
    probed.push({ address, atMs: clock.nowMs() });
    const succeeded = !failing.has(address);
    return Promise.resolve({ succeeded, text: succeeded ? "Success: fine" : "Failure: broken" });
  };
  let phase = 0;
  const random = (): number => (phase += 0.1) % 1;
  const { speedup = 1, propagationMs = 0 } = given;
  const options = { clock, probe, random, speedup, propagationMs, checkersPerCheck: 6 };
  const health = createHealth(options);
  const changes: HealthChange[] = [];
  health.onChange((change) => changes.push(change));
  return { clock, health, changes, probed, failing };
}

test("checkers probe at the interval, each at its own phase", async () => {
  const { clock, health, probed } = createWorld();
  health.create("one", configOf());
  health.start();
  await clock.advance(20_000);
  const offsetsMs = probed.map(({ atMs }) => Math.round(atMs - 1_000_000));
  expect(offsetsMs.slice(0, 6)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
  expect(offsetsMs.slice(6)).toEqual([11_000, 12_000, 13_000, 14_000, 15_000, 16_000]);
  await health.stop();
});

test("the speedup divides the interval", async () => {
  const { clock, health, probed } = createWorld({ speedup: 40 });
  health.create("one", configOf());
  health.start();
  await clock.advance(1_000);
  expect(probed).toHaveLength(6 * 4);
  await health.stop();
});

test("a new check is healthy, and turns when more than 82 % of its checkers have seen it fail", async () => {
  const { clock, health, changes, failing } = createWorld();
  failing.add("192.0.2.1");
  health.create("one", configOf());
  health.start();
  expect(health.isHealthy("one")).toBe(true);
  await clock.advance(14_999);
  expect(changes).toEqual([]);
  // The fifth of six checkers has its second failure: one of six is left, and that is not enough.
  await clock.advance(1);
  expect(changes).toEqual([
    { id: "one", healthy: false, atMs: 1_015_000, because: "1 of 6 checkers say healthy" },
  ]);
  failing.clear();
  await clock.advance(20_000);
  expect(changes.map(({ healthy }) => healthy)).toEqual([false, true]);
  expect(health.isHealthy("one")).toBe(true);
  await health.stop();
});

test("DNS knows of a status only after it has spread, in the order in which it changed", async () => {
  const { clock, health, failing } = createWorld({ propagationMs: 500 });
  failing.add("192.0.2.1");
  health.create("one", configOf());
  health.start();
  await clock.advance(15_000);
  expect([health.isHealthy("one"), health.isHealthyInDns("one")]).toEqual([false, true]);
  await clock.advance(499);
  expect(health.isHealthyInDns("one")).toBe(true);
  await clock.advance(1);
  expect(health.isHealthyInDns("one")).toBe(false);
  await health.stop();
});

test("a calculated check follows its children, and a disabled child counts as healthy", async () => {
  const { clock, health, changes, failing } = createWorld();
  failing.add("192.0.2.1");
  health.create("east", configOf());
  health.create("west", configOf({ IPAddress: "192.0.2.2" }));
  const both = { kind: "calculated", children: ["east", "west"], healthThreshold: 2 } as const;
  health.create("both", { ...both, isDisabled: false, isInverted: false });
  health.start();
  await clock.advance(30_000);
  expect(changes.map(({ id, healthy }) => [id, healthy])).toEqual([
    ["east", false],
    ["both", false],
  ]);
  health.update("east", configOf({ Disabled: true }));
  expect(health.isHealthy("both")).toBe(true);
  await health.stop();
});

test("a disabled check is not probed, and its checkers go on from their old opinions", async () => {
  const { clock, health, probed, failing } = createWorld();
  failing.add("192.0.2.1");
  health.create("one", configOf());
  health.start();
  await clock.advance(30_000);
  health.update("one", configOf({ Disabled: true }));
  const before = probed.length;
  await clock.advance(30_000);
  expect(probed).toHaveLength(before);
  expect(health.isHealthy("one")).toBe(true);
  health.update("one", configOf());
  expect(health.isHealthy("one")).toBe(false);
  await health.stop();
});

test("observations name the checkers, of three regions at least", async () => {
  const { clock, health, failing } = createWorld();
  health.create("one", configOf());
  health.start();
  await clock.advance(10_000);
  const observations = health.observations("one");
  expect(observations).toHaveLength(6);
  const regions = new Set(observations.map(({ checkerRegion }) => checkerRegion));
  expect(regions.size).toBeGreaterThanOrEqual(3);
  expect(health.lastFailures("one")).toEqual([]);
  failing.add("192.0.2.1");
  await clock.advance(10_000);
  failing.clear();
  await clock.advance(10_000);
  expect(health.observations("one").map(({ text }) => text)).toEqual(
    Array(6).fill("Success: fine"),
  );
  expect(health.lastFailures("one").map(({ text }) => text)).toEqual(
    Array(6).fill("Failure: broken"),
  );
  await health.stop();
});

test("after a check is removed, and after all stop, nothing is probed and nothing waits", async () => {
  const { clock, health, probed } = createWorld();
  health.create("one", configOf());
  health.create("two", configOf({ IPAddress: "192.0.2.2" }));
  health.start();
  await clock.advance(10_000);
  health.remove("one");
  const before = probed.length;
  await clock.advance(10_000);
  expect(probed.slice(before).every(({ address }) => address === "192.0.2.2")).toBe(true);
  await health.stop();
  expect(clock.pending()).toBe(0);
});

test("a result that comes after the stop is not counted, and no probe follows it", async () => {
  const clock = createFakeClock();
  const answers: (() => void)[] = [];
  const probe: Probe = () =>
    new Promise((resolve) => {
      answers.push(() => resolve({ succeeded: false, text: "Failure: late" }));
    });
  const options = { clock, probe, random: () => 0, speedup: 1, propagationMs: 0 };
  const health = createHealth({ ...options, checkersPerCheck: 6 });
  health.create("one", configOf());
  health.start();
  await clock.advance(0);
  const stopped = health.stop();
  for (const answer of answers) answer();
  await stopped;
  expect(answers).toHaveLength(6);
  expect(health.observations("one")).toEqual([]);
  expect(clock.pending()).toBe(0);
});

test("the throttle admits five at once, then one each fifth of a second", async () => {
  const clock = createFakeClock();
  const throttle = createThrottle({ requestsPerSecond: 5, nowMs: () => clock.nowMs() });
  const burst = Array.from({ length: 7 }, () => throttle.admit());
  expect(burst).toEqual([true, true, true, true, true, false, false]);
  await clock.advance(199);
  expect(throttle.admit()).toBe(false);
  await clock.advance(1);
  expect([throttle.admit(), throttle.admit()]).toEqual([true, false]);
  await clock.advance(60_000);
  expect(Array.from({ length: 6 }, () => throttle.admit()).filter(Boolean)).toHaveLength(5);
});

describe("settings are refused", () => {
  test.each<[string, Partial<Shape>, RegExp]>([
    [
      "for a type that the lab has not",
      { Type: "CLOUDWATCH_METRIC" },
      /CLOUDWATCH_METRIC is not in the lab/,
    ],
    ["for HTTPS, as the lab has no certificates", { Type: "HTTPS" }, /HTTPS is not in the lab/],
    ["without an address or a name", { IPAddress: undefined }, /Either IPAddress or/],
    ["for an interval that is neither 10 nor 30", { RequestInterval: 20 }, /one of \[10, 30\]/],
    ["for a threshold over 10", { FailureThreshold: 11 }, /between 1 and 10/],
    ["for a match without a string", { Type: "HTTP_STR_MATCH" }, /SearchString/],
    ["for fewer than three regions", { Regions: ["us-east-1", "us-west-2"] }, /at least 3/],
    ["for TCP without a port", { Type: "TCP" }, /Port must be specified/],
    ["for children of an endpoint", { ChildHealthChecks: ["one"] }, /needs CALCULATED/],
    ["for an address that is none", { IPAddress: "192.0.2" }, /Invalid IP address/],
  ])("%s", (_, shape, expected) => {
    const read = readHealthCheckConfig({ Type: "HTTP", IPAddress: "192.0.2.1", ...shape });
    expect(read.ok ? [] : read.problems.join("\n")).toMatch(expected);
  });

  test("with all problems at once", () => {
    const read = readHealthCheckConfig({ Type: "HTTP", RequestInterval: 1, FailureThreshold: 0 });
    expect(read.ok ? [] : read.problems).toHaveLength(3);
  });
});
