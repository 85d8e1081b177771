//! Goal: what crosses from region to region arrives whole or not at all, and only from the lab itself;
//! the sender knows whether a repeat would help. Method: the sender against the receiver on loopback.

import { Agent, request } from "node:http";
import { s3Region } from "../../lab/aws/s3.ts";
import { Bucket, ByteBudget } from "../../lab/aws/s3/bucket.ts";
import { type Receiver, sendReplica, startReceiver } from "../../lab/aws/s3/replica-wire.ts";
import { objectVersion, type ObjectVersion } from "../../lab/aws/s3/version.ts";
import { closeAll, opened, refusal, regionA } from "./aws-fixture.ts";

const receivers: Receiver[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(receivers.splice(0).map((each) => each.close()));
});

const secret = "of the lab";

const version = objectVersion(
  {
    bucket: "destination",
    key: "k",
    versioned: true,
    writtenAtMs: 1_500.25,
    replication: { kind: "source", to: { destination: "PENDING" } },
  },
  { body: Buffer.from("body"), contentType: "text/x", contentEncoding: undefined, metadata: {} },
);

async function bench({ bytesMax = 100_000, versioned = true, bucket = "destination" } = {}) {
  const heard: ObjectVersion[] = [];
  const onVersion = (one: ObjectVersion) => heard.push(one);
  const s3 = s3Region({ region: regionA, onVersion });
  const made = new Bucket(bucket, new Date(0), new ByteBudget(bytesMax));
  made.versioning = versioned ? "Enabled" : undefined;
  (s3.buckets as Map<string, Bucket>).set(bucket, made);
  const receive = (replica: ObjectVersion) => s3.receive(replica);
  const to = await startReceiver({ host: "127.0.0.1", port: 0, secret, receive });
  receivers.push(to);
  const agent = opened(new Agent({ keepAlive: true }));
  const { signal } = new AbortController();
  const send = (more = {}) => sendReplica(version, { to, secret, agent, signal, ...more });
  return { made, heard, send, to };
}

test("a version arrives as it is, as a replica, and a repeat changes nothing", async () => {
  const { heard, made, send } = await bench();
  expect(await send()).toBe("delivered");
  expect(await send()).toBe("delivered");
  expect(made.versionsOf("k")).toEqual([{ ...version, replication: { kind: "replica" } }]);
  expect(heard).toEqual([]);
});

test("who does not know the secret stores nothing", async () => {
  const { made, send } = await bench();
  expect((await refusal(send({ secret: "guessed" }))).message).toContain("403");
  expect(made.isEmpty).toBe(true);
});

test.each([
  ["there is no such bucket", { bucket: "another" }],
  ["the bucket keeps no versions", { versioned: false }],
])("where %s, a repeat would not help", async (_why, how) => {
  const { made, send } = await bench(how);
  expect(await send()).toBe("rejected");
  expect(made.isEmpty).toBe(true);
});

test("where there is no room now, a repeat may help", async () => {
  const { made, send } = await bench({ bytesMax: 10 });
  expect((await refusal(send())).message).toContain("507");
  expect(made.isEmpty).toBe(true);
});

test("a body that was damaged on its way is not stored", async () => {
  const { made, send, to } = await bench();
  await send();
  const [stored] = made.versionsOf("k");
  made.remove("k", stored?.versionId ?? "");
  const described = { ...stored, body: undefined };
  const status = await new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${secret}`,
      "x-lab-version": Buffer.from(JSON.stringify(described)).toString("base64url"),
    };
    const sent = request({ ...to, method: "PUT", path: "/replica", headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", reject);
    sent.end("bodY");
  });
  expect(status).toBe(400);
  expect(made.isEmpty).toBe(true);
});
