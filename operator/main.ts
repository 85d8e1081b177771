//! The operator's program: `operator --config FILE`. One process a region. It ends on SIGTERM; a bug
//! (anything thrown) ends it with code 1, and its journal tells the next one where to go on.

import { Command } from "commander";
import pino from "pino";
import type { Clock } from "../failover/ports.ts";
import type { RunningPlan } from "../failover/journal.ts";
import type { Verdict } from "../failover/verdict.ts";
import { assemble, type Assembly } from "./assemble.ts";
import { type OperatorConfig, readConfig } from "./config.ts";
import { peerOf } from "../topology/topology.ts";
import { tick } from "./loop.ts";
import type { Operator } from "./operator.ts";
import { type OperatorMetrics, operatorMetrics } from "./metrics.ts";
import { entrances } from "./entrances.ts";
import { startPage } from "./page.ts";
import { Rounds } from "./rounds.ts";
import { statusOf } from "./status.ts";
import { tend, tendGuard } from "./tend.ts";
import { answerRequest, type YieldAnswer } from "./yielding.ts";

const clock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** Between ticks: calm, or while something is suspected or a plan runs. */
const tickMs = { calm: 200, busy: 10 } as const;

/** How long a new table may stay without a guard where the database has no event triggers. */
const guardMs = 5_000;

async function main(file: string): Promise<void> {
  const read = readConfig(file);
  if (!read.ok) {
    process.stderr.write(`operator: the configuration is refused\n`);
    for (const problem of read.problems) process.stderr.write(`  ${problem}\n`);
    process.exitCode = 2;
    return;
  }
  await run(read.config);
}

async function run(config: OperatorConfig): Promise<void> {
  const { region, topology } = config;
  const log = pino({ level: config.logLevel, base: { region } });
  const metrics = operatorMetrics(region);
  const parts = assemble(config, clock, log, metrics);
  const now: Now = { verdict: { kind: "stay", because: ["just started"] }, running: "idle" };
  const operator = operatorOf(config, parts, (verdict, running) => {
    if (verdict.kind !== now.verdict.kind) {
      logVerdict(verdict, log);
      if (verdict.kind === "seize" && topology.mode === "observe") metrics.wouldHave.inc();
    }
    now.verdict = verdict;
    if (running !== "unread") {
      now.running = running;
      const granting = running !== "idle" && running.plan.to === region;
      parts.granting.epoch = granting ? running.plan.epoch : 0;
    }
    publish(parts, metrics, verdict);
  });
  const page = await startPage({
    ...config.listen,
    token: parts.token,
    ready: () => readiness(parts),
    gate: () => gate(parts),
    posts: entrances({
      ...parts,
      situation: () => ({
        region,
        topology,
        verdict: now.verdict.kind,
        preflight: parts.preflight(),
        atMs: clock.wallMs(),
      }),
      onOrder: (says) => log.warn({ says }, "ordered by a person"),
    }),
    status: () => statusOf({ config, parts, verdict: now.verdict, running: now.running, clock }),
    journal: async () => {
      const entries = await parts.journal.read("fresh");
      return entries.ok ? entries.value : [];
    },
    metrics: () => metrics.registry.metrics(),
    metricsType: metrics.registry.contentType,
  });
  log.info({ port: page.port, mode: topology.mode }, "operator started");

  const rounds = new Rounds(clock);
  startRounds(rounds, operator, parts, config);
  rounds.every(topology.lease.renewMs, () => holdAndYield(parts, config, log));
  await stopAsked();
  log.info("stopping");
  await rounds.stop();
  if (topology.onStop === "release") {
    const released = await parts.holder.release();
    log.warn(
      { released: released.ok, detail: released.ok ? "" : released.detail },
      "lease release",
    );
  }
  await page.close();
  await parts.close();
}

interface Now {
  verdict: Verdict;
  running: RunningPlan | "idle";
}

