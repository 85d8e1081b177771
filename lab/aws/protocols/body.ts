//! Bodies as they come off the wire: bounded in size, unzipped, freed of S3's aws-chunked frame.

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ServiceModel } from "../model.ts";
import { AwsError } from "../service.ts";
import { malformed } from "./scalars.ts";

export interface DecodedBody {
  readonly body: Buffer;
  /** The request's headers, with the trailers of the body added. */
  readonly headers: IncomingHttpHeaders;
}

/** The whole body, or `too-large` as soon as it is known to exceed the bound. */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | "too-large"> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return "too-large";
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read by events: leaving a `for await` early would destroy the socket before the refusal is out.
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) resolve("too-large");
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the caller went away")));
  });
}

export async function decodeBody(
  raw: Buffer,
  headers: IncomingHttpHeaders,
  limits: { readonly model: ServiceModel; readonly bytesMax: number },
): Promise<DecodedBody> {
  if (limits.model.isS3) return decodeChunked(raw, headers);
  if (headers["content-encoding"] !== "gzip") return { body: raw, headers };
  try {
    return { body: await unzip(raw, { maxOutputLength: limits.bytesMax }), headers };
  } catch {
    throw malformed("the body is not gzip, or too large when unzipped");
  }
}

const unzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** S3 streams come as `size[;signature]\r\n…\r\n` chunks, an empty chunk, and trailers. */
function decodeChunked(raw: Buffer, headers: IncomingHttpHeaders): DecodedBody {
  const encodings = (headers["content-encoding"] ?? "").split(",").map((name) => name.trim());
  if (!encodings.includes("aws-chunked")) return { body: raw, headers };
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const line = lineAt(raw, offset);
    const size = Number.parseInt(line.text, 16);
    if (Number.isNaN(size) || line.next + size > raw.length) throw badChunk();
    offset = line.next;
    if (size === 0) break;
    chunks.push(raw.subarray(offset, offset + size));
    offset += size + "\r\n".length;
  }
  const body = Buffer.concat(chunks);
  const declared = headers["x-amz-decoded-content-length"];
  if (declared !== undefined && Number(declared) !== body.length) throw badChunk();
  const kept = encodings.filter((name) => name !== "aws-chunked").join(",");
  return {
    body,
    headers: { ...headers, ...trailersAt(raw, offset), "content-encoding": kept || undefined },
  };
}

function trailersAt(raw: Buffer, start: number): Record<string, string> {
  const lines = raw.toString("latin1", start).split("\r\n");
  const trailers = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return colon === -1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]];
  });
  return Object.fromEntries(trailers) as Record<string, string>;
}

function lineAt(raw: Buffer, start: number): { readonly text: string; readonly next: number } {
  const end = raw.indexOf("\r\n", start);
  if (end === -1) throw badChunk();
  return { text: raw.toString("latin1", start, end), next: end + "\r\n".length };
}

function badChunk(): AwsError {
  return new AwsError("IncompleteBody", "the aws-chunked body does not end as it says");
}
