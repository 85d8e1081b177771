//! Real SDK clients against an endpoint on loopback, and everything closed after each test.

import {
  startAwsEndpoint,
  type AwsEndpoint,
  type AwsEndpointOptions,
} from "../../lab/aws/endpoint.ts";

export const regionA = "us-east-1";
export const regionB = "us-west-2";
export const witness = "us-east-2";

const open: (() => Promise<void> | void)[] = [];

export async function endpoint(
  options: Omit<AwsEndpointOptions, "host" | "port" | "region"> & { readonly region?: string },
): Promise<AwsEndpoint> {
  const started = await startAwsEndpoint({
    region: regionA,
    host: "127.0.0.1",
    port: 0,
    ...options,
  });
  open.push(() => started.close());
  return started;
}

/** What every client in these tests is made with: one attempt, no credentials from outside. */
export function clientOptions({ url }: AwsEndpoint, region: string = regionA) {
  return {
    endpoint: url,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
  };
}

/** Closed by `closeAll`, clients before servers. */
export function opened<T extends { destroy(): void }>(client: T): T {
  open.push(() => client.destroy());
  return client;
}

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close();
}

/** What the promise was refused with. */
export async function refusal(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("nothing was refused");
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A network whose links can be cut one way at a time; every hop takes `oneWayMs`. */
export function cuttableNetwork(oneWayMs: number) {
  const cuts = new Set<string>();
  return {
    cut: (from: string, to: string) => cuts.add(`${from}>${to}`),
    cutBoth: (a: string, b: string) => cuts.add(`${a}>${b}`).add(`${b}>${a}`),
    isolate: (site: string) => {
      for (const other of [regionA, regionB, witness]) {
        cuts.add(`${site}>${other}`).add(`${other}>${site}`);
      }
    },
    heal: () => cuts.clear(),
    reachable: (from: string, to: string) => !cuts.has(`${from}>${to}`),
    oneWayMs: () => oneWayMs,
  };
}
