//! Goal: a region that is cut off from the internet or dark cannot resolve; any other one can.
//! Method: the lab's resolver asks its name server through a relay, over ways that come and go.

import { Resolver } from "node:dns/promises";
import { startDnsServer, type DnsServer } from "../../lab/dns/server.ts";
import { openDatagramRelay, type DatagramRelay } from "../../lab/links/datagram-relay.ts";
import { Mesh } from "../../lab/links/mesh.ts";
import { host } from "./postgres-fixture.ts";

let mesh: Mesh;
let server: DnsServer;
let relay: DatagramRelay;
let queries = 0;

beforeEach(async () => {
  queries = 0;
  mesh = new Mesh({ sites: ["a", "b", "internet"], oneWayMs: () => 5 });
  server = await startDnsServer({
    host,
    port: 0,
    zone: "example.test",
    answer: (name) => {
      queries += 1;
      const value = name.startsWith("one.") ? "192.0.2.1" : "192.0.2.2";
      return { kind: "records", answers: [{ name, type: "A", ttlSeconds: 1, value }] };
    },
  });
  relay = await openDatagramRelay({
    mesh,
    from: "a",
    listenHost: host,
    to: "internet",
    server: { host, port: server.port },
  });
});
afterEach(async () => {
  await relay.close();
  await server.close();
  await mesh.close();
});

async function ask(name: string, timeoutMs = 20_000): Promise<string> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([`${relay.host}:${relay.port}`]);
  try {
    return (await resolver.resolve4(`${name}.example.test`)).join(" ");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "failed";
  }
}

test("questions of many askers at once each get their own answer", async () => {
  const names = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "one" : "two"));
  const answers = await Promise.all(names.map((name) => ask(name)));
  expect(answers).toEqual(names.map((name) => (name === "one" ? "192.0.2.1" : "192.0.2.2")));
});

test.each<[string, () => void, number]>([
  ["cut off both ways", () => mesh.cut("a", "internet"), 0],
  ["cut off on the way out", () => mesh.cut("a", "internet", { oneWay: true }), 0],
  ["cut off on the way back", () => mesh.cut("internet", "a", { oneWay: true }), 1],
  ["dark", () => mesh.dark("a"), 0],
])("a region that is %s hears nothing, and hears again afterwards", async (_what, cut, asked) => {
  cut();
  expect(await ask("one", 300)).toBe("ETIMEOUT");
  expect(queries).toBe(asked);
  mesh.light("a");
  mesh.heal("a", "internet");
  expect(await ask("one")).toBe("192.0.2.1");
});

test("a cut elsewhere is none of its business", async () => {
  mesh.cut("b", "internet");
  mesh.cut("a", "b");
  expect(await ask("two")).toBe("192.0.2.2");
});
