//! Free TCP ports for the lab's servers. A port asked for by name is that port or a clear error; a
//! port chosen here is below the range from which the system takes ports for outgoing connections.

import { createServer } from "node:net";

/** A port that nobody listens on at `host`, and that was not handed out before. */
export async function freePort(host: string): Promise<number> {
  return samePort([host]);
}

/** One port that is free on all `hosts`. With `preferred`, that one or a `PortUnavailable`. */
export async function samePort(hosts: readonly string[], preferred?: number): Promise<number> {
  if (preferred !== undefined) {
    await claim(hosts, preferred);
    handedOut.add(preferred);
    return preferred;
  }
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = nextCandidate();
    try {
      await claim(hosts, port);
      return port;
    } catch (error) {
      if (!(error instanceof PortUnavailable) || error.code !== "EADDRINUSE") throw error;
    }
  }
  throw new Error(`no free port on ${hosts.join(", ")} after ${attemptsMax} attempts`);
}

export class PortUnavailable extends Error {
  override readonly name = "PortUnavailable";
  readonly code: string;

  constructor(host: string, port: number, code: string) {
    super(explain(host, port, code));
    this.code = code;
  }
}

/**
 * A server of the lab may be killed and started again on its port. Were the port one that the
 * system gives to outgoing connections (from 32768 on Linux, 49152 on macOS), any client could have
 * taken it in between.
 */
const firstPort = 20_000;
const portCount = 12_000;
const attemptsMax = 200;
const handedOut = new Set<number>();
// Labs and test workers side by side begin at different places.
let offset = (process.pid * 67) % portCount;

function nextCandidate(): number {
  for (let step = 0; step < portCount; step += 1) {
    offset = (offset + 1) % portCount;
    const port = firstPort + offset;
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`all ${portCount} ports from ${firstPort} on have been handed out`);
}

async function claim(hosts: readonly string[], port: number): Promise<void> {
  for (const host of new Set(hosts)) await tryListening(host, port);
}

function tryListening(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new PortUnavailable(host, port, error.code ?? error.message));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

function explain(host: string, port: number, code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is in use: stop what listens there or choose another port`;
    case "EADDRNOTAVAIL":
      return process.platform === "darwin"
        ? `this machine has no address ${host}: add it with \`sudo ifconfig lo0 alias ${host}\``
        : `this machine has no address ${host}: add it with \`sudo ip address add ${host}/8 dev lo\``;
    case "EACCES":
      return `port ${port} on ${host} may only be opened by root: choose one above 1023`;
    default:
      return `cannot listen on ${host}:${port}: ${code}`;
  }
}
