//! Route 53 takes five requests a second from one account, whoever in it asks. A token bucket.

export interface Throttle {
  /** False when the caller must be refused. */
  admit(): boolean;
}

export interface ThrottleOptions {
  readonly requestsPerSecond: number;
  readonly nowMs: () => number;
}

/** The bucket holds one second's worth, and starts full. */
export function createThrottle({ requestsPerSecond, nowMs }: ThrottleOptions): Throttle {
  let tokens = requestsPerSecond;
  let filledAtMs = nowMs();
  return {
    admit() {
      const elapsedMs = Math.max(0, nowMs() - filledAtMs);
      filledAtMs = nowMs();
      tokens = Math.min(requestsPerSecond, tokens + (elapsedMs * requestsPerSecond) / 1_000);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
