//! Goal: the arrows between the folders stay those that the design draws.
//! Method: read every import and compare it with the table. A new arrow is a design decision: edit
//! the table in the same commit and say why.

import { posix } from "node:path";
import { readSources, sourceFolders } from "./sources.ts";

const mayImport: Readonly<Record<string, readonly string[]>> = {
  topology: [],
  failover: ["topology"],
  operator: ["topology", "failover"],
  clusters: ["topology"],
  charts: ["topology"],
  app: [],
  dashboards: ["topology"],
  lab: ["topology", "failover"],
};

/** The lab runs the operator; it must never be built from it. */
const programsThatShareNothing = ["lab/drill/load", "lab/drill/checker", "lab/drill/verdicts"];

const importPattern = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;

interface Arrow {
  readonly from: string;
  readonly to: string;
}

function arrowsOf(folder: string): readonly Arrow[] {
  return readSources(folder).flatMap(({ path, code }) =>
    [...code.matchAll(importPattern)].flatMap(([, target = ""]) => {
      if (!target.startsWith(".")) return [];
      return [{ from: path, to: posix.join(posix.dirname(path), target) }];
    }),
  );
}

test.each(sourceFolders)("%s imports only what the table allows", (folder) => {
  const allowed = [folder, ...(mayImport[folder] ?? [])];
  const forbidden = arrowsOf(folder).filter(({ to }) => !allowed.includes(to.split("/")[0] ?? ""));
  expect(forbidden).toEqual([]);
});

test("the load and the checker share no code with the operator or its core", () => {
  const forbidden = arrowsOf("lab").filter(
    ({ from, to }) =>
      programsThatShareNothing.some((name) => from.startsWith(name)) &&
      !to.startsWith("lab/drill/") &&
      !/^lab\/(descriptor|faults\/faults)\.ts$/.test(to),
  );
  expect(forbidden).toEqual([]);
});

test("every relative import names its file with its extension", () => {
  const bare = sourceFolders
    .flatMap((folder) => arrowsOf(folder))
    .filter(({ to }) => !/\.(ts|tsx|json)$/.test(to));
  expect(bare).toEqual([]);
});

test("the table knows every folder", () => {
  expect(Object.keys(mayImport).toSorted()).toEqual([...sourceFolders].toSorted());
});
