//! Goal: health checks through the official client behave as in AWS, from creation to deletion.
//! Method: the real client over HTTP, with probes whose results are set.

import * as Route53 from "@aws-sdk/client-route-53";
import type { HealthCheckConfig, Route53Client } from "@aws-sdk/client-route-53";

import { startRoute53 } from "./route53-endpoint.ts";
import type { RunningRoute53 } from "./route53-endpoint.ts";

let running: RunningRoute53;
let client: Route53Client;
let succeeding = true;

beforeEach(async () => {
  succeeding = true;
  running = await startRoute53({
    speedup: 1_000,
    probe: () =>
      Promise.resolve({
        succeeded: succeeding,
        text: succeeding ? "Success: HTTP Status Code 200, OK" : "Failure: Connection refused.",
      }),
  });
  client = running.client;
});

afterEach(() => running.close());

const endpoint: HealthCheckConfig = {
  Type: "HTTP",
  IPAddress: "192.0.2.1",
  Port: 8080,
  ResourcePath: "/ready",
  RequestInterval: 10,
  FailureThreshold: 2,
};

async function create(CallerReference: string, config = endpoint): Promise<Route53.HealthCheck> {
  const { HealthCheck, Location } = await client.send(
    new Route53.CreateHealthCheckCommand({ CallerReference, HealthCheckConfig: config }),
  );
  if (HealthCheck?.Id === undefined) throw new Error("no health check");
  expect(Location).toContain(HealthCheck.Id);
  return HealthCheck;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const texts = (observations: readonly Route53.HealthCheckObservation[] = []): Set<unknown> =>
  new Set(observations.map(({ StatusReport }) => StatusReport?.Status));

const calculated = (children: readonly string[]): HealthCheckConfig => ({
  Type: "CALCULATED",
  ChildHealthChecks: [...children],
  HealthThreshold: 1,
});

test("a check is created once for one caller reference", async () => {
  const first = await create("one");
  const again = await create("one");
  expect(again.Id).toBe(first.Id);
  const other = create("one", { ...endpoint, Port: 8081 });
  await expect(other).rejects.toBeInstanceOf(Route53.HealthCheckAlreadyExists);
  const second = await create("two");
  expect(second.Id).not.toBe(first.Id);
});

test("the caller reference of a deleted check is spent", async () => {
  const { Id: HealthCheckId } = await create("one");
  await client.send(new Route53.DeleteHealthCheckCommand({ HealthCheckId }));
  const gone = client.send(new Route53.GetHealthCheckCommand({ HealthCheckId }));
  await expect(gone).rejects.toBeInstanceOf(Route53.NoSuchHealthCheck);
  await expect(create("one")).rejects.toBeInstanceOf(Route53.HealthCheckAlreadyExists);
});

test("what was left out shows with Route 53's defaults", async () => {
  const check = await create("one", { Type: "HTTP", IPAddress: "192.0.2.1" });
  expect(check).toMatchObject({
    CallerReference: "one",
    HealthCheckVersion: 1,
    HealthCheckConfig: {
      RequestInterval: 30,
      FailureThreshold: 3,
      Inverted: false,
      Disabled: false,
    },
  });
});

test("an update changes what it names, counts the version, and leaves the interval", async () => {
  const { Id: HealthCheckId } = await create("one");
  const { HealthCheck } = await client.send(
    new Route53.UpdateHealthCheckCommand({
      HealthCheckId,
      HealthCheckVersion: 1,
      FailureThreshold: 5,
      ResetElements: ["ResourcePath"],
    }),
  );
  const { ResourcePath: _, ...rest } = endpoint;
  expect(HealthCheck?.HealthCheckVersion).toBe(2);
  expect(HealthCheck?.HealthCheckConfig).toMatchObject({ ...rest, FailureThreshold: 5 });
  expect(HealthCheck?.HealthCheckConfig).not.toHaveProperty("ResourcePath");
  const stale = client.send(
    new Route53.UpdateHealthCheckCommand({ HealthCheckId, HealthCheckVersion: 1, Port: 1 }),
  );
  await expect(stale).rejects.toBeInstanceOf(Route53.HealthCheckVersionMismatch);
});

test("settings that Route 53 refuses are refused, at creation and at update", async () => {
  const odd = create("one", { ...endpoint, RequestInterval: 15 });
  await expect(odd).rejects.toBeInstanceOf(Route53.InvalidInput);
  const { Id: HealthCheckId } = await create("two");
  const update = new Route53.UpdateHealthCheckCommand({ HealthCheckId, FailureThreshold: 11 });
  await expect(client.send(update)).rejects.toBeInstanceOf(Route53.InvalidInput);
  const { HealthCheck } = await client.send(new Route53.GetHealthCheckCommand({ HealthCheckId }));
  expect(HealthCheck).toMatchObject({
    HealthCheckVersion: 1,
    HealthCheckConfig: { FailureThreshold: 2 },
  });
});

test("a check of a CloudWatch alarm is refused as not in the lab", async () => {
  const alarm = create("one", { Type: "CLOUDWATCH_METRIC" });
  await expect(alarm).rejects.toThrow(/CLOUDWATCH_METRIC is not in the lab/);
});

test("checks are listed page by page", async () => {
  const ids = [];
  for (const reference of ["one", "two", "three"]) ids.push((await create(reference)).Id);
  const seen: (string | undefined)[] = [];
  const pages = Route53.paginateListHealthChecks({ client, pageSize: 2 }, {});
  for await (const { HealthChecks = [] } of pages) seen.push(...HealthChecks.map(({ Id }) => Id));
  expect(seen).toEqual(ids);
});

test("the status and the last failure say what each checker saw", async () => {
  const { Id: HealthCheckId = "" } = await create("one");
  succeeding = false;
  running.lab.start();
  await until(() => !running.lab.health.isHealthy(HealthCheckId));
  succeeding = true;
  await until(() => running.lab.health.isHealthy(HealthCheckId));
  const failures = await client.send(
    new Route53.GetHealthCheckLastFailureReasonCommand({ HealthCheckId }),
  );
  expect(texts(failures.HealthCheckObservations)).toEqual(
    new Set(["Failure: Connection refused."]),
  );
  const status = await client.send(new Route53.GetHealthCheckStatusCommand({ HealthCheckId }));
  expect(texts(status.HealthCheckObservations)).toContain("Success: HTTP Status Code 200, OK");
  const [first] = status.HealthCheckObservations ?? [];
  expect(first?.StatusReport?.CheckedTime).toBeInstanceOf(Date);
  expect(Object.values(Route53.HealthCheckRegion)).toContain(first?.Region);
});

test("a calculated check counts its children, and wants them to exist", async () => {
  await expect(create("none", calculated(["nope"]))).rejects.toBeInstanceOf(Route53.InvalidInput);
  const child = await create("child");
  const { Id = "" } = await create("parent", calculated([child.Id ?? ""]));
  await expect(create("grand", calculated([Id]))).rejects.toThrow(/not in the lab/);
  succeeding = false;
  running.lab.start();
  await until(() => !running.lab.health.isHealthy(Id));
  const disable = { HealthCheckId: child.Id, Disabled: true };
  await client.send(new Route53.UpdateHealthCheckCommand(disable));
  expect(running.lab.health.isHealthy(Id)).toBe(true);
});
