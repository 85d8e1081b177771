//! Makes a replica of the other region's old primary through the RDS API of that region. RDS cannot
//! turn a primary into a replica: the old one gets another name and is kept, and a new one is made.
//! Every call may be repeated: what is already as wanted is a success, whatever RDS answered.

import {
  CreateDBInstanceReadReplicaCommand,
  CreateDBSnapshotCommand,
  type DBInstance,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { PeerInstance, Rebuild } from "../../failover/ports.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";
import { newestKept, replicaSettings } from "./rds-replica.ts";

export interface RdsRebuildProps {
  /** RDS of the other region. */
  readonly access: AwsAccess;
  readonly peerIdentifier: string;
  /** RDS of this region: it knows the ARN and the state of this region's instance. */
  readonly ownAccess: AwsAccess;
  readonly ownIdentifier: string;
  /** In the other region, for an encrypted replica. @default the key of the retired instance */
  readonly kmsKeyId?: string;
  readonly timeoutMs: number;
}

type Snapshot = "absent" | "creating" | "available";

/**
 * A `name` becomes the identifier of a snapshot and of a retired instance. It begins with the peer's
 * own identifier, which is put before it when it does not.
 */
export function rdsRebuild(props: RdsRebuildProps): Rebuild & { close(): void } {
  const rds = new Rds(props);
  return {
    state: () => rds.state(),
    snapshotState: (name) => rds.snapshotState(name),
    snapshot: (name) => rds.snapshot(name),
    isRetired: (name) => rds.isRetired(name),
    retire: (name) => rds.retire(name),
    createReplica: () => rds.createReplica(),
    close: () => rds.close(),
  };
}

class Rds {
  readonly #props: RdsRebuildProps;
  readonly #peer: RDSClient;
  readonly #own: RDSClient;

  constructor(props: RdsRebuildProps) {
    this.#props = props;
    this.#peer = new RDSClient(clientSettings(props.access, props.timeoutMs));
    this.#own = new RDSClient(clientSettings(props.ownAccess, props.timeoutMs));
  }

  async state(): Promise<Outcome<PeerInstance>> {
    const found = await this.#find(this.#peer, this.#props.peerIdentifier);
    return found.ok ? succeeded(this.#peerOf(found.value)) : found;
  }

  async snapshotState(name: string): Promise<Outcome<Snapshot>> {
    const DBSnapshotIdentifier = this.#keptAs(name);
    const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier });
    const answer = await this.#call((options) => this.#peer.send(command, options));
    if (!answer.ok) return isNamed(answer, "DBSnapshotNotFound") ? succeeded("absent") : answer;
    const status = answer.value.DBSnapshots?.[0]?.Status;
    if (status === undefined) return succeeded("absent");
    if (status !== "failed") return succeeded(status === "available" ? "available" : "creating");
    return failed("refused", `the snapshot ${DBSnapshotIdentifier} failed: delete it`);
  }

  async snapshot(name: string): Promise<Outcome<void>> {
    const command = new CreateDBSnapshotCommand({
      DBInstanceIdentifier: this.#props.peerIdentifier,
      DBSnapshotIdentifier: this.#keptAs(name),
    });
    const answer = await this.#call((options) => this.#peer.send(command, options));
    if (answer.ok) return succeeded(undefined);
    return this.#unless(answer, this.snapshotState(name), (state) => state !== "absent");
  }

  async isRetired(name: string): Promise<Outcome<boolean>> {
    const found = await this.#find(this.#peer, this.#keptAs(name));
    return found.ok ? succeeded(found.value !== "absent") : found;
  }

  /** Never renames a replica: a call that comes late must not take away what was made since. */
  async retire(name: string): Promise<Outcome<void>> {
    const { peerIdentifier } = this.#props;
    const found = await this.#find(this.#peer, peerIdentifier);
    if (!found.ok) return found;
    const wanted = this.#keptAs(name);
    if (found.value === "absent" || isReplica(found.value)) {
      const reason = `${peerIdentifier} is ${found.value === "absent" ? "absent" : "a replica"}`;
      return this.#unless(failed("refused", reason), this.isRetired(name), (is) => is);
    }
    if (found.value.PendingModifiedValues?.DBInstanceIdentifier === wanted) {
      return succeeded(undefined);
    }
    const command = new ModifyDBInstanceCommand({
      DBInstanceIdentifier: peerIdentifier,
      NewDBInstanceIdentifier: wanted,
      ApplyImmediately: true,
    });
    const answer = await this.#call((options) => this.#peer.send(command, options));
    if (answer.ok) return succeeded(undefined);
    // Of that name, and nothing under the old one: the answer to an earlier call got lost.
    return this.#unless(answer, this.state(), ({ kind }) => kind === "absent");
  }

  async createReplica(): Promise<Outcome<void>> {
    const { ownIdentifier, peerIdentifier, kmsKeyId } = this.#props;
    const own = await this.#ownPrimary();
    if (!own.ok) return own;
    const kept = await this.#newestKept();
    if (!kept.ok) return kept;
    const command = new CreateDBInstanceReadReplicaCommand({
      ...replicaSettings(kept.value, kmsKeyId),
      DBInstanceIdentifier: peerIdentifier,
      // By ARN, from which the SDK knows that RDS over there needs a signed call to RDS here.
      SourceDBInstanceIdentifier: own.value.DBInstanceArn ?? ownIdentifier,
    });
    const answer = await this.#call((options) => this.#peer.send(command, options));
    if (answer.ok) return succeeded(undefined);
    return this.#unless(
      answer,
      this.state(),
      (peer) => peer.kind !== "absent" && peer.followsThisRegion,
    );
  }

  close(): void {
    this.#peer.destroy();
    this.#own.destroy();
  }

  /** RDS would also make a replica of a replica, which could never take over from this region. */
  async #ownPrimary(): Promise<Outcome<DBInstance>> {
    const { ownIdentifier } = this.#props;
    const own = await this.#find(this.#own, ownIdentifier);
    if (!own.ok) return own;
    if (own.value === "absent") return failed("refused", `there is no ${ownIdentifier}`);
    if (isReplica(own.value)) {
      return failed("refused", `${ownIdentifier} is still a replica as far as RDS knows`);
    }
    return succeeded(own.value);
  }

  /** Its network and its parameters are what a replica in its place needs; RDS has no default for it. */
  async #newestKept(): Promise<Outcome<DBInstance>> {
    const prefix = `${this.#props.peerIdentifier}-`;
    const all: DBInstance[] = [];
    let Marker: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const command = new DescribeDBInstancesCommand({ Marker });
      const answer = await this.#call((options) => this.#peer.send(command, options));
      if (!answer.ok) return answer;
      all.push(...(answer.value.DBInstances ?? []));
      Marker = answer.value.Marker;
      if (Marker === undefined) break;
    }
    const kept = newestKept(all, prefix);
    if (kept !== undefined) return succeeded(kept);
    return failed(
      "refused",
      `no retired instance named ${prefix}...: whose subnet group and security groups would a ` +
        `replica get? Create ${this.#props.peerIdentifier} by hand`,
    );
  }

  #peerOf(found: DBInstance | "absent"): PeerInstance {
    if (found === "absent") return { kind: "absent" };
    const { ownAccess, ownIdentifier } = this.#props;
    // Of another region it is an ARN: arn:aws:rds:REGION:ACCOUNT:db:IDENTIFIER.
    const [, , , region, , , identifier] = sourceOf(found)?.split(":") ?? [];
    return {
      kind: isReplica(found) ? "replica" : "primary",
      status: found.DBInstanceStatus ?? "unknown",
      followsThisRegion: region === ownAccess.region && identifier === ownIdentifier,
    };
  }

  async #find(client: RDSClient, identifier: string): Promise<Outcome<DBInstance | "absent">> {
    const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier });
    const answer = await this.#call((options) => client.send(command, options));
    if (!answer.ok) return isNamed(answer, "DBInstanceNotFound") ? succeeded("absent") : answer;
    return succeeded(answer.value.DBInstances?.[0] ?? "absent");
  }

  /** The failure, unless what was wanted is there all the same. */
  async #unless<T>(
    failure: Outcome<never>,
    looking: Promise<Outcome<T>>,
    isAsWanted: (found: T) => boolean,
  ): Promise<Outcome<void>> {
    const found = await looking;
    return found.ok && isAsWanted(found.value) ? succeeded(undefined) : failure;
  }

  #keptAs(name: string): string {
    const prefix = `${this.#props.peerIdentifier}-`;
    return name.startsWith(prefix) ? name : `${prefix}${name}`;
  }

  #call<T>(call: Parameters<typeof callAws<T>>[1]): Promise<Outcome<T>> {
    return callAws(this.#props.timeoutMs, call);
  }
}

/** Of a hundred instances each. */
const pagesMax = 20;

function sourceOf(instance: DBInstance): string | undefined {
  const { ReadReplicaSourceDBInstanceIdentifier: source } = instance;
  return source === "" ? undefined : source;
}

function isReplica(instance: DBInstance): boolean {
  return sourceOf(instance) !== undefined;
}

function isNamed(failure: { readonly detail: string }, error: string): boolean {
  return failure.detail.startsWith(error);
}
