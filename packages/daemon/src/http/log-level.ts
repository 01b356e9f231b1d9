import { type Handler, plain, type Routes } from './router.js';

/** The verbosity of the log, as it can be seen and changed while the process runs. */
export interface Verbosity {
  readonly get: () => number;
  readonly set: (verbosity: number) => void;
}

/** `/debug/flags` and `PUT /debug/flags/v`, which changes how much is logged until the process ends. */
export const logLevelRoutes = (verbosity: Verbosity): Routes =>
  new Map<string, Handler>([
    ['/debug/flags', () => plain(200, `/debug/flags/v  ${String(verbosity.get())}  PUT a number to change it\n`)],
    [
      '/debug/flags/v',
      async ({ method, text }) => {
        if (method === 'GET') return plain(200, `${String(verbosity.get())}\n`);
        if (method !== 'PUT') return plain(405, 'only GET and PUT\n');
        const wanted = (await text()).trim();
        if (!/^\d{1,3}$/u.test(wanted)) return plain(400, 'the verbosity must be a whole number from 0 to 999\n');
        verbosity.set(Number(wanted));
        return plain(200, `verbosity is now ${wanted}\n`);
      },
    ],
  ]);
