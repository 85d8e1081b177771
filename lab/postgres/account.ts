//! PostgreSQL refuses to run as root. Started by root, the lab runs it under an unprivileged
//! account, and keeps its files where that account can reach them.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, lstatSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface AccountChoice {
  /** Asked for by name: that one or an error. */
  readonly preferred?: string;
  /** @default of this process */
  readonly uid?: number;
  /** Looks an account up. @default by `id` */
  readonly lookUp?: (name: string) => Account | undefined;
}

/** macOS brings `_postgres`. */
const usualNames = ["postgres", "_postgres", "nobody"];

/** Undefined when not root: then PostgreSQL runs as whoever runs the lab. */
export function chooseAccount(choice: AccountChoice = {}): Account | undefined {
  const { preferred, uid = process.getuid?.(), lookUp = lookUpById } = choice;
  if (uid !== 0) return undefined;
  const names = preferred === undefined ? usualNames : [preferred];
  for (const name of names) {
    const account = lookUp(name);
    if (account !== undefined && account.uid !== 0) return account;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and there is no unprivileged account ${names.join(" or ")}: ` +
      "start the lab as an ordinary user, or create an account with `useradd --system postgres`",
  );
}

/**
 * `folder` itself when the account can get there, otherwise a folder of the same purpose below
 * `fallback`. A clone in root's home, which only root may enter, is the usual case.
 */
export function placeFor(folder: string, account?: Account, fallback = "/tmp"): string {
  if (account === undefined || isReachable(folder, account)) return folder;
  const digest = createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 12);
  const place = join(fallback, `switchback-${digest}`);
  mkdirSync(place, { recursive: true, mode: 0o711 });
  // Anybody may write to the fallback: do not walk into what somebody else has put there.
  const found = lstatSync(place);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${place} belongs to somebody else: remove it`);
  }
  chmodSync(place, 0o711);
  if (!isReachable(place, account)) {
    throw new Error(`neither ${folder} nor ${place} can be reached by the account ${account.name}`);
  }
  return place;
}

/** Whether the account may enter every folder on the way; those yet to be made count as open. */
export function isReachable(folder: string, account: Account): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found !== undefined && !mayEnter(found, account)) return false;
    if (at === dirname(at)) return true;
  }
}

/** Makes a folder that the account owns. */
export function makeOwnFolder(folder: string, account: Account | undefined, mode = 0o700): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
}

/** For `spawn`: who the process runs as. */
export function runAs(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

interface Permissions {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

function mayEnter({ uid, gid, mode }: Permissions, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

function lookUpById(name: string): Account | undefined {
  const ask = (option: string) => spawnSync("id", [option, name], { encoding: "utf8" });
  const uid = ask("-u");
  const gid = ask("-g");
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  // macOS prints -2 for `nobody` as 4294967294, and `spawn` takes signed numbers.
  return { name, uid: Number(uid.stdout) | 0, gid: Number(gid.stdout) | 0 };
}
