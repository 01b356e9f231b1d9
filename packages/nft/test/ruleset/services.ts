import { algorithmAnnotation, hashKeyAnnotation, parseCidr, weightsAnnotation } from '@nftproxier/core';
import type { Cidr, EndpointSlice, Service } from '@nftproxier/core';
import { service, slice } from '@nftproxier/core/testing';
import type { EndpointFields, ServiceFields } from '@nftproxier/core/testing';
import { defaultTableSettings } from '../../src/ruleset/index.js';
import type { TableSettings } from '../../src/ruleset/index.js';

/** A Service of a kind, with its slices. */
export interface Example {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

/** A table that knows local pods by their addresses. */
export const settings: TableSettings = {
  ...defaultTableSettings,
  localPods: {
    IPv4: { kind: 'source', cidr: parseCidr('10.244.0.0/16') as Cidr },
    IPv6: { kind: 'source', cidr: parseCidr('fd00:244::/48') as Cidr },
  },
};

const remote: EndpointFields = { address: '10.244.1.1', nodeName: 'there' };
const local: EndpointFields = { address: '10.244.0.1', nodeName: 'here' };
const web = { name: 'web', namespace: 'shop', clusterIP: '10.96.0.10', ports: [80] } satisfies ServiceFields;
const open = {
  ...web,
  type: 'LoadBalancer',
  ports: [{ port: 80, nodePort: 30_080 }],
  loadBalancerIPs: ['203.0.113.1'],
};

const weighted = slice({
  namespace: 'shop',
  service: 'web',
  annotations: { [weightsAnnotation]: '10.244.1.1=3' },
  ports: [8080],
  endpoints: [remote, local],
});

function example(fields: ServiceFields, ...endpoints: readonly EndpointFields[]): Example {
  return { service: service(fields), slices: [slice({ namespace: 'shop', service: 'web', ports: [8080], endpoints })] };
}

/** One Service of every kind: what it adds to an empty table is in `golden/NAME.nft`. */
export const examples: Readonly<Record<string, Example>> = {
  'cluster-ip': example(web, remote, local),
  'no-endpoints': { service: service({ ...open, externalIPs: ['192.0.2.1'] }), slices: [] },
  'internal-local': example({ ...web, internalTrafficPolicy: 'Local' }, remote, local),
  'internal-local-nobody-here': example({ ...web, internalTrafficPolicy: 'Local' }, remote),
  'node-port': example({ ...web, type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }, remote, local),
  'load-balancer': example(open, remote, local),
  'load-balancer-local': example({ ...open, externalTrafficPolicy: 'Local' }, remote, local),
  'load-balancer-local-nobody-here': example({ ...open, externalTrafficPolicy: 'Local' }, remote),
  'source-ranges': example({ ...open, loadBalancerSourceRanges: ['198.51.100.0/24', '192.0.2.7/32'] }, remote),
  'external-ips': example({ ...web, externalIPs: ['192.0.2.1', '192.0.2.2'] }, remote),
  weighted: {
    service: service({ ...web, annotations: { [algorithmAnnotation]: 'weighted' } }),
    slices: [weighted],
  },
  'source-hash': example(
    { ...open, externalTrafficPolicy: 'Local', annotations: { [algorithmAnnotation]: 'source-hash' } },
    remote,
    local,
  ),
  maglev: example(
    { ...web, annotations: { [algorithmAnnotation]: 'maglev', [hashKeyAnnotation]: 'client-and-port' } },
    remote,
    local,
  ),
  affinity: example({ ...web, sessionAffinity: 'ClientIP' }, remote, local),
  'affinity-source-hash': example(
    { ...web, sessionAffinity: 'ClientIP', annotations: { [algorithmAnnotation]: 'source-hash' } },
    remote,
    local,
  ),
  'affinity-weighted': {
    service: service({ ...web, sessionAffinity: 'ClientIP', annotations: { [algorithmAnnotation]: 'weighted' } }),
    slices: [weighted],
  },
  'affinity-load-balancer-local': example(
    { ...open, externalTrafficPolicy: 'Local', sessionAffinity: 'ClientIP' },
    remote,
    local,
  ),
  protocols: {
    service: service({
      ...web,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30_053 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', nodePort: 30_053 },
        { name: 'sip', port: 5060, protocol: 'SCTP' },
      ],
    }),
    slices: [
      slice({
        namespace: 'shop',
        service: 'web',
        ports: [
          { name: 'dns', port: 5353, protocol: 'UDP' },
          { name: 'dns-tcp', port: 5353, protocol: 'TCP' },
          { name: 'sip', port: 5060, protocol: 'SCTP' },
        ],
        endpoints: [local],
      }),
    ],
  },
  'dual-stack': {
    service: service({
      ...open,
      clusterIPs: ['10.96.0.10', 'fd00:96::10'],
      loadBalancerIPs: ['203.0.113.1', '2001:db8::1'],
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:1::/48'],
    }),
    slices: [
      slice({ namespace: 'shop', service: 'web', name: 'four', ports: [8080], endpoints: [remote, local] }),
      slice({
        namespace: 'shop',
        service: 'web',
        name: 'six',
        ports: [8080],
        endpoints: [{ address: 'fd00:244::1', nodeName: 'here' }],
      }),
    ],
  },
};
