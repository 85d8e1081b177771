//! Goal: the endpoint speaks every protocol as AWS does, whatever the service behind it.
//! Method: real SDK clients, and raw HTTP where no SDK would send such a thing.

import { request } from "node:http";
import * as CloudWatch from "@aws-sdk/client-cloudwatch";
import * as DynamoDB from "@aws-sdk/client-dynamodb";
import * as EKS from "@aws-sdk/client-eks";
import * as RDS from "@aws-sdk/client-rds";
import * as Route53 from "@aws-sdk/client-route-53";
import * as S3 from "@aws-sdk/client-s3";
import * as STS from "@aws-sdk/client-sts";
import { AwsError, describeService, NoAnswer } from "../../lab/aws/endpoint.ts";
import type { AwsCall, Handlers } from "../../lab/aws/endpoint.ts";
import { stsService } from "../../lab/aws/sts.ts";
import {
  clientOptions,
  closeAll,
  endpoint,
  opened,
  pause,
  refusal,
  regionB,
} from "./aws-fixture.ts";

afterEach(closeAll);

const packages = [
  ["cloudwatch", CloudWatch, CloudWatch.CloudWatchClient, "json", 35],
  ["dynamodb", DynamoDB, DynamoDB.DynamoDBClient, "json", 50],
  ["eks", EKS, EKS.EKSClient, "restJson", 50],
  ["rds", RDS, RDS.RDSClient, "query", 150],
  ["route53", Route53, Route53.Route53Client, "restXml", 60],
  ["s3", S3, S3.S3Client, "restXml", 90],
  ["sts", STS, STS.STSClient, "query", 8],
] as const;

test.each(packages)(
  "every schema of %s compiles, inputs, outputs and errors",
  (...[, exported, Client, protocol, operationsMin]) => {
    const client = opened(new Client({ region: "none" }));
    const model = describeService(exported, client);
    expect(model.protocol).toBe(protocol);
    expect(model.operations.size).toBeGreaterThanOrEqual(operationsMin);
    for (const operation of model.operations.values()) {
      expect(operation.input.kind).toBe("structure");
      expect(operation.output.kind).toBe("structure");
    }
    for (const error of model.errors.values()) {
      expect(error.shape.kind).toBe("structure");
      expect(error.status).toBeGreaterThanOrEqual(400);
    }
  },
);

function route53(handlers: Handlers) {
  const client = opened(new Route53.Route53Client({ region: "none" }));
  return { route53: { model: describeService(Route53, client), handlers } };
}

