//! Goal: wrong settings stop the start, and the message says all of what is wrong.
//! Method: environments in, settings or problems out.

import { describeProblem, parseConfig, type Environment } from "../../app/config.ts";

const least: Environment = {
  SWITCHBACK_REGION: "us-east-1",
  DATABASE_URL: "postgres://app:secret-word@db.example.com/orders",
  ACK_WITHIN_MS: "250",
};

function problemsOf(environment: Environment): readonly string[] {
  const parsed = parseConfig(environment);
  return parsed.ok ? [] : parsed.problems.map(describeProblem);
}

test("the least that is needed gets documented defaults", () => {
  expect(parseConfig(least)).toEqual({
    ok: true,
    config: {
      region: "us-east-1",
      host: "127.0.0.1",
      port: 8080,
      databaseUrl: least["DATABASE_URL"],
      peerUrl: undefined,
      ackWithinMs: 250,
      handoverWaitMs: 3_000,
      storage: "none",
      build: "dev",
      logLevel: "info",
    },
  });
});

test("everything that can be set is read", () => {
  const parsed = parseConfig({
    ...least,
    HOST: "0.0.0.0",
    HANDOVER_WAIT_MS: "0",
    PORT: "0",
    PEER_URL: "https://west.example.com/",
    BUCKET: "orders-east",
    S3_ENDPOINT: "http://127.0.0.1:9000",
    AWS_REGION: "us-east-2",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    BUILD_ID: "abc123",
    LOG_LEVEL: "debug",
  });
  expect(parsed).toMatchObject({
    ok: true,
    config: {
      host: "0.0.0.0",
      handoverWaitMs: 0,
      port: 0,
      peerUrl: "https://west.example.com",
      build: "abc123",
      logLevel: "debug",
      storage: {
        bucket: "orders-east",
        awsRegion: "us-east-2",
        endpoint: "http://127.0.0.1:9000",
        credentials: { accessKeyId: "id", secretAccessKey: "key", sessionToken: undefined },
      },
    },
  });
});

test("without keys the credentials are left to the provider chain", () => {
  expect(parseConfig({ ...least, BUCKET: "orders-east" })).toMatchObject({
    config: { storage: { awsRegion: "us-east-1", credentials: "provider-chain" } },
  });
});

test("all problems are reported at once: variable, given, allowed", () => {
  expect(
    problemsOf({
      SWITCHBACK_REGION: "US East",
      PORT: "70000",
      DATABASE_URL: "mysql://db.example.com/orders",
      PEER_URL: "https://west.example.com/app",
      LOG_LEVEL: "chatty",
    }),
  ).toEqual([
    'SWITCHBACK_REGION: given "US East", allowed: the name of this region: lower-case letters, digits and hyphens',
    'PORT: given "70000", allowed: a port from 0 to 65535 (8080 when absent; 0 takes a free one)',
    "DATABASE_URL: given a value that is not shown, allowed: a postgres:// or postgresql:// address of this region's database",
    'PEER_URL: given "https://west.example.com/app", allowed: the http:// or https:// origin of the other region, without a path; may be absent',
    "ACK_WITHIN_MS: given nothing, allowed: whole milliseconds from 1 to 60000, at most the commit gap of the lease",
    'LOG_LEVEL: given "chatty", allowed: one of trace, debug, info, warn, error, fatal, silent (info when absent)',
  ]);
});

test("a secret is never repeated in a message", () => {
  const problems = problemsOf({ ...least, DATABASE_URL: "app:secret-word@db" });
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain("secret-word");
});

test.each(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])("%s alone is a problem", (variable) => {
  const problems = problemsOf({ ...least, [variable]: "x" });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^AWS_.*given nothing/);
});

test.each(["0", "-1", "1.5", "1e3", "60001", "fast"])("%s is no deadline", (value) => {
  expect(problemsOf({ ...least, ACK_WITHIN_MS: value })).toHaveLength(1);
});

test("an empty variable counts as absent", () => {
  expect(problemsOf({ ...least, PEER_URL: "", BUCKET: "", PORT: "" })).toEqual([]);
  expect(problemsOf({ ...least, ACK_WITHIN_MS: "" })).toHaveLength(1);
});
