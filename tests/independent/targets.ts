//! The lab's AWS and moto's, as the scenarios see them: the same clients, one endpoint or the other.
//! What the lab is born with (a zone, a table, two databases) moto is given through its API.

import * as DynamoDB from "@aws-sdk/client-dynamodb";
import * as RDS from "@aws-sdk/client-rds";
import * as Route53 from "@aws-sdk/client-route-53";
import { S3 } from "@aws-sdk/client-s3";
import { createMrscModel } from "../../lab/aws/dynamodb.ts";
import { startAwsEndpoint } from "../../lab/aws/endpoint.ts";
import { rdsService } from "../../lab/aws/rds.ts";
import { s3Service } from "../../lab/aws/s3.ts";
import type { AwsService } from "../../lab/aws/service.ts";
import { createRoute53 } from "../../lab/route53/route53.ts";
import { cuttableNetwork, regionA, regionB, witness } from "../contract/aws-fixture.ts";
import { FakeInstances } from "../contract/rds-instances.ts";

export const zoneName = "example.test";
export const tableName = "arbiter";
/** In the first region; `orders-b` in the second is its replica. */
export const primaryName = "orders-a";
export const replicaName = "orders-b";

export interface Target {
  readonly route53: Route53.Route53Client;
  readonly hostedZoneId: string;
  readonly dynamodb: DynamoDB.DynamoDBClient;
  readonly s3: S3;
  readonly rds: { readonly inA: RDS.RDSClient; readonly inB: RDS.RDSClient };
  readonly replicaArn: string;
  readonly primaryArn: string;
  /** Ends what RDS has under way; where nothing takes time there is nothing to do. */
  settle(): void;
  close(): Promise<void>;
}

const credentials = { accessKeyId: "lab", secretAccessKey: "lab" };
const host = "127.0.0.1";

function clientsOf(endpoints: { readonly inA: string; readonly inB: string }) {
  const common = { credentials, maxAttempts: 1 };
  const inA = { ...common, region: regionA, endpoint: endpoints.inA };
  const inB = { ...common, region: regionB, endpoint: endpoints.inB };
  const clients = {
    route53: new Route53.Route53Client(inA),
    dynamodb: new DynamoDB.DynamoDBClient(inA),
    s3: new S3({ ...inA, forcePathStyle: true }),
    rds: { inA: new RDS.RDSClient(inA), inB: new RDS.RDSClient(inB) },
  };
  const { dynamodb, rds, route53, s3 } = clients;
  const destroy = () => {
    for (const client of [route53, dynamodb, s3, rds.inA, rds.inB]) client.destroy();
  };
  return { ...clients, destroy };
}

function arnOf(region: string, account: string, name: string): string {
  return `arn:aws:rds:${region}:${account}:db:${name}`;
}

export async function labTarget(): Promise<Target> {
  const lab = createRoute53({
    zone: zoneName,
    speedup: 1,
    probeTarget: ({ port }) => ({ host, port }),
    propagationMs: 0,
    requestsPerSecond: 10_000,
  });
  const table = createMrscModel({
    sites: [regionA, regionB, witness],
    network: cuttableNetwork(0),
  });
  table.createTable(tableName);
  const instances = new FakeInstances();
  const rds = rdsService(instances);
  const inA = await start(regionA, {
    route53: lab.service,
    dynamodb: table.service(regionA),
    s3: s3Service({ region: regionA }),
    rds,
  });
  const inB = await start(regionB, { rds });
  const { destroy, ...clients } = clientsOf({ inA: inA.url, inB: inB.url });
  return {
    ...clients,
    hostedZoneId: lab.hostedZoneId,
    primaryArn: arnOf(regionA, "000000000000", primaryName),
    replicaArn: arnOf(regionB, "000000000000", replicaName),
    settle() {
      instances.finish();
      for (const { finish } of instances.promotions.splice(0)) finish();
    },
    async close() {
      destroy();
      await lab.stop();
      await inA.close();
      await inB.close();
    },
  };
}

function start(region: string, services: Readonly<Record<string, AwsService>>) {
  return startAwsEndpoint({ region, host, port: 0, services });
}

export async function motoTarget(): Promise<Target> {
  const url = process.env.MOTO_URL;
  if (url === undefined) throw new Error("moto was not started: use npm run test:independent");
  const reset = await fetch(`${url}/moto-api/reset`, { method: "POST" });
  if (!reset.ok) throw new Error(`moto is not empty: ${reset.status}`);
  const { destroy, ...clients } = clientsOf({ inA: url, inB: url });
  const { HostedZone } = await clients.route53.send(
    new Route53.CreateHostedZoneCommand({ Name: zoneName, CallerReference: "zone" }),
  );
  await createTable(clients.dynamodb);
  const primaryArn = arnOf(regionA, "123456789012", primaryName);
  await createDatabases(clients.rds, primaryArn);
  return {
    ...clients,
    hostedZoneId: HostedZone?.Id?.split("/").at(-1) ?? "",
    primaryArn,
    replicaArn: arnOf(regionB, "123456789012", replicaName),
    settle: () => undefined,
    close: async () => destroy(),
  };
}

async function createTable(client: DynamoDB.DynamoDBClient): Promise<void> {
  await client.send(
    new DynamoDB.CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
    }),
  );
}

async function createDatabases({ inA, inB }: Target["rds"], source: string): Promise<void> {
  await inA.send(
    new RDS.CreateDBInstanceCommand({
      DBInstanceIdentifier: primaryName,
      DBInstanceClass: "db.r7g.large",
      Engine: "postgres",
      DBName: "orders",
      AllocatedStorage: 20,
      MasterUsername: "orders",
      MasterUserPassword: "not-a-secret",
      BackupRetentionPeriod: 1,
    }),
  );
  await inB.send(
    new RDS.CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: replicaName,
      SourceDBInstanceIdentifier: source,
    }),
  );
}
