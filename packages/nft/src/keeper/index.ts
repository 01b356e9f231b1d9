export { Keeper, type KeeperOptions, type KeeperState, keeperTable } from './keeper.js';
