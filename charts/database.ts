//! Where pods find their region's database: a Secret each, made outside these charts. Both hold
//! `ca.pem`, the certificates that the database's own certificate is checked against.

import type { k8s } from "cdk8s-plus-27";

const volume = "database";
const folder = "/etc/switchback/database";

/** Where `ca.pem` lies in the container. */
export const certificatesFile = `${folder}/ca.pem`;

/** Where the operator finds the host of the other region's database. */
export const peerHostFile = `${folder}/peer-host`;

export const certificatesMount: k8s.VolumeMount = {
  name: volume,
  mountPath: folder,
  readOnly: true,
};

/** Only what is named: what else the Secret holds does not belong into a file. */
export function certificatesVolume(secretName: string, ...also: readonly string[]): k8s.Volume {
  const items = ["ca.pem", ...also].map((key) => ({ key, path: key }));
  return { name: volume, secret: { secretName, items } };
}

export function secretVariable(name: string, secretName: string, key: string): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}
