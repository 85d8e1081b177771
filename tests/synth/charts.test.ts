//! Goal: the manifests of both regions let a failover happen: the operator may scale the app and
//! nothing else may, pods start anywhere with the same bytes, and settings are those that programs read.
//! Method: render every built-in topology and read the manifests as the cluster and the programs would.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { parseConfig } from "../../app/config.ts";
import { charts, RefusedParameters } from "../../charts/charts.ts";
import { type ConfigResult, readConfig } from "../../operator/config.ts";
import { builtinTopologies } from "../../topology/builtin.ts";
import { usTopology } from "../../topology/production.ts";
import { peerOf, regionHostname, type Topology } from "../../topology/topology.ts";
import {
  containerOf,
  deployment,
  type DeploymentSpec,
  type Manifest,
  one,
  parameters,
  rendered,
} from "./manifests.ts";

const cases = Object.entries(builtinTopologies).flatMap(([name, topology]) =>
  rendered(topology).map(({ region, manifests }) => ({
    name: `${name}, ${region}`,
    topology: topology as Topology,
    region,
    manifests,
  })),
);

const us = rendered(usTopology);
const active = us[0]?.manifests ?? [];
const app = deployment(active, "orders");
const operator = deployment(active, "orders-operator");

describe.each(cases)("$name", ({ manifests, region, topology }) => {
  test("what is made, and by which names", () => {
    const { service } = topology;
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      `Namespace ${service}`,
      `ServiceAccount ${service}`,
      `Deployment ${service}`,
      `Service ${service}`,
      `PodDisruptionBudget ${service}`,
      `ServiceAccount ${service}-operator`,
      `Role ${service}-operator`,
      `RoleBinding ${service}-operator`,
      `ConfigMap ${service}-operator`,
      `Deployment ${service}-operator`,
      "NetworkPolicy default-deny",
      `NetworkPolicy ${service}`,
      `NetworkPolicy ${service}-operator`,
    ]);
  });

  test("every API version is one that current clusters serve", () => {
    const served = [
      "v1",
      "apps/v1",
      "policy/v1",
      "rbac.authorization.k8s.io/v1",
      "networking.k8s.io/v1",
    ];
    expect(manifests.filter(({ apiVersion }) => !served.includes(apiVersion))).toEqual([]);
  });

  test("everything lies in the service's namespace, and the namespace in none", () => {
    const namespaces = manifests.map(({ metadata }) => metadata.namespace);
    expect(namespaces).toEqual([undefined, ...manifests.slice(1).map(() => topology.service)]);
  });

  test("no region is named that the topology does not have", () => {
    const named = JSON.stringify(manifests).match(/\b[a-z]{2}-[a-z]+-\d(?![\d.])/g) ?? [];
    const known = [...Object.keys(topology.regions), topology.arbiter.witnessRegion];
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
    expect(named).toContain(region);
  });

  test("pods pull from their own region's registry", () => {
    const images = manifests
      .filter(({ kind }) => kind === "Deployment")
      .map(({ spec }) => containerOf(spec as DeploymentSpec).image);
    expect(images.map((image) => image.includes(`.${region}.`))).toEqual([true, true]);
  });

  test("the app reads its environment without a complaint", () => {
    const { env } = containerOf(deployment(manifests, topology.service));
    const secret = { DATABASE_URL: "postgres://app@database/orders" };
    const given = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const parsed = parseConfig({ ...given, ...secret });
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        region,
        host: "0.0.0.0",
        port: 8080,
        peerUrl: `https://${regionHostname(topology, peerOf(topology, region))}`,
        ackWithinMs: topology.lease.ackWithinMs,
        storage: { bucket: `${topology.storage.bucketPrefix}-${region}`, awsRegion: region },
      },
    });
  });

  test("the operator reads its settings without a complaint", () => {
    const read = readAsOperator(manifests, topology);
    if (!read.ok) throw new Error(read.problems.join("; "));
    expect(read.config).toMatchObject({ region, kubernetes: { deployment: topology.service } });
    expect(read.config.topology).toEqual(topology);
    expect(read.config.endpointOf(region)).toBe(`https://${regionHostname(topology, region)}`);
  });
});

function readAsOperator(manifests: readonly Manifest[], { service }: Topology): ConfigResult {
  const folder = mkdtempSync(join(tmpdir(), "switchback-charts-"));
  try {
    const { data = {} } = one(manifests, "ConfigMap", `${service}-operator`);
    for (const [file, content] of Object.entries(data)) {
      writeFileSync(join(folder, file), content.replaceAll("/etc/switchback/settings", folder));
    }
    return readConfig(join(folder, "operator.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the app's count is nobody's but the operator's", () => {
  expect(Object.keys(app)).not.toContain("replicas");
});

test("there is one operator a region, and the old one goes first", () => {
  expect(operator).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
});

test("selectors are what is already deployed", () => {
  expect(app.selector.matchLabels).toEqual({ "app.kubernetes.io/name": "orders" });
  expect(operator.selector.matchLabels).toEqual({ "app.kubernetes.io/name": "orders-operator" });
  expect(app.template.metadata.labels).toEqual(app.selector.matchLabels);
  expect(operator.template.metadata.labels).toEqual(operator.selector.matchLabels);
});

test("the service, the budget and the policy select the app's pods", () => {
  const labels = app.selector.matchLabels;
  expect(one(active, "Service", "orders").spec).toMatchObject({ selector: labels });
  expect(one(active, "PodDisruptionBudget", "orders").spec).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: labels },
  });
  expect(one(active, "NetworkPolicy", "orders").spec).toMatchObject({
    podSelector: { matchLabels: labels },
  });
});

