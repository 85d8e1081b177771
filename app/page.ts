//! The page people look at: where they are, what this region may do, how the other one fares.
//! It loads nothing from elsewhere and shows no value unescaped.

import { html, verbatim, type Html } from "./html.ts";
import { script, style } from "./page-style.ts";
import { languages, words, type Language, type Words } from "./page-words.ts";
import type { LedgerSummary, Order, Role } from "./ports.ts";
import type { OwnReport, PeerReport, RegionReport } from "./report.ts";

export interface PageProps {
  readonly own: OwnReport;
  readonly peer: PeerReport;
  readonly language: Language;
  /** Lets the page's own style and script through the content security policy. */
  readonly nonce: string;
}

export function renderPage({ own, peer, language, nonce }: PageProps): string {
  const say = words[language];
  const page = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${own.region}</title>
        <link rel="icon" href="data:," />
        <noscript><meta http-equiv="refresh" content="5" /></noscript>
        <style nonce="${nonce}">
          ${verbatim(style)}
        </style>
      </head>
      <body>
        <main class="${own.role}">
          <p class="label">${say.thisRegion}</p>
          <h1>${own.region}</h1>
          <div class="state">
            ${pill(own.role, say)}
            <p>${say.meaning[own.role]}</p>
          </div>
          ${reason(own)} ${facts(own, peer, say)} ${peerCard(peer, say)}
          ${newestOrders(own.ledger, say)}
          <footer><span>${say.refreshes}</span>${languageLinks(language)}</footer>
        </main>
        <div id="silence" role="status" hidden>${say.noAnswer} <time></time></div>
        <script nonce="${nonce}">
          ${verbatim(script)};
        </script>
      </body>
    </html> `;
  return page.text;
}

function pill(role: Role, say: Words): Html {
  return html`<span class="pill">${say.role[role]}</span>`;
}

/**
 * The database's own words help whoever has to find out; they are not translated. A standby is
 * where it should be and needs no reason.
 */
function reason({ because, role }: OwnReport): Html {
  return because === null || role === "standby"
    ? html``
    : html`<p class="because" lang="en">${because}</p>`;
}

function facts(own: OwnReport, peer: PeerReport, say: Words): Html {
  return html`<dl class="facts">
    <div>
      <dt class="label">${say.epoch}</dt>
      ${own.epoch === null ? inWords(say.unknown) : inFigures(own.epoch)}
      <dd><small>${say.epochHint}</small></dd>
    </div>
    <div>
      <dt class="label">${say.lag}</dt>
      ${lag(own, peer, say)}
    </div>
    <div>
      <dt class="label">${say.orders}</dt>
      ${own.ledger === "unknown" ? inWords(say.unknown) : inFigures(countText(own.ledger))}
      <dd><small>${say.ordersHint}</small></dd>
    </div>
    <div>
      <dt class="label">${say.build}</dt>
      ${inWords(own.build)}
    </div>
  </dl>`;
}

function inFigures(value: string | number): Html {
  return html`<dd>${value}</dd>`;
}

function inWords(value: string): Html {
  return html`<dd class="words">${value}</dd>`;
}

/** The replica's lag, wherever the replica is. */
function lag(own: OwnReport, peer: PeerReport, say: Words): Html {
  const replica = [own, ...(peer.kind === "told" ? [peer.report] : [])].find(
    ({ role }) => role === "standby",
  );
  const bothKnown =
    own.role !== "unknown" && peer.kind === "told" && peer.report.role !== "unknown";
  if (replica === undefined) return inWords(bothKnown ? say.noReplica : say.unknown);
  const text = replica.replicationLagMs === null ? undefined : durationText(replica);
  return html`${text === undefined ? inWords(say.unknown) : inFigures(text)}
    <dd><small>${replica.region}</small></dd>`;
}

function durationText({ replicationLagMs }: RegionReport): string {
  const milliseconds = Math.max(0, replicationLagMs ?? 0);
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

function countText({ count, countMax }: LedgerSummary): string {
  const text = count.toLocaleString("en-US");
  return count >= countMax ? `${text}+` : text;
}

function peerCard(peer: PeerReport, say: Words): Html {
  if (peer.kind === "none") return card(say, "unknown", html`<span>${say.noPeer}</span>`);
  const link = (name: string) => html`<strong><a href="${peer.url}/">${name}</a></strong>`;
  if (peer.kind === "silent") {
    return card(
      say,
      "unknown",
      html`${link(peer.url)}<span class="quiet">${say.peerSilent}</span>`,
    );
  }
  const { region, role, epoch } = peer.report;
  const known = epoch === null ? html`` : html`<span class="quiet">${say.inEpoch} ${epoch}</span>`;
  return card(say, role, html`${link(region)}${pill(role, say)}${known}`);
}

function card(say: Words, role: Role, content: Html): Html {
  return html`<section class="card peer ${role}">
    <h2 class="label">${say.otherRegion}</h2>
    ${content}
  </section>`;
}

function newestOrders(ledger: OwnReport["ledger"], say: Words): Html {
  if (ledger === "unknown" || ledger.newest.length === 0) {
    return html`<section class="card">
      <h2>${say.newest}</h2>
      <p>${say.noOrders}</p>
    </section>`;
  }
  const { id, item, quantity, acceptedBy, at } = say.columns;
  return html`<section class="card">
    <h2>${say.newest}</h2>
    <table>
      <thead>
        <tr>
          <th>${id}</th>
          <th>${item}</th>
          <th class="number">${quantity}</th>
          <th>${acceptedBy}</th>
          <th class="number wide">${at}</th>
        </tr>
      </thead>
      <tbody>
        ${ledger.newest.map((order) => orderRow(order, say))}
      </tbody>
    </table>
  </section>`;
}

function orderRow(order: Order, say: Words): Html {
  return html`<tr>
    <td class="whole">${order.id}</td>
    <td>${order.item}${attachment(order)}</td>
    <td class="number">${order.quantity}</td>
    <td><span>${order.region},</span> <span>${say.inEpoch} ${order.epoch}</span></td>
    <td class="number wide">${order.acceptedAt.slice(11, 23)}</td>
  </tr>`;
}

function attachment({ attachment }: Order): Html {
  if (attachment === null) return html``;
  return html`<small><a href="/objects/${attachment}">${attachment}</a></small>`;
}

const languageNames: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };

function languageLinks(current: Language): Html {
  const links = languages.map((language) =>
    language === current
      ? html`<a href="?lang=${language}" lang="${language}" aria-current="true"
          >${languageNames[language]}</a
        >`
      : html`<a href="?lang=${language}" lang="${language}">${languageNames[language]}</a>`,
  );
  return html`<nav>${links}</nav>`;
}
