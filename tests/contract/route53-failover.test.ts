//! Goal: traffic moves by itself when an endpoint says 503, with the control plane down, and comes
//! back to the primary when both do. Method: real HTTP endpoints, health checkers, DNS and client.

import * as Route53 from "@aws-sdk/client-route-53";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promises as dns } from "node:dns";

import { startDnsServer } from "../../lab/dns/server.ts";
import type { DnsServer } from "../../lab/dns/server.ts";
import type { HealthChange } from "../../lab/route53/health.ts";
import { startRoute53 } from "./route53-endpoint.ts";
import type { RunningRoute53 } from "./route53-endpoint.ts";

const host = "127.0.0.1";

interface Endpoint {
  readonly server: Server;
  readonly port: number;
  status: number;
}

async function startEndpoint(): Promise<Endpoint> {
  const endpoint = { status: 200 };
  const server = createServer((_, response) => response.writeHead(endpoint.status).end());
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  return Object.assign(endpoint, { server, port: (server.address() as AddressInfo).port });
}

let east: Endpoint;
let west: Endpoint;
let running: RunningRoute53;
let nameServer: DnsServer;
let resolver: dns.Resolver;

beforeEach(async () => {
  [east, west] = await Promise.all([startEndpoint(), startEndpoint()]);
  running = await startRoute53({ zone: "example.test", speedup: 100 });
  const { answer } = running.lab;
  nameServer = await startDnsServer({ host, port: 0, zone: "example.test", answer });
  resolver = new dns.Resolver({ timeout: 5_000, tries: 2 });
  resolver.setServers([`${host}:${nameServer.port}`]);
});

afterEach(async () => {
  await running.close();
  await nameServer.close();
  for (const { server } of [east, west]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function createCheck(CallerReference: string, { port: Port }: Endpoint): Promise<string> {
  const HealthCheckConfig: Route53.HealthCheckConfig = {
    Type: "HTTP",
    IPAddress: host,
    Port,
    ResourcePath: "/serving",
    RequestInterval: 10,
    FailureThreshold: 2,
  };
  const { HealthCheck } = await running.client.send(
    new Route53.CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }),
  );
  return HealthCheck?.Id ?? "";
}

interface Half {
  readonly role: "PRIMARY" | "SECONDARY";
  readonly value: string;
  readonly checkId?: string;
}

function half(name: string, type: "A" | "TXT", { role, value, checkId }: Half): Route53.Change {
  const set: Route53.ResourceRecordSet = {
    Name: `${name}.example.test`,
    Type: type,
    Failover: role,
    SetIdentifier: role.toLowerCase(),
    TTL: 1,
    ResourceRecords: [{ Value: value }],
    ...(checkId === undefined ? {} : { HealthCheckId: checkId }),
  };
  return { Action: "UPSERT", ResourceRecordSet: set };
}

async function createRecords(eastCheck: string, westCheck: string): Promise<void> {
  const Changes = [
    half("www", "A", { role: "PRIMARY", value: "127.0.77.1", checkId: eastCheck }),
    half("www", "A", { role: "SECONDARY", value: "127.0.77.2", checkId: westCheck }),
    half("_health.east", "TXT", { role: "PRIMARY", value: '"serving"', checkId: eastCheck }),
    half("_health.east", "TXT", { role: "SECONDARY", value: '"failing"' }),
  ];
  const { hostedZoneId: HostedZoneId } = running.lab;
  const command = new Route53.ChangeResourceRecordSetsCommand({
    HostedZoneId,
    ChangeBatch: { Changes },
  });
  const { ChangeInfo } = await running.client.send(command);
  await Route53.waitUntilResourceRecordSetsChanged(
    { client: running.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { Id: ChangeInfo?.Id },
  );
}

/** What users get, and what the standby's operator reads about the east. */
async function seen(): Promise<readonly [string | undefined, string | undefined]> {
  const [address] = await resolver.resolve4("www.example.test");
  const [texts] = await resolver.resolveTxt("_health.east.example.test");
  return [address, texts?.[0]];
}

async function seenUntil(expected: readonly [string, string]): Promise<void> {
  for (;;) {
    const now = await seen();
    if (now.join() === expected.join()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a failing primary moves the answers, both failing brings them back, without an API call", async () => {
  const eastCheck = await createCheck("east", east);
  const westCheck = await createCheck("west", west);
  await createRecords(eastCheck, westCheck);
  const changes: HealthChange[] = [];
  running.lab.health.onChange((change) => changes.push(change));
  running.lab.start();
  expect(await seen()).toEqual(["127.0.77.1", "serving"]);

  running.lab.setControlPlane(false);
  const callsBefore = running.lab.calls();

  east.status = 503;
  await seenUntil(["127.0.77.2", "failing"]);
  west.status = 503;
  await seenUntil(["127.0.77.1", "failing"]);
  west.status = 200;
  await seenUntil(["127.0.77.2", "failing"]);
  east.status = 200;
  await seenUntil(["127.0.77.1", "serving"]);

  expect(running.lab.calls()).toEqual(callsBefore);
  expect(changes.map(({ id, healthy }) => [id, healthy])).toEqual([
    [eastCheck, false],
    [westCheck, false],
    [westCheck, true],
    [eastCheck, true],
  ]);
});

test("an endpoint that is gone altogether moves the answers as well", async () => {
  await createRecords(await createCheck("east", east), await createCheck("west", west));
  running.lab.start();
  expect(await seen()).toEqual(["127.0.77.1", "serving"]);
  east.server.closeAllConnections();
  east.server.close();
  await seenUntil(["127.0.77.2", "failing"]);
  const outcome = await seen();
  expect(outcome).toEqual(["127.0.77.2", "failing"]);
});
