//! Where pods find their region's database: a Secret each, made outside these charts. Both hold
//! `ca.pem`, the certificates that the database's own certificate is checked against.

import type { k8s } from "cdk8s-plus-27";

const volume = "database";
const folder = "/etc/switchback/database";

/** Where `ca.pem` lies in the container. */
export const certificatesFile = `${folder}/ca.pem`;

export const certificatesMount: k8s.VolumeMount = {
  name: volume,
  mountPath: folder,
  readOnly: true,
};

/** Only the certificates: what else the Secret holds does not belong into a file. */
export function certificatesVolume(secretName: string): k8s.Volume {
  return { name: volume, secret: { secretName, items: [{ key: "ca.pem", path: "ca.pem" }] } };
}

export function secretVariable(name: string, secretName: string, key: string): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}
