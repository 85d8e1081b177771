//! The checkers of one endpoint. Each goes its own way: own phase, own connection, own opinion.
//! Promises at most one probe at a time per checker, and none after `stop`.

import type { Clock } from "./clock.ts";
import type { EndpointCheck } from "./health-config.ts";
import { initialOpinion, nextOpinion } from "./opinion.ts";
import type { Opinion } from "./opinion.ts";
import type { Probe, ProbeResult } from "./probe.ts";

export interface CheckersOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  /** In [0, 1): spreads the checkers over the interval. */
  readonly random: () => number;
  /** The request interval is divided by it. */
  readonly speedup: number;
  readonly checkersPerCheck: number;
}

export interface Observation {
  readonly checkerRegion: string;
  readonly checkerAddress: string;
  readonly text: string;
  readonly atMs: number;
}

export interface Checkers {
  opinions(): readonly Opinion[];
  /** The latest result of each checker that has one. */
  observations(): readonly Observation[];
  lastFailures(): readonly Observation[];
  start(): void;
  stop(): Promise<void>;
}

export interface Assignment {
  /** Read anew before each probe, so that a change of settings needs no restart. */
  readonly config: () => EndpointCheck;
  readonly onResult: () => void;
}

interface Checker {
  readonly index: number;
  opinion: Opinion;
  latest?: Observation;
  latestFailure?: Observation;
  cancelNext: () => void;
}

export function createCheckers(options: CheckersOptions, assignment: Assignment): Checkers {
  const { clock, probe, random, speedup, checkersPerCheck } = options;
  const underway = new Set<Promise<void>>();
  let probing: AbortController | undefined;
  const checkers: readonly Checker[] = Array.from({ length: checkersPerCheck }, (_, index) => ({
    index,
    opinion: initialOpinion,
    cancelNext: () => undefined,
  }));
  const intervalMs = (): number => (assignment.config().intervalSeconds * 1_000) / speedup;

  const round = async (checker: Checker, signal: AbortSignal): Promise<void> => {
    const config = assignment.config();
    const result = config.isDisabled ? undefined : await probe(config, signal);
    if (signal.aborted) return;
    if (result !== undefined) {
      record(checker, { config, result, atMs: clock.nowMs() });
      assignment.onResult();
    }
    // The interval runs from one answer to the next question.
    schedule(checker, signal, intervalMs());
  };
  const schedule = (checker: Checker, signal: AbortSignal, delayMs: number): void => {
    checker.cancelNext = clock.after(delayMs, () => {
      const running = round(checker, signal).finally(() => underway.delete(running));
      underway.add(running);
    });
  };

  return {
    opinions: () => checkers.map(({ opinion }) => opinion),
    observations: () => present(checkers.map(({ latest }) => latest)),
    lastFailures: () => present(checkers.map(({ latestFailure }) => latestFailure)),
    start() {
      if (probing !== undefined) return;
      probing = new AbortController();
      for (const checker of checkers) schedule(checker, probing.signal, random() * intervalMs());
    },
    async stop() {
      probing?.abort();
      probing = undefined;
      for (const checker of checkers) checker.cancelNext();
      await Promise.all(underway);
    },
  };
}

interface Seen {
  readonly config: EndpointCheck;
  readonly result: ProbeResult;
  readonly atMs: number;
}

/** Checkers take turns among the regions. Their addresses are of a range kept for documentation. */
function record(checker: Checker, { config, result, atMs }: Seen): void {
  const { checkerRegions, failureThreshold } = config;
  const observation = {
    checkerRegion: checkerRegions[checker.index % checkerRegions.length] ?? "",
    checkerAddress: `192.0.2.${checker.index + 1}`,
    text: result.text,
    atMs,
  };
  checker.latest = observation;
  if (!result.succeeded) checker.latestFailure = observation;
  checker.opinion = nextOpinion(checker.opinion, result.succeeded, failureThreshold);
}

function present(observations: readonly (Observation | undefined)[]): Observation[] {
  return observations.filter((observation) => observation !== undefined);
}
