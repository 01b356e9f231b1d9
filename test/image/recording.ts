import type { Seccomp } from './seccomp.js';

/** What the C library and Node ask for first and do well without: what is used in its place. */
export const fallsBack: Readonly<Record<string, string>> = {
  clone3: 'clone, whose flags a profile can look at',
  io_uring_setup: 'epoll and threads',
};

const errors = { ENOSYS: 38 } as const;

/** Refused as a call that the kernel does not have, so that the callers do what they do on old kernels. */
const unknown = { names: Object.keys(fallsBack), action: 'SCMP_ACT_ERRNO', errnoRet: errors.ENOSYS };

/** One file for both: names that one of them does not have are left out for it. */
const architectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'];

/** Allows everything else, so that what is called can be written down. */
export const recordingProfile: Seccomp = { defaultAction: 'SCMP_ACT_ALLOW', architectures, syscalls: [unknown] };

/** Called now and then only: a recording may miss them. */
const seldom: Readonly<Record<string, readonly string[]>> = {
  'memory that grows, shrinks and is given back': ['brk', 'madvise', 'membarrier', 'mremap', 'munmap', 'mprotect'],
  'memory protection keys, where the processor has them': ['pkey_alloc', 'pkey_free', 'pkey_mprotect'],
  'threads and locks under load': ['futex', 'getcpu', 'gettid', 'sched_getaffinity', 'sched_yield', 'tgkill'],
  'clocks, where they cannot be read without a call': ['clock_getres', 'clock_gettime', 'gettimeofday', 'time'],
  'waiting, and waiting again after a signal': ['clock_nanosleep', 'nanosleep', 'restart_syscall', 'rt_sigreturn'],
  'looking up the name of an API server': ['recvfrom', 'recvmsg', 'sendmmsg', 'sendmsg', 'sendto'],
  'connections that break, and those of others': ['accept4', 'getpeername', 'getsockname', 'getsockopt', 'shutdown'],
  'a listener of netlink in a process of its own': ['bind', 'listen', 'poll', 'read', 'select', 'setsockopt', 'write'],
  'answers in several parts': ['readv', 'writev'],
  'random numbers': ['getrandom'],
  'reports of usage': ['getrusage', 'prlimit64', 'sysinfo', 'uname'],
  'children that end, or must': ['kill', 'rt_sigtimedwait', 'wait4', 'waitid'],
  'ending in any way': ['exit', 'exit_group', 'rt_sigaction', 'rt_sigprocmask', 'sigaltstack'],
};

/** Calls that arm64 does not have, and what is called there in their place. */
const counterparts: Readonly<Record<string, readonly string[]>> = {
  access: ['faccessat', 'faccessat2'],
  chmod: ['fchmodat'],
  dup2: ['dup3'],
  epoll_create: ['epoll_create1'],
  epoll_wait: ['epoll_pwait'],
  fork: ['clone'],
  lstat: ['newfstatat'],
  mkdir: ['mkdirat'],
  open: ['openat'],
  pipe: ['pipe2'],
  poll: ['ppoll'],
  readlink: ['readlinkat'],
  rename: ['renameat', 'renameat2'],
  rmdir: ['unlinkat'],
  select: ['pselect6'],
  stat: ['newfstatat'],
  unlink: ['unlinkat'],
  vfork: ['clone'],
};

const [afUnix, afInet, afInet6, afNetlink] = [1, 2, 10, 16] as const;
const [netlinkRoute, netlinkNetfilter] = [0, 12] as const;
/** Flags of clone that make namespaces. */
const namespaces = 0x7e020000;

/** Allowed with some arguments only. */
const conditional: Seccomp['syscalls'] = [
  ...[afUnix, afInet, afInet6].map((family) => ({
    names: ['socket', 'socketpair'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value: family, op: 'SCMP_CMP_EQ' }],
  })),
  ...[netlinkRoute, netlinkNetfilter].map((protocol) => ({
    names: ['socket'],
    action: 'SCMP_ACT_ALLOW',
    args: [
      { index: 0, value: afNetlink, op: 'SCMP_CMP_EQ' },
      { index: 2, value: protocol, op: 'SCMP_CMP_EQ' },
    ],
  })),
  {
    names: ['clone'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value: namespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
  },
];

/** The smallest profile for what was called. */
export function profileOf(calls: readonly string[]): Seccomp {
  const asked = new Set(conditional.flatMap(({ names }) => names).concat(Object.keys(fallsBack)));
  const known = [...calls, ...Object.values(seldom).flat()];
  const all = new Set(known.flatMap((name) => [name, ...(counterparts[name] ?? [])]));
  const names = [...all].filter((name) => !asked.has(name)).toSorted();
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: errors.ENOSYS,
    architectures,
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }, ...conditional],
  };
}
