// nftproxier at work: a small cluster of network namespaces, the real daemon on the manifests of a shop, real packets.
// Run by `npm start`, which installs and builds first. Ends with 0 only if every packet went where it should.
import process from 'node:process';
import { enterNamespace } from './privilege.mjs';

// An ordinary user's PATH may lack the system's own tools.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

const elsewhere = await enterNamespace(process.argv.slice(1));
process.exitCode = elsewhere ?? (await import('./story.mjs').then(({ tell }) => tell()));
