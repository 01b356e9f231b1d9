/** The name of this node cannot be told. */
export class NodeNameError extends Error {
  override readonly name = 'NodeNameError';
  readonly code = 'NODE_NAME_UNKNOWN';
}

/**
 * The name of this node: the configured one, else the host name, trimmed and lower-cased. It must equal the name of the
 * Node object, because endpoints are local by that name.
 *
 * @throws {@link NodeNameError} if neither says anything.
 */
export const nodeName = (hostnameOverride: string, hostname: string): string => {
  const name = (hostnameOverride === '' ? hostname : hostnameOverride).trim().toLowerCase();
  if (name === '')
    throw new NodeNameError(
      'the node has no name: give --hostname-override=$(NODE_NAME), or set the host name of the machine',
    );
  return name;
};
