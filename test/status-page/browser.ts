import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** What Chromium is called: by Debian, by others, and by its maker. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts the Chromium of this machine, without a window. */
export async function startBrowser(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`no Chromium on the PATH: install Debian's package chromium, or another one`);
  // Its sandbox is against pages one does not know, and root cannot have it. These pages are our own.
  return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-gpu'] });
}
