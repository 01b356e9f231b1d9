import { randomUUID } from 'node:crypto';
import { realClock, type Clock } from './clock.js';
import { Cluster, type NewObject, type StoredObject } from './cluster.js';
import { writeEvent } from './events.js';
import { Faults, spoil, type Fault, type FaultEffect, type FaultRequest } from './faults.js';
import { addressOf, otherPlurals, type Address } from './kinds.js';
import { get, list } from './list.js';
import { jsonReply, statusReply, type Outcome, type Reply, type Request, type Status } from './reply.js';
import { version } from './version.js';
import { watch, type Watch, type WatchFaults } from './watch.js';

export interface ApiServerOptions {
  readonly objects?: readonly NewObject[];
  readonly clock?: Clock;
  /** Time between the bookmarks of a watch, in milliseconds; a real server's is about a minute. */
  readonly bookmarkMs?: number;
  /** Tokens that are accepted, and whose they are. If not given, nobody is asked. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** What is forbidden: user, verb and plural, such as `system:kube-proxy list secrets`. */
  readonly forbidden?: readonly string[];
  /** Plurals that this server does not serve, as one of an older version. */
  readonly notServed?: readonly string[];
}

/** A request that was made. */
export interface LoggedRequest {
  /** By the server's clock, in milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly verb: FaultRequest['verb'];
  readonly kind: string | undefined;
  /** Status of the answer; 0 if there was none. */
  readonly status: number;
}

const notFound: Status = {
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {},
};

/** A stand-in for kube-apiserver, apart from how requests get to it. */
export class ApiServer {
  readonly cluster: Cluster;
  readonly faults = new Faults();
  /** Watches in progress. */
  readonly watches = new Set<Watch>();
  readonly requests: LoggedRequest[] = [];
  readonly #options: ApiServerOptions;
  readonly #clock: Clock;
  #tokens: Readonly<Record<string, string>> | undefined;
  #forbidden: readonly string[];
  #muted = false;
  #unanswered: (() => void)[] = [];

  constructor(options: ApiServerOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#tokens = options.tokens;
    this.#forbidden = options.forbidden ?? [];
    this.cluster = new Cluster();
    for (const object of options.objects ?? []) this.cluster.put(object, 'resourceVersion' in object.metadata);
  }

  put(object: NewObject): StoredObject {
    return this.cluster.put(object);
  }

  delete(kind: string, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.cluster.delete(kind, namespace, name);
  }

  objects(kind: string): readonly StoredObject[] {
    return this.cluster.list(kind);
  }

  /** Returns how to switch it off again. */
  setFault(fault: Fault): () => void {
    return this.faults.set(fault);
  }

  setTokens(tokens: Readonly<Record<string, string>> | undefined): void {
    this.#tokens = tokens;
  }

  setForbidden(forbidden: readonly string[]): void {
    this.#forbidden = forbidden;
  }

