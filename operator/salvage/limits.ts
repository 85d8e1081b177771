//! How much a salvage looks at and writes down at most. What lies beyond a limit is never passed over
//! in silence: the summary names it under `uncompared`.

export interface SalvageLimits {
  /** Rows that are read and compared at a time. */
  readonly batchRows: number;
  /** Text that a batch of rows should have together; wide rows are read fewer at a time. */
  readonly batchBytes: number;
  /** Size of one exported file, after which the next one is begun. */
  readonly partBytes: number;
  /** Rows listed of one table. */
  readonly rowsListedMax: number;
  /** Rows listed of one table that cannot be compared by a key. */
  readonly uncertainMax: number;
  /** Keys of one table that are looked up to find deleted rows. */
  readonly deletionKeysMax: number;
  /** Keys of one table that the summary itself names; the files name them all. */
  readonly keysNamedMax: number;
  /** Numbers of one table that are remembered as given twice. */
  readonly numbersTakenMax: number;
  /** Rows of one column, the newest first, whose objects are looked for; and objects listed. */
  readonly objectsMax: number;
  /** Objects that are looked for at the same time. */
  readonly objectsAtOnce: number;
  /** One statement over a whole table. */
  readonly scanMs: number;
}

export const salvageLimits: SalvageLimits = {
  batchRows: 500,
  batchBytes: 4 << 20,
  partBytes: 8 << 20,
  rowsListedMax: 1_000_000,
  uncertainMax: 10_000,
  deletionKeysMax: 500_000,
  keysNamedMax: 1_000,
  numbersTakenMax: 100_000,
  objectsMax: 10_000,
  objectsAtOnce: 16,
  scanMs: 600_000,
};
