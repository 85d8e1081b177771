//! The program: reads its settings, joins the parts, listens, and stops in good order on SIGTERM.
//! Exits with 2 when the settings are wrong, with every problem on its own line.

import { setTimeout as pause } from "node:timers/promises";
import { pino, type Logger } from "pino";
import { fadingHandover } from "./closing.ts";
import { describeProblem, parseConfig, type Config } from "./config.ts";
import { Forwarder } from "./forwarder.ts";
import { Gate } from "./gate.ts";
import { askLease } from "./lease-question.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { PostgresLedger } from "./ledger.ts";
import { Metrics } from "./metrics.ts";
import { objectBytesMax } from "./object-routes.ts";
import { logRoleChanges, prepareWhenServing, recycleOnChange, type OnLook } from "./on-look.ts";
import { Parking } from "./parking.ts";
import type { Clock, Objects } from "./ports.ts";
import { startServer } from "./server.ts";
import { createService } from "./service.ts";

/** Everything that has a limit, with the relations between them. */
const limits = {
  leaseAgeMsMax: 500,
  waitingAgeMsMax: 150,
  handoverAgeMsMax: 20,
  /** A handover takes a second or two; an old primary stays closed for as long as nobody rebuilds it. */
  handoverMsMax: 15_000,
  parkedMax: 256,
  parkedBytesMax: 32 * objectBytesMax,
  parkedRetryMs: 40,
  /** A health checker waits for this look: well below the seconds it allows. */
  lookTimeoutMs: 1_000,
  connectTimeoutMs: 1_000,
  statementTimeoutMs: 3_000,
  connectionsMax: 6,
  waitingMax: 256,
  forwardsMax: 64,
  forwardConnectTimeoutMs: 1_000,
  forwardTimeoutMs: 3_000,
  /** The largest answer of the peer: an object, or a page of orders. */
  forwardBytesMax: objectBytesMax,
  stopGraceMs: 5_000,
  prepareRetryMs: 1_000,
} as const;

const clock: Clock = { nowMs: () => performance.now() };

async function main(): Promise<void> {
  const parsed = parseConfig(process.env);
  if (!parsed.ok) {
    for (const problem of parsed.problems) process.stderr.write(`${describeProblem(problem)}\n`);
    process.exitCode = 2;
    return;
  }
  const { config } = parsed;
  const log = pino({
    level: config.logLevel,
    base: { region: config.region, build: config.build, pid: process.pid },
  });
  await run(config, log);
}

async function run(config: Config, log: Logger): Promise<void> {
  const metrics = new Metrics(config.region);
  const gates = openGates(config, log, metrics);
  const ledger = new PostgresLedger(gates.orders, config.region);
  const followers: readonly OnLook[] = [
    (state) => metrics.showState(state),
    logRoleChanges(log),
    recycleOnChange((because) => gates.orders.recycle(because)),
    prepareWhenServing({
      clock,
      log,
      prepare: () => ledger.prepare(),
      retryMs: limits.prepareRetryMs,
    }),
  ];
  const fade = fadingHandover(clock, limits.handoverMsMax);
  const leases = new LeaseWatch({
    clock,
    ask: async () => fade(await askLease(gates.lease, config.region)),
    askTimeoutMs: limits.lookTimeoutMs,
    ageMsMax: limits.leaseAgeMsMax,
    waitingAgeMsMax: limits.waitingAgeMsMax,
    handoverAgeMsMax: limits.handoverAgeMsMax,
    onLook: (state) => followers.forEach((follow) => follow(state)),
  });
  const forwarder = config.peerUrl === undefined ? undefined : openForwarder(config.peerUrl);
  const service = createService({
    region: config.region,
    build: config.build,
    ackWithinMs: config.ackWithinMs,
    clock,
    leases,
    ledger,
    objects: await openObjects(config),
    peer: forwarder ?? "none",
    parking: openParking(config, metrics),
    metrics,
    log,
  });
  const { host, port } = config;
  const server = await startServer({ host, port, service });
  leases.start();
  log.info({ host, port: server.port, peer: config.peerUrl }, "listening");

  const signal = await stopSignal();
  log.info({ signal }, "stopping");
  // A request may be held that long before it is carried out.
  await server.stop(limits.stopGraceMs + config.handoverWaitMs);
  leases.stop();
  forwarder?.close();
  // A database that does not answer must not keep the process.
  await Promise.race([Promise.all([gates.orders.close(), gates.lease.close()]), pause(1_000)]);
  log.info("stopped");
  process.exit(0);
}

function openGates(config: Config, log: Logger, metrics: Metrics) {
  const shared = {
    clock,
    databaseUrl: config.databaseUrl,
    connectTimeoutMs: limits.connectTimeoutMs,
    onRecycle: (because: string) => {
      metrics.poolsRecycled.inc();
      log.info({ because }, "database pool recycled");
    },
  };
  return {
    orders: new Gate({
      ...shared,
      applicationName: `switchback-app ${config.region}`,
      connectionsMax: limits.connectionsMax,
      waitingMax: limits.waitingMax,
      statementTimeoutMs: limits.statementTimeoutMs,
      connectionAgeSecondsMax: 300,
    }),
    // One connection: the watch asks one question at a time, and it is replaced often, so that
    // the watch is the first to see where the database's address leads now.
    lease: new Gate({
      ...shared,
      applicationName: `switchback-app ${config.region} lease`,
      connectionsMax: 1,
      waitingMax: 1,
      statementTimeoutMs: limits.lookTimeoutMs,
      connectionAgeSecondsMax: 60,
    }),
  };
}

function openParking({ handoverWaitMs }: Config, metrics: Metrics): Parking {
  return new Parking({
    clock,
    metrics,
    waitMs: handoverWaitMs,
    retryMs: limits.parkedRetryMs,
    requestsMax: limits.parkedMax,
    bytesMax: limits.parkedBytesMax,
    pause: (ms) => pause(ms),
  });
}

function openForwarder(peerUrl: string): Forwarder {
  return new Forwarder({
    peerUrl,
    requestsMax: limits.forwardsMax,
    connectTimeoutMs: limits.forwardConnectTimeoutMs,
    timeoutMs: limits.forwardTimeoutMs,
    answerBytesMax: limits.forwardBytesMax,
  });
}

/** The SDK is loaded only where there is a bucket: it is a third of the memory. */
async function openObjects({ storage }: Config): Promise<Objects | "none"> {
  if (storage === "none") return "none";
  const { S3Objects } = await import("./s3.ts");
  return new S3Objects({ ...storage, bytesMax: objectBytesMax });
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
  process.exit();
});
