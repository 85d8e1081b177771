//! The folder that a drill leaves behind: everything that its report claims can be checked there.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface EvidenceFolder {
  readonly path: string;
  readonly file: (name: string) => string;
  writeJson(name: string, value: unknown): void;
  writeText(name: string, text: string): void;
}

/** `<drills>/<UTC stamp>-<scenario>`; two drills within one second get a number. */
export function createEvidenceFolder(
  drills: string,
  startedAt: Date,
  scenario: string,
): EvidenceFolder {
  const stamp = startedAt.toISOString().replace(/[-:]|\.\d+/g, "");
  let path = join(drills, `${stamp}-${scenario}`);
  for (let n = 2; existsSync(path); n += 1) path = join(drills, `${stamp}-${scenario}-${n}`);
  mkdirSync(path, { recursive: true });
  const file = (name: string): string => join(path, name);
  return {
    path,
    file,
    writeJson: (name, value) => writeFileSync(file(name), `${JSON.stringify(value, null, 2)}\n`),
    writeText: (name, text) => writeFileSync(file(name), text),
  };
}

/** Removes all but the newest folders of drills. Whatever else lies there stays. */
export function keepNewest(drills: string, count: number): void {
  if (!existsSync(drills)) return;
  const folders = readdirSync(drills, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{6}Z-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  for (const name of folders.slice(0, Math.max(0, folders.length - count))) {
    rmSync(join(drills, name), { recursive: true });
  }
}
