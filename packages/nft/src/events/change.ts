import { attributeIn, attributesIn, textOf } from './attributes.js';
import { MessageReader, messageTypes } from './message.js';
import type { NftMessage } from './message.js';

/** What a transaction of somebody else did to a table of ours. */
export interface TableChange {
  /** The table's name, of family `inet`. */
  readonly table: string;
  /** The name of the program: what it calls itself, printable, at most 16 characters. */
  readonly by: string;
  /** Whether the table is not there afterwards. */
  readonly isDeleted: boolean;
  /** Whether chains, rules, sets or objects were added, changed or deleted. */
  readonly isStructural: boolean;
  /** Keys of elements that were added or deleted, by set, as the kernel writes them. */
  readonly elements: ReadonlyMap<string, readonly Uint8Array[]>;
  /** There are more such elements, or the kernel did not name them. */
  readonly hasMore: boolean;
}

/** Keys that are remembered of a transaction: where more elements differ, the table is rather loaded anew. */
export const mostKeys = 1_000;

/** Which transactions count. */
export interface ChangeOptions {
  /** Names of our tables, of family `inet`. */
  readonly tables: readonly string[];
  /** Whether the process with this id is one of ours. */
  readonly isOwn: (pid: number) => boolean;
  /** How this machine writes numbers. */
  readonly isLittleEndian: boolean;
}

const inet = 1;
/** Attributes: of everything in a table its name, of elements the set's, and the elements; in these keys and their bytes. */
const [ofTable, ofSet, ofElements, ofKey, ofBytes] = [1, 2, 3, 1, 1];
/** Of generations: the name of the program. */
const ofProgram = 3;

interface Draft {
  isDeleted: boolean;
  isStructural: boolean;
  hasMore: boolean;
  keys: number;
  readonly elements: Map<string, Uint8Array[]>;
}

/** Reads what others' transactions did to our tables out of what the kernel tells. Of ours it reads the headers alone. */
export class ChangeReader {
  readonly #options: ChangeOptions;
  readonly #messages: MessageReader;
  readonly #drafts = new Map<string, Draft>();

  constructor(options: ChangeOptions) {
    this.#options = options;
    this.#messages = new MessageReader(options.isLittleEndian);
  }

  /** The changes that are complete with this piece. Throws as {@link MessageReader.read}. */
  *read(piece: Uint8Array): Generator<TableChange> {
    for (const message of this.#messages.read(piece)) {
      if (this.#options.isOwn(message.pid)) continue;
      if (message.type === messageTypes.newGeneration) yield* this.#complete(message);
      else if (message.family === inet) this.#note(message);
    }
  }

  /** A transaction ends with the number of the generation that it made. */
  *#complete({ attributes }: NftMessage): Generator<TableChange> {
    if (this.#drafts.size === 0) return;
    const by = printable(textOf(attributeIn(attributes, ofProgram, this.#options.isLittleEndian)));
    for (const [table, { isDeleted, isStructural, hasMore, elements }] of this.#drafts) {
      yield { table, by, isDeleted, isStructural, hasMore, elements };
    }
    this.#drafts.clear();
  }

  #note({ type, attributes }: NftMessage): void {
    const { tables, isLittleEndian } = this.#options;
    const table = textOf(attributeIn(attributes, ofTable, isLittleEndian));
    if (!tables.includes(table)) return;
    const draft = this.#draftOf(table);
    if (type === messageTypes.newElements || type === messageTypes.deleteElements)
      this.#noteElements(draft, attributes);
    else {
      draft.isStructural = true;
      if (type === messageTypes.deleteTable) draft.isDeleted = true;
      if (type === messageTypes.newTable) draft.isDeleted = false;
    }
  }

  #noteElements(draft: Draft, attributes: Uint8Array): void {
    const { isLittleEndian } = this.#options;
    const set = textOf(attributeIn(attributes, ofSet, isLittleEndian));
    const list = attributeIn(attributes, ofElements, isLittleEndian) ?? new Uint8Array(0);
    const keys = draft.elements.get(set) ?? [];
    draft.elements.set(set, keys);
    for (const [, element] of attributesIn(list, isLittleEndian)) {
      const key = attributeIn(element, ofKey, isLittleEndian);
      const bytes = key && attributeIn(key, ofBytes, isLittleEndian);
      if (bytes === undefined || draft.keys >= mostKeys) {
        draft.hasMore = true;
        return;
      }
      draft.keys += 1;
      keys.push(bytes.slice());
    }
  }

  #draftOf(table: string): Draft {
    const known = this.#drafts.get(table);
    if (known !== undefined) return known;
    const draft: Draft = { isDeleted: false, isStructural: false, hasMore: false, keys: 0, elements: new Map() };
    this.#drafts.set(table, draft);
    return draft;
  }
}

/** Programs call themselves what they like. */
function printable(name: string): string {
  return name.slice(0, 16).replaceAll(/[^\x21-\x7e]/g, '?');
}
