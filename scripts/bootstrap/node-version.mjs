import process from 'node:process';

/** The oldest Node that the packages' `engines` allow. */
const NODE_FLOOR = [20, 19];

/**
 * Stops with a message where this Node is too old. Called before anything else is imported, since a newer module would
 * fail with a syntax error instead.
 */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = NODE_FLOOR;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return true;
  process.stderr.write(
    `nftproxier needs Node ${wantedMajor}.${wantedMinor} or newer; this is Node ${process.versions.node} ` +
      `(${process.execPath}). Install a newer one, then run this again.\n`,
  );
  return false;
}
