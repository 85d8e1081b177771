//! What an implementation did in a scenario: where it strayed from what AWS does, and which members
//! its answers had. Values that may rightly differ (ids, times, hosts) are not looked at.

/** `Date`, `string`, … or the members of a structure, or of all elements of a list. */
export type Shape = string | { readonly [member: string]: Shape };

export interface Implementation {
  /** Steps at which it did something else than AWS, and what. */
  readonly strayed: readonly string[];
  /** The members of each answer, by step. */
  readonly shapes: ReadonlyMap<string, Shape>;
}

export class Notes implements Implementation {
  readonly strayed: string[] = [];
  readonly shapes = new Map<string, Shape>();

  /** The call is answered; its members are noted. Returns the answer, or nothing when refused. */
  async answered<T extends object>(step: string, call: Promise<T>): Promise<Partial<T>> {
    try {
      const answer = await call;
      const { $metadata: _, ...members } = answer as T & { $metadata?: unknown };
      this.shapes.set(step, shapeOf(members));
      return answer;
    } catch (error) {
      this.strayed.push(`${step}: is refused, ${refusalOf(error)}`);
      return {};
    }
  }

  /** The call is refused with this error and HTTP status. */
  async refused(step: string, call: Promise<unknown>, name: string, status: number): Promise<void> {
    const wanted = `${name} ${status}`;
    const got = await call.then(() => "is answered", refusalOf);
    if (got === wanted) return;
    this.strayed.push(got === "is answered" ? `${step}: ${got}` : `${step}: is refused, ${got}`);
  }

  /** A value that AWS defines. */
  is(step: string, value: unknown, wanted: unknown): void {
    const [got, due] = [value, wanted].map((one) => JSON.stringify(one) ?? "nothing");
    if (got !== due) this.strayed.push(`${step}: is ${got}`);
  }
}

/** What the one has and the other has not; the steps that only one of them answered are left out. */
export function membersThatDiffer(
  lab: Implementation["shapes"],
  moto: Implementation["shapes"],
): { readonly onlyInLab: readonly string[]; readonly onlyInMoto: readonly string[] } {
  const onlyInLab = new Set<string>();
  const onlyInMoto = new Set<string>();
  for (const [step, shape] of lab) {
    const other = moto.get(step);
    if (other === undefined) continue;
    for (const member of without(shape, other, [])) onlyInLab.add(member);
    for (const member of without(other, shape, [])) onlyInMoto.add(member);
  }
  return { onlyInLab: [...onlyInLab], onlyInMoto: [...onlyInMoto] };
}

/** Lists that are empty have no members to compare. */
function without(shape: Shape, other: Shape, path: readonly string[]): readonly string[] {
  if (shape === "empty list" || other === "empty list" || shape === other) return [];
  if (typeof shape === "string") return [`${path.join(" > ")} as ${shape}`];
  if (typeof other === "string") return [`${path.join(" > ")} as a structure`];
  return Object.entries(shape).flatMap(([member, inner]) => {
    const here = [...path, member];
    const found = other[member];
    return found === undefined ? [here.join(" > ")] : without(inner, found, here);
  });
}

function refusalOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return `${error.name} ${$metadata?.httpStatusCode ?? `without an answer: ${error.message}`}`;
}

export function shapeOf(value: unknown): Shape {
  if (value instanceof Date) return "Date";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return listShape(value);
  if (typeof value !== "object" || value === null) return typeof value;
  if ("transformToString" in value) return "stream";
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members.map(([name, inner]) => [name, shapeOf(inner)]));
}

/** The members that any of the elements has. */
function listShape(list: readonly unknown[]): Shape {
  return list.map(shapeOf).reduce(merged, "empty list");
}

function merged(one: Shape, other: Shape): Shape {
  if (typeof one === "string") return one === "empty list" ? other : one;
  if (typeof other === "string") return one;
  const members = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...members].map((member) => [
      member,
      merged(one[member] ?? "empty list", other[member] ?? "empty list"),
    ]),
  );
}
