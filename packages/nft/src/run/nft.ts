/** The seam between transactions and the kernel: everything that needs a process goes through these three. */
export interface Nft {
  /**
   * Runs a script as one transaction (`nft -f -`): all of it takes effect, or none.
   *
   * @throws {@link NftRefusedError} if nft or the kernel refuses it, {@link NftMissingError}, {@link NftPermissionError},
   * {@link NftTimeoutError}, {@link NftCancelledError} or {@link NftKilledError}; {@link NftOutputError} if it prints
   * something, which nft does not: then it is not known what was run.
   */
  run(script: string, options?: RunOptions): Promise<void>;

  /**
   * What `nft --json list …` prints, e.g. `list(['chains', 'inet'])`.
   *
   * @throws as `run`; {@link NftOutputError} where it is not JSON.
   */
  list(what: readonly string[], options?: TerseOptions): Promise<unknown>;

  /** What `nft --version` prints. */
  version(options?: ListOptions): Promise<string>;
}

/** How a listing is run. */
export interface ListOptions {
  /** Ends nft at once. */
  readonly signal?: AbortSignal;
}

/** What a listing leaves out. */
export interface TerseOptions extends ListOptions {
  /** Sets and maps without their elements (`--terse`). */
  readonly terse?: boolean;
}

/** How a script is run. */
export interface RunOptions extends ListOptions {
  /** Ask the kernel whether it would accept the script, without any effect (`nft --check`). */
  readonly check?: boolean;
}
