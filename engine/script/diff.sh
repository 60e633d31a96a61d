# --- Differences of contents ---

pallet_diff() { # OLD NEW LABEL: records how two files differ, up to a limit; OLD may be missing
  local old=$1 new=$2 label=$3 limit=65536 text LC_ALL=C
  [[ -e $old ]] || old=/dev/null
  [[ -e $new ]] || new=/dev/null
  if ! command -v diff >/dev/null; then
    printf '%s\n' "(no diff of $label: the command diff is not on this node)" >>"$pallet_report.diff"
    return 0
  fi
  diff -u --label "$label" --label "$label" -- "$old" "$new" >"$pallet_tmp/diff" || [[ $? == 1 ]]
  IFS= read -r -N "$((limit + 1))" text <"$pallet_tmp/diff" || true # less is there
  printf %s "${text:0:limit}" >>"$pallet_report.diff"
  if ((${#text} > limit)); then
    printf '\n(%s more bytes)\n' "$(($(stat -c %s -- "$pallet_tmp/diff") - limit))" >>"$pallet_report.diff"
  fi
}
