import type { Chain, Element, Rule, SetDeclaration } from './statement.js';

/**
 * One step of a transaction. `owner` is the service (as `namespace/name`) a step was made for, so that a refusal can be
 * laid at the right door; steps without one belong to the table's fixed parts.
 */
export type Operation = { readonly owner?: string } & (
  | { readonly op: 'add-table' }
  | { readonly op: 'delete-table' }
  | { readonly op: 'add-chain'; readonly chain: Chain }
  | { readonly op: 'flush-chain'; readonly chain: string }
  | { readonly op: 'delete-chain'; readonly chain: string }
  | { readonly op: 'add-rule'; readonly chain: string; readonly rule: Rule }
  | { readonly op: 'add-set'; readonly set: SetDeclaration }
  /** nft tells sets from maps here, and answers "No such file or directory" to the wrong word. */
  | { readonly op: 'flush-set'; readonly set: string; readonly kind: 'set' | 'map' }
  | { readonly op: 'delete-set'; readonly set: string }
  | { readonly op: 'add-elements'; readonly set: string; readonly elements: readonly Element[] }
  | { readonly op: 'delete-elements'; readonly set: string; readonly elements: readonly Element[] }
);

/** Steps on one table that take effect together or not at all. */
export interface Transaction {
  /** The name of a table of family `inet`; `add-table` makes it, if it is not there. */
  readonly table: string;
  /** Run in this order: what a step refers to must be there by then. */
  readonly operations: readonly Operation[];
}
