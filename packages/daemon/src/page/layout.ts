import { createHash } from 'node:crypto';
import type { HttpReply } from '../http/index.js';
import type { NodeState } from '../status/problems.js';
import type { Status } from '../status/status.js';
import { html, Html } from './html.js';
import { script } from './script.js';
import { style } from './style.js';
import { age, words } from './words.js';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// A square of four dots, which needs no request of its own.
const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="#0b7c8a"><circle cx="4" cy="4" r="3"/><circle cx="12" cy="4" r="3"/><circle cx="4" cy="12" r="3"/><circle cx="12" cy="12" r="3" fill="none" stroke="#0b7c8a"/></svg>';
const icon = `data:image/svg+xml,${encodeURIComponent(drawing)}`;

/** Nothing but what this page itself holds: were there a hole in the escaping, what comes through it could do nothing. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Byte for byte what the policy has the hashes of. */
const elements = { style: new Html(`<style>${style}</style>`), script: new Html(`<script>${script}</script>`) };

/** What a page is made of beside what all pages have. */
export interface PageParts {
  readonly title: string;
  readonly main: Html;
}

const stateWords: Readonly<Record<NodeState, { readonly look: string; readonly text: string }>> = {
  starting: { look: 'wait', text: 'Starting' },
  serving: { look: 'good', text: 'Serving' },
  impaired: { look: 'warn', text: 'Serving, with problems' },
  failing: { look: 'bad', text: 'Failing' },
};

/** The whole page, as an answer. */
export function pageOf(status: number, about: Status, { title, main }: PageParts): HttpReply {
  const { look, text } = stateWords[about.state];
  const { node, version, now, startTime } = about;
  const body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${words(title)} · nftproxier</title>
        <link rel="icon" href="${icon}" />
        ${elements.style}
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <h1><a href="/">nftproxier on ${words(node)}</a></h1>
          <span class="state ${look}" id="state" data-live role="status">${text}</span>
          <span class="about"
            ><span id="uptime" data-live>version ${words(version)}, up ${age(now - startTime)}</span>
            <span id="live-note" role="status"></span>
            <button id="live" type="button" aria-pressed="false" hidden>Pause</button></span
          >
        </header>
        <main id="main">${main}</main>
        ${elements.script}
      </body>
    </html> `;
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': contentSecurityPolicy },
    body: body.text,
  };
}
