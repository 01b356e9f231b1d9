export { NamedCounts } from './named.js';
export {
  type ConnectionCount,
  type CountedTable,
  type CounterPortion,
  CounterReader,
  type CounterReaderOptions,
  type EndpointConnections,
  type ServiceConnections,
} from './reader.js';
