import type { Configuration } from './schema.js';

/** Told of a new configuration and of the names of the fields that differ. */
export type ConfigurationListener = (configuration: Configuration, fields: readonly string[]) => void;

/** The configuration in force. Only fields that are marked `live` differ from one to the next. */
export class LiveConfiguration {
  #current: Configuration;
  readonly #listeners: ConfigurationListener[] = [];

  constructor(configuration: Configuration) {
    this.#current = configuration;
  }

  get current(): Configuration {
    return this.#current;
  }

  /** Has the listener told of every later configuration. What is asked anew each time needs none. */
  changed(listener: ConfigurationListener): void {
    this.#listeners.push(listener);
  }

  replace(configuration: Configuration, fields: readonly string[]): void {
    this.#current = configuration;
    for (const listener of this.#listeners) listener(configuration, fields);
  }
}
