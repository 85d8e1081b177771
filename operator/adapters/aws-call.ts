//! One way to call AWS: once, within a time, with the failure as a value. The SDK's own retries are
//! off, since a lease write must never be sent twice and a tick must never hang.

import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";

export interface AwsAccess {
  readonly region: string;
  /** Absent in production: the SDK then knows the region's endpoint. */
  readonly endpoint?: string | undefined;
}

/** Settings that every client of the operator shares. */
export function clientSettings({ region, endpoint }: AwsAccess, timeoutMs: number) {
  return {
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

export async function callAws<T>(
  timeoutMs: number,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return succeeded(await call({ abortSignal: AbortSignal.timeout(timeoutMs) }));
  } catch (error) {
    return awsFailure(error);
  }
}

const throttled = new Set([
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "SlowDown",
  "ProvisionedThroughputExceededException",
  "PriorRequestNotComplete",
]);

const denied = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "CredentialsProviderError",
]);

const conflicting = new Set([
  "ConditionalCheckFailedException",
  "ReplicatedWriteConflictException",
]);

/** A closed list of faults. A mistake of ours (a TypeError) is a bug and is thrown. */
function awsFailure(error: unknown): Outcome<never> {
  if (!(error instanceof Error)) throw error;
  const detail = `${error.name}: ${error.message}`;
  if (conflicting.has(error.name)) return failed("conflict", detail);
  if (throttled.has(error.name)) return failed("throttled", detail);
  if (denied.has(error.name)) return failed("denied", detail);
  const status = httpStatusOf(error);
  if (status >= 400 && status < 500) return failed("refused", detail);
  // A fetch or socket failure may surface as a TypeError with a cause; ours have none.
  if (error instanceof TypeError && error.cause === undefined) throw error;
  return failed("unreachable", detail);
}

function httpStatusOf(error: Error): number {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null) return 0;
  const status = "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === "number" ? status : 0;
}
