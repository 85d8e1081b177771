//! Kills the lab's processes the moment the lab itself is gone, however it went. The watchdog is a
//! small shell that waits on a pipe which only the lab holds open, so it costs nothing meanwhile.

import { spawn } from "node:child_process";
import type { Socket } from "node:net";

import type { ProcessRecord } from "./record.ts";

export interface Watchdog {
  readonly pid: number | undefined;
  /** Lets it go. It looks at the record once more and ends whatever is still in there. */
  release(): void;
}

export function startWatchdog(record: ProcessRecord): Watchdog {
  const child = spawn(
    "/bin/sh",
    ["-c", script, "switchback-watchdog", record.file, record.heading],
    {
      cwd: "/",
      env: { PATH: "/bin:/usr/bin" },
      // Its own session: an interrupt typed at the terminal must not take it away with the lab.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  // Without a shell the reaper of the next start does the work.
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  (child.stdin as unknown as Socket).unref();
  return { pid: child.pid, release: () => child.stdin.destroy() };
}

/**
 * The same procedure as `killTree`: check pid and start time, stop from the root downwards until
 * nobody new is found, then kill. A record with another heading belongs to a later lab.
 */
const script = `
trap '' HUP INT TERM
while read -r _; do :; done
content=$(cat "$1" 2>/dev/null) || exit 0
case $content in "$2"*) ;; *) exit 0 ;; esac

started() {
  if [ -d /proc/self ]; then
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return
    set -- \${line##*) }
    echo "\${20}"
  else
    LC_ALL=C TZ=UTC ps -o lstart= -p "$1" | sed 's/^ *//; s/ *$//'
  fi
}

parents() {
  if [ -d /proc/self ]; then
    for file in /proc/[0-9]*/stat; do
      { read -r line < "$file"; } 2>/dev/null || continue
      pid=\${line%% *}
      set -- \${line##*) }
      echo "$pid $2"
    done
  else
    ps -A -o pid= -o ppid=
  fi
}

found=' '
while read -r pid startedAt; do
  [ -n "$pid" ] && [ "$(started "$pid")" = "$startedAt" ] || continue
  kill -STOP "$pid"
  found="$found$pid "
done <<END
$(printf '%s\\n' "$content" | sed -nE 's/^[{]"pid":([0-9]+),"startedAt":"([^"]+)".*/\\1 \\2/p')
END

more=yes
while [ -n "$more" ]; do
  more=
  while read -r pid parent; do
    case $found in *" $parent "*) ;; *) continue ;; esac
    case $found in *" $pid "*) continue ;; esac
    kill -STOP "$pid"
    found="$found$pid "
    more=yes
  done <<END
$(parents)
END
done

for pid in $found; do
  kill -KILL "-$pid"
  kill -KILL "$pid"
done
`;
