export { addresses, clientSources, familyOf, podNetworks, podOf, socketAddress } from './addresses.js';
export type { AddressPair, Family, NodeName, PodIdentity } from './addresses.js';
export type { Conntrack } from './conntrack.js';
export { LabError } from './errors.js';
export type { LabErrorCode } from './errors.js';
export { createLab } from './lab.js';
export type { Lab, LabOptions, RunningLoad } from './lab.js';
export type { Place } from './places.js';
export type { CommandOptions, CommandResult, NetworkNamespace } from './namespace.js';
export type {
  AgentProtocol,
  Answer,
  FlowRequest,
  Listener,
  LoadReport,
  LoadRequest,
  Outcome,
  ProbeReport,
  ProbeRequest,
  SocketTarget,
  Try,
} from './protocol.js';
export type { RawProbeRequest, RawProtocol } from './raw.js';
export type { LabListener } from './serving.js';
export { podBridge, podInterfacePrefix } from './topology.js';
export type { PodAttachment } from './topology.js';
