/** A condition on an argument of a system call, as in the runtime specification of the OCI. */
interface Argument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

interface Syscalls {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly Argument[] | null;
  readonly errnoRet?: number;
}

/** What a container's runtime is given: `linux.seccomp` of the runtime specification. */
export interface Seccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly Syscalls[];
}

/** What must hold of a container for an engine to use a part of its profile. */
interface Condition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
  readonly minKernel?: string;
}

/** The profile that an engine ships as its default: parts of it depend on the container and the machine. */
export interface EngineProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly (Syscalls & { readonly includes?: Condition; readonly excludes?: Condition })[];
}

/** A container, as far as profiles ask. */
export interface Container {
  readonly capabilities: readonly string[];
  readonly arch: 'amd64' | 'arm64';
}

const architectures = { amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' } as const;

/** What an engine makes of its profile for a container. Kernels are taken to be new enough for all of it. */
export function profileFor(profile: EngineProfile, { capabilities, arch }: Container): Seccomp {
  const { defaultAction, defaultErrnoRet } = profile;
  const subArchitectures = profile.archMap.find(({ architecture }) => architecture === architectures[arch]);
  const isIncluded = ({ caps = [], arches = [] }: Condition): boolean =>
    caps.every((cap) => capabilities.includes(cap)) && (arches.length === 0 || arches.includes(arch));
  const isExcluded = ({ caps = [], arches = [] }: Condition): boolean =>
    caps.some((cap) => capabilities.includes(cap)) || arches.includes(arch);
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: [architectures[arch], ...(subArchitectures?.subArchitectures ?? [])],
    syscalls: profile.syscalls
      .filter(({ includes = {}, excludes = {} }) => isIncluded(includes) && !isExcluded(excludes))
      .map(({ names, action, args, errnoRet }) => ({
        names,
        action,
        ...(args === undefined || args === null ? {} : { args }),
        ...(errnoRet === undefined ? {} : { errnoRet }),
      })),
  };
}

/** The system calls that a profile allows whatever their arguments are. */
export function allowedAlways({ syscalls }: Seccomp): readonly string[] {
  return syscalls.flatMap(({ names, action, args = [] }) =>
    action === 'SCMP_ACT_ALLOW' && (args ?? []).length === 0 ? names : [],
  );
}
