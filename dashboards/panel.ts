//! What a panel is, before it is anybody's JSON.

export interface Panel {
  readonly title: string;
  /** What it shows, and what a reader should make of it. Owed by every panel. */
  readonly description: string;
  /** `name` and `number`: one big word or figure. `lanes`: states over time. `lines`: a graph. */
  readonly kind: "name" | "number" | "lanes" | "lines";
  readonly queries: readonly Query[];
  /** Of the dashboard's 24 columns. */
  readonly width: number;
  /** A unit as Grafana names them. */
  readonly unit?: string;
  /** From which value on which colour; the first holds from below. */
  readonly steps?: readonly [Step, ...Step[]];
  /** Words for values. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly color: Color }>>;
}

export interface Query {
  readonly expression: string;
  readonly legend: string;
}

export interface Step {
  readonly from: number | "below";
  readonly color: Color;
}

export type Color = "green" | "blue" | "orange" | "red" | "text";

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}
