import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const host = '192.168.77.1';
const pod = '10.244.0.2';

/** Flows of one run: conntrack remembers fewer than four times as many by default. */
const flows = 50_000;
const connections = 3_000;

/**
 * Makes the namespace of this process a node: a way out for what is not local, and a pod. What leaves is sent to no
 * hardware address, so that the other end drops it unread.
 */
export async function openNode() {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(holder, 'close');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const inPod = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'];
  for (const words of [
    'ip link set lo up',
    'ip link add out0 type veth peer name sink0',
    'ip link set out0 arp off',
    'ip link set sink0 up',
    `ip address add ${host}/24 dev out0`,
    'ip link set out0 up',
    'ip route add default dev out0',
    'ip link add pod0 type veth peer name eth0',
    `ip link set eth0 netns ${holder.pid}`,
    'ip address add 10.244.0.1/24 dev pod0',
    'ip link set pod0 up',
    `${inPod.join(' ')} ip address add ${pod}/24 dev eth0`,
    `${inPod.join(' ')} ip link set eth0 up`,
    `${inPod.join(' ')} ip route add default via 10.244.0.1`,
  ]) {
    const [command = '', ...rest] = words.split(' ');
    execFileSync(command, rest);
  }
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  for (const name of ['all', 'pod0', 'out0']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0');
  return {
    inPod,
    close: async () => {
      holder.stdin.end();
      await ended;
    },
  };
}

/**
 * New UDP flows a second.
 *
 * @param {readonly string[]} prefix where from
 * @param {number} services
 */
export async function flowsPerSecond(prefix, services) {
  execFileSync('conntrack', ['--flush'], { stdio: 'ignore' });
  const source = prefix.length === 0 ? host : pod;
  const [command = '', ...rest] = [...prefix, 'perl', here('send.pl'), source, `${services}`, `${flows}`];
  return Number((await run(command, rest)).stdout);
}

/**
 * New TCP connections from the host to endpoints on it.
 *
 * @param {number} services
 * @returns {Promise<{ perSecond: number, p50: number, p99: number }>}
 */
export async function connectionsPerSecond(services) {
  const all = ['local', '10.128.0.0/9', 'dev', 'lo'];
  execFileSync('conntrack', ['--flush'], { stdio: 'ignore' });
  execFileSync('ip', ['route', 'add', ...all]);
  try {
    const { stdout } = await run(process.execPath, [here('connect.mjs'), `${services}`, `${connections}`]);
    return JSON.parse(stdout);
  } finally {
    execFileSync('ip', ['route', 'delete', ...all]);
  }
}
