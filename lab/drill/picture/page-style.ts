//! The look of the page: quiet, in the system's own type, for screens of any width and for paper.

export const pageCss = `
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system,
  "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1064px; margin: 0 auto; padding: 32px 32px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 17px; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule);
  font-weight: 650; }
h3 { font-size: 15px; margin: 24px 0 4px; font-weight: 650; }
p { margin: 0 0 10px; max-width: 72ch; }
.quiet { color: var(--muted); }
.overline { font-size: 13px; color: var(--muted); margin: 0 0 6px; }
.result { margin: 20px 0 20px; padding: 14px 18px; border-left: 5px solid var(--muted);
  background: var(--panel); border-radius: 0 4px 4px 0; }
.result strong { font-size: 19px; letter-spacing: 0.02em; }
.result.pass { border-color: var(--pass); } .result.pass strong { color: var(--pass); }
.result.fail { border-color: var(--bad); } .result.fail strong { color: var(--bad); }
.result.unknown { border-color: var(--doubt); } .result.unknown strong { color: var(--doubt); }
.result p, .result ul { margin: 4px 0 0; }
.result ul { padding-left: 20px; }
.verdict { font-weight: 650; white-space: nowrap; }
.verdict.pass { color: var(--pass); } .verdict.fail { color: var(--bad); }
.verdict.unknown { color: var(--doubt); }
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.4; }
caption { text-align: left; color: var(--muted); font-size: 13px; padding: 0 0 6px; }
th, td { text-align: left; padding: 5px 16px 5px 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
table.short { width: auto; min-width: min(100%, 640px); }
thead th { white-space: nowrap; color: var(--muted); font-size: 13px; border-bottom-color: var(--muted); }
th:last-child, td:last-child { padding-right: 0; }
.figure { text-align: right; white-space: nowrap; }
td code, th code { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 10px; }
.scroll:focus-visible { outline: 2px solid var(--good); outline-offset: 2px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--panel); padding: 10px 14px; border-radius: 4px; overflow-x: auto; margin: 8px 0; }
code.hash { overflow-wrap: anywhere; }
figure { margin: 0 0 12px; }
figcaption { color: var(--muted); font-size: 13px; margin: 4px 0 0; max-width: 90ch; }
svg.drill { display: block; width: 100%; height: auto; }
.wide svg { min-width: 940px; }
.narrow { display: none; max-width: 560px; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--muted); }
ol.steps { margin: 0; padding-left: 22px; }
tbody th:not(.figure) { min-width: 10.5em; }
@media (max-width: 720px) {
  tbody th:not(.figure) { min-width: 0; }
  main { padding: 18px 14px 40px; }
  h1 { font-size: 22px; }
  .wide { display: none; } .narrow { display: block; }
  th, td { padding-right: 12px; }
  .scroll table { min-width: 340px; }
}
@media print {
  @page { size: A4; margin: 12mm 10mm; }
  body { font-size: 10pt; }
  table { font-size: 9pt; }
  main { max-width: none; padding: 0; }
  .wide { display: block; } .narrow { display: none; }
  .wide svg { min-width: 0; max-height: 250mm; margin: 0 auto; }
  h2 { margin-top: 24px; }
  .scroll { overflow: visible; }
  h2, h3 { break-after: avoid; }
  tr, figure, .result { break-inside: avoid; }
  thead { display: table-header-group; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}`;
