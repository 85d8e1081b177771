//! Goal: whoever may break the lab can, nobody else, and every refusal says why.
//! Method: the API over a lab that only remembers.

import http from "node:http";
import { startFaultApi, type FaultApi } from "../../lab/faults/fault-api.ts";
import type { ActiveFault } from "../../lab/faults/faults.ts";
import type { Lab } from "../../lab/lab.ts";

const places = { regions: ["a", "b"], sites: ["a", "b", "w", "internet"] };
let api: FaultApi;
let faults: ActiveFault[];

beforeEach(async () => {
  faults = [];
  const lab = {
    descriptor: {},
    activeFaults: () => faults,
    observations: () => ({
      route53Calls: [{ atMs: 5, action: "GetChange", answered: false }],
      route53CallCounts: { GetChange: 1 },
      rogueWriters: {},
    }),
    async inject(fault: ActiveFault["fault"]) {
      const active = { id: `fault-${faults.length + 1}`, fault, injectedAtMs: 0, text: fault.kind };
      faults.push(active);
      return active;
    },
    async heal(id: string) {
      faults = faults.filter((each) => each.id !== id);
    },
  };
  api = await startFaultApi(lab as unknown as Lab, places, { host: "127.0.0.1", port: 0 });
});
afterEach(() => api.close());

interface Call {
  readonly method: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function call({ method, path = "/faults", body, headers = {} }: Call): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const request = http.request(
      `${api.url}${path}`,
      { method, agent: false, headers: { ...type, ...headers } },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve([response.statusCode ?? 0, text]));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

test("a fault comes, is listed, and goes", async () => {
  const body = JSON.stringify({ kind: "region-loss", region: "a" });
  const [status, text] = await call({ method: "POST", body });
  expect(status).toBe(201);
  expect(text).toContain("fault-1");
  expect((await call({ method: "GET" }))[1]).toContain("fault-1");
  expect((await call({ method: "DELETE", path: "/faults/fault-1" }))[0]).toBe(200);
  expect(faults).toEqual([]);
});

test.each([
  ["an unknown kind", '{"kind":"earthquake"}', 400, "kind"],
  ["an unknown region", '{"kind":"region-loss","region":"mars"}', 400, "mars"],
  ["a link to itself", '{"kind":"link-cut","from":"a","to":"a"}', 400, "another site"],
  ["more than it takes", '{"kind":"arbiter-down","now":true}', 400, "now"],
  ["what is no JSON", "{", 400, "JSON"],
])("%s is refused and says why", async (_what, body, status, why) => {
  const [answered, text] = await call({ method: "POST", body });
  expect(answered).toBe(status);
  expect(text).toContain(why);
  expect(faults).toEqual([]);
});

test("another type than JSON is refused: a page can send it unasked", async () => {
  const body = '{"kind":"arbiter-down"}';
  const [status] = await call({ method: "POST", body, headers: { "content-type": "text/plain" } });
  expect(status).toBe(415);
  expect(faults).toEqual([]);
});

test("a name that is made to lead here is refused, whatever it asks", async () => {
  const body = '{"kind":"arbiter-down"}';
  for (const method of ["GET", "POST", "DELETE"]) {
    const [status] = await call({ method, body, headers: { host: "evil.example" } });
    expect(status).toBe(403);
  }
  expect(faults).toEqual([]);
});

test("an id that is not active is answered with those that are", async () => {
  await call({ method: "POST", body: '{"kind":"arbiter-down"}' });
  const [status, text] = await call({ method: "DELETE", path: "/faults/nope" });
  expect(status).toBe(404);
  expect(text).toContain("active: fault-1");
});

test("what only the lab can tell is there to be read", async () => {
  const [status, text] = await call({ method: "GET", path: "/observations" });
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    route53Calls: [{ atMs: 5, action: "GetChange", answered: false }],
  });
});
