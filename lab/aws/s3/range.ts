//! The `Range` header: one range of bytes, or none.

import { AwsError } from "../service.ts";

export interface ByteRange {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  /** As in `Content-Range`. */
  readonly header: string;
}

const pattern = /^bytes=(\d*)-(\d*)$/;

/** `undefined` means the whole body; a header that is not understood is ignored, as S3 does. */
export function rangeOf(header: string | undefined, length: number): ByteRange | undefined {
  const [, first = "", last = ""] = pattern.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const { start, end } =
    first === "" ? lastBytes(Number(last), length) : bytes(first, last, length);
  if (start >= end) {
    throw new AwsError("InvalidRange", "The requested range is not satisfiable", { status: 416 });
  }
  return { start, end, header: `bytes ${start}-${end - 1}/${length}` };
}

type Bounds = Pick<ByteRange, "start" | "end">;

function lastBytes(count: number, length: number): Bounds {
  return { start: Math.max(0, length - count), end: length };
}

function bytes(first: string, last: string, length: number): Bounds {
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  return { start: Number(first), end };
}