  /** A muted server takes connections and requests, and says nothing until it is unmuted, like a process that is stopped. */
  mute(on: boolean): void {
    this.#muted = on;
    for (const open of this.watches) open.mute(on);
    if (on) return;
    for (const answer of this.#unanswered.splice(0)) answer();
  }

  get muted(): boolean {
    return this.#muted;
  }

  watchesOf(kind: string): Watch[] {
    return [...this.watches].filter((open) => open.kind === kind);
  }

  /** What becomes of a request. */
  async handle(request: Request): Promise<Outcome> {
    while (this.#muted) await new Promise<void>((resolve) => this.#unanswered.push(resolve));
    return this.#handle(request);
  }

  #handle(request: Request): Outcome {
    const address = addressOf(request.path);
    const subject = subjectOf(request, address);
    const effects = this.faults.take(subject);
    const outcome = this.#outcome(request, address, subject, effects);
    this.requests.push({
      at: this.#clock.now(),
      method: request.method,
      path: request.path,
      query: Object.fromEntries(request.query),
      verb: subject.verb,
      kind: subject.kind,
      status: typeof outcome === 'string' ? 0 : outcome.status,
    });
    if (typeof outcome === 'string') return outcome;
    return spoil(withAuditHeaders(outcome, subject), effects, this.#clock);
  }

  #outcome(
    request: Request,
    address: Address | undefined,
    subject: FaultRequest,
    effects: readonly FaultEffect[],
  ): Outcome {
    for (const effect of effects) {
      if (effect.type === 'hang' || effect.type === 'reset') return effect.type;
      if (effect.type === 'status') return refusal(effect);
      if (effect.type === 'no-watch-list' && effect.how === 'refuse' && subject.verb === 'watch-list') {
        return statusReply(watchListRefused(subject.kind ?? ''));
      }
    }
    const user = this.#userOf(request);
    if (user === undefined) {
      return statusReply({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    }
    if (request.path === '/version') return jsonReply(200, JSON.stringify(version, null, 2));
    if (['/healthz', '/livez', '/readyz'].includes(request.path)) return jsonReply(200, 'ok');
    if (!address) return statusReply(notFound);
    const verb = subject.verb === 'watch-list' ? 'watch' : subject.verb;
    if (this.#forbidden.includes(`${user} ${verb} ${address.plural}`)) {
      return statusReply(forbiddenStatus(user, verb, address));
    }
    return this.#answer(request, address, effects);
  }

  #answer(request: Request, address: Address, effects: readonly FaultEffect[]): Reply {
    const { kind, namespace, name, plural } = address;
    if (this.#options.notServed?.includes(plural) === true) return statusReply(notFound);
    if (!kind) {
      if (!otherPlurals.includes(plural)) return statusReply(notFound);
      return jsonReply(200, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}\n`);
    }
    if (request.method !== 'GET') return writeEvent(this.cluster, kind, namespace, name, request);
    if (name !== undefined) return get(this.cluster, kind, namespace, name);
    if (request.query.get('watch') !== 'true') return list(this.cluster, kind, namespace, request);
    const faults = effects.reduce<WatchFaults>((all, effect) => {
      if (effect.type === 'watch') return { ...all, ...effect.faults };
      // A server that does not know the parameter sends everything too, but not the end.
      return effect.type === 'no-watch-list' ? { ...all, noInitialEventsEnd: true } : all;
    }, {});
    const options = {
      clock: this.#clock,
      bookmarkMs: this.#options.bookmarkMs ?? 60_000,
      onOpen: (open: Watch) => void this.watches.add(open),
      onClose: (open: Watch) => void this.watches.delete(open),
    };
    return watch(this.cluster, kind, namespace, request, options, faults);
  }

  #userOf(request: Request): string | undefined {
    if (this.#tokens === undefined) return 'system:admin';
    const header = request.headers['authorization'];
    return typeof header === 'string' ? this.#tokens[header.replace(/^Bearer /, '')] : undefined;
  }
}

function subjectOf({ method, query }: Request, address: Address | undefined): FaultRequest {
  const kind = address?.kind?.kind;
  const page = (query.get('continue') ?? '') === '' ? 'first' : 'later';
  if (method !== 'GET' || !address) return { kind, verb: 'other', page };
  if (address.name !== undefined) return { kind, verb: 'get', page };
  if (query.get('watch') !== 'true') return { kind, verb: 'list', page };
  return { kind, verb: query.get('sendInitialEvents') === 'true' ? 'watch-list' : 'watch', page };
}

/** Every answer but that of a watch, and one to a stranger, names the rule of flow control that it fell under. */
function withAuditHeaders(reply: Reply, { verb }: FaultRequest): Reply {
  if (reply.status === 200 && (verb === 'watch' || verb === 'watch-list')) return reply;
  const flow = reply.status === 401 ? {} : { 'x-kubernetes-pf-flowschema-uid': 'a362f643-4a42-438c-9287-ab02a76b1dff' };
  return { ...reply, headers: { 'audit-id': randomUUID(), ...reply.headers, ...flow } };
}

function refusal(effect: Extract<FaultEffect, { type: 'status' }>): Reply {
  const { status, retryAfter, retryAfterIn = 'both' } = effect;
  if (retryAfter === undefined) return statusReply(status);
  const details = { ...status.details, retryAfterSeconds: retryAfter };
  return statusReply(
    retryAfterIn === 'header' ? status : { ...status, details },
    retryAfterIn === 'details' ? {} : { 'retry-after': String(retryAfter) },
  );
}

function watchListRefused(kind: string): Status {
  return {
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled (${kind})`,
  };
}

function forbiddenStatus(user: string, verb: string, { plural, group }: Address): Status {
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${plural}${group === '' ? '' : `.${group}`} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" at the cluster scope`,
    details: { ...(group === '' ? {} : { group }), kind: plural },
  };
}
