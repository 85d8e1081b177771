//! Rows as CSV (RFC 4180). NULL and the empty text stay apart as in PostgreSQL's COPY: NULL is an empty
//! field without quotes, the empty text is `""`.

import type { Value } from "./quote.ts";

export function csvLine(values: readonly Value[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
}

function csvField(value: Value): string {
  if (value === null) return "";
  // A lone `\.` ends the data for PostgreSQL before version 18.
  if (value === "" || /[",\r\n]|^\s|\s$|^\\\.$/.test(value)) {
    return `"${value.replaceAll('"', '""')}"`;
  }
  return value;
}
