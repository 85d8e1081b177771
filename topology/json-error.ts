//! Where in a text `JSON.parse` gave up. Its messages name the place only for some mistakes.

/** Offset of the mistake that `message` complains about; the end of the text when it is cut off. */
export function jsonErrorOffset(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  const token = /^Unexpected token '(.+?)'/u.exec(message)?.[1];
  return token === undefined ? text.length : offsetOfToken(text, token);
}

/**
 * "Unexpected token" comes without a place. The text up to the wrong token is refused because of
 * that token, and the text up to any earlier one is not: so look for the first that is.
 */
function offsetOfToken(text: string, token: string): number {
  let at = text.indexOf(token);
  for (let tries = 0; at !== -1 && tries < triesMax; tries += 1) {
    if (isRefusedFor(token, text.slice(0, at + token.length))) return at;
    at = text.indexOf(token, at + 1);
  }
  return at === -1 ? text.length : at;
}

/** Each try parses the text up to there, so a hostile text must not cost its length squared. */
const triesMax = 2_000;

function isRefusedFor(token: string, start: string): boolean {
  try {
    JSON.parse(start);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith(`Unexpected token '${token}'`);
  }
}
