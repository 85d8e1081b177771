//! `npm run topology -- check FILE | explain FILE | schema`

import { runTopology } from "./program.ts";

process.exitCode = runTopology(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
