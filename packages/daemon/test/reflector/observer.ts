import type { Batch, KubernetesObjectLike } from './types.js';

/** Replays what a handler is told, as a user of the reflector would, and insists that it makes sense. */
export class Observer {
  readonly objects = new Map<string, KubernetesObjectLike>();
  readonly batches: Batch<KubernetesObjectLike>[] = [];
  /** What did not make sense. */
  readonly violations: string[] = [];
  #synced = false;

  readonly handle = (batch: Batch<KubernetesObjectLike>): void => {
    this.batches.push(batch);
    if (batch.type === 'replace') {
      this.#synced = true;
      this.objects.clear();
      for (const object of batch.objects) this.objects.set(keyOf(object), object);
      return;
    }
    if (!this.#synced) this.violations.push('a delta came before the first replace');
    for (const event of batch.events) {
      const key = keyOf(event.object);
      const before = this.objects.get(key);
      if (event.type === 'delete') {
        if (!before) this.violations.push(`${key} was deleted without having been there`);
        else if (before.metadata?.uid !== event.object.metadata?.uid)
          this.violations.push(`${key}: another was deleted`);
        this.objects.delete(key);
      } else {
        if (before && before.metadata?.uid !== event.object.metadata?.uid) {
          this.violations.push(`${key} became another object without a delete`);
        }
        this.objects.set(key, event.object);
      }
    }
  };

  /** Key, uid and version of everything, in order. */
  state(): string[] {
    return [...this.objects.values()].map(identity).sort();
  }
}

/** Key, uid and version of everything a server has. */
export function stateOf(objects: readonly KubernetesObjectLike[]): string[] {
  return objects.map(identity).sort();
}

function keyOf(object: KubernetesObjectLike): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

function identity(object: KubernetesObjectLike): string {
  return `${keyOf(object)} ${object.metadata?.uid ?? ''} ${object.metadata?.resourceVersion ?? ''}`;
}