function operatorOf(
  { region, topology }: OperatorConfig,
  parts: Assembly,
  report: Operator["report"],
): Operator {
  return {
    region,
    peer: peerOf(topology, region),
    service: topology.service,
    policy: topology,
    replicas: topology.capacity.activeReplicas,
    clock,
    journal: parts.journal,
    ports: parts,
    episode: parts.episode,
    observe: parts.observe,
    report,
  };
}

function startRounds(
  rounds: Rounds,
  operator: Operator,
  { board, episode, granting, holder, lookout, capacity, database }: Assembly,
  { region, topology }: OperatorConfig,
): void {
  const { detection } = topology;
  rounds.every(detection.pollMs, () => lookout.lookAtLease());
  rounds.every(detection.probeMs, () => lookout.lookAtEndpoint());
  rounds.every(detection.probeMs, () => lookout.lookAtWorld());
  rounds.every(detection.probeMs, () => lookout.lookAtDatabase());
  rounds.every(5 * detection.probeMs, () => lookout.lookAtCapacity());
  const tending = { region, topology, board, capacity, database, episode, holder, lookout };
  rounds.every(detection.probeMs, () => tend(tending));
  rounds.every(guardMs, () => tendGuard(tending));
  rounds.every(
    () => (episode.calm && granting.epoch === 0 ? tickMs.calm : tickMs.busy),
    () => tick(operator),
  );
}

/** Renews, and answers whoever asks for the lease: the renewal's answer shows that somebody does. */
async function holdAndYield(
  { board, holder, lookout, world }: Assembly,
  { region, topology }: OperatorConfig,
  log: pino.Logger,
): Promise<void> {
  await holder.renew();
  const mayAct = topology.mode !== "observe";
  const onAnswer = (answer: YieldAnswer) => log.warn(answer, "asked for the lease");
  // Twice as long as the challenger looks before it asks: its view is then of this very time.
  const writableMsMin = 2 * topology.detection.readingAgeMsMax;
  const asked = { region, board, holder, lookout, world, writableMsMin, mayAct, onAnswer };
  await answerRequest(asked);
}

function logVerdict({ kind, because }: Verdict, log: pino.Logger): void {
  const levels = {
    stay: "info",
    suspect: "warn",
    ask: "warn",
    seize: "warn",
    hold: "error",
  } as const;
  log[levels[kind]]({ because }, `verdict: ${kind}`);
}

function publish({ board, lookout }: Assembly, metrics: OperatorMetrics, verdict: Verdict): void {
  metrics.setVerdict(verdict.kind);
  metrics.setReadings(lookout.readings);
  const { item } = board;
  metrics.leaseHeld.set(lookout.watching ? 0 : 1);
  if (item !== "unknown") metrics.epoch.set(item.epoch);
  const { lagMs } = lookout.standby;
  metrics.replicaLag.set(lagMs === "unknown" ? Number.NaN : lagMs / 1_000);
}

function readiness({ board, lookout }: Assembly): { ready: boolean; because: string } {
  if (board.watch === "unknown") return { ready: false, because: "the arbiter has not answered" };
  if (lookout.database === "unreachable") {
    return { ready: false, because: "the database does not answer" };
  }
  return { ready: true, because: "arbiter and database answer" };
}

function gate({ lookout }: Assembly): { open: boolean; because: string } {
  if (lookout.watching) return { open: false, because: "another region holds the lease" };
  const { database } = lookout;
  if (database === "unreachable") return { open: false, because: "the database does not answer" };
  if (database.lease === "none" || !database.lease.live) {
    return { open: false, because: "the database has no live lease" };
  }
  return { open: true, because: `this region may write under epoch ${database.lease.epoch}` };
}

function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

new Command("operator")
  .description("Watches one region's peer, holds or takes the write lease, and fails over.")
  .option(
    "--config <file>",
    "settings of this region (YAML or JSON)",
    process.env["SWITCHBACK_CONFIG"],
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async ({ config }: { config?: string }) => {
    if (config !== undefined) return main(config);
    process.stderr.write("operator: needs --config FILE or SWITCHBACK_CONFIG\n");
    process.exitCode = 2;
  })
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`operator: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
