//! The network between the lab's sites. Every connection between two sites crosses a link of the
//! mesh, so one call slows, cuts or darkens everything that passes there.

import { Link } from "./link.ts";
import type { LinkProps } from "./link.ts";
import { Path } from "./path.ts";
import type { PathState } from "./path.ts";

export interface MeshProps {
  readonly sites: readonly string[];
  /** What the distance costs, one way. Asked once for each ordered pair. */
  readonly oneWayMs: (from: string, to: string) => number;
  /** From 0 to 1, for jitter. @default always one half: jitter without chance */
  readonly random?: () => number;
}

export class Mesh {
  readonly #sites: ReadonlySet<string>;
  readonly #paths = new Map<string, Path>();
  readonly #links = new Set<Link>();
  readonly #dark = new Set<string>();

  constructor({ sites, oneWayMs, random = () => 0.5 }: MeshProps) {
    this.#sites = new Set(sites);
    for (const from of this.#sites) {
      for (const to of this.#sites) {
        const distanceMs = from === to ? 0 : oneWayMs(from, to);
        this.#paths.set(pairOf(from, to), new Path({ from, to, distanceMs, random }));
      }
    }
  }

  /** Starts listening. Rejects with `PortUnavailable` when it cannot. */
  async open(props: LinkProps): Promise<Link> {
    const { from, to } = props;
    const link = new Link(props, {
      forward: this.#path(from, to),
      backward: this.#path(to, from),
      isDark: () => this.#dark.has(from) || this.#dark.has(to),
    });
    await link.listen();
    this.#links.add(link);
    return link;
  }

  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** Closes every link. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
    this.#links.clear();
  }

  /** What is sent from `a` to `b` waits until `heal`; unless `oneWay`, also from `b` to `a`. */
  cut(a: string, b: string, { oneWay = false }: { readonly oneWay?: boolean } = {}): void {
    this.change(a, b, { mode: "blackhole" });
    if (!oneWay) this.change(b, a, { mode: "blackhole" });
  }

  /** Undoes `cut`, `refuse` and `reset`, both ways. What was slow remains slow. */
  heal(a: string, b: string): void {
    this.change(a, b, { mode: "up" });
    this.change(b, a, { mode: "up" });
  }

  /** Adds latency, each way, to what the distance costs; 0 takes it away again. */
  slow(a: string, b: string, latencyMs: number): void {
    this.change(a, b, { extraLatencyMs: latencyMs });
    this.change(b, a, { extraLatencyMs: latencyMs });
  }

  /** New connections between the sites are reset until `heal`. */
  refuse(a: string, b: string): void {
    this.change(a, b, { mode: "refuse" });
  }

  /** All connections between the sites, old and new, are reset until `heal`. */
  reset(a: string, b: string): void {
    this.change(a, b, { mode: "reset" });
  }

  /** Changes one direction only. */
  change(from: string, to: string, changes: Partial<PathState>): void {
    this.#path(from, to).change(changes);
    for (const link of this.#links) {
      if (link.from === from && link.to === to) link.pathChanged();
      else if (link.from === to && link.to === from) link.pathChanged();
    }
  }

  /**
   * The site falls silent: what is under way from and to it is lost at once, its connections stay
   * open and silent, and so do new ones.
   */
  dark(site: string): void {
    this.#known(site);
    this.#dark.add(site);
    for (const link of this.#linksOf(site)) link.silence();
  }

  /** The site is back. Connections from before and from meanwhile are reset. */
  light(site: string): void {
    this.#known(site);
    this.#dark.delete(site);
    for (const link of this.#linksOf(site)) link.resetSilenced();
  }

  isDark(site: string): boolean {
    this.#known(site);
    return this.#dark.has(site);
  }

  state(from: string, to: string): PathState {
    return this.#path(from, to).state;
  }

  /**
   * Whether a message sent now would arrive. One direction: an answer needs the other one too. A
   * site always reaches itself.
   */
  reachable(from: string, to: string): boolean {
    const path = this.#path(from, to);
    if (from === to) return true;
    return path.state.mode === "up" && !this.#dark.has(from) && !this.#dark.has(to);
  }

  /** Distance and added latency, without jitter. */
  oneWayMs(from: string, to: string): number {
    return this.#path(from, to).latencyMs;
  }

  #linksOf(site: string): readonly Link[] {
    return this.links.filter(({ from, to }) => from === site || to === site);
  }

  #path(from: string, to: string): Path {
    this.#known(from);
    this.#known(to);
    const path = this.#paths.get(pairOf(from, to));
    if (path === undefined) throw new Error(`no path from ${from} to ${to}`);
    return path;
  }

  #known(site: string): void {
    if (this.#sites.has(site)) return;
    throw new Error(`no site named ${site}: there are ${[...this.#sites].join(", ")}`);
  }
}

function pairOf(from: string, to: string): string {
  return `${from} ${to}`;
}
