# Precompiled headers, and how the code of tests is built. Half of the time of a build without them
# goes into reading the same headers of the standard library again for every source.
#
# A source still includes what it uses: the presets `clang` and `plain` are built without any of this,
# and fail where it does not.

set(ECHOD_PRECOMPILED
    <algorithm> <array> <atomic> <charconv> <chrono> <coroutine> <deque> <expected> <functional> <map>
    <memory> <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility>
    <variant> <vector> <fmt/format.h>)

# What ccache needs to keep what is compiled with a precompiled header.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(ECHOD_PRECOMPILE_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")
else()
  # With a precompiled header g++ 12 takes what it inlines from the library's headers for ours, and
  # gives its false alarms of them. The preset `plain` has these warnings.
  set(ECHOD_PRECOMPILE_OPTIONS -fpch-preprocess -Wno-array-bounds -Wno-restrict
                               -Wno-stringop-overflow -Wno-stringop-overread)
endif()

if(ECHOD_PRECOMPILE)
  # The compilers refuse a precompiled header where a macro that it looks at differs.
  add_compile_definitions($<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
  file(CONFIGURE OUTPUT precompiled.cc CONTENT "int main() {}\n")
  # One for libraries, since they are position-independent in another way than programs.
  add_library(precompiled OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc)
  add_executable(precompiled_program EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc)
  foreach(owner precompiled precompiled_program)
    target_compile_options(${owner} PRIVATE ${ECHOD_PRECOMPILE_OPTIONS})
    target_precompile_headers(${owner} PRIVATE ${ECHOD_PRECOMPILED})
  endforeach()
endif()

# echod_precompiled(TARGET): a library or a program that is optimised as the preset says.
function(echod_precompiled TARGET)
  if(NOT ECHOD_PRECOMPILE)
    return()
  endif()
  target_compile_options(${TARGET} PRIVATE ${ECHOD_PRECOMPILE_OPTIONS})
  get_target_property(type ${TARGET} TYPE)
  if(type STREQUAL EXECUTABLE)
    target_precompile_headers(${TARGET} REUSE_FROM precompiled_program)
  else()
    target_precompile_headers(${TARGET} REUSE_FROM precompiled)
  endif()
endfunction()

# What tests read besides: a fifth of them, and each takes seconds for the second.
set(ECHOD_PRECOMPILED_FOR_TESTS <gtest/gtest.h> <nlohmann/json.hpp> ${ECHOD_PRECOMPILED})

# Code of tests is compiled without optimisation: it runs for milliseconds, and optimising it takes
# longer than all the rest. What it tests is in the libraries, which are optimised.
set(ECHOD_TEST_OPTIONS -O0 -U_FORTIFY_SOURCE)
if(NOT ECHOD_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  list(APPEND ECHOD_TEST_OPTIONS -g0)
endif()
if(ECHOD_PRECOMPILE)
  list(APPEND ECHOD_TEST_OPTIONS ${ECHOD_PRECOMPILE_OPTIONS})
endif()

if(ECHOD_TESTS AND ECHOD_PRECOMPILE)
  add_executable(precompiled_test EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc)
  target_link_libraries(precompiled_test PRIVATE GTest::gtest)
  target_compile_options(precompiled_test PRIVATE ${ECHOD_TEST_OPTIONS})
  target_precompile_headers(precompiled_test PRIVATE ${ECHOD_PRECOMPILED_FOR_TESTS})
endif()

# echod_unoptimised(SOURCE...): sources of a test program that read a large library (CLI11, JSON) and
# run once.
function(echod_unoptimised)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "-O0;-U_FORTIFY_SOURCE"
                                                 SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# echod_test_code(TARGET): an executable, or an object library, of tests with GoogleTest.
function(echod_test_code TARGET)
  target_compile_options(${TARGET} PRIVATE ${ECHOD_TEST_OPTIONS})
  # These watch what the optimiser makes of coroutines.
  get_target_property(canaries ${TARGET} SOURCES)
  list(FILTER canaries INCLUDE REGEX "_canary_test\\.cc$")
  if(NOT ECHOD_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    set_source_files_properties(${canaries} PROPERTIES COMPILE_OPTIONS -O2
                                                       SKIP_PRECOMPILE_HEADERS ON)
  endif()
  if(ECHOD_UNITY)
    echod_unity(${TARGET})
  endif()
  if(NOT ECHOD_PRECOMPILE)
    return()
  endif()
  get_target_property(type ${TARGET} TYPE)
  if(type STREQUAL EXECUTABLE)
    target_precompile_headers(${TARGET} REUSE_FROM precompiled_test)
  else()
    target_precompile_headers(${TARGET} PRIVATE ${ECHOD_PRECOMPILED_FOR_TESTS})
  endif()
endfunction()
