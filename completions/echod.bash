# Made by `echod config docs bash` from the tables of options; do not edit.

_echod() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local verb=serve at=1 options='' values='' files=''
  COMPREPLY=()
  # bash takes --name=value for three words.
  if [[ $word == = ]]; then
    word=''
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD > 1 )); then
    case ${COMP_WORDS[1]} in
      serve|bench|health|sim|config|help|version) verb=${COMP_WORDS[1]} at=2 ;;
    esac
    if [[ $verb == bench && COMP_CWORD -gt 2 && ${COMP_WORDS[2]} == @(compare|merge) ]]; then
      verb="bench ${COMP_WORDS[2]}" at=3
    elif [[ $verb == config && COMP_CWORD -gt 2 ]]; then
      verb="config ${COMP_WORDS[2]}" at=3
      if [[ $verb == 'config dump' ]]; then
        verb=serve
        if [[ COMP_CWORD -gt 3 && ${COMP_WORDS[3]} == @(serve|bench|sim) ]]; then
          verb=${COMP_WORDS[3]} at=4
        fi
      fi
    fi
  fi
  case "$verb:$previous" in
    'serve:-l'|'serve:--listen') files=no values='' ;;
    'serve:-e'|'serve:--engine') files=no values='auto sequential threads pool epoll uring' ;;
    'serve:-w'|'serve:--workers') files=no values='' ;;
    'serve:--queue') files=no values='' ;;
    'serve:--spread') files=no values='auto local hash' ;;
    'serve:--spin') files=no values='auto off' ;;
    'serve:--response-control') files=no values='on off' ;;
    'serve:--seed') files=no values='' ;;
    'serve:--max-duration') files=no values='' ;;
    'serve:--max-answer') files=no values='' ;;
    'serve:--max-waiting') files=no values='' ;;
    'serve:--allow-redirect') files=no values='' ;;
    'serve:--allow-response-header') files=no values='' ;;
    'serve:--ws-compression') files=no values='message context off' ;;
    'serve:--show-environment') files=no values='' ;;
    'serve:--answer-status') files=no values='' ;;
    'serve:--answer-delay') files=no values='' ;;
    'serve:--answer-size') files=no values='' ;;
    'serve:--answer-close') files=no values='' ;;
    'serve:--answer-gzip') files=no values='' ;;
    'serve:--answer-header') files=no values='' ;;
    'serve:--answer-body') files=no values='' ;;
    'serve:--answer-override') files=no values='on off' ;;
    'serve:--cors') files=no values='off any' ;;
    'serve:--unsafe-answers') files=no values='on off' ;;
    'serve:--base-path') files=no values='' ;;
    'serve:--max-connections') files=no values='' ;;
    'serve:--max-connections-per-source') files=no values='' ;;
    'serve:--max-memory') files=no values='' ;;
    'serve:--max-body') files=no values='' ;;
    'serve:--max-header') files=no values='' ;;
    'serve:--max-header-fields') files=no values='' ;;
    'serve:--max-message') files=no values='' ;;
    'serve:--unsent-buffer') files=no values='' ;;
    'serve:--socket-buffer') files=no values='' ;;
    'serve:--idle-timeout') files=no values='' ;;
    'serve:--stall-timeout') files=no values='' ;;
    'serve:--detect-timeout') files=no values='' ;;
    'serve:--header-timeout') files=no values='' ;;
    'serve:--ping-interval') files=no values='' ;;
    'serve:--drain-delay') files=no values='' ;;
    'serve:--drain-timeout') files=no values='' ;;
    'serve:--log-level') files=no values='debug info warning error off' ;;
    'serve:--log-format') files=no values='text logfmt json' ;;
    'serve:--log-timestamps') files=no values='auto on off' ;;
    'serve:--log-file') files=yes values='' ;;
    'serve:--log-reads') files=no values='all none' ;;
    'serve:--access-log') files=yes values='' ;;
    'serve:--access-log-format') files=no values='text json combined' ;;
    'serve:--access-log-skip') files=no values='' ;;
    'serve:--admin') files=no values='' ;;
    'serve:--admin-allow-remote') files=no values='on off' ;;
    'serve:--admin-host') files=no values='' ;;
    'serve:--health-endpoints') files=no values='on off' ;;
    'serve:--config') files=yes values='' ;;
    'bench:-c'|'bench:--connections') files=no values='' ;;
    'bench:-n'|'bench:--messages') files=no values='' ;;
    'bench:-d'|'bench:-z'|'bench:--duration') files=no values='' ;;
    'bench:-s'|'bench:--size') files=no values='' ;;
    'bench:-r'|'bench:-R'|'bench:-q'|'bench:--rate') files=no values='' ;;
    'bench:--pipeline') files=no values='' ;;
    'bench:--idle') files=no values='' ;;
    'bench:-H'|'bench:--header') files=no values='' ;;
    'bench:-X'|'bench:--method') files=no values='' ;;
    'bench:--body') files=no values='' ;;
    'bench:--expect-status') files=no values='' ;;
    'bench:--warmup') files=no values='' ;;
    'bench:--ramp') files=no values='' ;;
    'bench:--connect-rate') files=no values='' ;;
    'bench:--timeout') files=no values='' ;;
    'bench:-t'|'bench:--threads') files=no values='' ;;
    'bench:-e'|'bench:--engine') files=no values='auto epoll uring' ;;
    'bench:-B'|'bench:--source') files=no values='' ;;
    'bench:--json') files=yes values='' ;;
    'bench:--html') files=yes values='' ;;
    'bench:--hlog') files=yes values='' ;;
    'bench:--fail-if') files=no values='' ;;
    'bench:-i'|'bench:--interval') files=no values='' ;;
    'bench:--config') files=yes values='' ;;
    'bench compare:--new') files=yes values='' ;;
    'bench compare:--threshold') files=no values='' ;;
    'bench compare:--confidence') files=no values='' ;;
    'bench merge:--json') files=yes values='' ;;
    'bench merge:--html') files=yes values='' ;;
    'bench merge:--hlog') files=yes values='' ;;
    'health:--timeout') files=no values='' ;;
    'health:--config') files=yes values='' ;;
    'sim:--seed') files=no values='' ;;
    'sim:--seeds') files=no values='' ;;
    'sim:--jobs') files=no values='' ;;
    'sim:--engine') files=no values='epoll uring any' ;;
    'sim:--config') files=yes values='' ;;
  esac
  if [[ $files == no ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
    return
  elif [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  case "$verb" in
    'serve') options='-l --listen -e --engine -w --workers --queue --spread --spin --response-control --seed --max-duration --max-answer --max-waiting --allow-redirect --allow-response-header --ws-compression --show-environment --answer-status --answer-delay --answer-size --answer-close --answer-gzip --answer-header --answer-body --answer-override --cors --unsafe-answers --base-path --max-connections --max-connections-per-source --max-memory --max-body --max-header --max-header-fields --max-message --unsent-buffer --socket-buffer --idle-timeout --stall-timeout --detect-timeout --header-timeout --ping-interval --drain-delay --drain-timeout --log-level --log-format --log-timestamps --log-file --log-reads --access-log --access-log-format --access-log-skip --admin --admin-allow-remote --admin-host --health-endpoints --config -h --help --help-all -V --version' ;;
    'bench') options='-c --connections -n --messages -d -z --duration -s --size -r -R -q --rate --pipeline --connect-each --no-connect-each --idle -H --header -X --method --body --expect-status --chunked --no-chunked --warmup --ramp --connect-rate --timeout --verify --no-verify -t --threads -e --engine --pin --no-pin -B --source --self --no-self --json --html --hlog --fail-if -i --interval --view --no-view --config -h --help --help-all -V --version' ;;
    'bench compare') options='--new --threshold --confidence -h --help --help-all -V --version' ;;
    'bench merge') options='--json --html --hlog -h --help --help-all -V --version' ;;
    'health') options='--admin --no-admin --timeout --config -h --help --help-all -V --version' ;;
    'sim') options='--seed --seeds --jobs --engine --faults --no-faults --config -h --help --help-all -V --version' ;;
    config) options='check dump example docs' ;;
    'config check') files=yes ;;
    'config docs') options='markdown man bash zsh fish' ;;
    help) options='serve bench health sim config' ;;
  esac
  if [[ $word != -* ]]; then
    case "$verb" in
      serve)
        options=''
        if (( COMP_CWORD == 1 )); then options='serve bench health sim config help version'; fi
        if [[ ${COMP_WORDS[1]} == config ]] && (( COMP_CWORD == 3 )); then
          options='serve bench sim'
        fi
        ;;
      bench)
        options=''
        if (( COMP_CWORD == 2 )); then options='compare merge'; fi
        ;;
      health|sim) options='' ;;
      'bench compare'|'bench merge') options='' files=yes ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$options" -- "$word"))
  if [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -F _echod echod
