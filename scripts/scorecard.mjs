// Measures what docs/reliability.md promises, and writes its table. See test/reliability/README.md.
import process from 'node:process';
import { main } from './scorecard/main.mjs';

process.exitCode = await main(process.argv.slice(2));
