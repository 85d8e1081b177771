//! One region of the lab: its PostgreSQL, its app pods behind a load balancer, its operator, and the
//! Kubernetes and AWS endpoints in front of them. Everything in it is lost and found together.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peerOf, type RegionName, type Topology } from "../../topology/topology.ts";
import type { Address } from "../descriptor.ts";
import type { KubernetesApi } from "../kubernetes/api.ts";
import { startKubernetesApi } from "../kubernetes/api.ts";
import { AppPods } from "./pods.ts";
import { PostgresServer } from "../postgres/server.ts";
import type { Account } from "../postgres/account.ts";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import type { ProcessRecord } from "../processes/record.ts";
import { RegionDatabases } from "./region-databases.ts";
import { Supervisor } from "../processes/supervisor.ts";

export interface RegionProps {
  readonly name: RegionName;
  readonly address: string;
  readonly topology: Topology;
  readonly folders: LabFolders;
  readonly ports: RegionPorts;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly record: ProcessRecord;
  /** Whoever has it may command the operator. */
  readonly operatorToken: string;
  /** Folder of the bundled programs. */
  readonly programs: string;
}

export interface LabFolders {
  readonly root: string;
  readonly logs: string;
  /** Where the account that PostgreSQL runs as can reach. */
  readonly data: string;
}

export interface RegionPorts {
  readonly postgres: number;
  readonly operator: number;
  readonly kubernetes: number;
  readonly aws: number;
  /** Where the region's load balancer listens; the same in both, since DNS carries no port. */
  readonly app: number;
}

/** How this region reaches what is elsewhere: addresses on its own side of the links. */
export interface Outside {
  readonly peerApp: string;
  readonly peerAws: string;
  readonly peerOperator: string;
  readonly peerPostgres: Address;
  readonly route53: string;
  readonly dnsServer: string;
  readonly hostedZoneId: string;
}

export const appRole = "app";
export const operatorRole = "switchback";
const credentials = { AWS_ACCESS_KEY_ID: "lab", AWS_SECRET_ACCESS_KEY: "lab" };
/** Node 20 is still supported here; the SDK's notice about it would only fill the logs. */
const quiet = { NODE_NO_WARNINGS: "1" };

export class LabRegion {
  readonly name: RegionName;
  readonly address: string;
  readonly ports: RegionPorts;
  readonly databases: RegionDatabases;
  readonly supervisor: Supervisor;
  readonly pods: AppPods;
  readonly bucket: string;
  readonly #props: RegionProps;
  #outside: Outside | "unknown" = "unknown";
  #kubernetes: KubernetesApi | "down" = "down";

  constructor(props: RegionProps) {
    const { account, address, binaries, folders, name, ports, record, topology } = props;
    this.name = name;
    this.address = address;
    this.ports = ports;
    this.#props = props;
    this.bucket = bucketOf(topology, name);
    this.databases = new RegionDatabases({
      region: name,
      identifier: instanceOf(topology, name),
      endpoint: { host: address, port: ports.postgres },
      dataFolder: folders.data,
      logFolder: folders.logs,
      account,
      makeServer: (place) =>
        new PostgresServer({
          ...place,
          templateFolder: join(folders.data, "template"),
          binaries,
          account,
          record,
        }),
    });
    this.supervisor = new Supervisor({ region: name, record, logFolder: folders.logs });
    this.pods = new AppPods({
      host: address,
      supervisor: this.supervisor,
      script: join(props.programs, "app/main.cjs"),
      envOf: (port) => this.#appEnv(port),
    });
  }

  /** The server at the service's endpoint, which is another one after a rebuild. */
  get postgres(): PostgresServer {
    return this.databases.server;
  }

  get appUrl(): string {
    return `http://${this.address}:${this.ports.app}`;
  }

  get awsUrl(): string {
    return `http://${this.address}:${this.ports.aws}`;
  }

  get kubernetesUrl(): string {
    return `http://${this.address}:${this.ports.kubernetes}`;
  }

  get operatorUrl(): string {
    return `http://${this.address}:${this.ports.operator}`;
  }

