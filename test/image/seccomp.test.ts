import { describe, expect, it } from 'vitest';
import { ownProfile } from './profiles.js';
import { fallsBack, profileOf } from './recording.js';
import { allowedAlways, profileFor } from './seccomp.js';
import type { EngineProfile } from './seccomp.js';

const allow = 'SCMP_ACT_ALLOW';

const profile: EngineProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['read', 'write'], action: allow, args: [] },
    { names: ['bpf'], action: allow, includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, excludes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['arch_prctl'], action: allow, args: null, includes: { arches: ['amd64'] } },
    { names: ['socket'], action: allow, args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
  ],
};

describe("an engine's profile", () => {
  it.each([
    [['CAP_NET_ADMIN'], 'amd64', ['read', 'write', 'arch_prctl']],
    [['CAP_NET_ADMIN'], 'arm64', ['read', 'write']],
    [['CAP_SYS_ADMIN'], 'arm64', ['read', 'write', 'bpf']],
  ] as const)('for a container with %j on %s allows %j', (capabilities, arch, allowed) => {
    const made = profileFor(profile, { capabilities, arch });
    expect(allowedAlways(made)).toEqual(allowed);
    const isRefused = made.syscalls.some(({ names, action }) => names.includes('bpf') && action === 'SCMP_ACT_ERRNO');
    expect(isRefused).toBe(!allowed.some((name) => name === 'bpf'));
  });
});

describe('a profile that was recorded', () => {
  it('has what arm64 calls in place of what was seen', () => {
    expect(allowedAlways(profileOf(['open', 'stat']))).toEqual(expect.arrayContaining(['openat', 'newfstatat']));
  });

  it('of ours has nothing that makes namespaces, mounts, traces, loads code into the kernel, or is given up anyway', () => {
    const names = new Set(ownProfile().syscalls.flatMap((one) => one.names));
    const dangerous =
      'setns unshare mount umount2 pivot_root chroot ptrace process_vm_readv bpf init_module finit_module';
    const others = 'kexec_load keyctl add_key perf_event_open userfaultfd setuid capset reboot';
    for (const name of [...`${dangerous} ${others}`.split(' '), ...Object.keys(fallsBack)]) {
      expect(names).not.toContain(name);
    }
    expect(ownProfile().defaultAction).toBe('SCMP_ACT_ERRNO');
  });
});
