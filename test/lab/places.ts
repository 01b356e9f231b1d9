import { addresses, familyOf, podNetworks, podOf } from './addresses.js';

/** A machine of the lab: one of the fixed ones, or a pod by one of its addresses. */
export type Place = 'node-a' | 'node-b' | 'client' | 'world' | (string & {});

/** A pod is one machine under both its addresses. */
export function keyOf(place: Place): string {
  return podOf(place)?.addresses.IPv4 ?? place;
}

/** The machine that has an address. */
export function ownerOf(address: string): Place {
  if (podOf(address) !== undefined) return address;
  const family = familyOf(address);
  if (address === addresses['node-b'][family]) return 'node-b';
  if (address === addresses.client[family]) return 'client';
  const { gateway } = podNetworks['node-a'][family];
  const own = [addresses['node-a'][family], addresses.uplink[family], gateway, '127.0.0.1', '::1'];
  return own.includes(address) ? 'node-a' : 'world';
}
