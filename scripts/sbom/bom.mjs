import { Contrib, Enums, Models, Serialize, Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { installedWith } from './graph.mjs';

// Every licence so far is one name; an expression of several would be written as text.
const licenses = new Contrib.License.Factories.LicenseFactory(() => {
  throw new Error('not read');
});

/**
 * The bill of materials of one of our packages, as CycloneDX in JSON. The same every time: it has no date and no serial
 * number.
 *
 * @param {string} folder under packages/
 */
export async function billOf(folder) {
  const installed = await installedWith(folder);
  const components = new Map(installed.map((one) => [one.key, componentOf(one)]));
  const bom = new Models.Bom();
  for (const [index, { key, needs }] of installed.entries()) {
    const component = components.get(key);
    if (component === undefined) continue;
    if (index === 0) bom.metadata.component = component;
    else bom.components.add(component);
    for (const need of needs) {
      const needed = components.get(need);
      if (needed !== undefined) component.dependencies.add(needed.bomRef);
    }
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** @param {import('./graph.mjs').Installed} installed */
function componentOf({ key, name, version, license, integrity }) {
  const [group, bare] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const component = new Models.Component(Enums.ComponentType.Library, bare ?? name, {
    bomRef: key,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(group !== undefined && { group }),
  });
  component.licenses.add(licenses.makeFromString(license));
  if (integrity !== undefined) component.hashes.set(Enums.HashAlgorithm['SHA-512'], hexOf(integrity));
  return component;
}

/** @param {string} integrity `sha512-` and the hash in base64 */
function hexOf(integrity) {
  return Buffer.from(integrity.replace(/^sha512-/u, ''), 'base64').toString('hex');
}

/**
 * What is wrong with a bill of materials by CycloneDX' own schema.
 *
 * @param {string} text
 * @returns {Promise<string | undefined>}
 */
export async function problemOf(text) {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const problem = await validator.validate(text);
  return problem === null ? undefined : JSON.stringify(problem);
}