describe("REST-XML", () => {
  test("lists, labels, query members and a Location header survive both ways", async () => {
    const seen: unknown[] = [];
    const server = await endpoint({
      services: route53({
        ChangeResourceRecordSets: (input: Route53.ChangeResourceRecordSetsCommandInput) => {
          seen.push(input);
          return {
            ChangeInfo: { Id: "/change/C1", Status: "PENDING", SubmittedAt: new Date(5000) },
          };
        },
        ListResourceRecordSets: (input: Route53.ListResourceRecordSetsCommandInput) => {
          seen.push(input);
          const record = {
            Name: "a.test.",
            Type: "TXT",
            TTL: 1,
            ResourceRecords: [{ Value: '"<&>"' }],
          };
          return { ResourceRecordSets: [record], IsTruncated: false, MaxItems: 300 };
        },
        CreateHealthCheck: (input: Route53.CreateHealthCheckCommandInput) => ({
          Location: "https://route53/healthcheck/h1",
          HealthCheck: { Id: "h1", HealthCheckVersion: 1, ...input },
        }),
      }),
    });
    // Signed for another region: Route 53 is one service for the whole partition.
    const client = opened(new Route53.Route53Client(clientOptions(server, regionB)));
    const ChangeBatch: Route53.ChangeBatch = {
      Changes: ["192.0.2.1", "192.0.2.2"].map((Value) => ({
        Action: "UPSERT",
        ResourceRecordSet: { Name: "a.test.", Type: "A", TTL: 5, ResourceRecords: [{ Value }] },
      })),
    };
    const changed = await client.send(
      new Route53.ChangeResourceRecordSetsCommand({ HostedZoneId: "/hostedzone/Z1", ChangeBatch }),
    );
    expect(changed.ChangeInfo?.SubmittedAt).toEqual(new Date(5000));
    expect(seen[0]).toEqual({ HostedZoneId: "Z1", ChangeBatch });
    const listed = await client.send(
      new Route53.ListResourceRecordSetsCommand({ HostedZoneId: "Z1", MaxItems: 7 }),
    );
    expect(listed.ResourceRecordSets?.[0]?.ResourceRecords).toEqual([{ Value: '"<&>"' }]);
    expect(seen[1]).toEqual({ HostedZoneId: "Z1", MaxItems: 7 });
    const check = await client.send(
      new Route53.CreateHealthCheckCommand({
        CallerReference: "x",
        HealthCheckConfig: { Type: "HTTP", Port: 80, Regions: ["us-east-1", "us-west-2"] },
      }),
    );
    expect(check.Location).toBe("https://route53/healthcheck/h1");
    expect(check.HealthCheck?.HealthCheckConfig?.Regions).toEqual(["us-east-1", "us-west-2"]);
  });

  test("a waiter ends when the change is in sync", async () => {
    let asked = 0;
    const server = await endpoint({
      services: route53({
        GetChange: ({ Id }: Route53.GetChangeCommandInput) => ({
          ChangeInfo: { Id, Status: ++asked > 1 ? "INSYNC" : "PENDING", SubmittedAt: new Date() },
        }),
      }),
    });
    const client = opened(new Route53.Route53Client(clientOptions(server)));
    const waited = await Route53.waitUntilResourceRecordSetsChanged(
      { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
      { Id: "C1" },
    );
    expect(waited.state).toBe("SUCCESS");
    expect(asked).toBe(2);
  });

  test("an error has its class, its status and its further members", async () => {
    const server = await endpoint({
      services: route53({
        ChangeResourceRecordSets: () => {
          throw new AwsError("InvalidChangeBatch", "two problems", {
            members: { messages: ["one <1>", "two"] },
          });
        },
        GetHostedZone: () => {
          throw new AwsError("NoSuchHostedZone", "no zone");
        },
      }),
    });
    const client = opened(new Route53.Route53Client(clientOptions(server)));
    const noZone = await refusal(client.send(new Route53.GetHostedZoneCommand({ Id: "Z" })));
    expect(noZone).toBeInstanceOf(Route53.NoSuchHostedZone);
    expect(noZone.$metadata).toMatchObject({ httpStatusCode: 404 });
    const batch = await refusal(
      client.send(
        new Route53.ChangeResourceRecordSetsCommand({
          HostedZoneId: "Z",
          ChangeBatch: { Changes: [] },
        }),
      ),
    );
    expect(batch).toBeInstanceOf(Route53.InvalidChangeBatch);
    expect(batch.messages).toEqual(["one <1>", "two"]);
  });
});

test("what the caller forgot is refused by name, before the handler runs", async () => {
  const server = await endpoint({ services: route53({ ChangeResourceRecordSets: () => ({}) }) });
  const client = opened(new Route53.Route53Client(clientOptions(server)));
  const incomplete = { Action: "UPSERT", ResourceRecordSet: { Name: "a.test." } } as never;
  const refused = await refusal(
    client.send(
      new Route53.ChangeResourceRecordSetsCommand({
        HostedZoneId: "Z",
        ChangeBatch: { Changes: [incomplete] },
      }),
    ),
  );
  expect(refused).toBeInstanceOf(Route53.InvalidInput);
  expect(refused.message).toMatch(/ChangeBatch\.Changes\.1\.ResourceRecordSet\.Type/);
});

test("what the handler forgot is a defect of the lab, and is told", async () => {
  const defects: unknown[] = [];
  const server = await endpoint({
    services: route53({ GetChange: () => ({ ChangeInfo: { Id: "C" } }) }),
    onDefect: (call, error) => defects.push([call.operation, (error as Error).message]),
  });
  const client = opened(new Route53.Route53Client(clientOptions(server)));
  const refused = await refusal(client.send(new Route53.GetChangeCommand({ Id: "C" })));
  expect(refused.$metadata).toMatchObject({ httpStatusCode: 500 });
  expect(defects).toEqual([["GetChange", "GetChange answered without ChangeInfo.Status"]]);
});

test("a known operation that is not written answers 501 and says what is", async () => {
  const server = await endpoint({ services: { sts: stsService() } });
  const client = opened(new STS.STSClient(clientOptions(server)));
  const refused = await refusal(client.send(new STS.GetSessionTokenCommand({})));
  expect(refused.name).toBe("NotImplemented");
  expect(refused.message).toBe("the lab has no GetSessionToken; it has GetCallerIdentity");
  expect(refused.$metadata).toMatchObject({ httpStatusCode: 501 });
});

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

function raw(
  port: number,
  { body, ...options }: RawRequest,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method: "POST", ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function scope(service: string, region = "us-east-1"): Record<string, string> {
  const credential = `Credential=AK/20260101/${region}/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=00` };
}

describe("requests no SDK would send", () => {
  test("an operation outside the model is InvalidAction or UnknownOperationException", async () => {
    const client = opened(new DynamoDB.DynamoDBClient({ region: "none" }));
    const dynamodb = { model: describeService(DynamoDB, client), handlers: {} };
    const { port } = await endpoint({ services: { sts: stsService(), dynamodb } });
    const query = await raw(port, { headers: scope("sts"), body: "Action=Nonsense" });
    expect(query.status).toBe(400);
    expect(query.text).toContain("<Code>InvalidAction</Code>");
    const json = await raw(port, {
      headers: { ...scope("dynamodb"), "x-amz-target": "DynamoDB_20120810.Nonsense" },
      body: "{}",
    });
    expect(json.status).toBe(400);
    expect(json.text).toContain("UnknownOperationException");
  });

  test("no scope, an unknown service, and another region are refused", async () => {
    const { port } = await endpoint({ services: { sts: stsService() } });
    const body = "Action=GetCallerIdentity";
    expect(await raw(port, { body })).toEqual({ status: 403, text: "no SigV4 credential scope" });
    expect((await raw(port, { body, headers: scope("sqs") })).text).toBe("no service sqs here");
    const elsewhere = await raw(port, { body, headers: scope("sts", "eu-west-1") });
    expect(elsewhere.status).toBe(403);
    expect(elsewhere.text).toContain("this is us-east-1, not eu-west-1");
  });

  test("bodies that are no JSON, no XML or no gzip are refused, not crashed on", async () => {
    const cloudwatch = opened(new CloudWatch.CloudWatchClient({ region: "none" }));
    const monitoring = { model: describeService(CloudWatch, cloudwatch), handlers: {} };
    const services = { monitoring, ...route53({ ChangeResourceRecordSets: () => ({}) }) };
    const { port } = await endpoint({ services });
    const target = { "x-amz-target": "GraniteServiceVersion20100801.PutMetricData" };
    const json = await raw(port, { headers: { ...scope("monitoring"), ...target }, body: "{" });
    expect([json.status, json.text]).toEqual([400, expect.stringContaining("not JSON")]);
    const gzip = await raw(port, {
      headers: { ...scope("monitoring"), ...target, "content-encoding": "gzip" },
      body: "not gzip",
    });
    expect([gzip.status, gzip.text]).toEqual([400, expect.stringContaining("not gzip")]);
    const xml = await raw(port, {
      path: "/2013-04-01/hostedzone/Z/rrset",
      headers: scope("route53"),
      body: "<A><B>",
    });
    expect(xml.status).toBe(400);
  });

  test("a body over the limit is refused with and without a declared length", async () => {
    const { port } = await endpoint({ services: { sts: stsService() }, bodyBytesMax: 1_000 });
    const body = "x".repeat(5_000);
    const declared = { ...scope("sts"), "content-length": "5000" };
    const chunked = { ...scope("sts"), "transfer-encoding": "chunked" };
    for (const headers of [declared, chunked]) {
      const refused = await raw(port, { headers, body });
      expect(refused.status).toBe(413);
      expect(refused.text).toContain("more than 1000 bytes");
    }
    const small = await raw(port, { headers: scope("sts"), body: "Action=GetCallerIdentity" });
    expect(small.status).toBe(200);
  });
});

describe("the gate", () => {
  test("lets calls pass, refuses them, or never answers; every call is told", async () => {
    const calls: AwsCall[] = [];
    const decisions = ["ok", new AwsError("ServiceUnavailable", "down", { status: 503 }), "drop"];
    const server = await endpoint({
      services: { sts: stsService() },
      gate: (): Promise<never> => Promise.resolve(decisions.shift() as never),
      onCall: (call) => calls.push(call),
    });
    const client = opened(new STS.STSClient(clientOptions(server)));
    const identity = await client.send(new STS.GetCallerIdentityCommand({}));
    expect(identity.Account).toBe("000000000000");
    const refused = await refusal(client.send(new STS.GetCallerIdentityCommand({})));
    expect([refused.name, refused.$metadata]).toEqual([
      "ServiceUnavailable",
      expect.objectContaining({ httpStatusCode: 503 }),
    ]);
    const abort = new AbortController();
    const dropped = client.send(new STS.GetCallerIdentityCommand({}), {
      abortSignal: abort.signal,
    });
    const first = await Promise.race([dropped, pause(300).then(() => "still waiting")]);
    expect(first).toBe("still waiting");
    abort.abort();
    expect((await refusal(dropped)).name).toBe("AbortError");
    expect(calls).toEqual(
      [1, 2, 3].map(() => ({
        region: "us-east-1",
        service: "sts",
        operation: "GetCallerIdentity",
      })),
    );
  });

  test("closing the endpoint ends calls that wait for an answer that never comes", async () => {
    const server = await endpoint({
      services: route53({
        GetChange: () => {
          throw new NoAnswer();
        },
      }),
    });
    const client = opened(new Route53.Route53Client(clientOptions(server)));
    const waiting = refusal(client.send(new Route53.GetChangeCommand({ Id: "C" })));
    await pause(100);
    await server.close();
    expect(await waiting).toBeInstanceOf(Error);
  });

  test("an unanswered call does not keep its socket for ever", async () => {
    const server = await endpoint({
      services: { sts: stsService() },
      gate: () => Promise.resolve("drop" as const),
      holdMsMax: 100,
    });
    const client = opened(new STS.STSClient(clientOptions(server)));
    const ended = await refusal(client.send(new STS.GetCallerIdentityCommand({})));
    expect(ended).toBeInstanceOf(Error);
  });
});
