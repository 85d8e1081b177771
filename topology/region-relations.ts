//! Rules about places: regions, their roles, networks and zones, the witness, names, capacity.

import { anyOf, shown, type Problem } from "./problem.ts";
import { addressesOf, overlap, prefixLengthOf } from "./cidr.ts";
import type { Relation } from "./relation.ts";
import type { RegionName, Topology } from "./topology.ts";

export const regionRelations: readonly Relation[] = [
  {
    rule: "there are exactly two regions",
    reads: ["regions.*"],
    check: exactlyTwoRegions,
  },
  {
    rule: "one region is active and one is standby",
    reads: ["regions.*.role"],
    check: oneActiveOneStandby,
  },
  {
    rule: "the regions' address ranges do not overlap",
    reads: ["regions.*.cidr"],
    check: addressRangesDoNotOverlap,
  },
  {
    rule: "an address range is one that a VPC may have, /16 to /28",
    reads: ["regions.*.cidr"],
    check: addressRangesFitAVpc,
  },
  {
    rule: "availability zones belong to their region",
    reads: ["regions.*.availabilityZones"],
    check: zonesBelongToTheirRegion,
  },
  {
    rule: "a region's availability zones are different ones",
    reads: ["regions.*.availabilityZones"],
    check: zonesAreDifferent,
  },
  {
    rule: "hostname lies in dns.zone",
    reads: ["hostname", "dns.zone"],
    check: hostnameLiesInZone,
  },
  {
    rule: "the witness is neither of the two regions",
    reads: ["regions.*", "arbiter.witnessRegion"],
    check: witnessIsAThirdRegion,
  },
  {
    rule: "the two regions and the witness are in one MRSC region set of DynamoDB",
    reads: ["regions.*", "arbiter.witnessRegion"],
    check: regionsShareOneMrscSet,
  },
  {
    rule: "capacity.standbyReplicas is 0 only with strategy pilot-light",
    reads: ["strategy", "capacity.standbyReplicas"],
    check: emptyStandbyIsPilotLight,
  },
  {
    rule: "with strategy hot-standby capacity.standbyReplicas >= capacity.activeReplicas",
    reads: ["strategy", "capacity.standbyReplicas", "capacity.activeReplicas"],
    check: hotStandbyHasFullCapacity,
  },
];

/** DynamoDB keeps a strongly consistent global table within one of these; they cannot be mixed. */
export const mrscRegionSets: readonly (readonly RegionName[])[] = [
  ["us-east-1", "us-east-2", "us-west-2"],
  ["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"],
  ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
];

export function exactlyTwoRegions({ regions }: Topology): Problem | null {
  const names = Object.keys(regions);
  if (names.length === 2) return null;
  return {
    path: "regions",
    problem: "there must be exactly two regions; the witness is named in arbiter.witnessRegion",
    given: names.length === 0 ? "no region" : `${names.length}: ${names.join(", ")}`,
    allowed: "2 regions",
  };
}

export function oneActiveOneStandby({ regions }: Topology): Problem | null {
  const roles = Object.values(regions).map(({ role }) => role);
  const counts = (["active", "standby"] as const).map((role) => count(roles, role));
  if (counts.every((number) => number === 1)) return null;
  return {
    path: "regions.*.role",
    problem: "one region must be active and the other standby",
    given: Object.entries(regions)
      .map(([name, { role }]) => `${name} is ${role}`)
      .join(", "),
    allowed: "active once, standby once",
  };
}

export function addressRangesDoNotOverlap({ regions }: Topology): Problem | null {
  const ranges = Object.entries(regions).map(([name, { cidr }]) => ({ name, cidr }));
  const clash = ranges
    .flatMap((first, at) => ranges.slice(at + 1).map((second) => ({ first, second })))
    .find(({ first, second }) => overlap(first.cidr, second.cidr));
  if (clash === undefined) return null;
  const { first, second } = clash;
  return {
    path: `regions.${second.name}.cidr`,
    problem: `overlaps with ${first.name}: replication between the VPCs could not be routed`,
    given: `${second.cidr} (${second.name}), ${first.cidr} (${first.name})`,
    allowed: `a range outside ${addressesOf(first.cidr)}`,
  };
}

export function addressRangesFitAVpc({ regions }: Topology): Problem | null {
  const unfit = Object.entries(regions).filter(([, { cidr }]) => {
    const length = prefixLengthOf(cidr);
    return length < 16 || length > 28;
  });
  const [first] = unfit;
  if (first === undefined) return null;
  return {
    path: `regions.${first[0]}.cidr`,
    problem: "is not a size that AWS gives a VPC",
    given: unfit.map(([name, { cidr }]) => `${cidr} (${name})`).join(", "),
    allowed: "prefix lengths from /16 to /28",
  };
}

