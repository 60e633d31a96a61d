# Changes that may cut the line. A process that outlives script and connection waits for the run to come back, and
# undoes them when it does not. There is one guard at a time: $pallet_state/guard holds
#   script    what undoes them             owner    run, its holder and its script, as the agent knows them
#   titles    its actions, a line each     lock     held as long as somebody waits or undoes
#   decided   a directory: who makes it has the say; "why" in it says why they are undone
#   records, output                        of the script that undoes them

pallet_guarded() { # SECONDS TITLE...; standard input: the script that undoes
  local guard=$pallet_state/guard dir=$pallet_claim within=$1 owner=""
  shift
  ((!pallet_check)) || return 0
  if [[ -e $guard/lock ]] && ! flock -s -w 900 "$guard/lock" true; then
    pallet_fail "Cannot guard what follows: the guard of an earlier run is still in $guard"
  fi
  rm -rf -- "$guard"
  mkdir -m 700 -- "$guard"
  cat >"$guard/script"
  printf '%s\n' "$@" >"$guard/titles"
  [[ ! -r $pallet_state/running ]] || read -r owner <"$pallet_state/running"
  [[ $pallet_state/scripts/${owner##* } == "$dir" ]] || owner="${dir%/*} unknown $dir"
  printf '%s\n' "$owner" >"$guard/owner"
  mkfifo -m 600 -- "$guard/wake"
  exec 8>"$guard/lock"
  flock -n 8
  setsid bash -c "$pallet_guarded_watch" guard "$guard" "$dir" "$pallet_state" "$within" \
    </dev/null >>"$guard/output" 2>&1 9>>"$guard/records" &
  printf '%s\n' "$!" >"$guard/pid"
  exec 8>&-
}

# shellcheck disable=SC2016 # a program of its own
pallet_guarded_watch='
guard=$1 dir=$2 state=$3 ended= why="the run did not come back within $4 seconds"
exec 7<>"$guard/wake"
read -r now _ </proc/uptime
end=$((${now%.*} + $4))
while ((${now%.*} < end)); do
  [[ ! -d $guard/decided ]] || exit 0
  if [[ -z $ended ]] && flock -n -s "$dir/lock" true; then
    ended=yes
    last=
    while IFS= read -r line; do last=$line; done <"$dir/records"
    if [[ $last != script-finished$'"'\\t'"'ok$'"'\\t'"'* ]]; then
      why="not all of the guarded actions succeeded"
      break
    fi
  fi
  read -r -t 0.3 -u 7
  read -r now _ </proc/uptime
done
mkdir "$guard/decided" || exit 0
printf "%s\n" "$why" >"$guard/decided/why"
if [[ -z $ended ]]; then # what still runs of the actions must not go on beside this
  read -r pid <"$dir/pid"
  for signal in TERM KILL; do
    for file in /proc/[0-9]*/stat; do
      read -r line 2>/dev/null <"$file" || continue
      read -r -a fields <<<"${line##*) }"
      [[ ${fields[3]} != "$pid" ]] || kill -s "$signal" "${line%% *}"
    done
    flock -s -w 5 "$dir/lock" true && break
  done
fi
exec 7>&-
bash "$guard/script" "$guard" "$state"
'

pallet_keep() { # the guarded changes may stay, unless they were undone
  local guard=$pallet_state/guard dir=$pallet_claim owner="" why="" status=0
  ((!pallet_check)) || return 0
  [[ ! -r $guard/owner ]] || read -r owner <"$guard/owner"
  owner=$pallet_state/scripts/${owner##* }
  [[ ${owner%/*} == "${dir%/*}" ]] || pallet_fail 'Cannot find the guard of these changes on the node'
  # What has not gone well is undone, however soon somebody comes back.
  if pallet_guarded_well "$owner/records" && mkdir -- "$guard/decided" 2>/dev/null; then
    printf '\n' 1<>"$guard/wake"
    flock -s -w 5 "$guard/lock" true || true # for the next run: until then the node is not free
    return 0
  fi
  printf '\n' 1<>"$guard/wake"
  flock -s -w 900 "$guard/lock" true || pallet_fail 'The node is still undoing the guarded changes'
  [[ -e $guard/decided/why ]] || pallet_fail 'The guard was ended, and nothing was undone: did the node restart?'
  why=$(<"$guard/decided/why")
  pallet_guarded_told || status=1
  cat -- "$guard/output"
  ((!status)) || pallet_fail "The node could not undo all of the guarded changes, as $why"
  pallet_fail "The node undid the guarded changes, as $why"
}

pallet_guarded_well() { # RECORDS: whether the guarded actions succeeded
  local line last=''
  while IFS= read -r line; do last=$line; done <"$1"
  [[ $last == script-finished$'\t'ok$'\t'* ]]
}

pallet_guarded_told() { # tells what was done to undo; fails unless all of it succeeded
  local type first second result=failed titles=()
  mapfile -t titles <"$pallet_state/guard/titles"
  while IFS=$'\t' read -r type first second _; do
    case $type in
      action-finished) pallet_change "undo: ${titles[first]} ($second)" || true ;;
      script-finished) result=$first ;;
    esac
  done <"$pallet_state/guard/records"
  [[ $result == ok ]]
}
