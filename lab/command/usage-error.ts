//! Something that the caller wrote was wrong: exit code 2, nothing was changed.

export class UsageError extends Error {
  override readonly name = "UsageError";
}
