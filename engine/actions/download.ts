// What is fetched by a node itself, locked by its hash.
import { replaceDeferred, secretsIn } from "../plan/deferred.ts";
import { sh } from "../script/sh.ts";
import { v } from "../schema.ts";
import { count, line } from "./fields.ts";

/** Tests a URL in which values that come late stand as `~`; on the node it is tested again. */
function known(test: RegExp): (url: string) => boolean {
  return (url) => test.test(replaceDeferred(url, () => "~"));
}

/** A URL that a node fetches from. It stands among the arguments of a process, which all users of the node can see. */
export const downloadUrl = v.pipe(
  line,
  v.check((url) => secretsIn(url).size === 0, "must not hold a secret: all users of the node could see it"),
  v.check(known(/^(?:https?:\/\/[^/?#]|~)/), "must be an http or https URL"),
  v.check(known(/^[!-~]*$/), "must have no spaces, and ASCII alone: write others as %20"),
  v.check(
    known(/^(?!https?:\/\/[^/?#]*@)/),
    "must have no user name and password: all users of the node could see them",
  ),
);

/** SHA-256 as `sha256sum` prints it. */
export const downloadHash = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/i, "must be a SHA-256, as sha256sum prints it: 64 hexadecimal digits"),
  v.transform((hash) => hash.toLowerCase()),
);

/** Seconds that a download may take in all. */
export const downloadTime = v.pipe(count, v.minValue(1, "must be 1 second or more"));

/** Bash that fetches; it stages with that of `bash_files.ts`. */
export const downloadLibrary: string = sh`
pallet_download() { # URL FILE SECONDS: fetches by what there is, again when that may help; FILE is there and empty
  local url=$1 file=$2 deadline=$((SECONDS + $3)) try status said
  [[ $url =~ ^https?://[^/?#@[:space:]]+([/?#][^[:space:]]*)?$ ]] ||
    pallet_fail "Cannot download $url: it is no http or https URL without a user name and spaces"
  pallet_room "\${file%/*}"
  for try in 1 2 3; do
    status=0
    if command -v curl >/dev/null; then
      pallet_fetch curl || status=$?
    elif command -v wget >/dev/null; then
      pallet_fetch wget || status=$?
    else
      pallet_fail "Cannot download $url: neither curl nor wget is on this node; install one before, as by packages(\"curl\")"
    fi
    ((status)) || return 0
    if (($(stat -c %s -- "$file") >= pallet_most * 1024)); then
      pallet_fail "Cannot download $url: it is larger than $((pallet_most * 1024)) bytes, for which \${file%/*}/ has room"
    fi
    if ((try == 3 || SECONDS + try >= deadline)) || ! pallet_passing "$status"; then
      break
    fi
    sleep "$try"
    : >"$file"
  done
  pallet_fail "Cannot download $url: $said"
}

pallet_room() { # DIRECTORY; sets pallet_most: KiB that may come there, which leaves a twentieth of what is free
  local blocks size
  read -r blocks size < <(stat -f -c '%a %S' -- "$1/")
  pallet_most=$((blocks * size * 19 / 20 / 1024))
}

pallet_fetch() { # curl|wget; with the caller's variables; sets said: what the program complained of
  local seconds=$((deadline - SECONDS)) log=$pallet_tmp/.download status=0 line direct=localhost,127.0.0.1,::1
  # Nobody's own settings, passwords or memory of hosts: the home is empty. A proxy's password is in no argument.
  local -x HOME=$pallet_tmp LC_ALL=C http_proxy=\${pallet_proxy-} https_proxy=\${pallet_proxy-}
  local -x no_proxy=\${no_proxy:+$no_proxy,}$direct
  (
    ulimit -c 0
    ulimit -f "$pallet_most"
    if [[ $1 == curl ]]; then
      exec curl -q --silent --show-error --fail --location --globoff --proto =http,https --proto-redir =http,https \
        --max-redirs 10 --connect-timeout 30 --speed-limit 1 --speed-time 60 --max-time "$seconds" \
        --output "$file" -- "$url"
    fi
    exec timeout "$seconds" wget --no-config --no-verbose --tries=1 --max-redirect=10 --dns-timeout=30 \
      --connect-timeout=30 --read-timeout=60 --no-use-server-timestamps --output-document="$file" -- "$url"
  ) >"$log" 2>&1 || status=$?
  ((status)) || return 0
  said="$1 ended with status $status"
  while IFS= read -r line; do
    case $line in
      '' | "$url:") ;;
      'curl: ('* | *ERROR* | *failed:*)
        said=$line
        break # what follows is advice
        ;;
      *) said=$line ;;
    esac
  done <"$log"
  [[ $1 != wget || $status != 124 ]] || said='it took too long'
  cat -- "$log" >&2
  return "$status"
}

pallet_passing() { # STATUS; with the caller's variables: whether another try may go better
  case $1 in
    6 | 7 | 18 | 35 | 52 | 55 | 56 | 92) return 0 ;; # curl: names, connections, what was cut
    4) return 0 ;;                                       # wget: the network
    22 | 8) [[ $said =~ (error:|ERROR)\ (408|429|5[0-9][0-9]) ]] ;;
    *) return 1 ;;
  esac
}

pallet_expect() { # URL FILE SHA256: what came is what was to come
  local found begin=
  found=$(sha256sum <"$2")
  found=\${found%% *}
  [[ $found != "$3" ]] || return 0
  IFS= read -r -d '' -n 512 begin <"$2" || true
  shopt -s nocasematch
  [[ $begin =~ ^[[:space:]]*'<'(!doctype|html) ]] && begin='an HTML page of ' || begin=
  pallet_fail "Cannot use what $1 gave: it is $begin$(stat -c %s -- "$2") bytes with SHA-256 $found, and $3 was expected"
}
`.text;
