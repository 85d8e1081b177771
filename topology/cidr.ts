//! Arithmetic of IPv4 ranges such as `10.10.0.0/16`. Expects the form that the schema has checked.

/** Whether two ranges share an address. Bits behind the prefix do not matter. */
export function overlap(first: string, second: string): boolean {
  const [a, b] = [boundsOf(first), boundsOf(second)];
  return a.first <= b.last && b.first <= a.last;
}

export function prefixLengthOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

/** `10.10.0.0 to 10.10.255.255` */
export function addressesOf(cidr: string): string {
  const { first, last } = boundsOf(cidr);
  return `${dotted(first)} to ${dotted(last)}`;
}

/** Plain arithmetic, since JavaScript's bit operators are signed and cannot shift by 32. */
function boundsOf(cidr: string): { readonly first: number; readonly last: number } {
  const octets = (cidr.split("/")[0] ?? "").split(".").map(Number);
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefixLengthOf(cidr));
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}
