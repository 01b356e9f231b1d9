import { affinity } from './affinity.mjs';
import { change } from './change.mjs';
import { coldStart } from './cold-start.mjs';
import { dataPath } from './data-path.mjs';
import { firstLoad } from './first-load.mjs';
import { quarantine } from './quarantine.mjs';
import { rollout } from './rollout.mjs';
import { running } from './running.mjs';

/** In the order in which they run and are shown. @type {readonly import('./case.mjs').Case<any>[]} */
export const cases = [firstLoad, change, coldStart, running, rollout, quarantine, affinity, dataPath];
