//! What a call to the outside world comes to: a value, or one of a closed list of expected failures.

/** Why a call did not do what it should. The closed list: whatever else happens is a bug. */
export type CallFault = "unreachable" | "throttled" | "denied" | "conflict" | "refused";

/** An expected failure is a value. A thrown error is a bug, and stops the process. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: CallFault; readonly detail: string };

export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(fault: CallFault, detail: string): Outcome<never> {
  return { ok: false, fault, detail };
}
