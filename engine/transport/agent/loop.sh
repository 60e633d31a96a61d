# shellcheck shell=bash disable=SC2034,SC2154 # a part: its variables are shared with the others
# The loop itself.

[[ -d $state/scripts && -d $state/blobs ]] || said=$(mkdir -p -- "$state/scripts" "$state/blobs" 2>&1) ||
  fail state "$state cannot be made: ${said##*: }"
era
say '@pallet 1'
printf '%s' "$mark" >&4 # what shells said before is no output of a script
await_cloud_init
facts >&3
wait_for_lease
say "@ready $kept"
forget
prepare # while the other side makes its plan
while read -r verb one two three; do
  case $verb in
    renew)
      take 0
      continue
      ;;
    cancel)
      cancel "$one"
      continue
      ;;
    secrets)
      secrets="$one $two $three"
      continue
      ;;
    bye) # a script that is followed goes on
      forget "$followed"
      give_back
      say '@bye'
      break
      ;;
  esac
  end_follower
  forget "$followed"
  case $verb in
    run) run "$one" "$two" "$three" ;;
    follow)
      if [[ -d $state/scripts/$one ]]; then
        answer_known "$one" "$two" "$three"
      else
        say '@unknown'
      fi
      ;;
    stop) ;; # following ends, the script does not
    have)
      read -r -a sums <<<"$one $two $three"
      have "${sums[@]}"
      ;;
    put) put "$one" "$two" ;;
    *) fail protocol "$verb is no command" ;;
  esac
done
end_follower
exec 3>&- 4>&-
! due || tidy
