//! Names and values as SQL text that stays on one line, whatever is in them: a line break inside a
//! value must not end a comment around it. Values come as PostgreSQL writes them, `null` is NULL.

export type Value = string | null;

export function quoteValue(value: Value): string {
  if (value === null) return "null";
  const quoted = value.replaceAll("'", "''");
  if (!/[\\\n\r]/.test(quoted)) return `'${quoted}'`;
  return `E'${quoted.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}

/** Always quoted: no list of reserved words is right for every version. */
export function quoteName(name: string): string {
  const quoted = name.replaceAll('"', '""');
  if (!/[\n\r]/.test(quoted)) return `"${quoted}"`;
  const escaped = quoted
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\000a")
    .replaceAll("\r", "\\000d");
  return `U&"${escaped}"`;
}
