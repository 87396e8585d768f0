# Ends what its starter leaves behind. It reads, from a pipe that only the starter holds open, which processes there are;
# when the pipe closes, for whatever reason (return, panic, kill -9), it kills them and removes the directory.
# Argument: the directory.
trap '' INT TERM HUP
directory=$1
guarded=
keep=
while read -r verb process; do
  case $verb in
    guard) guarded="$guarded $process" ;;
    release)
      rest=
      for other in $guarded; do [ "$other" = "$process" ] || rest="$rest $other"; done
      guarded=$rest ;;
    keep) keep=yes ;;
  esac
done
# Each is the leader of a process group of its own. A stopped process dies of SIGKILL, too.
for process in $guarded; do kill -s KILL -- "-$process" 2>/dev/null; done
[ -z "$keep" ] || exit 0
# A dying process may still create a file while the directory is being emptied.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$directory" 2>/dev/null && exit 0
  sleep 0.2
done
