# Starts the daemon in its image as a container's engine would: enter.sh ROOT USER TRACE FOLDER ARGUMENT...
#
# In mount and network namespaces of its own; ROOT read-only, with /proc, a small /dev and a writable /run; FOLDER, which
# is empty or holds configuration, at its own path, read-only; as USER, with NET_ADMIN and no way to gain more. First the
# init container's work, with all privileges. System calls that fail for lack of permission are written to TRACE.
set -eu
root=$1 user=$2 trace=$3 folder=$4
shift 4

mount --make-rprivate /
mount --bind "$root" "$root"
if [ -n "$folder" ]; then
  mkdir -p "$root$folder"
  mount --bind "$folder" "$root$folder"
  mount -o remount,bind,ro,nosuid,nodev "$root$folder"
fi
mount -t tmpfs -o nosuid,nodev,noexec,mode=0755,uid="$user",gid="$user" run "$root/run"
mount -t tmpfs -o nosuid,noexec,mode=0755 dev "$root/dev"
for device in null zero random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 shm "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done
mount -o remount,ro,nosuid,noexec "$root/dev"
# Other processes are not seen, as from within a container.
mount -t proc -o hidepid=2 proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sys "$root/sys"
mount -o remount,bind,ro,nosuid,nodev "$root"

case " $* " in
*cleanup*) ;;
*) chroot "$root" /usr/local/bin/nftproxier run "$@" --init-only ;;
esac
# From here on as in the main container, where the settings of the kernel can only be read.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/sys"

others=
for number in $(seq 0 "$(cat /proc/sys/kernel/cap_last_cap)"); do
  [ "$number" = 12 ] || others="$others${others:+,}$number"
done
# The tracer is not the parent (-D), so that signals reach the daemon.
exec strace -D -f -qq --seccomp-bpf -o "$trace" -e trace=%file,%creds,%process,%clock -e status=failed \
  capsh --keep=1 --chroot="$root" --drop="$others" --no-new-privs --gid="$user" --groups= --uid="$user" \
  --caps=cap_net_admin=eip --addamb=cap_net_admin --shell=/usr/local/bin/node -- /usr/local/bin/nftproxier "$@"
