import { sh } from "../script/sh.ts";

/**
 * Bash of whole files: a new content, from wherever it is, takes the place of an old one unless that was edited. It
 * works with that of `bash_files.ts` and `download.ts`.
 */
export const remoteFileLibrary: string = sh`
pallet_is_remote_file() { # PATH OWNER GROUP MODE SHA256: what Pallet wrote, and nothing else
  local wrote=
  [[ -f $1 && ! -L $1 ]] || return 1
  pallet_look files
  [[ \${pallet_sums[$1]-} == "$5" ]] || return 1
  { read -r wrote <"$pallet_state/files\${1//\/@/\/@@}/@sha256"; } 2>/dev/null
  [[ $wrote == "$5" ]] && pallet_has_attributes "$@"
}

pallet_content() { # SHA256 TEXT; sets pallet_content: the file with the new content, and pallet_new
  pallet_content=$pallet_report.content pallet_new=$1 pallet_url=
  printf %s "$2" >"$pallet_content"
  [[ -n $1 ]] || pallet_hashes "$pallet_content" "$pallet_content" # a value in it came late
}

pallet_content_of() { # SHA256
  pallet_content=$(pallet_blob "$1") pallet_new=$1 pallet_url=
}

pallet_content_at() { # URL SHA256 SECONDS: fetched when it is known that it must be
  pallet_content='' pallet_new=$2 pallet_url=$1 pallet_patience=$3
}

pallet_remote_file() { # PATH OWNER GROUP MODE VERSIONS OVERWRITE VERIFY
  local path owner=$2 group=$3 mode=$4 versions=$5 overwrite=$6 verify=$7 edited=
  pallet_follow "$1"
  path=$pallet_path
  if [[ ! -e $path ]]; then
    [[ -n $pallet_url ]] || pallet_diff /dev/null "$pallet_content" "$path"
    if pallet_change "create $path\${pallet_url:+ from $pallet_url}"; then
      pallet_remote_file_write ''
    fi
    return 0
  fi
  [[ -f $path ]] || pallet_fail "Cannot write file $path: something else is there"
  pallet_hash "$path"
  if pallet_edited "$path" "$pallet_old"; then
    edited=yes
  fi
  if [[ $pallet_old == "$pallet_new" ]]; then
    if ((!pallet_check)) && [[ -n $edited || ! -e $pallet_place/@sha256 ]]; then
      pallet_remember "$path" "$pallet_new"
    fi
    pallet_attributes "$path" "$owner" "$group" "$mode"
    return 0
  fi
  [[ -n $pallet_url ]] || pallet_diff "$path" "$pallet_content" "$path"
  if [[ -n $edited && $overwrite != true ]]; then
    pallet_fail "Cannot replace $path: it was edited on this node since Pallet wrote it, and overwriteChanges is not set"
  fi
  if pallet_change "replace $path\${pallet_url:+ from $pallet_url}\${edited:+, which was changed by hand}"; then
    pallet_remote_file_write "$pallet_old"
  else
    pallet_attributes "$path" "$owner" "$group" "$mode"
  fi
}

pallet_remote_file_write() { # OLD-SHA256; a function of the one above, with its variables
  [[ -z $pallet_url ]] || pallet_remote_file_fetch
  if [[ -n $1 ]]; then
    pallet_keep "$path" "$versions"
    # Until it is in place both may be found: a run that dies here leaves nothing that looks like an edit.
    pallet_remember "$path" "$1" "$pallet_new"
  fi
  pallet_install "$pallet_content" "$path" "$owner" "$group" "$mode" "$verify"
  pallet_remember "$path" "$pallet_new"
}

pallet_remote_file_fetch() { # sets pallet_content: a file beside the path, with what is at pallet_url
  local remains
  pallet_in_directory "$path"
  pallet_beside files "$path"
  [[ -d $pallet_place ]] || pallet_places
  if [[ -s $pallet_place/@staged ]]; then # a run that was killed left it, and it may be large
    pallet_read "$pallet_place/@staged" remains
    [[ $remains != "\${path%/*}/.pallet."* ]] || rm -f -- "$remains"
  fi
  pallet_stage "\${path%/*}"
  pallet_content=$pallet_staged
  printf %s "$pallet_content" >"$pallet_place/@staged"
  trap 'rm -f -- "$pallet_staged"' EXIT
  pallet_download "$pallet_url" "$pallet_content" "$pallet_patience"
  pallet_expect "$pallet_url" "$pallet_content" "$pallet_new"
  [[ -e $path || -n $mode ]] || mode=0644
}

pallet_remote_file_delete() { # PATH VERSIONS OVERWRITE
  if [[ -L $1 ]]; then
    if pallet_change "delete symbolic link $1"; then
      rm -f -- "$1"
    fi
  elif [[ -e $1 ]]; then
    [[ -f $1 ]] || pallet_fail "Cannot delete file $1: it is not a file"
    pallet_hash "$1"
    if [[ $3 != true ]] && pallet_edited "$1" "$pallet_old"; then
      pallet_fail "Cannot delete $1: it was edited on this node since Pallet wrote it, and overwriteChanges is not set"
    fi
    if pallet_change "delete $1"; then
      pallet_keep "$1" "$2"
      rm -f -- "$1"
      pallet_forget "$1"
    fi
  fi
}
`.text;
