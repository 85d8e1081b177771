//! The project's own source files, read once for the tests that hold the house's rules.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  /** First folder of the path. */
  readonly folder: string;
  readonly lines: readonly string[];
  /** The text without comments and without the contents of strings that span lines. */
  readonly code: string;
}

export const root = resolve(__dirname, "../..");

export const sourceFolders = [
  "topology",
  "failover",
  "operator",
  "clusters",
  "charts",
  "app",
  "dashboards",
  "lab",
] as const;

export function readSources(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) =>
    filesBelow(join(root, folder))
      .filter((file) => /\.(ts|tsx|mjs)$/.test(file))
      .map((file) => readSource(file, folder)),
  );
}

function readSource(file: string, folder: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const path = relative(root, file).replaceAll("\\", "/");
  return { path, folder, lines: text.split("\n"), code: withoutComments(text) };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Good enough for our own code, in which no string holds a comment mark followed by a space. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}
