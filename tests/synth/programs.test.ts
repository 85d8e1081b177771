//! Goal: the generators' command lines write what they say, and refuse with a reason and code 2.
//! Method: run each as a user would, into a folder that is removed afterwards.

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchback-synth-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, ...args: readonly string[]): Promise<Run> {
  const tsx = join(root, "node_modules/.bin/tsx");
  return new Promise((resolve) => {
    execFile(tsx, [program, ...args], { cwd: root }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, stdout, stderr });
    });
  });
}

const digest = `sha256:${"0".repeat(64)}`;

test("charts: one file a region, named on standard output", async () => {
  const out = join(folder, "manifests");
  const { code, stdout } = await run(
    "charts/main.ts",
    "--topology=us",
    `--out=${out}`,
    `--app-image=registry.test/app@${digest}`,
    `--operator-image=registry.test/operator@${digest}`,
    "--hosted-zone-id=Z123",
  );
  const files = ["orders-us-east-1.k8s.yaml", "orders-us-west-2.k8s.yaml"];
  expect(code).toBe(0);
  expect(stdout).toBe(files.map((file) => `${join(out, file)}\n`).join(""));
  expect(readdirSync(out).toSorted()).toEqual(files);
});

test("charts: an image without digest is refused", async () => {
  const { code, stderr } = await run(
    "charts/main.ts",
    "--topology=us",
    `--out=${folder}`,
    "--app-image=registry.test/app:latest",
    `--operator-image=registry.test/operator@${digest}`,
    "--hosted-zone-id=Z123",
  );
  expect(code).toBe(2);
  expect(stderr).toContain('appImage: given "registry.test/app:latest"');
});

test("clusters: a topology that AWS cannot keep is refused before anything is written", async () => {
  const out = join(folder, "clusters");
  const { code, stderr } = await run("clusters/main.ts", "--topology", "ap", "--out", out);
  expect(code).toBe(2);
  expect(stderr).toContain("dns.ttlSeconds is 30");
  expect(readdirSync(folder)).not.toContain("clusters");
});

test("dashboards: JSON on standard output, or a file in a folder", async () => {
  const printed = await run("dashboards/main.ts", "--topology", "us");
  expect(JSON.parse(printed.stdout)).toMatchObject({ uid: "switchback-orders" });
  const out = join(folder, "dashboards");
  const written = await run("dashboards/main.ts", "--topology", "us", "--out", out);
  expect(written.stdout).toBe(`${join(out, "orders-who-serves.json")}\n`);
  expect(readdirSync(out)).toEqual(["orders-who-serves.json"]);
});

test.each(["charts", "clusters", "dashboards"])(
  "%s: without a topology there is nothing to do",
  async (name) => {
    const { code, stderr } = await run(`${name}/main.ts`);
    expect(code).toBe(2);
    expect(stderr).toContain("--topology");
  },
);