export function zonesBelongToTheirRegion({ regions }: Topology): Problem | null {
  const foreign = Object.entries(regions).flatMap(([region, { availabilityZones }]) =>
    availabilityZones
      .filter((zone) => !zone.startsWith(region) || !/^[a-z]$/.test(zone.slice(region.length)))
      .map((zone) => ({ region, zone })),
  );
  const [first] = foreign;
  if (first === undefined) return null;
  return {
    path: `regions.${first.region}.availabilityZones`,
    problem: "names a zone of another place",
    given: foreign.map(({ region, zone }) => `${shown(zone)} in ${region}`).join(", "),
    allowed: `the region's name and one letter, such as ${first.region}a`,
  };
}

export function zonesAreDifferent({ regions }: Topology): Problem | null {
  const repeated = Object.entries(regions).filter(
    ([, { availabilityZones }]) => new Set(availabilityZones).size < availabilityZones.length,
  );
  const [first] = repeated;
  if (first === undefined) return null;
  return {
    path: `regions.${first[0]}.availabilityZones`,
    problem: "names a zone twice: losing that zone would take more than its share",
    given: repeated
      .map(([name, region]) => `${name}: ${shown(region.availabilityZones)}`)
      .join(", "),
    allowed: "every zone once",
  };
}

export function hostnameLiesInZone({ hostname, dns }: Topology): Problem | null {
  if (hostname === dns.zone || hostname.endsWith(`.${dns.zone}`)) return null;
  return {
    path: "hostname",
    problem: "must lie in dns.zone: the failover records could not be made elsewhere",
    given: shown(hostname),
    allowed: `${dns.zone} or a name that ends in .${dns.zone}`,
  };
}

export function witnessIsAThirdRegion({ regions, arbiter }: Topology): Problem | null {
  const names = Object.keys(regions);
  if (!names.includes(arbiter.witnessRegion)) return null;
  const others = witnessesFor(names);
  return {
    path: "arbiter.witnessRegion",
    problem: "must be a third region: with one of the two lost, the arbiter would have no majority",
    given: shown(arbiter.witnessRegion),
    allowed: others.length === 0 ? `a region other than ${anyOf(names)}` : anyOf(others),
  };
}

export function regionsShareOneMrscSet({ regions, arbiter }: Topology): Problem | null {
  const names = Object.keys(regions);
  const all = [...new Set([...names, arbiter.witnessRegion])];
  if (mrscRegionSets.some((set) => all.every((name) => set.includes(name)))) return null;
  const witnesses = witnessesFor(names);
  // Where the two regions fit together only the witness is to blame, and only it needs a change.
  const blamed = witnesses.length > 0 ? "arbiter.witnessRegion" : "regions";
  return {
    path: blamed,
    problem: "regions and witness must be in one region set of strongly consistent DynamoDB tables",
    given: `${names.join(", ")}, witness ${arbiter.witnessRegion}`,
    allowed:
      witnesses.length > 0
        ? anyOf(witnesses)
        : `three of one set: ${mrscRegionSets.map((set) => `{${set.join(", ")}}`).join(" or ")}`,
  };
}

export function emptyStandbyIsPilotLight({ strategy, capacity }: Topology): Problem | null {
  if (capacity.standbyReplicas > 0 || strategy === "pilot-light") return null;
  return {
    path: "capacity.standbyReplicas",
    problem: `a ${strategy} region runs the app all the time`,
    given: `0 with strategy ${strategy}`,
    allowed: "1 or more, or strategy pilot-light",
  };
}

export function hotStandbyHasFullCapacity({ strategy, capacity }: Topology): Problem | null {
  const { activeReplicas, standbyReplicas } = capacity;
  if (strategy !== "hot-standby" || standbyReplicas >= activeReplicas) return null;
  return {
    path: "capacity.standbyReplicas",
    problem: "a hot standby must carry the whole load without scaling",
    given: `${standbyReplicas}, and activeReplicas ${activeReplicas}`,
    allowed: `${activeReplicas} or more, or strategy warm-standby`,
  };
}

/** Every witness that would complete a region set with these regions. */
function witnessesFor(regions: readonly RegionName[]): readonly RegionName[] {
  const set = mrscRegionSets.find((names) => regions.every((region) => names.includes(region)));
  return (set ?? []).filter((name) => !regions.includes(name));
}

function count<T>(values: readonly T[], wanted: T): number {
  return values.filter((value) => value === wanted).length;
}
