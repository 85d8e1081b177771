//! Colours for a terminal, or none. Whoever renders gets a `Paint`, so that what is tested is what
//! is shown.

import { styleText } from "node:util";

export type Tone = "good" | "bad" | "doubt" | "quiet" | "strong" | "users";

export type Paint = (tone: Tone, text: string) => string;

const styles = {
  good: ["green"],
  bad: ["red"],
  doubt: ["yellow"],
  quiet: ["dim"],
  strong: ["bold"],
  users: ["cyan"],
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

export const plain: Paint = (_tone, text) => text;

export const coloured: Paint = (tone, text) => styleText([...styles[tone]], text);

/** How wide a text is on the screen, colours not counted. */
export function widthOf(text: string): number {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, "").length;
}

/** Lines of at most `width` characters, broken between words; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
