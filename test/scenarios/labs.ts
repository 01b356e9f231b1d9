import { createLab, type Lab, type LabOptions } from '../lab/index.js';
import type { Scenario } from './format.js';

/** Labs for scenarios, each made when the first scenario needs it and then used again. */
export interface Labs {
  labFor(scenario: Scenario): Promise<Lab>;
  close(): Promise<void>;
}

/** The lab a scenario needs: its families, and pods on interfaces of their own where the detector asks for them. */
export function labOptions({ steps }: Scenario): Required<LabOptions> {
  const node = steps[0]?.world.node;
  const podAttachment = node?.detectLocalMode === 'InterfaceNamePrefix' ? 'routed' : 'bridge';
  return { families: node?.families ?? ['IPv4', 'IPv6'], podAttachment };
}

/** Opens labs. */
export function openLabs(): Labs {
  const labs = new Map<string, Promise<Lab>>();
  return {
    labFor: (scenario) => {
      const options = labOptions(scenario);
      const key = JSON.stringify(options);
      const lab = labs.get(key) ?? createLab(options);
      labs.set(key, lab);
      return lab;
    },
    close: async () => {
      for (const lab of await Promise.allSettled(labs.values()))
        if (lab.status === 'fulfilled') await lab.value.close();
    },
  };
}