test("a lost zone does not keep pods from starting in the others", () => {
  expect(app.template.spec.topologySpreadConstraints).toEqual([
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: app.selector.matchLabels },
    },
  ]);
});

test("an app pod that goes lingers, and has time left for its requests", () => {
  const seconds = containerOf(app).lifecycle?.preStop.sleep.seconds ?? 0;
  expect(seconds).toBeGreaterThanOrEqual(5);
  expect(app.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(seconds + 10);
});

test.each([
  ["app", app, 8080],
  ["operator", operator, 8081],
])("the %s is asked whether it lives, and apart from that whether it is ready", (_, spec, port) => {
  const { livenessProbe, readinessProbe, resources } = containerOf(spec);
  expect(livenessProbe.httpGet).toEqual({ path: "/healthz", port });
  expect(readinessProbe.httpGet).toEqual({ path: "/readyz", port });
  expect(Object.keys(resources.limits)).toEqual(["memory"]);
});

test.each([
  ["app", app],
  ["operator", operator],
])("the %s is what Pod Security calls restricted, and cannot write to its root", (_, spec) => {
  expect(spec.template.spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(containerOf(spec).securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(one(active, "Namespace", "orders").metadata.labels).toMatchObject({
    "pod-security.kubernetes.io/enforce": "restricted",
  });
});

test("the operator may see one Deployment and set its count, and nothing else", () => {
  const role = one(active, "Role", "orders-operator");
  const exactly = { apiGroups: ["apps"], resourceNames: ["orders"] };
  expect(role.rules).toEqual([
    { ...exactly, resources: ["deployments"], verbs: ["get"] },
    { ...exactly, resources: ["deployments/scale"], verbs: ["patch"] },
  ]);
  const binding = one(active, "RoleBinding", "orders-operator");
  expect(binding.roleRef).toMatchObject({ kind: "Role", name: "orders-operator" });
  expect(binding.subjects).toEqual([
    { kind: "ServiceAccount", name: "orders-operator", namespace: "orders" },
  ]);
});

test("the app has no word with Kubernetes", () => {
  expect(app.template.spec.automountServiceAccountToken).toBe(false);
});

test("traffic is denied but for what is named, and comes from the region's own network", () => {
  const both = ["Ingress", "Egress"];
  expect(one(active, "NetworkPolicy", "default-deny").spec).toEqual({
    podSelector: {},
    policyTypes: both,
  });
  expect(one(active, "NetworkPolicy", "orders").spec).toMatchObject({
    policyTypes: both,
    ingress: [{ from: [{ ipBlock: { cidr: "10.10.0.0/16" } }], ports: [{ port: 8080 }] }],
  });
});

test("no password is written down", () => {
  const secrets = [app, operator].flatMap((spec) =>
    containerOf(spec).env.flatMap(({ name, valueFrom }) =>
      valueFrom === undefined
        ? []
        : [`${name}: ${valueFrom.secretKeyRef.name} ${valueFrom.secretKeyRef.key}`],
    ),
  );
  expect(secrets).toEqual([
    "DATABASE_URL: orders-database url",
    "PGHOST: orders-operator-database host",
    "PGUSER: orders-operator-database user",
    "PGPASSWORD: orders-operator-database password",
  ]);
  expect(active.filter(({ kind }) => kind === "Secret")).toEqual([]);
  expect(JSON.stringify(active)).not.toMatch(/postgres:\/\/[^/"\\]/);
});

test("the operator's PostgreSQL client finds host, user and password in its environment", () => {
  const read = readAsOperator(active, usTopology);
  if (!read.ok) throw new Error(read.problems.join("; "));
  const url = new URL(read.config.database.url);
  expect(url.searchParams.get("sslmode")).toBe("verify-full");
  url.searchParams.delete("sslrootcert"); // The file is only in the pod.
  const given = { PGHOST: "database.test", PGUSER: "somebody", PGPASSWORD: "secret" };
  const before = { ...process.env };
  Object.assign(process.env, given);
  try {
    const { database, host, password, user } = new Client({ connectionString: url.href });
    expect({ database, host, password, user }).toEqual({
      database: "orders",
      host: "database.test",
      password: "secret",
      user: "somebody",
    });
  } finally {
    process.env = before;
  }
});

test("other settings are other pods", () => {
  const other = { ...usTopology, replicaLagMsMax: 10_000 };
  const changed = deployment(rendered(other)[0]?.manifests ?? [], "orders-operator");
  expect(changed.template.metadata).not.toEqual(operator.template.metadata);
  expect(changed.template.spec).toEqual(operator.template.spec);
});

test("the same topology gives the same manifests", () => {
  expect(JSON.stringify(rendered(usTopology))).toBe(JSON.stringify(us));
});

test("an image by tag, an image of one region and a wrong zone are refused together", () => {
  const wrong = {
    appImage: "registry.test/orders/app:latest",
    operatorImage: parameters.operatorImage.replace("{region}", "us-east-1"),
    hostedZoneId: "example.com",
  };
  expect(() => charts(usTopology, wrong, "unused")).toThrow(RefusedParameters);
  expect(() => charts(usTopology, wrong, "unused")).toThrow(
    /^appImage: given "registry.test\/orders\/app:latest", allowed: .*\noperatorImage: .* pull from us-east-1; write {region} instead\nhostedZoneId: given "example.com"/,
  );
});
