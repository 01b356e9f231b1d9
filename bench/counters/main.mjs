// What counters of new connections cost: memory, load, the path of a first packet, and reading.
//   node bench/counters/main.mjs [SERVICES] [ROUNDS]     as root; in a network namespace of its own
// Variants take turns, and the best round of each counts: the machine does other things as well.
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { Planner, nodeView } from '@nftproxier/core';
import { CounterReader, createLoadTarget, createNft, defaultTableSettings, Loader } from '@nftproxier/nft';

const inside = 'NFTPROXIER_BENCH_COUNTERS';
if (process.env[inside] !== '1') {
  const argv = ['--net', process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', argv, { stdio: 'inherit', env: { ...process.env, [inside]: '1' } });
  process.exit(status ?? 1);
}

const services = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 7);
const variants = /** @type {const} */ (['off', 'services', 'endpoints']);
const endpointsPerService = 5;
/** @param {number} index */
const virtual = (index) => `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
/** @param {number} index */
const endpoint = (index) => `10.${128 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;

/** @param {string} name @param {...string} argv */
const run = (name, ...argv) => execFileSync(name, argv, { encoding: 'utf8' });
run('ip', 'link', 'set', 'lo', 'up');
// All virtual and endpoint addresses lead to the loopback interface; nobody listens, and what is sent is refused.
for (const network of ['10.96.0.0/12', '10.128.0.0/9']) run('ip', 'route', 'add', 'local', network, 'dev', 'lo');

const planner = new Planner(nodeView('bench'));
for (let index = 0; index < services; index += 1) {
  const name = `s${index}`;
  planner.setService({
    metadata: { name, namespace: 'bench' },
    spec: { clusterIP: virtual(index), ports: [{ port: 80, protocol: 'UDP' }] },
  });
  planner.setEndpointSlice({
    metadata: { name: `${name}-1`, namespace: 'bench', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'UDP' }],
    endpoints: Array.from({ length: endpointsPerService }, (_, each) => ({
      addresses: [endpoint(index * endpointsPerService + each)],
    })),
  });
}
planner.takeChanges();

const target = createLoadTarget(createNft({ timeoutMs: 120_000 }));
const loader = new Loader(target);
const network = { nodePortAddresses: [], serviceCIDRs: [] };
const slab = () => {
  const [, kilobytes] = /^Slab:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  const [, perCpu] = /^Percpu:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kilobytes) + Number(perCpu);
};

/** Sends one datagram to every service: as many new connections. Microseconds for each. */
async function connect() {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(undefined)));
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => {
    let left = services;
    for (let index = 0; index < services; index += 1) {
      socket.send('x', 80, virtual(index), () => {
        left -= 1;
        if (left === 0) resolve(undefined);
      });
    }
  });
  const { system } = process.cpuUsage(cpu);
  const microseconds = Number(process.hrtime.bigint() - start) / 1_000;
  socket.close();
  return { wall: microseconds / services, system: system / services };
}

const nothing = {
  load: Infinity,
  wall: Infinity,
  system: Infinity,
  memory: Infinity,
  parts: 0,
  elements: 0,
  reading: 0,
};
const best = { off: { ...nothing }, services: { ...nothing }, endpoints: { ...nothing } };
for (let round = 0; round < rounds; round += 1) {
  for (const counters of variants) {
    const start = process.hrtime.bigint();
    await loader.replace({ settings: { ...defaultTableSettings, counters }, network, plans: planner.plans.values() });
    const found = best[counters];
    found.load = Math.min(found.load, Number(process.hrtime.bigint() - start) / 1e6);
    await loader.remove();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const empty = slab();
    await loader.replace({ settings: { ...defaultTableSettings, counters }, network, plans: planner.plans.values() });
    found.memory = Math.min(found.memory, (slab() - empty) / 1024);
    for (let again = 0; again < 3; again += 1) {
      spawnSync('conntrack', ['-F'], { stdio: 'ignore' });
      const { wall, system } = await connect();
      found.wall = Math.min(found.wall, wall);
      found.system = Math.min(found.system, system);
    }
    if (counters === 'off' || round > 0) continue;
    const reader = new CounterReader({ table: loader, listElements: target.listElements, now: Date.now });
    const began = process.hrtime.bigint();
    let parts = 0;
    let elements = 0;
    for (let last = false; !last; parts += 1) {
      const portion = await reader.readNext();
      elements += portion?.elements ?? 0;
      last = portion?.isLast ?? true;
    }
    const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
    Object.assign(found, { parts, elements, reading: milliseconds / parts });
  }
}
await loader.remove();
console.log(`${services} services of ${endpointsPerService} endpoints, best of ${rounds} rounds`);
console.table(
  Object.fromEntries(
    Object.entries(best).map(([name, { load, wall, system, memory, parts, elements, reading }]) => [
      name,
      {
        'load, ms': Math.round(load),
        'kernel memory, MB': memory.toFixed(1),
        'new connection, µs': wall.toFixed(2),
        'of it in the kernel, µs': system.toFixed(2),
        parts,
        elements,
        'reading a part, ms': reading.toFixed(1),
      },
    ]),
  ),
);
