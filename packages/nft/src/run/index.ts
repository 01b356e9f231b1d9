export {
  NftCancelledError,
  NftError,
  type NftErrorCode,
  NftKilledError,
  NftMissingError,
  NftOutputError,
  NftPermissionError,
  NftRefusedError,
  NftTimeoutError,
  NftUnsupportedError,
  type Refusal,
} from './error.js';
export {
  deleteTable,
  listChains,
  type ListedChain,
  type ListedElements,
  listElements,
  listSetNames,
  type ListedStructure,
  listStructure,
  type ListedTable,
  listTable,
  tableExists,
} from './listing.js';
export { type EventsOptions, openEvents, type RulesetEvents, SocatEndedError, SocatMissingError } from './events.js';
export { OwnProcesses } from './own.js';
export { deleteForeignTable, type ForeignTable, foreignTableExists } from './foreign.js';
export type { ListedElement } from './json.js';
export type { ListOptions, Nft, RunOptions, TerseOptions } from './nft.js';
export { createNft, type NftOptions } from './process.js';
export { type NftSession, openSession } from './session.js';
export type { RefusalReason } from './reason.js';
export { explain, parseRefusals } from './refusals.js';
export { checkTransaction, createTarget, type NftTarget } from './target.js';
export {
  checkKernel,
  checkNft,
  checkPermission,
  compareVersions,
  formatVersion,
  lookupsOn,
  oldestKernel,
  oldestNft,
  parseVersion,
  type Version,
} from './version.js';
export { type Conntrack, type ConntrackOptions, createConntrack, type FlowQuery } from './conntrack.js';
export * from './conntrack-error.js';
export { checkConntrack, oldestConntrack } from './conntrack-version.js';
