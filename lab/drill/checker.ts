//! The checker as a program of its own: the evidence folder of a drill and the lab's databases and
//! endpoints in, `checker.json` out. It knows nothing of the operator and takes no word of it. Exits
//! 0 when it could judge, whatever it found.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readBuckets, readSalvages } from "./checker/buckets.ts";
import { readDatabases } from "./checker/databases.ts";
import { readEvidence } from "./checker/evidence-files.ts";
import { readRecords } from "./checker/records.ts";
import { judge } from "./verdicts.ts";
import { acknowledgementsOf } from "./verdicts/requests.ts";

const usage = "usage: checker --evidence FOLDER";

check().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
  process.exitCode = 2;
});

async function check(): Promise<void> {
  const folder = folderFrom(process.argv.slice(2));
  const { lab, ...filed } = readEvidence(folder);
  const { ledger, objective } = filed;
  if (ledger.start === null) throw new Error("the ledger has no beginning, so no seed");
  const serving = acknowledgementsOf(ledger).at(-1)?.region ?? null;
  const [databases, buckets, salvages, records] = await Promise.all([
    readDatabases(lab, ledger.start.seed),
    readBuckets(lab),
    readSalvages(lab, serving),
    objective.recordsSwapped === true ? readRecords(lab) : null,
  ]);
  const report = judge({ ...filed, databases, buckets, salvages, records });
  const out = join(folder, "checker.json");
  // Written whole or not at all.
  writeFileSync(`${out}.part`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${out}.part`, out);
}

function folderFrom(args: readonly string[]): string {
  const { values } = parseArgs({ args: [...args], options: { evidence: { type: "string" } } });
  if (values.evidence === undefined) throw new Error("the folder is missing");
  return values.evidence;
}
