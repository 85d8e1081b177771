//! The look of the page and the script that keeps it fresh. No request goes anywhere else.

export const style = `
:root {
  color-scheme: light dark;
  --ground: #f5f5f2; --card: #ffffff; --line: #e2e2dc; --text: #1e2328; --quiet: #646b73;
  --serving: #1a7f4f; --standby: #2d64b3; --fenced: #a85a00; --unknown: #646b73;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1c2024; --line: #2e3439; --text: #e8eaec; --quiet: #98a1a9;
    --serving: #4cc38a; --standby: #7fb0f5; --fenced: #f0a54a; --unknown: #98a1a9;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic",
    "Noto Sans KR", "Noto Sans CJK KR", sans-serif;
  -webkit-text-size-adjust: 100%; word-break: keep-all;
}
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 2rem; }
.serving { --role: var(--serving); } .standby { --role: var(--standby); }
.fenced { --role: var(--fenced); } .unknown { --role: var(--unknown); }
h1, h2, p, dl, dd { margin: 0; }
.label { color: var(--quiet); font-size: .8125rem; letter-spacing: .02em; }
h1 {
  font-size: clamp(2rem, 9vw, 3.5rem); line-height: 1.1; font-weight: 650;
  letter-spacing: -.025em; overflow-wrap: anywhere;
}
.state {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .875rem; margin-top: 1rem;
}
.pill {
  display: inline-flex; align-items: center; gap: .5em; padding: .2em .8em; border-radius: 99px;
  color: var(--role); background: color-mix(in srgb, var(--role) 13%, transparent);
  font-weight: 600; white-space: nowrap;
}
.pill::before {
  content: ""; width: .55em; height: .55em; border-radius: 50%; background: currentColor;
}
.because { color: var(--quiet); margin-top: .375rem; overflow-wrap: anywhere; }
.facts {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; margin-top: 2.25rem;
  background: var(--line); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden;
}
.facts > div { background: var(--card); padding: .875rem 1rem; min-width: 0; }
.facts dd { font-size: 1.375rem; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere; }
.facts dd, td { font-variant-numeric: tabular-nums; }
.facts dd.words { font-size: 1rem; line-height: 1.85625rem; font-weight: 500; }
.facts small, td small {
  display: block; font-weight: 400; color: var(--quiet); font-size: .8125rem; line-height: 1.4;
}
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1rem; margin-top: 1rem;
}
.peer { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .875rem; }
.peer .label { flex-basis: 100%; }
.peer strong { font-size: 1.125rem; font-weight: 600; overflow-wrap: anywhere; }
.peer .quiet { color: var(--quiet); }
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: .2em; }
a:focus-visible { outline: 2px solid var(--standby); outline-offset: 2px; border-radius: 2px; }
.card > h2 { font-size: .8125rem; font-weight: 400; color: var(--quiet); letter-spacing: .02em; }
table { width: 100%; border-collapse: collapse; margin-top: .375rem; font-size: .9375rem; }
th {
  text-align: left; white-space: nowrap; font-weight: 400; color: var(--quiet);
  font-size: .8125rem;
}
th, td { padding: .4375rem .75rem .4375rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; }
tr > :last-child { padding-right: 0; }
td { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
td.number { overflow-wrap: normal; }
.number + * { padding-left: .75rem; }
td span { display: inline-block; }
td.whole { white-space: nowrap; overflow-wrap: normal; }
footer {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem 1.5rem;
  margin-top: 1.5rem; color: var(--quiet); font-size: .8125rem;
}
nav { display: flex; gap: 1rem; }
nav [aria-current] { text-decoration: none; color: var(--text); }
#silence {
  position: sticky; bottom: 0; padding: .75rem 1.25rem; text-align: center;
  background: color-mix(in srgb, var(--fenced) 14%, var(--card)); color: var(--fenced);
  border-top: 1px solid var(--line); font-weight: 500;
}
#silence[hidden] { display: none; }
@media (max-width: 40rem) {
  main { padding-top: 1.75rem; }
  .facts { grid-template-columns: repeat(2, 1fr); margin-top: 1.5rem; }
  .wide { display: none; }
}
`;

/** Replaces the content in place; when nobody answers it keeps the last one and says so. */
export const script = `
const silence = document.getElementById("silence");
let answeredAt = new Date();
async function refresh() {
  try {
    const answer = await fetch(location.href, {
      headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(4000),
    });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    const main = text.slice(text.indexOf("<main"), text.indexOf("</main>") + 7);
    const next = new DOMParser().parseFromString(main, "text/html").querySelector("main");
    document.querySelector("main").replaceWith(document.adoptNode(next));
  } catch {
    silence.querySelector("time").textContent = answeredAt.toLocaleTimeString();
    silence.hidden = false;
    return;
  }
  document.title = document.querySelector("h1").textContent;
  answeredAt = new Date();
  silence.hidden = true;
}
async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(keepFresh, 2000);
}
setTimeout(keepFresh, 2000);
`;
