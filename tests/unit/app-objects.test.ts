//! Goal: objects keep bytes and type, are taken only while serving, and obey the deadline.
//! Method: the HTTP service over a bucket in memory; the S3 client against a small HTTP server.

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Objects } from "../../app/s3.ts";
import { Stage, here, servingHere, standbyHere, there } from "./app-fakes.ts";

const stages: Stage[] = [];

function open(...props: ConstructorParameters<typeof Stage>): Promise<Stage> {
  const stage = new Stage(...props);
  stages.push(stage);
  return stage.open();
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

const picture = Buffer.from([0x89, 0x50, 0, 0xff]);

function put(stage: Stage, key: string, body: Buffer = picture): Promise<Response> {
  return stage.fetch(`/objects/${key}`, {
    method: "PUT",
    headers: { "content-type": "image/png" },
    body: new Uint8Array(body),
  });
}

describe("objects over HTTP", () => {
  test("come back as they were put, and cannot act as a page of the service", async () => {
    const stage = await open(servingHere);
    const stored = await put(stage, "a.png");
    expect(stored.status).toBe(201);
    expect(await stored.json()).toEqual({
      key: "a.png",
      bytes: 4,
      contentType: "image/png",
      region: here,
      epoch: 7,
    });
    const answer = await stage.fetch("/objects/a.png");
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(picture);
  });

  test("that nobody put are 404", async () => {
    const stage = await open(servingHere);
    expect((await stage.fetch("/objects/none")).status).toBe(404);
  });

  test("may have 1 MiB and not a byte more", async () => {
    const stage = await open(servingHere);
    expect((await put(stage, "full", Buffer.alloc(1024 * 1024))).status).toBe(201);
    expect((await put(stage, "over", Buffer.alloc(1024 * 1024 + 1))).status).toBe(413);
  });

  test.each(["..%2fsecret", "a%20b", "x".repeat(129)])("have no key like %s", async (key) => {
    const stage = await open(servingHere);
    expect((await put(stage, key)).status).toBe(400);
    expect((await stage.fetch(`/objects/${key}`)).status).toBe(400);
  });

  test("go to the peer while this region does not serve", async () => {
    const stage = await open(standbyHere);
    stage.peer.answers(201, {});
    const answer = await put(stage, "a.png");
    expect(answer.headers.get("x-switchback-region")).toBe(there);
    expect(stage.peer.requests[0]).toMatchObject({ method: "PUT", path: "/objects/a.png" });
    expect(stage.peer.requests[0]?.body).toEqual(picture);
  });

  test("that took too long are outcome-unknown when the lease is gone", async () => {
    const stage = await open(servingHere);
    stage.leases.next = standbyHere;
    stage.objects.onPut = () => stage.clock.advance(251);
    const answer = await put(stage, "a.png");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: "outcome-unknown", key: "a.png" });
  });

  test.each(["outcome-unknown", "unavailable"] as const)(
    "are answered %s when the bucket says so",
    async (kind) => {
      const stage = await open(servingHere);
      stage.objects.failsWith = { kind, because: "object storage" };
      const answer = await put(stage, "a.png");
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: kind });
    },
  );

  test("do not exist where there is no bucket", async () => {
    const stage = await open(servingHere, { objects: "none" });
    expect((await put(stage, "a.png")).status).toBe(404);
  });
});

describe("objects in S3", () => {
  const servers: Server[] = [];
  const clients: S3Objects[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(
      servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
  });

  async function objectsOn(listener: RequestListener): Promise<S3Objects> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const objects = new S3Objects({
      bucket: "orders-here",
      awsRegion: here,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: "id", secretAccessKey: "key", sessionToken: undefined },
      bytesMax: 16,
    });
    clients.push(objects);
    return objects;
  }

  test("are addressed by path, keep their type and come back", async () => {
    const stored = new Map<string, { type: string; body: Buffer }>();
    const objects = await objectsOn((request, response) => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const found = stored.get(path);
        if (request.method === "PUT") {
          const type = request.headers["content-type"] ?? "";
          stored.set(path, { type, body: Buffer.concat(chunks) });
          response.end();
        } else if (found === undefined) {
          const xml = "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>";
          response.writeHead(404, { "content-type": "application/xml" }).end(xml);
        } else {
          response.writeHead(200, { "content-type": found.type }).end(found.body);
        }
      });
    });
    const object = { contentType: "image/png", body: picture };
    expect(await objects.put("a.png", object)).toEqual({ kind: "stored" });
    expect([...stored.keys()]).toEqual(["/orders-here/a.png"]);
    expect(await objects.get("a.png")).toEqual({ kind: "found", value: object });
    expect(await objects.get("b.png")).toEqual({ kind: "absent" });
  });

  test("that S3 refuses are certainly not stored, and are put once", async () => {
    let requests = 0;
    const objects = await objectsOn((_request, response) => {
      requests += 1;
      const xml = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
      response.writeHead(403, { "content-type": "application/xml" }).end(xml);
    });
    const put = await objects.put("a", { contentType: "text/plain", body: picture });
    expect(put.kind).toBe("unavailable");
    expect(requests).toBe(1);
  });

  test("may be stored when S3 fails or hangs up, and are not put again", async () => {
    let requests = 0;
    const objects = await objectsOn((request, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(500).end();
      else request.socket.destroy();
    });
    for (const key of ["a", "b"]) {
      const put = await objects.put(key, { contentType: "text/plain", body: picture });
      expect(put.kind).toBe("outcome-unknown");
    }
    expect(requests).toBe(2);
  });

  test("that somebody else stored too large are not read", async () => {
    const objects = await objectsOn((_request, response) => response.end(Buffer.alloc(17)));
    expect((await objects.get("a")).kind).toBe("unavailable");
  });
});
