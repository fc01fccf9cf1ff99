# Completion of sen for bash. What sen answers is data: nothing of it is evaluated, and words that need quotes get them.
_sen() {
  local line=${COMP_LINE:0:COMP_POINT} partial breaks='' prefix='' rest kind word about
  COMPREPLY=()
  partial=${line##*[[:space:]]}
  # Readline replaces what follows the last of the characters that break words for it.
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  rest=$partial
  [[ -n $breaks ]] && rest=${partial##*[$breaks]}
  prefix=${partial%"$rest"}
  {
    IFS= read -r kind
    while IFS=$'\t' read -r word about; do
      word=${word#"$prefix"}
      if [[ $partial == [\'\"]* ]]; then
        # Inside quotes as they are; what would mean something there cannot be completed.
        [[ $word == *[\'\"\$\!\`\\]* ]] || COMPREPLY+=("$word")
      else
        COMPREPLY+=("$(printf %q "$word")")
      fi
    done
  } < <(sen __complete --line "$line" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
  case $kind in
    :files | :directories)
      compopt -o filenames 2>/dev/null
      [[ $kind == :files ]] && kind=-f || kind=-d
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen $kind -- "$rest")
      ;;
  esac
}
complete -F _sen sen
