# Runs a container as a node's runtime does: contain.sh run STATE ID BUNDLE TRACE CALLS, or contain.sh delete STATE ID.
#
# In a mount namespace of its own. The system calls CALLS that fail are written to TRACE, in strace's words; with `all`,
# every call is written there.
set -eu
action=$1 state=$2 id=$3

mount --make-rprivate /
# runc knows cgroups of version 1 or of version 2, not both side by side.
[ ! -d /sys/fs/cgroup/unified ] || mount -t cgroup2 cgroup /sys/fs/cgroup
[ "$action" = run ] || exec runc --root "$state" delete --force "$id"
bundle=$4 trace=$5 calls=$6
# The tracer is not the parent (-D), so that signals reach the container. With --seccomp-bpf it would not see what the
# profile refuses: that comes before it.
exec strace -D -f -qq -o "$trace" -e trace="$calls" -e signal=none \
  runc --root "$state" run --bundle "$bundle" "$id"
