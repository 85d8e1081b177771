//! Colours and type of the picture, for light and dark. Distinguishable without seeing hues: what
//! failed is hatched as well, what refuses is thin, what is not done is hollow.

/** Smallest first; nothing in the picture is smaller. */
export const tickSize = 11;
export const labelSize = 12;

const light = `
  --ink: #1f2933; --muted: #5a6673; --rule: #e4e9ee; --paper: #ffffff; --panel: #f6f8fa;
  --good: #4f8fc4; --bad: #c8501c; --bad-soft: #fbe9df; --writes: #3a9484; --lease: #8f80bd;
  --fault: #b7821c; --fault-soft: #f9edd3; --command: #35506b; --step: #6a8caf; --hold: #d9b45b;
  --phase-1: #f1d9a9; --phase-2: #d8cfee; --phase-3: #bfe2d6; --phase-4: #f2cabb; --phase-5: #c6dcf2;
  --on-bar: #ffffff; --on-soft: #1f2933; --pass: #1f7a63; --doubt: #8a6100;`;

const dark = `
  --ink: #dfe6ed; --muted: #9aa7b4; --rule: #2a323b; --paper: #13171c; --panel: #1a2027;
  --good: #4b88bd; --bad: #e0703a; --bad-soft: #3b2318; --writes: #2f8a7a; --lease: #7c6db0;
  --fault: #d9a441; --fault-soft: #3a2f17; --command: #9cc0e4; --step: #6f93b8; --hold: #a8863a;
  --phase-1: #5f4c20; --phase-2: #483d6b; --phase-3: #265347; --phase-4: #653a2a; --phase-5: #2c4b6a;
  --on-bar: #ffffff; --on-soft: #eef3f8; --pass: #5cc0a4; --doubt: #e0b252;`;

export const colourCss = `:root {${light}
}
@media (prefers-color-scheme: dark) { :root {${dark}
} }
@media print { :root {${light}
} }`;

/** Scoped by the class of the picture, so that a page around it keeps its own look. */
export const pictureCss = `
.drill { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-size: ${labelSize}px; font-variant-numeric: tabular-nums; }
.drill text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
  stroke-linejoin: round; }
.drill .tick { font-size: ${tickSize}px; fill: var(--muted); }
.drill .quiet { fill: var(--muted); }
.drill .strong { font-weight: 600; }
.drill .on-bar { fill: var(--on-bar); stroke: none; font-size: ${tickSize}px; }
.drill .on-soft { fill: var(--on-soft); stroke: none; }
.drill .background { fill: var(--paper); }
.drill .grid { stroke: var(--rule); stroke-width: 1; }
.drill .track { stroke: var(--rule); stroke-width: 1; }
.drill .zero { stroke: var(--ink); stroke-width: 1.2; }
.drill .milestone { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 3; }
.drill .leader { stroke: var(--muted); stroke-width: 0.8; }
.drill .bracket { stroke: var(--ink); stroke-width: 1.2; fill: none; }
.drill .fault { fill: var(--fault-soft); stroke: var(--fault); stroke-width: 1; }
.drill .command { fill: var(--command); stroke: var(--command); }
.drill .serving, .drill .good { fill: var(--good); }
.drill .writes { fill: var(--writes); }
.drill .stale { fill: var(--bad); stroke: var(--ink); stroke-width: 1; }
.drill .refuses { fill: var(--muted); opacity: 0.55; }
.drill .silent { fill: none; stroke: var(--muted); stroke-width: 1; stroke-dasharray: 1.5 3; }
.drill .lease { fill: var(--lease); }
.drill .hold { fill: var(--hold); }
.drill .step { fill: var(--step); }
.drill .open { fill: none; stroke: var(--step); stroke-width: 1.2; stroke-dasharray: 4 2; }
.drill .refused { stroke: var(--bad); stroke-width: 2; fill: none; }
.drill .lost { fill: var(--bad); stroke: var(--bad); stroke-width: 2; }
.drill .behind { stroke: var(--paper); stroke-width: 5; fill: none; stroke-linecap: round; }
.drill .failed { fill: var(--bad); }
.drill .hatch { stroke: var(--paper); stroke-width: 1.6; }
.drill .phase-1 { fill: var(--phase-1); } .drill .phase-2 { fill: var(--phase-2); }
.drill .phase-3 { fill: var(--phase-3); } .drill .phase-4 { fill: var(--phase-4); }
.drill .phase-5 { fill: var(--phase-5); }`;
