//! Goal: what a failover stands on is as the protocol and the topology say, and as the operator looks
//! for it.
//! Method: synthesize the production topologies and ask the templates. The CDK's own validation is
//! left out here, since it takes seconds; the generator itself runs it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { clusters, RefusedTopology } from "../../clusters/clusters.ts";
import type { EndpointKind } from "../../clusters/endpoint.ts";
import { leaseItemKey } from "../../operator/adapters/dynamodb-item.ts";
import { labTopology } from "../../topology/lab.ts";
import { apTopology, usTopology } from "../../topology/production.ts";
import {
  initialActive,
  regionHostname,
  type Topology,
  vantageHostname,
} from "../../topology/topology.ts";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function synthesized(topology: Topology, endpoints: EndpointKind): { app: App; stack: Stack } {
  const outdir = mkdtempSync(join(tmpdir(), "switchback-clusters-"));
  folders.push(outdir);
  const app = clusters(topology, {
    endpoints,
    app: { outdir, builtinCloudFormationValidation: false },
  });
  return { app, stack: app.node.findChild(`${topology.service}-global`) as Stack };
}

interface Resource {
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface Records {
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function recordsOf(template: Template): readonly Records[] {
  const found = template.findResources("AWS::Route53::RecordSet") as Record<string, Resource>;
  return Object.values(found).map(({ Properties }) => ({
    name: String(Properties["Name"]),
    type: String(Properties["Type"]),
    properties: Properties,
  }));
}

describe.each([
  { name: "us, load balancers", topology: usTopology, endpoints: "load-balancers" },
  { name: "ap, addresses", topology: apTopology, endpoints: "addresses" },
] as const)("$name", ({ topology, endpoints }) => {
  const { stack } = synthesized(topology, endpoints);
  const template = Template.fromStack(stack);
  const regions = Object.keys(topology.regions);
  const active = initialActive(topology);
  const tables = template.findResources("AWS::DynamoDB::GlobalTable") as Record<string, Resource>;
  const [arbiter] = Object.values(tables);
  const replicas = (arbiter?.Properties["Replicas"] ?? []) as readonly { Region: string }[];
  const checks = template.findResources("AWS::Route53::HealthCheck") as Record<string, Resource>;
  const records = recordsOf(template);

  /** Reference to the health check that asks this region. */
  function checkOf(region: string): unknown {
    const found = Object.entries(checks).find(
      ([, { Properties }]) =>
        (Properties["HealthCheckConfig"] as Record<string, unknown>)["FullyQualifiedDomainName"] ===
        regionHostname(topology, region),
    );
    return { Ref: found?.[0] };
  }

  test("the stack lives where users are served at first, and is hard to delete", () => {
    expect(stack.region).toBe(active);
    expect(stack.terminationProtection).toBe(true);
  });

  test("the arbiter is strongly consistent across both regions, with the topology's witness", () => {
    expect(arbiter?.Properties).toMatchObject({
      TableName: topology.arbiter.table,
      MultiRegionConsistency: "STRONG",
      GlobalTableWitnesses: [{ Region: topology.arbiter.witnessRegion }],
    });
    expect(replicas.map(({ Region }) => Region).toSorted()).toEqual(regions.toSorted());
  });

  test("the arbiter outlives mistakes: protected, kept, and recoverable in both regions", () => {
    expect(arbiter).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    for (const replica of replicas) {
      expect(replica).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  test("the arbiter's id stays, since another id is another table", () => {
    expect(Object.keys(tables)).toEqual(["Arbiter37BF77FD"]);
  });

  test("the arbiter's keys are those that the operator asks by", () => {
    const names = Object.keys(leaseItemKey(topology.service));
    expect(arbiter?.Properties).toMatchObject({
      KeySchema: [
        { AttributeName: names[0], KeyType: "HASH" },
        { AttributeName: names[1], KeyType: "RANGE" },
      ],
      AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: "S" })),
    });
  });

  test("each region is asked whether it serves, as often as the topology says", () => {
    const configs = Object.values(checks).map(({ Properties }) => Properties["HealthCheckConfig"]);
    expect(configs).toEqual(
      regions.map((region) =>
        expect.objectContaining({
          Type: "HTTPS",
          Port: 443,
          EnableSNI: true,
          FullyQualifiedDomainName: regionHostname(topology, region),
          ResourcePath: "/.well-known/switchback/serving",
          RequestInterval: topology.dns.healthCheckIntervalSeconds,
          FailureThreshold: topology.dns.healthCheckFailureThreshold,
        }),
      ),
    );
  });

  test("users' name is a failover pair by role, each half with its region's health check", () => {
    const pair = records.filter(({ name }) => name === `${topology.hostname}.`);
    expect(pair.map(({ properties }) => properties)).toEqual(
      regions.map((region) =>
        expect.objectContaining({
          Type: "A",
          SetIdentifier: region,
          Failover: region === active ? "PRIMARY" : "SECONDARY",
          HealthCheckId: checkOf(region),
        }),
      ),
    );
  });

  test.each(regions)("what the operator asks of %s answers serving or failing", (region) => {
    const pair = records.filter(({ name }) => name === `${vantageHostname(topology, region)}.`);
    expect(pair.map(({ properties }) => properties)).toEqual([
      expect.objectContaining({
        Type: "TXT",
        TTL: "1",
        SetIdentifier: "serving",
        Failover: "PRIMARY",
        HealthCheckId: checkOf(region),
        ResourceRecords: ['"serving"'],
      }),
      expect.objectContaining({
        Type: "TXT",
        TTL: "1",
        SetIdentifier: "failing",
        Failover: "SECONDARY",
        ResourceRecords: ['"failing"'],
      }),
    ]);
    expect(pair[1]?.properties).not.toHaveProperty("HealthCheckId");
  });

  test.each(regions)("%s keeps a name of its own that never moves", (region) => {
    const own = records.filter(({ name }) => name === `${regionHostname(topology, region)}.`);
    expect(own).toHaveLength(1);
    expect(own[0]?.type).toBe("A");
    expect(own[0]?.properties).not.toHaveProperty("Failover");
  });

  test("nothing else is made", () => {
    expect(Object.keys(template.toJSON()["Resources"] as object)).toHaveLength(1 + 2 + 2 * 4);
    expect(records).toHaveLength(2 * 4);
  });
});

test("fixed addresses are answered with the topology's time to live", () => {
  const { stack } = synthesized(apTopology, "addresses");
  const addresses = recordsOf(Template.fromStack(stack)).filter(({ type }) => type === "A");
  expect(addresses.map(({ properties }) => properties["TTL"])).toEqual(["30", "30", "30", "30"]);
  expect(addresses.map(({ properties }) => properties["ResourceRecords"])).toEqual([
    { Ref: "ApNortheast2Addresses" },
    { Ref: "ApNortheast2Addresses" },
    { Ref: "ApNortheast1Addresses" },
    { Ref: "ApNortheast1Addresses" },
  ]);
});

test("load balancers are refused where the topology promises a shorter time to live", () => {
  const given = { endpoints: "load-balancers" } as const;
  expect(() => clusters(apTopology, given)).toThrow(RefusedTopology);
  expect(() => clusters(apTopology, given)).toThrow(/^dns.ttlSeconds is 30, but Route 53 answers/);
});

test("the lab's topology is refused", () => {
  expect(() => clusters(labTopology, { endpoints: "addresses" })).toThrow(RefusedTopology);
});

test("the same topology gives the same template", () => {
  const [first, second] = [0, 1].map(() =>
    Template.fromStack(synthesized(usTopology, "load-balancers").stack).toJSON(),
  );
  expect(second).toEqual(first);
});
