import type { NewObject } from './cluster.js';

/** How large a made-up cluster is. */
export interface Size {
  readonly services: number;
  /** EndpointSlices of each Service. */
  readonly slices: number;
  /** Endpoints of each slice. */
  readonly endpoints: number;
}

const created = '2026-11-22T06:00:00Z';

/** Services and EndpointSlices as kubectl and the controller write them, managedFields and all. */
export function* generate({ services, slices, endpoints }: Size): Generator<NewObject, void, undefined> {
  for (let index = 0; index < services; index++) {
    yield service(index);
    for (let part = 0; part < slices; part++) yield slice(index, part, endpoints);
  }
}

function service(index: number): NewObject {
  const name = `service-${String(index).padStart(5, '0')}`;
  const spec = {
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
    selector: { app: name, 'app.kubernetes.io/part-of': 'shop' },
    clusterIP: address(96, index),
    clusterIPs: [address(96, index)],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
  };
  const applied = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec });
  return {
    kind: 'Service',
    metadata: {
      name,
      namespace: 'shop',
      uid: uid('5e61ce00', index),
      creationTimestamp: created,
      labels: { app: name, 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/part-of': 'shop' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${applied}\n` },
      managedFields: managedByKubectl,
    },
    spec,
    status: { loadBalancer: {} },
  };
}

function slice(index: number, part: number, count: number): NewObject {
  const owner = `service-${String(index).padStart(5, '0')}`;
  const endpoints = Array.from({ length: count }, (_, endpoint) => ({
    addresses: [address(128, (index * 20 + part) * count + endpoint)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${(index + endpoint) % 500}`,
    targetRef: {
      kind: 'Pod',
      name: `${owner}-${endpoint}`,
      namespace: 'shop',
      uid: uid('90d00000', index * 100 + endpoint),
    },
    zone: `zone-${endpoint % 3}`,
  }));
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  return {
    kind: 'EndpointSlice',
    metadata: {
      name: `${owner}-${String(part)}`,
      generateName: `${owner}-`,
      namespace: 'shop',
      uid: uid('511ce000', index * 100 + part),
      generation: 3,
      creationTimestamp: created,
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': owner,
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': created },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: owner, uid: uid('5e61ce00', index), controller: true },
      ],
      managedFields: managedByController(index),
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
}

/** What the API server remembers of who set which field: about as much as in the recordings, 450 to 550 bytes. */
const managedByKubectl = [
  {
    manager: 'kubectl-client-side-apply',
    operation: 'Update',
    apiVersion: 'v1',
    time: created,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': {
        'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {} },
        'f:labels': { '.': {}, 'f:app': {}, 'f:app.kubernetes.io/managed-by': {}, 'f:app.kubernetes.io/part-of': {} },
      },
      'f:spec': {
        'f:internalTrafficPolicy': {},
        'f:ports': {
          '.': {},
          'k:{"port":80,"protocol":"TCP"}': {
            '.': {},
            'f:name': {},
            'f:port': {},
            'f:protocol': {},
            'f:targetPort': {},
          },
        },
        'f:selector': {},
        'f:sessionAffinity': {},
        'f:type': {},
      },
    },
  },
];

function managedByController(index: number): object[] {
  return [
    {
      manager: 'kube-controller-manager',
      operation: 'Update',
      apiVersion: 'discovery.k8s.io/v1',
      time: created,
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:addressType': {},
        'f:endpoints': {},
        'f:metadata': {
          'f:annotations': { '.': {}, 'f:endpoints.kubernetes.io/last-change-trigger-time': {} },
          'f:generateName': {},
          'f:labels': { '.': {}, 'f:endpointslice.kubernetes.io/managed-by': {}, 'f:kubernetes.io/service-name': {} },
          'f:ownerReferences': { '.': {}, [`k:{"uid":"${uid('5e61ce00', index)}"}`]: {} },
        },
        'f:ports': {},
      },
    },
  ];
}

function address(second: number, index: number): string {
  return `10.${second + ((index >> 16) & 63)}.${(index >> 8) & 255}.${index & 255}`;
}

function uid(prefix: string, index: number): string {
  return `${prefix}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
