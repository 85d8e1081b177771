//! Scalars between text, JSON and what handlers see: string, number, boolean, Date, Buffer.

import { AwsError } from "../service.ts";
import type { ScalarShape, TimestampFormat } from "../shapes.ts";

type WrittenFormat = Exclude<TimestampFormat, "default">;

/** From text: XML, query string, form body or header. */
export function scalarFromText(shape: ScalarShape, text: string): unknown {
  switch (shape.type) {
    case "boolean":
      return booleanOf(text);
    case "number":
      return numberOf(text);
    case "timestamp":
      return dateOf(text);
    case "blob":
      return Buffer.from(text, "base64");
    case "string":
    case "document":
      return text;
    default:
      return shape.type satisfies never;
  }
}

export function scalarFromJson(shape: ScalarShape, value: unknown): unknown {
  if (shape.type === "document") return value;
  if (shape.type === "timestamp" && typeof value === "number") return new Date(value * 1000);
  if (shape.type === "boolean" && typeof value === "boolean") return value;
  if (shape.type === "number" && typeof value === "number") return value;
  if (typeof value === "string" && shape.type !== "boolean") return scalarFromText(shape, value);
  throw malformed(`${JSON.stringify(value)} cannot be converted to a ${shape.type}`);
}

export function scalarToText(shape: ScalarShape, value: unknown, format: WrittenFormat): string {
  if (value instanceof Date) return dateText(value, formatOf(shape, format));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return String(value);
}

export function scalarToJson(shape: ScalarShape, value: unknown): unknown {
  if (value instanceof Date) {
    const format = formatOf(shape, "epoch-seconds");
    return format === "epoch-seconds" ? value.getTime() / 1000 : dateText(value, format);
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

export function malformed(message: string): AwsError {
  return new AwsError("SerializationException", message, { status: 400 });
}

function formatOf(shape: ScalarShape, fallback: WrittenFormat): WrittenFormat {
  return shape.timestampFormat === "default" ? fallback : shape.timestampFormat;
}

function dateText(date: Date, format: WrittenFormat): string {
  switch (format) {
    case "date-time":
      return date.toISOString();
    case "http-date":
      return date.toUTCString();
    case "epoch-seconds":
      return String(date.getTime() / 1000);
    default:
      return format satisfies never;
  }
}

function booleanOf(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw malformed(`${JSON.stringify(text)} is not a boolean`);
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text === "" || Number.isNaN(number)) throw malformed(`${JSON.stringify(text)} is no number`);
  return number;
}

const epochSeconds = /^\d+(\.\d+)?$/;

function dateOf(text: string): Date {
  const date = epochSeconds.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (Number.isNaN(date.getTime())) throw malformed(`${JSON.stringify(text)} is no timestamp`);
  return date;
}
