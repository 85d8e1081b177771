//! Which object an order points at: only one that was acknowledged before, and not every order has
//! one. An order is never sent with the name of an object that may not exist.

export interface Attachments {
  /** An object was acknowledged. */
  add(key: string): void;
  /** The newest one for every few orders, otherwise none. */
  next(seq: number): string | null;
}

/** One order in so many points at an object. */
const attachedEvery = 5;

export function newAttachments(): Attachments {
  let newest: string | null = null;
  return {
    add(key) {
      newest = key;
    },
    next: (seq) => (seq % attachedEvery === 0 ? newest : null),
  };
}
