//! Goal: the official Route 53 client finds in the lab what it would find in AWS: zone, records,
//! changes, limits, errors. Method: the real client over HTTP, and the answers that DNS would give.

import * as Route53 from "@aws-sdk/client-route-53";
import type { ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";

import type { DnsAnswer } from "../../lab/dns/answer.ts";
import { startRoute53 } from "./route53-endpoint.ts";
import type { RunningRoute53 } from "./route53-endpoint.ts";

let running: RunningRoute53;
let client: Route53Client;
let HostedZoneId: string;

async function start(given: Parameters<typeof startRoute53>[0] = {}): Promise<void> {
  running = await startRoute53(given);
  client = running.client;
  HostedZoneId = running.lab.hostedZoneId;
}

afterEach(() => running.close());

function a(
  host: string,
  value = "192.0.2.1",
  given: Partial<ResourceRecordSet> = {},
): ResourceRecordSet {
  const ResourceRecords = [{ Value: value }];
  return { Name: `${host}.example.test.`, Type: "A", TTL: 60, ResourceRecords, ...given };
}

function change(Action: "CREATE" | "DELETE" | "UPSERT", ...sets: readonly ResourceRecordSet[]) {
  const Changes = sets.map((set) => ({ Action, ResourceRecordSet: set }));
  const ChangeBatch = { Changes, Comment: "of a test" };
  return client.send(new Route53.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
}

function statusOf(Id: string | undefined) {
  return client.send(new Route53.GetChangeCommand({ Id })).then(({ ChangeInfo }) => ChangeInfo);
}

function addresses(answer: DnsAnswer): readonly string[] {
  return answer.kind === "records" ? answer.answers.map(({ value }) => value) : [];
}

const askFor = (host: string): readonly string[] =>
  addresses(running.lab.answer(`${host}.example.test`, "A"));

test("the zone is found by name and by id", async () => {
  await start();
  const { HostedZones } = await client.send(
    new Route53.ListHostedZonesByNameCommand({ DNSName: "example.test" }),
  );
  expect(HostedZones).toMatchObject([{ Name: "example.test.", Id: `/hostedzone/${HostedZoneId}` }]);
  const Id = HostedZones?.[0]?.Id;
  const { HostedZone, DelegationSet } = await client.send(new Route53.GetHostedZoneCommand({ Id }));
  expect(HostedZone?.ResourceRecordSetCount).toBe(2);
  expect(DelegationSet?.NameServers).toEqual(["ns1.example.test"]);
});

test("a list by name starts at the name, and does not go back to an earlier zone", async () => {
  await start();
  const lengths = [];
  for (const DNSName of ["aaa.test", "zzz.test"]) {
    const command = new Route53.ListHostedZonesByNameCommand({ DNSName });
    lengths.push((await client.send(command)).HostedZones?.length);
  }
  expect(lengths).toEqual([1, 0]);
});

test("a change is pending, then in sync, and only then in the answers", async () => {
  await start({ propagationMs: 300 });
  const { ChangeInfo } = await change("CREATE", a("www"));
  expect(ChangeInfo).toMatchObject({ Status: "PENDING", Comment: "of a test" });
  expect(ChangeInfo?.SubmittedAt).toBeInstanceOf(Date);
  expect(askFor("www")).toEqual([]);
  const waited = await Route53.waitUntilResourceRecordSetsChanged(
    { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { Id: ChangeInfo?.Id },
  );
  expect(waited.state).toBe("SUCCESS");
  expect(askFor("www")).toEqual(["192.0.2.1"]);
});

test("a second change has to wait for the first", async () => {
  await start({ propagationMs: 60_000 });
  await change("CREATE", a("www"));
  const refused = change("CREATE", a("other"));
  await expect(refused).rejects.toBeInstanceOf(Route53.PriorRequestNotComplete);
  await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});

test("records are listed page by page, in order, with what is needed to go on", async () => {
  await start();
  await change(
    "CREATE",
    a("www", "192.0.2.1", { Failover: "PRIMARY", SetIdentifier: "east" }),
    a("www", "192.0.2.2", { Failover: "SECONDARY", SetIdentifier: "west" }),
    a("z.aaa"),
    a("*.wild"),
    a("api", "192.0.2.3", { TTL: 7 }),
  );
  const seen: string[] = [];
  let from: Partial<Route53.ListResourceRecordSetsRequest> = {};
  for (let page = 0; page < 10; page += 1) {
    const answer = await client.send(
      new Route53.ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 2, ...from }),
    );
    const {
      ResourceRecordSets = [],
      NextRecordName,
      NextRecordType,
      NextRecordIdentifier,
    } = answer;
    seen.push(...ResourceRecordSets.map((set) => `${set.Name} ${set.Type} ${set.SetIdentifier}`));
    if (answer.IsTruncated !== true) break;
    from = {
      StartRecordName: NextRecordName,
      StartRecordType: NextRecordType,
      StartRecordIdentifier: NextRecordIdentifier,
    };
  }
  expect(seen).toEqual([
    "example.test. NS undefined",
    "example.test. SOA undefined",
    "z.aaa.example.test. A undefined",
    "api.example.test. A undefined",
    "\\052.wild.example.test. A undefined",
    "www.example.test. A east",
    "www.example.test. A west",
  ]);
});

test("a record comes back as it was sent", async () => {
  await start();
  const sent = [
    a("api", "192.0.2.3", { Weight: 7, SetIdentifier: "one" }),
    a("text", '"with <tags> & \\"quotes\\""', { Type: "TXT" }),
  ];
  const AliasTarget = { HostedZoneId, DNSName: "api.example.test.", EvaluateTargetHealth: true };
  const alias: ResourceRecordSet = { Name: "alias.example.test.", Type: "A", AliasTarget };
  await change("CREATE", ...sent, alias);
  const { ResourceRecordSets } = await client.send(
    new Route53.ListResourceRecordSetsCommand({ HostedZoneId }),
  );
  expect(ResourceRecordSets).toEqual(expect.arrayContaining([...sent, alias]));
});

describe("a refusal is the client's own error class", () => {
  test("for a batch, with every message", async () => {
    await start();
    const refused = change("DELETE", a("one"), a("two"));
    await expect(refused).rejects.toBeInstanceOf(Route53.InvalidChangeBatch);
    await expect(refused).rejects.toMatchObject({
      messages: [
        expect.stringContaining("one.example.test."),
        expect.stringContaining("two.example.test."),
      ],
      message: expect.stringMatching(/^\[Tried to delete .* but it was not found\]$/s),
      $metadata: { httpStatusCode: 400 },
    });
    const { ResourceRecordSets } = await client.send(
      new Route53.ListResourceRecordSetsCommand({ HostedZoneId }),
    );
    expect(ResourceRecordSets).toHaveLength(2);
  });

  test("for a zone, a change and a health check that do not exist", async () => {
    await start();
    HostedZoneId = "ZNONE";
    await expect(change("CREATE", a("www"))).rejects.toBeInstanceOf(Route53.NoSuchHostedZone);
    HostedZoneId = running.lab.hostedZoneId;
    await expect(statusOf("C1")).rejects.toBeInstanceOf(Route53.NoSuchChange);
    const checked = a("www", "192.0.2.1", { HealthCheckId: "nope" });
    await expect(change("CREATE", checked)).rejects.toBeInstanceOf(Route53.NoSuchHealthCheck);
  });

  test("for a request that makes no sense", async () => {
    await start();
    await expect(change("CREATE")).rejects.toBeInstanceOf(Route53.InvalidInput);
    const routed = a("www", "192.0.2.1", { Failover: "PRIMARY" });
    await expect(change("CREATE", routed)).rejects.toBeInstanceOf(Route53.InvalidInput);
  });
});

test("the sixth request at once is throttled", async () => {
  await start({ requestsPerSecond: 5, throttledForEver: true });
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => statusOf("C1")));
  const reasons = outcomes.map((outcome) =>
    outcome.status === "rejected" ? outcome.reason : null,
  );
  expect(reasons.filter((reason) => reason instanceof Route53.NoSuchChange)).toHaveLength(5);
  const [throttled] = reasons.filter((reason) => reason instanceof Route53.ThrottlingException);
  expect(throttled).toMatchObject({ message: "Rate exceeded", $metadata: { httpStatusCode: 400 } });
});

