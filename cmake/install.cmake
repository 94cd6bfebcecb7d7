# What `cmake --install` and the Debian package install, by the folders of the FHS. The caller sets
# ECHOD_EXECUTABLE (a path, or a generator expression) and has project() behind it.
#
# ECHOD_ZSH_COMPLETIONS: where zsh looks, under the prefix. Debian keeps site-functions for the
# administrator and gives packages a folder of their own; the Debian package sets it.
include(GNUInstallDirs)

set(ECHOD_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
    "Folder for zsh's completions")
set(ECHOD_FISH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d CACHE STRING
    "Folder for fish's completions")
get_filename_component(ECHOD_SOURCE ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

install(PROGRAMS ${ECHOD_EXECUTABLE} DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${ECHOD_SOURCE}/completions/echod.bash RENAME echod
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${ECHOD_SOURCE}/completions/_echod DESTINATION ${ECHOD_ZSH_COMPLETIONS})
install(FILES ${ECHOD_SOURCE}/completions/echod.fish DESTINATION ${ECHOD_FISH_COMPLETIONS})

# echod_gzip(FILE NAME FOLDER): installs FILE compressed as NAME. -n: no name and no time in it, so
# that two packages of the same source are equal.
function(echod_gzip file name folder)
  find_program(GZIP gzip REQUIRED)
  set(compressed ${CMAKE_CURRENT_BINARY_DIR}/installed/${name})
  install(CODE "
    file(MAKE_DIRECTORY [[${CMAKE_CURRENT_BINARY_DIR}/installed]])
    execute_process(COMMAND [[${GZIP}]] -9nc [[${file}]] OUTPUT_FILE [[${compressed}]]
                    COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${compressed} DESTINATION ${folder})
endfunction()

echod_gzip(${ECHOD_SOURCE}/docs/man/echod.1 echod.1.gz ${CMAKE_INSTALL_MANDIR}/man1)

# The units name the program and its configuration by their full paths; in the source these are the
# Debian package's. Done when installing, because `cmake --install --prefix` may name another folder.
# An administrator's configuration stays as it is.
install(CODE "
  set(program [[${ECHOD_EXECUTABLE}]])
  set(units [[${ECHOD_SOURCE}/packaging/systemd]])
  set(bin [[${CMAKE_INSTALL_BINDIR}]])")
install(CODE [[
  set(etc ${CMAKE_INSTALL_PREFIX}/etc)
  if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
    set(etc /etc)
  endif()
  foreach(unit echod.service echod.socket)
    file(READ ${units}/${unit} text)
    string(REPLACE /usr/bin/echod ${CMAKE_INSTALL_PREFIX}/${bin}/echod text "${text}")
    string(REPLACE /etc/echod/ ${etc}/echod/ text "${text}")
    set(file $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/${unit})
    message(STATUS "Installing: ${file}")
    file(WRITE ${file} "${text}")
  endforeach()
  set(file $ENV{DESTDIR}${etc}/echod/echod.toml)
  if(EXISTS ${file})
    message(STATUS "Left as it is: ${file}")
  else()
    message(STATUS "Installing: ${file}")
    file(MAKE_DIRECTORY $ENV{DESTDIR}${etc}/echod)
    execute_process(COMMAND ${program} config example OUTPUT_FILE ${file}
                    COMMAND_ERROR_IS_FATAL ANY)
  endif()
]])
