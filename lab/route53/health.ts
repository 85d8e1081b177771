//! Health checks as Route 53 makes them: checkers all over the world that do not know of each other
//! probe each endpoint, each forms its own opinion, and a share of them decides. Statuses reach the
//! name servers a moment later. A data plane: nothing here asks whether the API is up.

import { createCheckers } from "./checkers.ts";
import type { Checkers, CheckersOptions, Observation } from "./checkers.ts";
import type { EndpointCheck, HealthCheckConfig } from "./health-config.ts";
import { judge } from "./opinion.ts";

export interface HealthOptions extends CheckersOptions {
  /** How long until name servers know of a status. */
  readonly propagationMs: number;
}

export interface HealthChange {
  readonly id: string;
  readonly healthy: boolean;
  readonly atMs: number;
  readonly because: string;
}

export interface Health {
  readonly create: (id: string, config: HealthCheckConfig) => void;
  /** Keeps the kind of check, and the opinions: the checkers go on from what they thought. */
  readonly update: (id: string, config: HealthCheckConfig) => void;
  readonly remove: (id: string) => void;
  readonly has: (id: string) => boolean;
  readonly isCalculated: (id: string) => boolean;
  /** A check that was deleted counts as healthy. */
  readonly isHealthy: (id: string) => boolean;
  /** The status as far as it has spread. */
  readonly isHealthyInDns: (id: string) => boolean;
  readonly observations: (id: string) => readonly Observation[];
  readonly lastFailures: (id: string) => readonly Observation[];
  /** Told at the moment of the change, before it has spread. Returns how to stop listening. */
  readonly onChange: (listener: (change: HealthChange) => void) => () => void;
  readonly start: () => void;
  /** No probe is under way afterwards. */
  readonly stop: () => Promise<void>;
}

interface Check {
  readonly id: string;
  config: HealthCheckConfig;
  /** A calculated check has none. */
  readonly checkers: Checkers | undefined;
  isHealthy: boolean;
  isHealthyInDns: boolean;
}

export function createHealth(options: HealthOptions): Health {
  const checks = new Map<string, Check>();
  const statuses = createStatuses(checks, options);
  const retiring = new Set<Promise<void>>();
  let isStarted = false;

  return {
    create(id, config) {
      const checkers = checkersFor(config, options, {
        config: () => checks.get(id)?.config ?? config,
        onResult: () => statuses.settle(id),
      });
      checks.set(id, { id, config, checkers, isHealthy: true, isHealthyInDns: true });
      statuses.settle(id);
      if (isStarted) checkers?.start();
    },
    update(id, config) {
      const check = checks.get(id);
      if (check === undefined || check.config.kind !== config.kind) return;
      check.config = config;
      statuses.settle(id);
    },
    remove(id) {
      const stopped = checks.get(id)?.checkers?.stop();
      if (!checks.delete(id)) return;
      statuses.settleParentsOf(id);
      if (stopped === undefined) return;
      const retired = stopped.finally(() => retiring.delete(retired));
      retiring.add(retired);
    },
    has: (id) => checks.has(id),
    isCalculated: (id) => checks.get(id)?.config.kind === "calculated",
    isHealthy: (id) => checks.get(id)?.isHealthy ?? true,
    isHealthyInDns: (id) => checks.get(id)?.isHealthyInDns ?? true,
    observations: (id) => checks.get(id)?.checkers?.observations() ?? [],
    lastFailures: (id) => checks.get(id)?.checkers?.lastFailures() ?? [],
    onChange: statuses.onChange,
    start() {
      isStarted = true;
      for (const { checkers } of checks.values()) checkers?.start();
    },
    async stop() {
      isStarted = false;
      const stopping = Array.from(checks.values(), ({ checkers }) => checkers?.stop());
      await Promise.all([...stopping, ...retiring]);
    },
  };
}

interface Statuses {
  /** Judges a check anew; tells of a change, and carries it to the checks calculated from it. */
  settle(id: string): void;
  settleParentsOf(id: string): void;
  readonly onChange: Health["onChange"];
}

function createStatuses(
  checks: ReadonlyMap<string, Check>,
  { clock, propagationMs }: HealthOptions,
): Statuses {
  const listeners = new Set<(change: HealthChange) => void>();
  const isChildHealthy = (id: string): boolean => checks.get(id)?.isHealthy ?? true;

  const settle = (id: string): void => {
    const check = checks.get(id);
    if (check === undefined) return;
    const opinions = check.checkers?.opinions() ?? [];
    const { isHealthy, because } = judge(check.config, { opinions, isChildHealthy });
    if (isHealthy === check.isHealthy) return;
    check.isHealthy = isHealthy;
    clock.after(propagationMs, () => {
      check.isHealthyInDns = isHealthy;
    });
    const change = { id, healthy: isHealthy, atMs: clock.nowMs(), because };
    for (const listener of listeners) listener(change);
    settleParentsOf(id);
  };
  const settleParentsOf = (child: string): void => {
    for (const { id, config } of checks.values()) {
      if (config.kind === "calculated" && config.children.includes(child)) settle(id);
    }
  };

  return {
    settle,
    settleParentsOf,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function checkersFor(
  config: HealthCheckConfig,
  options: CheckersOptions,
  assignment: { readonly config: () => HealthCheckConfig; readonly onResult: () => void },
): Checkers | undefined {
  if (config.kind === "calculated") return undefined;
  const latest = (): EndpointCheck => {
    const now = assignment.config();
    return now.kind === "calculated" ? config : now;
  };
  return createCheckers(options, { config: latest, onResult: assignment.onResult });
}
