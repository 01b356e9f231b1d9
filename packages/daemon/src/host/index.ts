export {
  type AddressHandlers,
  type AddressMonitor,
  type AddressMonitorOptions,
  monitorAddresses,
} from './address-monitor.js';
export { checkNode, type NodeCheck } from './check-node.js';
export { cpuCount } from './cpus.js';
export { hostFamilies, type ReadFile } from './families.js';
export {
  type Applied,
  applyKernelSettings,
  conntrackSettings,
  type KernelFiles,
  type KernelSetting,
  oomSetting,
} from './kernel-settings.js';
export { interfaceAddresses, parseIpAddresses } from './local-addresses.js';
export { type LocalPodDetector, localPods, type LocalPods } from './local-pods.js';
export { addressesOfNode, inOrder, nodeAddresses, type NodeAddresses } from './node-addresses.js';
export { nodeName, NodeNameError } from './node-name.js';
export { type NodePortScope, nodePortScopes, type NodePortScopes } from './node-port-addresses.js';
