/** A form of a page other than text: the kind of `config.k8s.io` a client asks for. */
export interface StructuredForm {
  readonly version: 'v1alpha1' | 'v1beta1';
}

const parameters = (range: string): ReadonlyMap<string, string> =>
  new Map(
    range
      .split(';')
      .slice(1)
      .map((pair) => {
        const [name = '', value = ''] = pair.split('=');
        return [name.trim().toLowerCase(), value.trim()] as const;
      }),
  );

/**
 * Which form of `/statusz` or `/flagz` an `Accept` header asks for: `text`, the structured form of a version of the
 * kind (`application/json;as=Statusz;g=config.k8s.io;v=v1beta1`), or undefined for neither. The first range that can be
 * served counts; no header means text.
 */
export const negotiate = (accept: string, kind: 'Statusz' | 'Flagz'): 'text' | StructuredForm | undefined => {
  if (accept.trim() === '') return 'text';
  for (const range of accept.split(',')) {
    const type = (range.split(';')[0] ?? '').trim().toLowerCase();
    if (type === 'text/plain' || type === '*/*' || type === 'text/*') return 'text';
    if (type !== 'application/json') continue;
    const given = parameters(range);
    const version = given.get('v');
    if (given.get('as') !== kind || given.get('g') !== 'config.k8s.io') continue;
    if (version === 'v1beta1' || version === 'v1alpha1') return { version };
  }
  return undefined;
};
