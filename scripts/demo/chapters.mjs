/** @typedef {import('./ask.mjs').Question} Question */
/** @typedef {import('../../test/lab/dist/index.js').Listener} Listener */
/** @typedef {Awaited<ReturnType<typeof import('./shop.mjs').openShop>>} Shop */

/**
 * @typedef {object} Chapter
 * @property {string} title
 * @property {(shop: Shop) => Promise<void>} [change] what is done to the manifests first
 * @property {readonly Listener[]} [started] pods that are started before that
 * @property {boolean} [busy] connections are made all the while: none may fail
 * @property {'stop' | 'restart'} [daemon] what is done to the daemon first
 * @property {readonly Question[]} questions
 */

const pod = '10.244.1.15';
const client = 'client';
const node = 'node-a';
const both = ['10.244.1.13:8080', '10.244.2.12:8080'];
const both6 = ['[fd00:10:244:1::13]:8080', '[fd00:10:244:2::12]:8080'];

/** A cluster IP with endpoints on both nodes: what connections are made to while things change. */
export const frontend = { address: '10.96.98.50', port: 80 };

/** @type {readonly Chapter[]} */
export const chapters = [
  {
    title: 'Cluster IPs: any endpoint, on any node; who comes from outside the pod network is masqueraded',
    questions: [
      { from: pod, ...frontend, expect: both, seenAs: 'itself' },
      { from: node, ...frontend, expect: both, seenAs: 'the node' },
      { from: client, ...frontend, expect: both, seenAs: 'the node' },
      { from: pod, address: 'fd00:10:96::6144', port: 80, expect: both6, seenAs: 'itself' },
      { from: client, address: 'fd00:10:96::6144', port: 80, expect: both6, seenAs: 'the node' },
      { from: pod, address: '10.96.0.10', port: 53, protocol: 'UDP', expect: ['10.244.1.11:53'], seenAs: 'itself' },
      { from: node, address: '10.96.0.10', port: 53, protocol: 'UDP', expect: ['10.244.1.11:53'], seenAs: 'the node' },
      { from: pod, address: '10.96.0.10', port: 53, protocol: 'UDP', expect: ['10.244.1.11:53'], flow: 'resolver' },
      { from: pod, address: '10.96.0.10', port: 53, expect: ['10.244.1.11:53'], seenAs: 'itself' },
      { from: '10.244.1.11', address: '10.96.0.10', port: 53, expect: ['10.244.1.11:53'], seenAs: 'the node' },
    ],
  },
  {
    title: 'Node ports: on the primary address of the node, by an endpoint on the other node',
    questions: [
      { from: client, address: '192.168.10.1', port: 30880, expect: ['10.244.2.16:8080'], seenAs: 'the node' },
      {
        from: client,
        address: '192.168.10.1',
        port: 30053,
        protocol: 'UDP',
        expect: ['10.244.2.16:53'],
        seenAs: 'the node',
      },
      { from: pod, address: '192.168.10.1', port: 30880, expect: ['10.244.2.16:8080'], seenAs: 'the node' },
      { from: node, address: '192.168.10.1', port: 30880, expect: ['10.244.2.16:8080'], seenAs: 'the node' },
    ],
  },
  {
    title: 'A load balancer with externalTrafficPolicy Local: endpoints of this node, and the client is seen as it is',
    questions: [
      {
        from: client,
        source: '198.51.100.50',
        address: '203.0.113.10',
        port: 80,
        expect: ['10.244.1.13:8080'],
        seenAs: 'itself',
      },
      { from: client, address: '192.168.10.1', port: 31600, expect: ['10.244.1.13:8080'], seenAs: 'itself' },
      { from: client, source: '203.0.114.50', address: '203.0.113.10', port: 80, expect: 'dropped' },
      { from: pod, address: '203.0.113.10', port: 80, expect: 'dropped' },
    ],
  },
  {
    title: 'Session affinity; internalTrafficPolicy Local; an external IP with zone hints',
    questions: [
      { from: pod, address: '10.96.118.218', port: 7070, expect: ['10.244.1.15:7070', '10.244.2.14:7070'], one: true },
      {
        from: client,
        address: '10.96.118.218',
        port: 7070,
        expect: ['10.244.1.15:7070', '10.244.2.14:7070'],
        one: true,
      },
      { from: pod, address: '10.96.75.55', port: 9090, expect: ['10.244.1.17:9090'], seenAs: 'itself' },
      { from: client, address: '192.0.2.80', port: 9090, expect: ['10.244.1.17:9090'], seenAs: 'the node' },
    ],
  },
  {
    title: 'What is refused, dropped, and left alone',
    questions: [
      { from: pod, address: '10.96.193.222', port: 80, expect: 'refused' },
      { from: client, address: '10.96.98.50', port: 81, expect: 'refused' },
      { from: pod, address: '10.96.98.50', port: 80, protocol: 'UDP', expect: 'refused' },
      { from: pod, address: '10.96.250.141', port: 80, expect: 'dropped' },
      { from: client, address: '10.96.77.77', port: 80, expect: 'dropped' },
      { from: client, address: '192.0.2.80', port: 9091, expect: 'left alone' },
    ],
  },
  {
    title: 'An endpoint of frontend is replaced: 10.244.1.13 goes, 10.244.1.19 comes',
    started: [{ address: '10.244.1.19', port: 8080, protocol: 'TCP' }],
    change: (shop) =>
      shop.edit('frontend.yaml', (objects) => {
        objects[1].endpoints[1].addresses = ['10.244.1.19'];
      }),
    busy: true,
    questions: [{ from: pod, ...frontend, expect: ['10.244.1.19:8080', '10.244.2.12:8080'], seenAs: 'itself' }],
  },
  {
    title: 'kube-dns moves to 10.244.1.16; a resolver that has one UDP socket all its life moves with it',
    started: [
      { address: '10.244.1.16', port: 53, protocol: 'UDP' },
      { address: '10.244.1.16', port: 53, protocol: 'TCP' },
    ],
    change: (shop) =>
      shop.edit('kube-dns.yaml', (objects) => {
        objects[1].endpoints[0].addresses = ['10.244.1.16'];
      }),
    questions: [
      { from: pod, address: '10.96.0.10', port: 53, protocol: 'UDP', expect: ['10.244.1.16:53'] },
      { from: pod, address: '10.96.0.10', port: 53, protocol: 'UDP', expect: ['10.244.1.16:53'], flow: 'resolver' },
    ],
  },
  {
    title: 'nobody gets its first endpoint, cart loses one, admin is deleted',
    started: [{ address: '10.244.2.18', port: 8080, protocol: 'TCP' }],
    change: async (shop) => {
      await shop.edit('nobody.yaml', (objects) => {
        objects[1].endpoints = [{ addresses: ['10.244.2.18'], conditions: { ready: true }, nodeName: 'node-b' }];
        objects[1].ports = [{ name: '', protocol: 'TCP', port: 8080 }];
      });
      await shop.edit('cart.yaml', (objects) => {
        objects[1].endpoints = objects[1].endpoints.slice(0, 1);
      });
      await shop.remove('admin.yaml');
    },
    questions: [
      { from: pod, address: '10.96.193.222', port: 80, expect: ['10.244.2.18:8080'] },
      { from: pod, address: '10.96.118.218', port: 7070, expect: ['10.244.2.14:7070'], one: true },
      { from: client, address: '10.96.118.218', port: 7070, expect: ['10.244.2.14:7070'], one: true },
      { from: client, address: '10.96.121.36', port: 8080, expect: 'dropped' },
      { from: client, address: '192.168.10.1', port: 30880, expect: 'left alone' },
    ],
  },
  {
    title: 'The daemon is stopped: its rules keep serving',
    daemon: 'stop',
    questions: [
      { from: pod, ...frontend, expect: ['10.244.1.19:8080', '10.244.2.12:8080'] },
      { from: client, source: '198.51.100.50', address: '203.0.113.10', port: 80, expect: ['10.244.1.13:8080'] },
    ],
  },
  {
    title: 'It starts again, with a frontend that changed meanwhile: one table takes over from the other',
    daemon: 'restart',
    started: [{ address: '10.244.1.17', port: 8080, protocol: 'TCP' }],
    change: (shop) =>
      shop.edit('frontend.yaml', (objects) => {
        objects[1].endpoints.push({ addresses: ['10.244.1.17'], conditions: { ready: true }, nodeName: 'node-a' });
      }),
    busy: true,
    questions: [
      { from: pod, ...frontend, expect: ['10.244.1.17:8080', '10.244.1.19:8080', '10.244.2.12:8080'] },
      { from: client, source: '203.0.114.50', address: '203.0.113.10', port: 80, expect: 'dropped' },
    ],
  },
];
