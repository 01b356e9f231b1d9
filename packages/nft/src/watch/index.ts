export { type GuardClock } from './clock.js';
export { lookFor, type Sight } from './sight.js';
export { TableWatch, type TableWatchOptions, watchPeriod } from './watch.js';