  /** The Kubernetes API, the operator and the first pods; PostgreSQL is started by the world. */
  async startPrograms(outside: Outside): Promise<void> {
    this.#outside = outside;
    this.#kubernetes = await startKubernetesApi({
      host: this.address,
      port: this.ports.kubernetes,
      namespace: this.#props.topology.service,
      deployment: this.#props.topology.service,
      pods: this.pods,
    });
    const { role } = this.#props.topology.regions[this.name] ?? { role: "standby" };
    const { activeReplicas, standbyReplicas } = this.#props.topology.capacity;
    this.pods.scaleTo(role === "active" ? activeReplicas : standbyReplicas);
    this.supervisor.run({
      name: "operator",
      script: join(this.#props.programs, "operator/main.cjs"),
      args: ["--config", this.#writeOperatorConfig(outside)],
      // A small young generation keeps the memory of an idle operator flat.
      nodeArgs: ["--max-old-space-size=96", "--max-semi-space-size=1"],
      // A key of its own, so that the lab knows who asks.
      env: { ...credentials, AWS_ACCESS_KEY_ID: this.name, ...quiet },
    });
  }

  async stop(): Promise<void> {
    await this.pods.stop();
    await Promise.all([
      this.supervisor.stop(),
      this.databases.stop(),
      this.#kubernetes === "down" ? undefined : this.#kubernetes.close(),
    ]);
  }

  #databaseUrl(user: string, { host, port }: Address = this.#endpoint): string {
    return `postgres://${user}@${host}:${port}/${this.#props.topology.database.name}`;
  }

  get #endpoint(): Address {
    return { host: this.address, port: this.ports.postgres };
  }

  #writeToken(folder: string): string {
    const file = join(folder, "token");
    writeFileSync(file, `${this.#props.operatorToken}\n`, { mode: 0o600 });
    return file;
  }

  #appEnv(port: number): Readonly<Record<string, string>> {
    if (this.#outside === "unknown") throw new Error(`${this.name} has no links yet`);
    return {
      ...credentials,
      ...quiet,
      AWS_REGION: this.name,
      SWITCHBACK_REGION: this.name,
      HOST: this.address,
      PORT: String(port),
      DATABASE_URL: this.#databaseUrl(appRole),
      PEER_URL: this.#outside.peerApp,
      ACK_WITHIN_MS: String(this.#props.topology.lease.ackWithinMs),
      BUCKET: this.bucket,
      S3_ENDPOINT: this.awsUrl,
      BUILD_ID: "lab",
      LOG_LEVEL: "warn",
    };
  }

  #writeOperatorConfig(outside: Outside): string {
    const { folders, topology } = this.#props;
    const folder = join(folders.root, "operators");
    mkdirSync(folder, { recursive: true });
    const peer = peerOf(topology, this.name);
    const config = {
      region: this.name,
      topologyFile: join(folders.root, "topology.json"),
      listen: { host: this.address, port: this.ports.operator },
      database: {
        url: this.#databaseUrl(operatorRole),
        instanceIdentifier: instanceOf(topology, this.name),
      },
      peer: {
        operatorUrl: outside.peerOperator,
        databaseUrl: this.#databaseUrl(operatorRole, outside.peerPostgres),
        instanceIdentifier: instanceOf(topology, peer),
      },
      objects: { bucket: this.bucket, peerBucket: bucketOf(topology, peer) },
      accessTokenFile: this.#writeToken(folder),
      route53: { hostedZoneId: outside.hostedZoneId },
      kubernetes: {
        url: this.kubernetesUrl,
        namespace: topology.service,
        deployment: topology.service,
        nodeGroup: {
          clusterName: clusterOf(topology, this.name),
          nodegroupName: "app",
          podsPerNode: 2,
        },
      },
      awsEndpoints: {
        regional: this.awsUrl,
        peerRegional: outside.peerAws,
        route53: outside.route53,
        arbiter: { [this.name]: this.awsUrl, [peer]: outside.peerAws },
      },
      publicEndpoints: { [this.name]: this.appUrl, [peer]: outside.peerApp },
      dnsServers: [outside.dnsServer],
      awsTimeoutMs: 1_000,
      databaseTimeoutMs: 500,
    };
    const file = join(folder, `${this.name}.json`);
    writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
    return file;
  }
}

export function instanceOf(topology: Topology, region: RegionName): string {
  return `${topology.service}-${region}`;
}

export function bucketOf(topology: Topology, region: RegionName): string {
  return `${topology.storage.bucketPrefix}-${region}`;
}

export function clusterOf(topology: Topology, region: RegionName): string {
  return `${topology.service}-${region}`;
}

export function peerAmong(regions: readonly LabRegion[], region: LabRegion): LabRegion {
  const peer = regions.find(({ name }) => name !== region.name);
  if (peer === undefined) throw new Error(`${region.name} has no peer`);
  return peer;
}
