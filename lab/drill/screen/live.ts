//! What a drill shows while it runs: one line a moment. On a terminal the line of what is being
//! waited for is written over; elsewhere it is printed once.

import type { DrillEvent } from "../drill.ts";
import type { Moment, MomentTone } from "../time-line.ts";
import { relativeSeconds } from "./numbers.ts";
import { wrap, type Paint, type Tone } from "./style.ts";

export interface Screen {
  readonly paint: Paint;
  readonly isTerminal: boolean;
  write(text: string): void;
}

const columns = 80;
const indent = "  ";
const timeWidth = 9;

export function liveDisplay(screen: Screen): (event: DrillEvent) => void {
  let overwritable = false;
  const clear = (): void => {
    if (overwritable) screen.write("\r\u001b[K");
    overwritable = false;
  };
  return (event) => {
    clear();
    switch (event.kind) {
      case "progress": {
        const text = `${indent}${event.text}`.slice(0, columns - 1);
        screen.write(screen.paint("quiet", text) + (screen.isTerminal ? "" : "\n"));
        overwritable = screen.isTerminal;
        break;
      }
      case "moment":
        screen.write(renderMoment(event.moment, event.zeroAtMs, screen.paint));
        break;
      default:
        event satisfies never;
    }
  };
}

const tones: Readonly<Record<MomentTone, Tone | null>> = {
  fault: "bad",
  bad: "bad",
  doubt: "doubt",
  step: null,
  users: "users",
  good: "good",
};

export function renderMoment(moment: Moment, zeroAtMs: number, paint: Paint): string {
  const time = relativeSeconds(moment.atMs - zeroAtMs).padStart(timeWidth);
  const hanging = " ".repeat(indent.length + timeWidth + 2);
  const tone = tones[moment.tone];
  return wrap(moment.text, columns - hanging.length)
    .map((line) => (tone === null ? line : paint(tone, line)))
    .map((line, i) =>
      i === 0 ? `${indent}${paint("quiet", time)}  ${line}\n` : `${hanging}${line}\n`,
    )
    .join("");
}