test("a client that tries again gets through the throttle", async () => {
  await start({ requestsPerSecond: 5, maxAttempts: 10 });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => statusOf("C1")));
  const reasons = outcomes.map((outcome) =>
    outcome.status === "rejected" ? outcome.reason : null,
  );
  expect(reasons.every((reason) => reason instanceof Route53.NoSuchChange)).toBe(true);
  expect(running.lab.calls().GetChange).toBeGreaterThan(8);
});

test("with the control plane down every call is refused, and answers go on", async () => {
  await start();
  await change("CREATE", a("www"));
  await running.inSync();
  running.lab.setControlPlane(false);
  await expect(change("UPSERT", a("www", "192.0.2.9"))).rejects.toMatchObject({
    name: "ServiceUnavailable",
    $metadata: { httpStatusCode: 503 },
  });
  expect(askFor("www")).toEqual(["192.0.2.1"]);
  running.lab.setControlPlane(true);
  await change("UPSERT", a("www", "192.0.2.9"));
  await running.inSync();
  expect(askFor("www")).toEqual(["192.0.2.9"]);
});

test("every call is counted, refused ones and unknown ones too", async () => {
  await start();
  expect(running.lab.calls()).toEqual({});
  await expect(statusOf("C1")).rejects.toThrow("C1");
  running.lab.setControlPlane(false);
  await expect(statusOf("C1")).rejects.toThrow("Service Unavailable");
  running.lab.setControlPlane(true);
  const unknown = client.send(new Route53.ListGeoLocationsCommand({}));
  await expect(unknown).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  expect(running.lab.calls()).toEqual({ GetChange: 2, ListGeoLocations: 1 });
});
