//! The settings of the program, read once from the environment into a readonly value.
//! All problems are reported together, each with the variable, what was given and what is allowed.

import * as z from "zod";

export interface Config {
  readonly region: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Public endpoint of the other region. Without it nothing is forwarded. */
  readonly peerUrl: string | undefined;
  readonly ackWithinMs: number;
  /** How long a request may be held while the lease changes hands on purpose. 0 holds none. */
  readonly handoverWaitMs: number;
  readonly storage: StorageConfig | "none";
  readonly build: string;
  readonly logLevel: LogLevel;
}

export interface StorageConfig {
  readonly bucket: string;
  readonly awsRegion: string;
  /** An endpoint of one's own switches to path-style addresses. Without it: AWS. */
  readonly endpoint: string | undefined;
  /** `provider-chain`: the SDK finds credentials itself, as on EKS. */
  readonly credentials: Credentials | "provider-chain";
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

export interface ConfigProblem {
  readonly variable: string;
  readonly given: string;
  readonly allowed: string;
}

export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type Environment = Readonly<Record<string, string | undefined>>;

export function parseConfig(environment: Environment): ParsedConfig {
  // An empty variable counts as absent: that is what a template with no value leaves behind.
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, config: configOf(parsed.data) };
  const names = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))];
  return { ok: false, problems: names.map((variable) => problemOf(variable, given[variable])) };
}

export function describeProblem({ variable, given, allowed }: ConfigProblem): string {
  return `${variable}: given ${given}, allowed: ${allowed}`;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

const optionalUrl = (protocols: RegExp) =>
  z
    .string()
    .refine((text) => isUrl(text, protocols))
    .optional();

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const schema = z
  .object({
    SWITCHBACK_REGION: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    HOST: z.string().max(255).default("127.0.0.1"),
    PORT: integer(0, 65_535).default(8080),
    DATABASE_URL: z.string().refine((text) => isUrl(text, /^postgres(ql)?:$/)),
    PEER_URL: optionalUrl(/^https?:$/).refine((text) => text === undefined || isOrigin(text)),
    ACK_WITHIN_MS: integer(1, 60_000),
    HANDOVER_WAIT_MS: integer(0, 20_000).default(3_000),
    BUCKET: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
    S3_ENDPOINT: optionalUrl(/^https?:$/),
    AWS_REGION: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/)
      .optional(),
    AWS_ACCESS_KEY_ID: z.string().optional(),
    AWS_SECRET_ACCESS_KEY: z.string().optional(),
    AWS_SESSION_TOKEN: z.string().optional(),
    BUILD_ID: z.string().max(100).default("dev"),
    LOG_LEVEL: z.enum(logLevels).default("info"),
  })
  .superRefine((env, context) => {
    const half =
      env.AWS_ACCESS_KEY_ID === undefined ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
    if ((env.AWS_ACCESS_KEY_ID === undefined) === (env.AWS_SECRET_ACCESS_KEY === undefined)) return;
    context.addIssue({ code: "custom", path: [half], message: "credentials come in pairs" });
  });

type Variable = keyof z.infer<typeof schema>;

const allowed: { readonly [V in Variable]: string } = {
  SWITCHBACK_REGION: "the name of this region: lower-case letters, digits and hyphens",
  HOST: "an address to listen on (127.0.0.1 when absent)",
  PORT: "a port from 0 to 65535 (8080 when absent; 0 takes a free one)",
  DATABASE_URL: "a postgres:// or postgresql:// address of this region's database",
  PEER_URL: "the http:// or https:// origin of the other region, without a path; may be absent",
  ACK_WITHIN_MS: "whole milliseconds from 1 to 60000, at most the commit gap of the lease",
  HANDOVER_WAIT_MS: "whole milliseconds from 0 to 20000 (3000 when absent; 0 holds no request)",
  BUCKET: "the name of an S3 bucket; may be absent",
  S3_ENDPOINT: "an http:// or https:// address; may be absent",
  AWS_REGION: "an AWS region name (SWITCHBACK_REGION when absent)",
  AWS_ACCESS_KEY_ID: "together with AWS_SECRET_ACCESS_KEY, or neither",
  AWS_SECRET_ACCESS_KEY: "together with AWS_ACCESS_KEY_ID, or neither",
  AWS_SESSION_TOKEN: "the token of temporary credentials; may be absent",
  BUILD_ID: "at most 100 characters (dev when absent)",
  LOG_LEVEL: `one of ${logLevels.join(", ")} (info when absent)`,
};

/** What these hold may contain a password, so a message must not repeat it. */
const secret: ReadonlySet<string> = new Set<Variable>([
  "DATABASE_URL",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
]);

function problemOf(variable: string, value: string | undefined): ConfigProblem {
  const shown = secret.has(variable) ? "a value that is not shown" : JSON.stringify(value);
  return {
    variable,
    given: value === undefined ? "nothing" : shown,
    allowed: allowed[variable as Variable],
  };
}

function configOf(env: z.infer<typeof schema>): Config {
  return {
    region: env.SWITCHBACK_REGION,
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    peerUrl: env.PEER_URL === undefined ? undefined : new URL(env.PEER_URL).origin,
    ackWithinMs: env.ACK_WITHIN_MS,
    handoverWaitMs: env.HANDOVER_WAIT_MS,
    storage: storageOf(env),
    build: env.BUILD_ID,
    logLevel: env.LOG_LEVEL,
  };
}

function storageOf(env: z.infer<typeof schema>): StorageConfig | "none" {
  if (env.BUCKET === undefined) return "none";
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return {
    bucket: env.BUCKET,
    awsRegion: env.AWS_REGION ?? env.SWITCHBACK_REGION,
    endpoint: env.S3_ENDPOINT,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? "provider-chain"
        : { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN },
  };
}

function isUrl(text: string, protocols: RegExp): boolean {
  return URL.canParse(text) && protocols.test(new URL(text).protocol);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { pathname, search, hash, username } = new URL(text);
  return pathname === "/" && search === "" && hash === "" && username === "";
}
