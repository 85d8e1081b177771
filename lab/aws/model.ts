//! The model of a service, read off the values that its SDK client package exports: operations with
//! their inputs, outputs and routes, and errors with their statuses. Nothing is written by hand.

import { compileStructure, type SchemaRef, type StructureShape } from "./shapes.ts";

/** The exports of an `@aws-sdk/client-*` package: `import * as RDS from "@aws-sdk/client-rds"`. */
export type ServicePackage = object;

/** Any client of that package; only its configuration is read. */
export interface ServiceClient {
  readonly config: object;
}

export type ProtocolName = "restXml" | "query" | "restJson" | "json";

export interface ServiceModel {
  readonly protocol: ProtocolName;
  /** Name in the SigV4 credential scope, such as `rds` or `monitoring`. */
  readonly signingName: string;
  readonly namespace: string;
  readonly xmlNamespace: string;
  readonly operations: ReadonlyMap<string, Operation>;
  /** By shape name and by query code. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
  /** S3 puts the bucket in the path before everything else and frames bodies as aws-chunked. */
  readonly isS3: boolean;
}

export interface Operation {
  readonly name: string;
  readonly input: StructureShape;
  readonly output: StructureShape;
  readonly http: HttpBinding | undefined;
}

export interface HttpBinding {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
}

export interface ErrorModel {
  readonly name: string;
  readonly queryCode: string;
  readonly status: number;
  readonly shape: StructureShape;
}

/** Reads the model; shapes are compiled when an operation is first asked for. */
export function describeService(exported: ServicePackage, client: ServiceClient): ServiceModel {
  const operations = new Map<string, Operation>();
  const errors = new Map<string, ErrorModel>();
  let namespace = "";
  for (const schema of schemasOf(exported)) {
    if (schema.type === OPERATION) {
      namespace = schema.namespace;
      operations.set(schema.name, describeOperation(schema));
    } else if (schema.type === ERROR) {
      const error = describeError(schema);
      errors.set(error.name, error);
      if (!errors.has(error.queryCode)) errors.set(error.queryCode, error);
    }
  }
  const settings = settingsOf(client);
  return { ...settings, namespace, operations, errors, isS3: settings.signingName === "s3" };
}

const OPERATION = 9;
const ERROR = -3;

interface Schema {
  readonly type: number;
  readonly namespace: string;
  readonly name: string;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly raw: readonly unknown[];
}

/** Schemas are the exports whose names end in `$`: tuples of type, namespace, name, traits, … */
function schemasOf(exported: ServicePackage): readonly Schema[] {
  return Object.entries(exported).flatMap(([key, value]: [string, unknown]) => {
    if (!key.endsWith("$") || !Array.isArray(value)) return [];
    const raw: readonly unknown[] = value;
    const [type, namespace, name, traits] = raw;
    if (typeof type !== "number" || typeof namespace !== "string" || typeof name !== "string") {
      return [];
    }
    return [{ type, namespace, name, raw, traits: isRecord(traits) ? traits : {} }];
  });
}

function describeOperation({ name, traits, raw }: Schema): Operation {
  const input = lazily(() => compileStructure(raw[4] as SchemaRef));
  const output = lazily(() => compileStructure(raw[5] as SchemaRef));
  return {
    name,
    http: httpBindingOf(traits.http),
    get input() {
      return input();
    },
    get output() {
      return output();
    },
  };
}

function httpBindingOf(http: unknown): HttpBinding | undefined {
  if (!Array.isArray(http)) return undefined;
  const [method, uri, status] = http as readonly unknown[];
  return { method: String(method), uri: String(uri), status: Number(status) };
}

function describeError({ name, traits, raw }: Schema): ErrorModel {
  const query = Array.isArray(traits.awsQueryError) ? traits.awsQueryError : [];
  const [queryCode, queryStatus] = query as readonly unknown[];
  const fallback = traits.error === "server" ? 500 : 400;
  const shape = lazily(() => compileStructure(raw as unknown as SchemaRef));
  return {
    name,
    queryCode: typeof queryCode === "string" ? queryCode : name,
    status:
      [queryStatus, traits.httpError].find((status) => typeof status === "number") ?? fallback,
    get shape() {
      return shape();
    },
  };
}

const protocols = new Map<unknown, ProtocolName>([
  ["aws.protocols#restXml", "restXml"],
  ["aws.protocols#awsQuery", "query"],
  ["aws.protocols#restJson1", "restJson"],
  ["aws.protocols#awsJson1_0", "json"],
  ["aws.protocols#awsJson1_1", "json"],
]);

interface ClientConfig {
  readonly protocol?: { getShapeId?(): string };
  readonly protocolSettings?: { readonly xmlNamespace?: string };
  readonly defaultSigningName?: string;
}

function settingsOf(
  client: ServiceClient,
): Pick<ServiceModel, "protocol" | "signingName" | "xmlNamespace"> {
  const config: ClientConfig = client.config;
  const id = config.protocol?.getShapeId?.();
  const protocol = protocols.get(id);
  if (protocol === undefined) throw new Error(`the client speaks ${id}, which is not known here`);
  const signingName = config.defaultSigningName;
  if (signingName === undefined) throw new Error("the client does not say its signing name");
  return { protocol, signingName, xmlNamespace: config.protocolSettings?.xmlNamespace ?? "" };
}

function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
