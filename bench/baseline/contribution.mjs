// What kube-proxy writes for one Service: chains, an anonymous map of its endpoints, elements that lead there.
import { hashedName } from './names.mjs';

/** @typedef {import('@nftproxier/core').ServicePlan} ServicePlan */
/** @typedef {import('@nftproxier/core').ServicePortPlan} ServicePortPlan */
/** @typedef {import('@nftproxier/core').Backend} Backend */
/** @typedef {import('@nftproxier/core').Frontend} Frontend */

/**
 * @typedef {object} Contribution
 * @property {Map<string, string>} elements the part after the key, such as ` : goto …`, by `set { key`
 * @property {Map<string, readonly string[]>} chains rules by name
 * @property {Map<string, string>} sets declarations by name
 */

/**
 * @param {ServicePlan | undefined} plan
 * @param {string} podCIDR
 * @returns {Contribution}
 */
export function contributionOf(plan, podCIDR) {
  /** @type {Contribution} */
  const whole = { elements: new Map(), chains: new Map(), sets: new Map() };
  for (const port of plan?.ports ?? []) if (port.family === 'IPv4') addPort(whole, plan?.service ?? '', port, podCIDR);
  return whole;
}

/**
 * @param {Contribution} whole
 * @param {string} service
 * @param {ServicePortPlan} port
 * @param {string} podCIDR
 */
function addPort(whole, service, port, podCIDR) {
  const protocol = port.protocol.toLowerCase();
  const base = hashedName(`${service}/${protocol}/${port.portName}`);
  whole.elements.set(`cluster-ips { ${port.clusterIP}`, '');
  for (const { address, port: number } of [...port.cluster, ...port.local].filter(({ local }) => local)) {
    whole.elements.set(`hairpin-connections { ${address} . ${address} . ${protocol} . ${number}`, '');
  }
  /** @type {Set<'cluster' | 'local'>} */
  const used = new Set();
  for (const frontend of port.frontends) {
    for (const list of addFrontend(whole, `${service}:${port.portName}`, port, frontend, base)) used.add(list);
  }
  const isExternal = port.frontends.some(
    ({ kind, outcome }) => kind !== 'ClusterIP' && outcome.node.kind === 'balance',
  );
  if (isExternal) whole.chains.set(`external-${base}`, externalRules(port, base, podCIDR));
  for (const [list, name] of /** @type {const} */ ([
    ['cluster', `service-${base}`],
    ['local', `local-${base}`],
  ])) {
    if (used.has(list)) whole.chains.set(name, balanceRules(whole, service, port, port[list]));
  }
}

/**
 * @param {Contribution} whole
 * @param {string} comment
 * @param {ServicePortPlan} port
 * @param {Frontend} frontend
 * @param {string} base
 * @returns {readonly ('cluster' | 'local')[]} the lists of endpoints that it needs a chain for
 */
function addFrontend({ elements, chains }, comment, port, frontend, base) {
  const protocol = port.protocol.toLowerCase();
  const isNodePort = frontend.kind === 'NodePort';
  const key = isNodePort ? `${protocol} . ${frontend.port}` : `${frontend.address} . ${protocol} . ${frontend.port}`;
  const { node, outside } = frontend.outcome;
  if (outside.kind !== 'balance') {
    const verdict = outside.kind === 'drop' ? 'drop' : 'goto reject-chain';
    const map = isNodePort ? 'no-endpoint-nodeports' : 'no-endpoint-services';
    elements.set(`${map} { ${key}`, ` comment "${comment}" : ${verdict}`);
  }
  if (frontend.kind === 'LoadBalancerIP' && frontend.sourceRanges.length > 0) {
    elements.set(`firewall-ips { ${key}`, ` comment "${comment}" : goto firewall-${base}`);
    chains.set(`firewall-${base}`, [`ip saddr != { ${frontend.sourceRanges.join(', ')} } drop`]);
  }
  if (node.kind !== 'balance') return [];
  const chain = frontend.kind === 'ClusterIP' ? policyChain(node.over, base) : `external-${base}`;
  elements.set(`${isNodePort ? 'service-nodeports' : 'service-ips'} { ${key}`, ` : goto ${chain}`);
  return outside.kind === 'balance' && outside.over !== node.over ? [node.over, outside.over] : [node.over];
}

/**
 * @param {'cluster' | 'local'} list
 * @param {string} base
 */
function policyChain(list, base) {
  return `${list === 'local' ? 'local' : 'service'}-${base}`;
}

/**
 * @param {ServicePortPlan} port
 * @param {string} base
 * @param {string} podCIDR
 */
function externalRules(port, base, podCIDR) {
  const outside = port.frontends.find(({ kind }) => kind !== 'ClusterIP')?.outcome.outside;
  const isLocal = outside?.kind !== 'balance' || outside.over === 'local';
  if (!isLocal) return ['jump mark-for-masquerade', `goto service-${base}`];
  return [
    `ip saddr ${podCIDR} goto service-${base} comment "short-circuit pod traffic"`,
    'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
    `fib saddr type local goto service-${base} comment "short-circuit local traffic"`,
    ...(outside?.kind === 'balance' ? [`goto local-${base}`] : []),
  ];
}

/**
 * @param {Contribution} whole
 * @param {string} service
 * @param {ServicePortPlan} port
 * @param {readonly Backend[]} backends
 */
function balanceRules(whole, service, port, backends) {
  const protocol = port.protocol.toLowerCase();
  if (port.affinity === undefined) {
    const map = backends.map(({ address, port: number }, slot) => `${slot} : ${address} . ${number}`).join(' , ');
    return [`meta l4proto ${protocol} dnat ip to numgen random mod ${backends.length} map { ${map} }`];
  }
  const names = backends.map(({ address, port: number }) =>
    hashedName(`${service}/${protocol}/${port.portName}__${address}/${number}`),
  );
  for (const [at, name] of names.entries()) {
    const { address = '', port: number = 0 } = backends[at] ?? {};
    const timeout = `${port.affinity.timeoutSeconds}s`;
    whole.sets.set(`affinity-${name}`, `type ipv4_addr ; flags dynamic,timeout ; timeout ${timeout} ;`);
    whole.chains.set(`endpoint-${name}`, [
      `update @affinity-${name} { ip saddr }`,
      `meta l4proto ${protocol} dnat to ${address}:${number}`,
    ]);
  }
  const vmap = names.map((name, slot) => `${slot} : goto endpoint-${name}`).join(' , ');
  return [
    ...names.map((name) => `ip saddr @affinity-${name} goto endpoint-${name}`),
    `numgen random mod ${names.length} vmap { ${vmap} }`,
  ];
}
