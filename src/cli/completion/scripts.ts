/** The completion scripts of the shells. Each passes the words so far to `completion SHELL -- WORD..` and quotes the answers by the shell's own means. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Files beside a ledger that are none: of SQLite, and of a killed run. */
const LEDGER_PARTS = '*-wal|*-shm|*-journal|*.incomplete-*';

// COMP_WORDS is split at = and : too, so words are joined again where the line has no blank between them
const BASH = `# bash completion of completengine: source <(completengine completion bash)
_completengine() {
  local rest=\${COMP_LINE:0:COMP_POINT} blank word line kind= cut= breaks= quoted i
  local -a joined=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blank=\${rest%%[![:space:]]*}
    rest=\${rest#"$blank"}
    word=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    if [[ $i -eq 0 || -n $blank ]]; then joined+=("$word"); else joined[\${#joined[@]}-1]+=$word; fi
    rest=\${rest#"$word"}
  done
  word=\${joined[\${#joined[@]}-1]}
  # readline replaces only what is after the last of these
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  [[ -n $breaks && $word == *[$breaks]* && $word != [\\"\\']* ]] && cut=\${word%"\${word##*[$breaks]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
      continue
    fi
    line=\${line%%$'\\t'*}
    case $word in
      # inside of quotes only what means the same there
      [\\"\\']*) [[ $line == *[!A-Za-z0-9_./:=+-]* ]] || COMPREPLY+=("$line") ;;
      *)
        printf -v quoted %q "\${line#"$cut"}"
        COMPREPLY+=("$quoted")
        ;;
    esac
  done < <("$1" completion bash -- "\${joined[@]:1}" 2> /dev/null)
  case $kind in
    files) ;;
    ledgers)
      # a word with quotes or a tilde is left to readline, which can expand it
      if [[ $word != *[!A-Za-z0-9_./:=+-]* ]]; then
        while IFS= read -r line; do
          case $line in
            ${LEDGER_PARTS}) ;;
            *) COMPREPLY+=("$line") ;;
          esac
        done < <(compgen -f -- "\${word#"$cut"}")
        compopt -o filenames +o default +o bashdefault 2> /dev/null
      fi
      ;;
    directories) compopt +o default +o bashdefault -o dirnames 2> /dev/null ;;
    *) compopt +o default +o bashdefault 2> /dev/null ;;
  esac
  return 0
}
complete -o bashdefault -o default -F _completengine completengine
`;

const ZSH = `#compdef completengine
# zsh completion of completengine: source <(completengine completion zsh), or in a file _completengine of $fpath
_completengine() {
  local -a lines values displays
  local line
  lines=("\${(@f)$("\${(Q)words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  case $lines[1] in
    files)
      compset -P '--*='
      _files
      ;;
    ledgers)
      compset -P '--*='
      _files -F '(${LEDGER_PARTS.replaceAll('|', ' ')})'
      ;;
    directories)
      compset -P '--*='
      _files -/
      ;;
    *)
      for line in "\${(@)lines[2,-1]}"; do
        values+=("\${line%%$'\\t'*}")
        displays+=("\${line/$'\\t'/  -- }")
      done
      compadd -d displays -a -- values
      ;;
  esac
}
if [[ $funcstack[1] == _completengine ]]; then
  _completengine "$@"
else
  compdef _completengine completengine
fi
`;

const FISH = `# fish completion of completengine: completengine completion fish | source
function __completengine_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines (completengine completion fish -- $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    set -e lines[1]
    set -l flag (string match -r -- '^--[^=]+=' "$current")
    set -l value (string replace -r -- '^--[^=]+=' '' "$current")
    switch "$kind"
        case files
            printf "$flag%s\\n" (__fish_complete_path "$value")
        case ledgers
            printf "$flag%s\\n" (__fish_complete_path "$value" | string match -rv -- '(-wal|-shm|-journal|\\.incomplete-[^/\\t]*)(\\t|$)')
        case directories
            printf "$flag%s\\n" (__fish_complete_directories "$value")
        case '*'
            printf '%s\\n' $lines
    end
end
complete -c completengine -f -a '(__completengine_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
