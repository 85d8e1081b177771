//! Two of three sites must agree before anything strong happens. Here that costs what it costs in a
//! real quorum: a round trip, patience when nobody is there, and answers that get lost on the way.

import { AwsError, NoAnswer } from "../service.ts";

export interface MrscNetwork {
  reachable(from: string, to: string): boolean;
  oneWayMs(from: string, to: string): number;
}

export interface QuorumOptions {
  readonly sites: readonly string[];
  readonly network: MrscNetwork;
  /** How long a call without a quorum waits before it is refused. */
  readonly noQuorumMs: number;
  /** A clock that never steps. */
  readonly now: () => number;
}

/**
 * Runs `apply` at one instant, half a round trip after the call, when the nearest other site has
 * accepted it. What it returns or throws comes back after the other half, or never: then the caller
 * cannot know whether it was applied.
 */
export async function throughQuorum<T>(
  region: string,
  options: QuorumOptions,
  apply: (via: string) => T,
): Promise<T> {
  const via = await acceptedBy(region, options);
  const outcome = attempt(() => apply(via));
  await wait(options.network.oneWayMs(via, region));
  if (!options.network.reachable(via, region)) throw new NoAnswer();
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

const lookAgainMs = 25;

/** The site that has accepted the call; by then the way to it still has to be there. */
async function acceptedBy(region: string, options: QuorumOptions): Promise<string> {
  const deadline = options.now() + options.noQuorumMs;
  while (options.now() <= deadline) {
    const via = nearestSite(region, options);
    await wait(via === undefined ? lookAgainMs : options.network.oneWayMs(region, via));
    if (via !== undefined && options.network.reachable(region, via)) return via;
  }
  throw new AwsError("InternalServerError", "Internal server error: no quorum of replicas");
}

function nearestSite(region: string, { sites, network }: QuorumOptions): string | undefined {
  const roundTrip = (site: string): number =>
    network.oneWayMs(region, site) + network.oneWayMs(site, region);
  return sites
    .filter((site) => site !== region)
    .filter((site) => network.reachable(region, site) && network.reachable(site, region))
    .toSorted((a, b) => roundTrip(a) - roundTrip(b))[0];
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function attempt<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
