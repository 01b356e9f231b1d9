import type { Programs } from '../../src/takeover/index.js';

/** Programs that print what is given by their command line; others are not installed. */
export function fakePrograms(outputs: Readonly<Record<string, string>>) {
  const ran: string[] = [];
  const inputs: string[] = [];
  const programs: Programs = {
    lines(argv, onLine, input = '') {
      const command = argv.join(' ');
      const installed = Object.keys(outputs).some((known) => known.split(' ', 1)[0] === argv[0]);
      if (!installed) return Promise.resolve(false);
      ran.push(command);
      if (input !== '') inputs.push(input);
      for (const line of (outputs[command] ?? '').split('\n')) if (line !== '') onLine(line);
      return Promise.resolve(true);
    },
  };
  return { ...programs, ran, inputs };
}
