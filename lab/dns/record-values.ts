//! The text of a record value, read and checked once for the API (which refuses bad values) and
//! once for the wire (which needs bytes). A problem is worded as Route 53 words it.

import { isIPv4, isIPv6 } from "node:net";

import type { RecordType } from "./answer.ts";
import { canonicalName, isDomainName } from "./names.ts";

export type RecordData =
  | { readonly type: "A" | "AAAA" | "CNAME" | "NS"; readonly data: string }
  | { readonly type: "TXT"; readonly data: Buffer[] }
  | { readonly type: "SOA"; readonly data: Soa };

export interface Soa extends SoaNumbers {
  readonly mname: string;
  readonly rname: string;
}

interface SoaNumbers {
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long a "no such name" may be remembered, in seconds. */
  readonly minimum: number;
}

export type ParsedValue =
  | { readonly ok: true; readonly record: RecordData }
  | { readonly ok: false; readonly problem: string };

const textBytesMax = 255;
const textTotalBytesMax = 4_000;
const uint32Max = 0xffff_ffff;

export function parseRecordValue(type: RecordType, value: string): ParsedValue {
  return parsers[type](value);
}

const parsers: { readonly [T in RecordType]: (value: string) => ParsedValue } = {
  A: (data) =>
    isIPv4(data)
      ? { ok: true, record: { type: "A", data } }
      : problem("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address"),
  AAAA: (data) =>
    isIPv6(data) && !data.includes("%")
      ? { ok: true, record: { type: "AAAA", data } }
      : problem("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address"),
  CNAME: (value) => parseTarget("CNAME", value),
  NS: (value) => parseTarget("NS", value),
  SOA: parseSoa,
  TXT: parseText,
};

function parseTarget(type: "CNAME" | "NS", value: string): ParsedValue {
  return isDomainName(value)
    ? { ok: true, record: { type, data: canonicalName(value) } }
    : problem("DomainNameInvalid", "Value is not a valid domain name");
}

/** Reads `"one" "two"`. Inside the quotes a backslash starts `\"`, `\\` or three octal digits. */
function parseText(value: string): ParsedValue {
  const strings = value.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  const rest = value.replaceAll(/"(?:[^"\\]|\\.)*"/gs, "").trim();
  if (strings.length === 0 || rest !== "") {
    return problem("InvalidCharacterString", "Value should be enclosed in quotation marks");
  }
  const data = strings.map((quoted) => unescapeText(quoted.slice(1, -1)));
  if (data.some((bytes) => bytes.length > textBytesMax)) {
    return problem("CharacterStringTooLong", "Value is too long");
  }
  const bytes = data.reduce((sum, part) => sum + part.length, 0);
  if (bytes > textTotalBytesMax) {
    return problem("TXTRDATATooLong", "Value is too long");
  }
  return { ok: true, record: { type: "TXT", data } };
}

function unescapeText(text: string): Buffer {
  const parts = text.matchAll(/\\([0-3][0-7]{2})|\\(.)|([^\\]+)/gs);
  return Buffer.concat(
    Array.from(parts, ([, octal, escaped, plain]) =>
      octal === undefined
        ? Buffer.from(escaped ?? plain ?? "")
        : Buffer.from([Number.parseInt(octal, 8)]),
    ),
  );
}

/** Two names, then serial, refresh, retry, expire and minimum. */
function parseSoa(value: string): ParsedValue {
  const [mname = "", rname = "", ...rest] = value.trim().split(/\s+/);
  if (!isDomainName(mname) || !isDomainName(rname)) {
    return problem("DomainNameInvalid", "Value is not a valid domain name");
  }
  const numbers = soaNumbers(rest);
  if (numbers === undefined) {
    return problem("SOARDATANotSevenFields", "Value is not a valid SOA record");
  }
  return { ok: true, record: { type: "SOA", data: { mname, rname, ...numbers } } };
}

function soaNumbers(texts: readonly string[]): SoaNumbers | undefined {
  if (texts.length !== 5 || !texts.every(isUint32)) return undefined;
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = texts.map(Number);
  return { serial, refresh, retry, expire, minimum };
}

function isUint32(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= uint32Max;
}

function problem(code: string, text: string): ParsedValue {
  return { ok: false, problem: `${code} (${text})` };
}
