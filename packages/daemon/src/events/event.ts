/** What an Event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for objects without a namespace, such as Nodes. */
  readonly namespace?: string;
  readonly uid?: string;
}

/** Something that people should be able to find at the object it concerns. */
export interface EventFacts {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  /** Why, as one word for programs. */
  readonly reason: string;
  /** What was being done, as one word for programs. */
  readonly action: string;
  /** For people; cut to 1024 bytes. */
  readonly note: string;
}

/** How often something happened again. */
export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime: string;
}

/** An Event of events.k8s.io/v1 as it is sent. */
export interface EventObject {
  readonly apiVersion: 'events.k8s.io/v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly regarding: Regarding;
  readonly note: string;
  readonly type: 'Normal' | 'Warning';
  readonly series?: EventSeries;
}

/** Who reports. */
export interface Reporter {
  readonly controller: string;
  readonly instance: string;
}

/** A moment as Kubernetes writes it where microseconds count. */
export const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '000Z');

/** The namespace of an Event: that of its object, or `default` for objects without one. */
const namespaceOf = ({ namespace }: Regarding): string =>
  namespace === undefined || namespace === '' ? 'default' : namespace;

/** Bytes that the API server accepts. */
const [longestNote, longestReporter, longestName] = [1024, 128, 253];

const cut = (text: string, bytes: number): string => {
  if (Buffer.byteLength(text) <= bytes) return text;
  // Decoding drops the half of a character that a cut leaves, as a replacement mark at the end.
  return `${Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '')}...`;
};

/** Makes the Event to send. `sequence` makes its name unlike that of any other Event of the same object. */
export const eventObject = (
  { regarding, type, reason, action, note }: EventFacts,
  { controller, instance }: Reporter,
  now: number,
  sequence: bigint,
): EventObject => {
  const suffix = `.${sequence.toString(16)}`;
  const stem = regarding.name.slice(0, longestName - suffix.length).replace(/[^a-z0-9]+$/u, '');
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${stem}${suffix}`, namespace: namespaceOf(regarding) },
    eventTime: microTime(now),
    reportingController: controller,
    reportingInstance: cut(instance, longestReporter),
    action,
    reason,
    regarding,
    note: cut(note, longestNote),
    type,
  };
};
