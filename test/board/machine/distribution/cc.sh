#!/bin/sh
# The machine's compiler, for modules of a kernel that a newer one compiled: it gets that one's options in the words it knows, and
# leaves out debugging information, which nobody reads here.
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    -fmin-function-alignment=*) word=-falign-functions=${word#*=} ;;
    -g | -gdwarf-*) continue ;;
  esac
  set -- "$@" "$word"
done
exec gcc "$@"
