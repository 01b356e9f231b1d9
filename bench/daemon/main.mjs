/**
 * One run of the real daemon, in a network namespace of its own: `unshare --net node bench/daemon/main.mjs RUN JSON`.
 * Prints its figures as a line of JSON.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { coldStart } from './cold-start.mjs';
import { manifests } from './manifests.mjs';
import { changes, restart } from './steady.mjs';

/** @type {Record<string, (parameters: any) => Promise<object>>} */
const runs = { 'cold-start': coldStart, changes, restart, manifests };
const [, , name = '', parameters = '{}'] = process.argv;
execFileSync('ip', ['link', 'set', 'lo', 'up']);
const run = runs[name];
if (run === undefined) throw new Error(`no such run: ${name}`);
process.stdout.write(`${JSON.stringify(await run(JSON.parse(parameters)))}\n`);
