import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSnapshot } from 'node:v8';
import { type Handler, type HttpReply, plain, type Routes } from './router.js';

/** Seconds of a CPU profile where none are given, and at most. */
const [usualSeconds, mostSeconds] = [30, 300];

const attachment = (name: string): Readonly<Record<string, string>> => ({
  'Content-Type': 'application/octet-stream',
  'X-Content-Type-Options': 'nosniff',
  'Content-Disposition': `attachment; filename="${name}"`,
});

const profile = async (seconds: number, signal: AbortSignal): Promise<HttpReply> => {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(seconds * 1000, undefined, { signal });
    const { profile: result } = await session.post('Profiler.stop');
    return { status: 200, headers: attachment('profile.cpuprofile'), body: JSON.stringify(result) };
  } catch (error) {
    if (signal.aborted) return plain(499, 'the client has gone\n');
    throw error;
  } finally {
    session.disconnect();
  }
};

const index = `Profiles of this process, in the forms of Node (open them in the developer tools of a browser):
/debug/pprof/profile?seconds=30  CPU profile (.cpuprofile)
/debug/pprof/heap                heap snapshot (.heapsnapshot); stops the process while it is taken
/debug/pprof/cmdline             command line, separated by NUL
`;

/** The routes below `/debug/pprof/`. One profile at a time: each costs the process time or memory. */
export const profilingRoutes = (argv: readonly string[]): Routes => {
  let busy = false;
  const alone = async (work: () => Promise<HttpReply> | HttpReply): Promise<HttpReply> => {
    if (busy) return plain(409, 'another profile is being taken\n');
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  };
  const handlers: readonly (readonly [string, Handler])[] = [
    [
      '/debug/pprof/',
      ({ path }) => (path === '/debug/pprof/' ? plain(200, index) : plain(404, 'there is no profile of this name\n')),
    ],
    [
      '/debug/pprof/profile',
      ({ query, signal }) => {
        const seconds = Number(query.get('seconds') ?? usualSeconds);
        if (!(seconds > 0 && seconds <= mostSeconds))
          return plain(400, `seconds must be a number above 0 and at most ${String(mostSeconds)}\n`);
        return alone(() => profile(seconds, signal));
      },
    ],
    [
      '/debug/pprof/heap',
      () => alone(() => ({ status: 200, headers: attachment('heap.heapsnapshot'), body: getHeapSnapshot() })),
    ],
    ['/debug/pprof/cmdline', () => plain(200, argv.join('\0'))],
  ];
  return new Map(handlers);
};
