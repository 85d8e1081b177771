//! Reads CSV (RFC 4180) with a head line into one record a line. Fields are texts; an empty field and
//! the empty text are the same here.

const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const [head = [], ...lines] = linesOf(text);
  return lines.map((cells) =>
    Object.fromEntries(head.map((name, column) => [name, cells[column] ?? ""])),
  );
}

function linesOf(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  field.lastIndex = 0;
  while (field.lastIndex < text.length) {
    const atCharacter = field.lastIndex;
    const [whole, quoted, plain = "", end] = field.exec(text) ?? [];
    if (whole === undefined) throw new Error(`not CSV from character ${atCharacter} on`);
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
