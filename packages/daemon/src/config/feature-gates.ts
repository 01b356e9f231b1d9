/** A feature gate that nftproxier knows. */
export interface FeatureGate {
  readonly name: string;
  /** Stage of the gate in Kubernetes; empty once it is stable. */
  readonly stage: 'ALPHA' | 'BETA' | '';
  readonly default: boolean;
  /** What it changes here, or why it changes nothing. */
  readonly about: string;
  /** False if setting it has no effect. */
  readonly used: boolean;
}

/** The gates of Kubernetes 1.36 that concern a service proxy in nftables mode. */
export const featureGates: readonly FeatureGate[] = [
  {
    name: 'AllowServiceExternalIPs',
    stage: '',
    default: true,
    used: true,
    about: 'When false, `spec.externalIPs` of Services is ignored.',
  },
  { name: 'NFTablesProxyMode', stage: '', default: true, used: false, about: 'The mode is always there.' },
  { name: 'MultiCIDRServiceAllocator', stage: '', default: true, used: false, about: 'ServiceCIDRs are always read.' },
  {
    name: 'PreferSameTrafficDistribution',
    stage: '',
    default: true,
    used: false,
    about: 'Node hints are always honoured.',
  },
  { name: 'ComponentFlagz', stage: 'BETA', default: true, used: true, about: 'When false, `/flagz` is not served.' },
  {
    name: 'ComponentStatusz',
    stage: 'BETA',
    default: true,
    used: true,
    about: 'When false, `/statusz` is not served.',
  },
  {
    name: 'NativeHistograms',
    stage: 'ALPHA',
    default: false,
    used: false,
    about: 'Histograms have classic buckets only.',
  },
  {
    name: 'KubeProxyNFTablesLocalhostNodePorts',
    stage: 'ALPHA',
    default: false,
    used: false,
    about: 'NodePorts are not served on loopback addresses.',
  },
];

/** Whether a gate is on: as configured if it is used here, else by its default; a gate that is not known is off. */
export const featureEnabled = (configured: Readonly<Record<string, boolean>>, name: string): boolean => {
  const gate = featureGates.find((candidate) => candidate.name === name);
  if (gate === undefined) return false;
  return gate.used ? (configured[name] ?? gate.default) : gate.default;
};
