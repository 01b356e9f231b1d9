import type { Decision, Frontend, ServicePortPlan, ServicePlan } from '@nftproxier/core';

/**
 * A plan as sections of an HAProxy configuration: one listener per address that clients use. What a plan decides, HAProxy
 * does in its own way: it balances over `server` lines, and refuses where there is none.
 */
export function haproxySections({ service, ports }: ServicePlan): readonly string[] {
  return ports
    .filter(({ protocol }) => protocol === 'TCP')
    .flatMap((port) => port.frontends.map(section(service, port)));
}

const section = (service: string, port: ServicePortPlan) => (frontend: Frontend) => {
  const address = frontend.kind === 'NodePort' ? '*' : frontend.address;
  const name = [service.replace('/', '.'), port.portName, frontend.kind, address, frontend.port].join('-');
  const allowed = frontend.kind === 'NodePort' ? [] : frontend.sourceRanges;
  return [
    `listen ${name}`,
    `  bind ${address.includes(':') ? `[${address}]` : address}:${frontend.port}`,
    ...(allowed.length > 0 ? [`  tcp-request connection reject unless { src ${allowed.join(' ')} }`] : []),
    ...servers(frontend.outcome.outside, port),
    '',
  ].join('\n');
};

function servers(decision: Decision, port: ServicePortPlan): readonly string[] {
  switch (decision.kind) {
    case 'reject':
      return ['  tcp-request connection reject'];
    case 'drop':
      return ['  tcp-request content silent-drop'];
    case 'balance': {
      const backends = decision.over === 'local' ? port.local : port.cluster;
      const sticky = port.affinity;
      return [
        ...(sticky ? [`  stick-table type ip size 100k expire ${sticky.timeoutSeconds}s`, '  stick on src'] : []),
        '  balance random',
        ...backends.map(({ address, port: number }, index) => `  server backend-${index} ${address}:${number}`),
      ];
    }
  }
}
