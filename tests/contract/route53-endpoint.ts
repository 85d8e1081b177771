//! The lab's Route 53 behind a real HTTP endpoint, with the official client connected to it.

import { Route53Client } from "@aws-sdk/client-route-53";

import { startAwsEndpoint } from "../../lab/aws/endpoint.ts";
import { systemClock } from "../../lab/route53/clock.ts";
import { createRoute53 } from "../../lab/route53/route53.ts";
import type { Route53Lab, Route53Options } from "../../lab/route53/route53.ts";

export interface RunningRoute53 {
  readonly lab: Route53Lab;
  readonly client: Route53Client;
  /** Longer than any change takes to spread in these tests. */
  inSync(): Promise<void>;
  close(): Promise<void>;
}

export interface GivenRoute53 extends Partial<Route53Options> {
  /** Time stands still for the throttle, so that a slow machine does not fill its bucket again. */
  readonly throttledForEver?: boolean;
  /** Of the client. @default 1 */
  readonly maxAttempts?: number;
}

const host = "127.0.0.1";

export async function startRoute53(given: GivenRoute53 = {}): Promise<RunningRoute53> {
  const { throttledForEver = false, maxAttempts = 1, propagationMs = 20, ...options } = given;
  const clock = throttledForEver ? { ...systemClock, nowMs: () => 0 } : systemClock;
  const lab = createRoute53({
    zone: "example.test",
    speedup: 100,
    probeTarget: ({ port }) => ({ host, port }),
    // Most tests are about something else, and faster than five requests a second.
    requestsPerSecond: 1_000,
    ...options,
    clock,
    propagationMs,
  });
  const services = { route53: lab.service };
  const endpoint = await startAwsEndpoint({ region: "us-east-1", host, port: 0, services });
  const client = new Route53Client({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
    maxAttempts,
  });
  return {
    lab,
    client,
    inSync: () => new Promise((resolve) => setTimeout(resolve, propagationMs + 100)),
    async close() {
      client.destroy();
      await lab.stop();
      await endpoint.close();
    },
  };
}
