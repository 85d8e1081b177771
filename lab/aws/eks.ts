//! EKS as far as capacity goes: one cluster with its node groups in a region, and changes of size
//! that take time and end when the lab says that the nodes are there.

import { randomUUID } from "node:crypto";
import * as EKS from "@aws-sdk/client-eks";
import { describeService } from "./model.ts";
import { AwsError, type AwsService } from "./service.ts";

export interface EksPort {
  readonly cluster: EksCluster;
  readonly nodegroups: readonly EksNodegroup[];
  /** Resolves when the node group has its new size. @default at once */
  scale?(nodegroup: string, desiredSize: number): Promise<void>;
}

export interface EksCluster {
  readonly name: string;
  readonly version: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  /** PEM in base64. @default none: the endpoint is plain HTTP */
  readonly certificateAuthority?: string;
}

export interface EksNodegroup {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredSize: number;
}

export function eksService(port: EksPort): AwsService {
  const client = new EKS.EKSClient({ region: "none" });
  const model = describeService(EKS, client);
  client.destroy();
  const capacity = new Capacity(port);
  return {
    model,
    handlers: {
      DescribeCluster: ({ name }: EKS.DescribeClusterCommandInput, { region }) => ({
        cluster: capacity.describeCluster(name, region),
      }),
      ListNodegroups: ({ clusterName }: EKS.ListNodegroupsCommandInput) => ({
        nodegroups: capacity.listNodegroups(clusterName),
      }),
      DescribeNodegroup: (input: EKS.DescribeNodegroupCommandInput) => ({
        nodegroup: capacity.describeNodegroup(input.clusterName, input.nodegroupName),
      }),
      UpdateNodegroupConfig: (input: EKS.UpdateNodegroupConfigCommandInput) => ({
        update: capacity.resize(input),
      }),
      DescribeUpdate: (input: EKS.DescribeUpdateCommandInput) => ({
        update: capacity.describeUpdate(input),
      }),
    },
  };
}

interface Sizes {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredSize: number;
}

interface Nodegroup {
  readonly name: string;
  sizes: Sizes;
  updating: boolean;
}

const updatesMax = 200;

class Capacity {
  readonly #port: EksPort;
  readonly #createdAt = new Date();
  readonly #nodegroups: readonly Nodegroup[];
  readonly #updates = new Map<string, EKS.Update>();

  constructor(port: EksPort) {
    this.#port = port;
    this.#nodegroups = port.nodegroups.map(({ name, ...sizes }) => ({
      name,
      sizes,
      updating: false,
    }));
  }

  describeCluster(name: string | undefined, region: string): EKS.Cluster {
    this.#assertCluster(name);
    const { cluster } = this.#port;
    return {
      name: cluster.name,
      arn: `arn:aws:eks:${region}:000000000000:cluster/${cluster.name}`,
      status: "ACTIVE",
      version: cluster.version,
      endpoint: cluster.endpoint,
      createdAt: this.#createdAt,
      certificateAuthority: { data: cluster.certificateAuthority },
    };
  }

  listNodegroups(cluster: string | undefined): string[] {
    this.#assertCluster(cluster);
    return this.#nodegroups.map(({ name }) => name);
  }

  describeNodegroup(cluster: string | undefined, name: string | undefined): EKS.Nodegroup {
    const nodegroup = this.#find(cluster, name);
    return {
      nodegroupName: nodegroup.name,
      clusterName: this.#port.cluster.name,
      status: nodegroup.updating ? "UPDATING" : "ACTIVE",
      scalingConfig: { ...nodegroup.sizes },
      createdAt: this.#createdAt,
      health: { issues: [] },
    };
  }

  resize(input: EKS.UpdateNodegroupConfigCommandInput): EKS.Update {
    const nodegroup = this.#find(input.clusterName, input.nodegroupName);
    if (nodegroup.updating) {
      throw new AwsError("ResourceInUseException", "Nodegroup already has a running update");
    }
    const { scalingConfig: wanted } = input;
    const sizes: Sizes = {
      minSize: wanted?.minSize ?? nodegroup.sizes.minSize,
      maxSize: wanted?.maxSize ?? nodegroup.sizes.maxSize,
      desiredSize: wanted?.desiredSize ?? nodegroup.sizes.desiredSize,
    };
    assertSizes(sizes);
    nodegroup.sizes = sizes;
    return this.#startUpdate(nodegroup);
  }

  describeUpdate({ name, nodegroupName, updateId }: EKS.DescribeUpdateCommandInput): EKS.Update {
    this.#find(name, nodegroupName);
    const update = this.#updates.get(updateId ?? "");
    if (update === undefined) throw notFound(`No update found for id: ${updateId}.`);
    return update;
  }

  #startUpdate(nodegroup: Nodegroup): EKS.Update {
    const id = randomUUID();
    const update: EKS.Update = {
      id,
      status: "InProgress",
      type: "ConfigUpdate",
      createdAt: new Date(),
      errors: [],
    };
    const [oldest] = this.#updates.keys();
    if (this.#updates.size >= updatesMax && oldest !== undefined) this.#updates.delete(oldest);
    this.#updates.set(id, update);
    nodegroup.updating = true;
    const scaled = this.#port.scale?.(nodegroup.name, nodegroup.sizes.desiredSize);
    void (scaled ?? Promise.resolve())
      .then(
        () => this.#updates.set(id, { ...update, status: "Successful" }),
        (error: unknown) => this.#updates.set(id, failed(update, error)),
      )
      .finally(() => {
        nodegroup.updating = false;
      });
    return update;
  }

  #find(cluster: string | undefined, name: string | undefined): Nodegroup {
    this.#assertCluster(cluster);
    const found = this.#nodegroups.find((nodegroup) => nodegroup.name === name);
    if (found === undefined) throw notFound(`No node group found for name: ${name}.`);
    return found;
  }

  #assertCluster(name: string | undefined): void {
    if (name !== this.#port.cluster.name) throw notFound(`No cluster found for name: ${name}.`);
  }
}

function assertSizes({ minSize, maxSize, desiredSize }: Sizes): void {
  if (desiredSize < minSize) {
    throw badSize(`desired capacity ${desiredSize} can't be less than min size ${minSize}`);
  }
  if (desiredSize > maxSize) {
    throw badSize(`desired capacity ${desiredSize} can't be greater than max size ${maxSize}`);
  }
}

function failed(update: EKS.Update, error: unknown): EKS.Update {
  const errorMessage = error instanceof Error ? error.message : String(error);
  return { ...update, status: "Failed", errors: [{ errorCode: "Unknown", errorMessage }] };
}

function badSize(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}
