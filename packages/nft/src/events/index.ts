export { type ChangeOptions, ChangeReader, mostKeys, type TableChange } from './change.js';
export { type Hearing, TableListener, type TableListenerOptions } from './listener.js';
export { EventFormatError } from './message.js';
