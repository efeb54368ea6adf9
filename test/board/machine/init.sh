#!/bin/sh
# The board's first process. Its root, the host's or one of the board's own, is read-only; it mounts what a Linux
# system has, runs one job, hands its exit status to the host and ends the machine.
#
# Shares: `board` holds the host's side of the job (see job.mjs), `out` is the job's $BOARD_OUT.
# Ports:  `in`, `out` and `err` are the job's standard streams, `control` carries lines both ways.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /dev/board
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
mount -t devpts -o mode=0620,ptmxmode=0666 devpts /dev/pts
ln -sf pts/ptmx /dev/ptmx
mount -t debugfs debugfs /sys/kernel/debug
mount -t configfs configfs /sys/kernel/config
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null

share='trans=virtio,version=9p2000.L,msize=262144'
board=/dev/board
mount -t 9p -o "$share" board $board

# Writable places. What the job needs of the host beneath one of them is carried over.
number=0
while read -r kept; do
  number=$((number + 1))
  mkdir -p "/dev/kept/$number"
  mount --bind "$kept" "/dev/kept/$number"
done <$board/kept
for place in /tmp /run /var/tmp /dev/shm; do
  mount -t tmpfs -o mode=1777 tmpfs $place
done
number=0
while read -r kept; do
  number=$((number + 1))
  mkdir -p "$kept"
  mount --move "/dev/kept/$number" "$kept"
done <$board/kept

mkdir /run/out /run/board /tmp/home
mount -t 9p -o "$share" out /run/out
echo board >/proc/sys/kernel/hostname
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || perl -e '
  socket(my $s, 2, 2, 0); my $request = pack("a16 s x22", "lo", 0x49); ioctl($s, 0x8914, $request) or die "lo: $!\n"'

# Sets `device` to a port's device, by the name that the host gave it; ports appear some time after the start.
port() {
  while :; do
    for entry in /sys/class/virtio-ports/*; do
      name=
      read -r name <"$entry/name"
      device=/dev/${entry##*/}
      [ "$name" = "$1" ] && [ -e "$device" ] && return
    done 2>/dev/null
    sleep 0.05
  done
}

port control
exec 8<>"$device"

# Requests of the host. The job leads a session of its own, so a signal to its group reaches all of it.
control() {
  while read -r request rows columns; do
    read -r job 2>/dev/null </run/board/pid
    case $request in
      interrupt) kill -INT "-$job" ;;
      terminate) kill -TERM "-$job" ;;
      kill) kill -KILL "-$job" ;;
      size) stty rows "$rows" columns "$columns" </dev/hvc0 ;;
    esac
  done
}
control <&8 >/dev/null 2>&1 &

job='echo $$ >/run/board/pid; exec sh /dev/board/job'
echo started >&8
if [ -e $board/terminal ]; then
  read -r rows columns <$board/terminal
  setsid -w -c sh -c "stty rows $rows columns $columns; $job" </dev/hvc0 >/dev/hvc0 2>&1 8<&-
  status=$?
else
  # Pipes, so that the job may open /dev/stdout again: a port can be opened once only.
  mkfifo /run/board/out /run/board/err
  port out
  cat /run/board/out >"$device" 8<&- &
  out=$!
  port err
  cat /run/board/err >"$device" 8<&- &
  err=$!
  input=/dev/null
  if [ -e $board/input ]; then
    port in
    input=$device
  fi
  setsid -w sh -c "$job" <"$input" >/run/board/out 2>/run/board/err 8<&-
  status=$?
fi

# What the job left running would keep its output open.
read -r job </run/board/pid && kill -TERM "-$job" 2>/dev/null
if [ -n "$out" ]; then
  (sleep 3; kill "$out" "$err") 2>/dev/null 8<&- &
  wait "$out" "$err"
fi
echo "$status" >$board/status.new
mv $board/status.new $board/status
sync
# QEMU ends where the machine would start again (-no-reboot). Not every board's kernel can switch it off.
echo b >/proc/sysrq-trigger
# That takes a moment; an init that ends is a panic.
while :; do sleep 1; done
