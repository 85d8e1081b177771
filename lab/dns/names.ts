//! Domain names in one canonical spelling: lower case, with the final dot. Everything in the lab
//! compares names in this spelling, so that case and a forgotten dot never matter.

const nameBytesMax = 255;
const validName = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+$/;

/** `\052` is how Route 53 writes the asterisk of a wildcard; both spellings are understood. */
export function canonicalName(text: string): string {
  const lower = text.toLowerCase().replace(/^\\052\./, "*.");
  return lower.endsWith(".") ? lower : `${lower}.`;
}

/** Host names as people use them, with underscores; no escapes other than the wildcard's. */
export function isDomainName(text: string): boolean {
  const name = canonicalName(text);
  return name.length < nameBytesMax && validName.test(name);
}

/** Whether `name` is the zone itself or lies below it. Both names are canonical. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The name one label up; the root has no parent and stays what it is. */
export function parentName(name: string): string {
  const rest = name.slice(name.indexOf(".") + 1);
  return rest === "" ? "." : rest;
}

/** Order of Route 53's lists: by labels from the right, so that a zone comes before its names. */
export function compareNames(one: string, other: string): number {
  const left = labelsFromRight(one);
  const right = labelsFromRight(other);
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareText(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function labelsFromRight(name: string): readonly string[] {
  return name.split(".").filter(Boolean).toReversed();
}
