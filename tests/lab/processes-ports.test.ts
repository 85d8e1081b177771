//! Goal: a port is free on every address asked for, or the message says what to do.
//! Method: servers of our own occupy ports; addresses that this machine has not.

import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { PortUnavailable, freePort, samePort } from "../../lab/processes/ports.ts";

const host = "127.0.0.1";
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => new Promise((done) => one.close(done))));
});

async function occupied(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

test("ports are handed out once, below those of outgoing connections", async () => {
  const ports = await Promise.all(Array.from({ length: 30 }, () => freePort(host)));
  expect(new Set(ports).size).toBe(30);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  }
});

test("a port asked for by name is that one, or an error that names it", async () => {
  const taken = await occupied();
  await expect(samePort([host], taken)).rejects.toThrow(`port ${taken} on ${host} is in use`);
  await expect(samePort([host], taken)).rejects.toThrow(PortUnavailable);
  const free = await freePort(host);
  expect(await samePort([host, host], free)).toBe(free);
});

test("one port is found for two addresses", async () => {
  // macOS has but one address on its loopback.
  const hosts = process.platform === "linux" ? ["127.0.77.1", "127.0.77.2"] : [host];
  const port = await samePort(hosts);
  expect(await samePort(hosts, port)).toBe(port);
});

test("an address that this machine has not is told how to add it", async () => {
  // From the block that is reserved for documentation: nobody has it.
  await expect(freePort("192.0.2.77")).rejects.toThrow(
    /no address 192\.0\.2\.77: add it with `sudo i/,
  );
});
