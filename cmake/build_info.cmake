# Run by each build: cmake -DSOURCE=... -DOUTPUT=... -D... -P build_info.cmake. Writes the source that
# implements src/app/version/build_info.h, if it would differ. The commit is that of -DCOMMIT=HASH, or
# else the one that git tells, with whether files differ from it. Where SOURCE is not the root of a
# git repository, as an unpacked archive is not, it is "unknown".
set(MODIFIED false)
set(DATE "")
set(git git -c safe.directory=${SOURCE} -C ${SOURCE})
if(NOT COMMIT)
  set(COMMIT unknown)
  execute_process(COMMAND ${git} rev-parse --show-prefix HEAD
                  OUTPUT_VARIABLE told ERROR_QUIET RESULT_VARIABLE status)
  # The folder inside the repository, here an empty line, and the commit.
  if(status STREQUAL 0 AND told MATCHES "^\n([0-9a-f]+)\n$")
    set(COMMIT ${CMAKE_MATCH_1})
    execute_process(COMMAND ${git} diff --quiet HEAD -- RESULT_VARIABLE status ERROR_QUIET)
    if(NOT status STREQUAL 0)
      set(MODIFIED true)
    endif()
    execute_process(COMMAND ${git} show --no-patch --format=%ct HEAD
                    OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(seconds $ENV{SOURCE_DATE_EPOCH})
endif()
if(seconds)
  set(ENV{SOURCE_DATE_EPOCH} ${seconds})  # string(TIMESTAMP) takes this for the present
  string(TIMESTAMP DATE "%Y-%m-%dT%H:%M:%SZ" UTC)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/build_info.cc.in ${OUTPUT} @ONLY)
