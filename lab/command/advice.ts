//! What a person reads once the lab is up: the addresses, and commands that work as they stand.

import type { LabDescriptor } from "../descriptor.ts";
import type { Lab } from "../lab.ts";

export const defaultFolder = ".switchback";

/** How to call the lab that lives in this folder. */
export function labCommand(folder: string): string {
  if (folder === defaultFolder) return "npm run lab --";
  return `npm run lab -- --folder ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`;
}

export function adviceFor({ descriptor }: Pick<Lab, "descriptor">, folder: string): string {
  const lab = labCommand(folder);
  const { dns, hostname, initialActive: active, initialStandby: standby } = descriptor;
  const lines = [
    "",
    `${hostname} is up. ${active} serves, ${standby} waits.`,
    "",
    `  who serves       ${lab} status`,
    `  ask DNS          dig @${dns.host} -p ${dns.port} ${hostname} +short`,
    `  ask a region     curl ${appOf(descriptor, active)}/region`,
    `                   curl ${appOf(descriptor, standby)}/region`,
    "  write            " + writeCommand(descriptor),
    `  look inside      psql ${databaseOf(descriptor, active)}`,
    `  get refused      psql -v VERBOSITY=verbose ${databaseOf(descriptor, standby)} \\`,
    '                     -c "update app.orders set quantity = quantity"',
    "",
    `  lose a region    ${lab} inject region-loss ${active}`,
    `  bring it back    ${lab} heal`,
    `  all the faults   ${lab} inject --help`,
    "",
    `In a browser: ${appOf(descriptor, active)}/ and ${appOf(descriptor, standby)}/`,
    `Every address is in ${folder}/lab.json. Ctrl-C stops everything.`,
  ];
  return lines.join("\n");
}

function writeCommand(descriptor: LabDescriptor): string {
  const { appPort, hostname, initialActive } = descriptor;
  const address = descriptor.regions[initialActive]?.address ?? "";
  return [
    `curl --connect-to ::${address}: http://${hostname}:${appPort}/orders \\`,
    "                     -H 'Idempotency-Key: first' -H 'Content-Type: application/json' \\",
    `                     -d '{"item": "umbrella", "quantity": 1}'`,
  ].join("\n");
}

function appOf({ regions }: LabDescriptor, region: string): string {
  return regions[region]?.app ?? "";
}

function databaseOf({ regions }: LabDescriptor, region: string): string {
  const postgres = regions[region]?.postgres;
  if (postgres === undefined) return "";
  return `postgres://${postgres.user}@${postgres.host}:${postgres.port}/${postgres.database}`;
}
