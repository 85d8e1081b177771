//! How RDS names things: identifiers, ARNs, and how it says that there is no such thing.

import { AwsError } from "../service.ts";
import type { InstanceName, RdsInstance, RdsPort } from "./port.ts";

const account = "000000000000";

export function arnOf({ identifier, region }: InstanceName): string {
  return `arn:aws:rds:${region}:${account}:db:${identifier}`;
}

/** Instances of other regions are named by their ARN. */
export function nameFrom(region: string, instance: InstanceName): string {
  return instance.region === region ? instance.identifier : arnOf(instance);
}

/** By identifier or ARN, among those of the region. */
export function findInstance(port: RdsPort, name: string | undefined, region: string): RdsInstance {
  const found = lookUp(port, name ?? "", region);
  if (found !== undefined) return found;
  throw new AwsError(
    "DBInstanceNotFoundFault",
    `DBInstance ${(name ?? "").toLowerCase()} not found.`,
  );
}

export function lookUp(port: RdsPort, name: string, region: string): RdsInstance | undefined {
  const identifier = name.toLowerCase();
  return port
    .instances()
    .filter((instance) => instance.region === region)
    .find((instance) => instance.identifier === identifier || arnOf(instance) === name);
}

/** The region that an ARN names, else the one that was asked. */
export function regionOf(name: string, asked: string): string {
  const [arn, , service, region] = name.split(":");
  return arn === "arn" && service === "rds" && region !== undefined ? region : asked;
}

/** The identifier as RDS keeps it, in lower case; an error when RDS would not take it. */
export function newIdentifier(
  member: string,
  name: string | undefined,
  charactersMax: number,
): string {
  const identifier = (name ?? "").toLowerCase();
  const hasForm = /^[a-z](-?[a-z0-9])*$/.test(identifier) && identifier.length <= charactersMax;
  if (hasForm) return identifier;
  throw new AwsError(
    "InvalidParameterValue",
    `The parameter ${member} is not a valid identifier. Identifiers must begin with a letter; must ` +
      "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain " +
      `two consecutive hyphens; at most ${charactersMax} characters.`,
  );
}

export function invalidState(message: string): AwsError {
  return new AwsError("InvalidDBInstanceStateFault", message);
}

export function notInTheLab(message: string): AwsError {
  return new AwsError("NotImplemented", message, { status: 501 });
}
