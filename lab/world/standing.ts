//! What the programs of a region are held to by all the faults in force together, so that faults can
//! be healed in any order: a region that is back does not wake what another fault keeps asleep.

import type { Fault, FaultProcess } from "../faults/faults.ts";
import type { PostgresServer } from "../postgres/server.ts";
import type { Standing } from "../processes/supervisor.ts";
import type { LabRegion } from "./region.ts";

/** Asked at each step: others come and go while a database starts. */
export type FaultsInForce = () => readonly Fault[];

export type RegionStanding = Readonly<Record<FaultProcess, Standing>>;

export function standingOf(region: string, faults: readonly Fault[]): RegionStanding {
  const here = faults.filter((fault) => "region" in fault && fault.region === region);
  return {
    operator: standingOfProcess("operator", here),
    app: standingOfProcess("app", here),
    postgres: standingOfProcess("postgres", here),
  };
}

/** What is dead cannot be frozen. */
function standingOfProcess(process: FaultProcess, faults: readonly Fault[]): Standing {
  if (faults.some((fault) => keepsDown(fault, process))) return "down";
  return faults.some((fault) => keepsFrozen(fault, process)) ? "frozen" : "up";
}

function keepsDown(fault: Fault, process: FaultProcess): boolean {
  const isDatabase = process === "postgres";
  if (fault.kind === "region-loss") return true;
  if (fault.kind === "disk-full") return isDatabase;
  // Operator and app are started again by their supervisor.
  if (fault.kind === "process-kill") return isDatabase && fault.process === process;
  return fault.kind === "process-down" && fault.process === process;
}

function keepsFrozen(fault: Fault, process: FaultProcess): boolean {
  if (fault.kind === "region-freeze") return true;
  return fault.kind === "process-freeze" && fault.process === process;
}

/** Operator and app; what is to be down or frozen has its signal before this returns its promise. */
export function holdPrograms({ supervisor }: LabRegion, standing: RegionStanding): Promise<void> {
  return supervisor.hold((name) => (name === "operator" ? standing.operator : standing.app));
}

/** After a fault has gone: everything of the region that may run again does, the database first. */
export async function settleRegion(region: LabRegion, faults: FaultsInForce): Promise<void> {
  const standing = (): RegionStanding => standingOf(region.name, faults());
  if (!region.databases.isBeingMade) {
    await settlePostgres(region.postgres, () => standing().postgres);
  }
  if (!faults().some((fault) => stopsRegion(fault, region.name))) await region.databases.resume();
  await holdPrograms(region, standing());
  if (faults().some((fault) => pausesReplay(fault, region.name))) {
    await settleReplay(region, faults());
  }
}

function stopsRegion(fault: Fault, region: string): boolean {
  return (
    (fault.kind === "region-loss" || fault.kind === "region-freeze") && fault.region === region
  );
}

/** Never takes it down: when a fault goes, nothing new can be broken. */
async function settlePostgres(postgres: PostgresServer, standing: () => Standing): Promise<void> {
  if (standing() === "down") return;
  if (standing() === "up" && postgres.frozen) postgres.thaw();
  // A server without data is one that is being made anew; whoever makes it starts it.
  if (!postgres.running && postgres.initialised) await postgres.start();
  if (standing() === "frozen") postgres.freeze();
}

/** A restart forgets that replay was paused, and on a primary there is nothing to pause. */
export async function settleReplay(
  { name, postgres }: LabRegion,
  faults: readonly Fault[],
): Promise<void> {
  if (!postgres.running || postgres.frozen) return;
  const pauses = faults.some((fault) => pausesReplay(fault, name));
  const [state] = await postgres.query<{ replica: boolean; paused: boolean }>(
    "select pg_is_in_recovery() as replica, case when pg_is_in_recovery() " +
      "then pg_is_wal_replay_paused() else false end as paused",
  );
  if (state?.replica !== true || state.paused === pauses) return;
  await postgres.query(`select pg_wal_replay_${pauses ? "pause" : "resume"}()`);
}

function pausesReplay(fault: Fault, region: string): boolean {
  return fault.kind === "replay-paused" && fault.region === region;
}
