//! The orders that are written: a function of seed and number, so that a drill can be repeated
//! and a stored row can be compared with what was sent.

export interface Order {
  readonly item: string;
  readonly quantity: number;
}

const goods = ["rope", "lantern", "crampons", "map", "bivouac", "stove", "compass", "goggles"];

export function orderOf(seed: number, seq: number): Order {
  const mixed = mix(seed, seq);
  const item = goods[mixed % goods.length] ?? "rope";
  return { item: `${item} ${seq}`, quantity: (mixed >>> 8) % 1_000 || 1 };
}

/** A fraction in [0, 1) that only depends on the seed. */
export function fractionOf(seed: number): number {
  return mix(seed, 0x9e37) / 2 ** 32;
}

function mix(seed: number, seq: number): number {
  let x = (Math.imul(seed, 0x85ebca6b) ^ Math.imul(seq + 1, 0xc2b2ae35)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
}
