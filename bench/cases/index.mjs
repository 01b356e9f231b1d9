import { change } from './change.mjs';
import { coldStart } from './cold-start.mjs';
import { firstLoad } from './first-load.mjs';

/** In the order in which they run and are shown. @type {readonly import('./case.mjs').Case<any>[]} */
export const cases = [firstLoad, change, coldStart];
