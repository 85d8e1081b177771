//! The two files that an operator reads: its own settings and the topology. No password is in them;
//! who and where the database is comes from the environment, as any PostgreSQL client reads it.

import { operatorHostname } from "../topology/topology.ts";
import { certificatesFile, peerHostFile } from "./database.ts";
import { appName, ports } from "./names.ts";
import type { RegionProps } from "./parameters.ts";

/** Where the files lie in the container. */
export const configFolder = "/etc/switchback/settings";
/** Where the secret lies that people and the other operator must bring. */
export const accessFolder = "/etc/switchback/access";
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** File name to content. */
export function operatorSettings(props: RegionProps): Readonly<Record<string, string>> {
  const { parameters, peer, region, topology } = props;
  const query = `sslmode=verify-full&sslrootcert=${certificatesFile}`;
  const databaseUrl = `postgres:///${topology.database.name}?${query}`;
  const settings = {
    region,
    topologyFile: `${configFolder}/topology.json`,
    listen: { host: "0.0.0.0", port: ports.operator },
    database: {
      url: databaseUrl,
      instanceIdentifier: `${topology.service}-${region}`,
    },
    peer: {
      operatorUrl: `http://${operatorHostname(topology, peer)}:${ports.operator}`,
      databaseUrl,
      databaseHostFile: peerHostFile,
      instanceIdentifier: `${topology.service}-${peer}`,
    },
    objects: {
      bucket: `${topology.storage.bucketPrefix}-${region}`,
      peerBucket: `${topology.storage.bucketPrefix}-${peer}`,
    },
    accessTokenFile: `${accessFolder}/token`,
    route53: { hostedZoneId: parameters.hostedZoneId },
    // Without a node group: the cluster adds nodes by itself, as EKS Auto Mode does.
    kubernetes: {
      url: "https://kubernetes.default.svc",
      tokenFile: `${serviceAccountFolder}/token`,
      namespace: topology.service,
      deployment: appName(topology),
    },
  };
  return { "operator.json": json(settings), "topology.json": json(topology) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
