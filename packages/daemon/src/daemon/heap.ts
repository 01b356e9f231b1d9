import { setFlagsFromString } from 'node:v8';

/**
 * Makes a function that, the first time it is called, has the heap stay near what is alive from then on, for somewhat more
 * work by the collector. V8 otherwise lets it grow to a multiple, and a process that is at rest afterwards never gives
 * that back. To be called when everything has been read: what follows, planning and rendering a first load, makes the
 * garbage that has the heap collected once more.
 */
export function keepHeapSmallOnce(): () => void {
  let isDone = false;
  return () => {
    if (!isDone) setFlagsFromString('--optimize-for-size');
    isDone = true;
  };
}
