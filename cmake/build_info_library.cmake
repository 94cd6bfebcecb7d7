# What a build says about itself: src/app/version/build_info.h.
set(ECHOD_COMMIT "" CACHE STRING "The commit of these sources, where git cannot tell")

set(name ${CMAKE_CXX_COMPILER_ID})
if(name STREQUAL GNU)
  set(name g++)
elseif(name STREQUAL Clang)
  set(name clang++)
endif()
add_custom_target(echod_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DCOMMIT=${ECHOD_COMMIT}
          -DOUTPUT=${PROJECT_BINARY_DIR}/build_info.cc -DVERSION=${PROJECT_VERSION}
          "-DCOMPILER=${name} ${CMAKE_CXX_COMPILER_VERSION}"
          -DTARGET=${CMAKE_CXX_LIBRARY_ARCHITECTURE} -DLIBURING=${liburing_VERSION}
          -DFMT=${fmt_VERSION} -DCLI11=${CLI11_VERSION} -DNLOHMANN_JSON=${nlohmann_json_VERSION}
          -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/build_info.cc
  COMMENT "Re-reading the commit"
  VERBATIM)

# echod_build_info(TARGET STATIC): a library with it, for a program that is linked statically or not.
function(echod_build_info TARGET STATIC)
  add_library(${TARGET} STATIC ${PROJECT_BINARY_DIR}/build_info.cc)
  add_dependencies(${TARGET} echod_commit)
  target_include_directories(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${TARGET} PRIVATE ECHOD_IS_STATIC=$<IF:$<BOOL:${STATIC}>,true,false>)
endfunction()
