export {
  type ConnectionCount,
  type EndpointConnections,
  endpointKey,
  type EndpointName,
  type ServiceConnections,
} from './counts.js';
export { NamedCounts } from './named.js';
export { type CountedTable, type CounterPortion, CounterReader, type CounterReaderOptions } from './reader.js';
