export { type DesiredTable, Loader, type LoaderOptions, type Replaced } from './loader.js';
export { prepareTable, type PreparedTable } from './prepare-table.js';
export { createLoadTarget, type LoadTarget, TableLostError } from './target.js';
export { type TableName, tableNames } from './tables.js';
export type { Applied, RefusedService } from './apply.js';
export type { LoadProtections } from './protections.js';
