//! DynamoDB numbers: exact decimals of up to 38 digits, written without exponent.

import { invalid } from "./refusals.ts";

const pattern = /^[+-]?(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,4}))?$/;
const digitsMax = 38;
const magnitudeMax = 125;

/** The number as DynamoDB would return it. */
export function normaliseNumber(text: string): string {
  return write(parse(text));
}

export function addNumbers(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b);
  return write({ digits: left + right, scale });
}

export function subtractNumbers(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b);
  return write({ digits: left - right, scale });
}

export function compareNumbers(a: string, b: string): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The value is `digits / 10 ** scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

function parse(text: string): Decimal {
  const found = pattern.exec(text);
  if (found === null) {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const exponent = Number(found[2] ?? 0);
  if (Math.abs(exponent) > 2 * magnitudeMax) throw overflow();
  const [whole = "", fraction = ""] = (found[1] ?? "").split(".");
  const digits = BigInt(whole + fraction) * (text.startsWith("-") ? -1n : 1n);
  return checked({ digits, scale: fraction.length - exponent });
}

/** Without trailing zeros, so that equal numbers are written alike. */
function checked({ digits, scale }: Decimal): Decimal {
  if (digits === 0n) return { digits, scale: 0 };
  const text = String(digits < 0n ? -digits : digits);
  const zeros = text.length - text.replace(/0+$/, "").length;
  if (text.length - zeros > digitsMax) {
    throw invalid("Attempting to store more than 38 significant digits in a Number");
  }
  if (Math.abs(text.length - scale) > magnitudeMax + 1) throw overflow();
  return { digits: digits / 10n ** BigInt(zeros), scale: scale - zeros };
}

function aligned(a: string, b: string): readonly [bigint, bigint, number] {
  const left = parse(a);
  const right = parse(b);
  const scale = Math.max(left.scale, right.scale);
  return [raised(left, scale), raised(right, scale), scale];
}

function raised({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

function write(decimal: Decimal): string {
  const { digits, scale } = checked(decimal);
  if (scale <= 0) return String(digits * 10n ** BigInt(-scale));
  const sign = digits < 0n ? "-" : "";
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

function overflow(): Error {
  return invalid(
    "Number overflow. Attempting to store a number with magnitude larger than supported range",
  );
}
