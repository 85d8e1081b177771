//! How the way between two sites is, by all the faults in force together. Set in one go: healing one
//! of two cuts must not let anything through in between.

import type { Fault } from "../faults/faults.ts";
import type { Mesh } from "../links/mesh.ts";

export function settleWay(mesh: Mesh, faults: readonly Fault[], [a, b]: readonly [string, string]) {
  const latencies = faults.flatMap((fault) =>
    fault.kind === "link-slow" && joins(fault, a, b) ? [fault.latencyMs] : [],
  );
  const extraLatencyMs = Math.max(0, ...latencies);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const isCut = faults.some((fault) => cuts(fault, from, to));
    mesh.change(from, to, { mode: isCut ? "blackhole" : "up", extraLatencyMs });
  }
}

function cuts(fault: Fault, from: string, to: string): boolean {
  if (fault.kind !== "link-cut") return false;
  if (fault.from === from && fault.to === to) return true;
  return fault.oneWay !== true && fault.from === to && fault.to === from;
}

interface Ends {
  readonly from: string;
  readonly to: string;
}

function joins({ from, to }: Ends, a: string, b: string): boolean {
  return (from === a && to === b) || (from === b && to === a);
}
