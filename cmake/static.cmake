# echod_static: the program without any shared library, for images and for systems of other
# distributions. It is a second link of the objects that `echod` has, so it costs seconds. It is built
# only when asked for, since its libraries need not be installed as archives.
#
# The layers' own libraries are shared ones, as CMake's packages name them; so the archives are
# named here: when a layer starts to use another library, the link says what is missing.
find_library(ECHOD_ARCHIVE_CRYPTO libcrypto.a)
find_library(ECHOD_ARCHIVE_URING liburing.a)
find_library(ECHOD_ARCHIVE_Z libz.a)
find_library(ECHOD_ARCHIVE_ZSTD libzstd.a)
find_library(ECHOD_ARCHIVE_BROTLIENC libbrotlienc.a)
find_library(ECHOD_ARCHIVE_BROTLICOMMON libbrotlicommon.a)
set(archives ${ECHOD_ARCHIVE_CRYPTO} ${ECHOD_ARCHIVE_URING} ${ECHOD_ARCHIVE_Z} ${ECHOD_ARCHIVE_ZSTD}
             ${ECHOD_ARCHIVE_BROTLIENC} ${ECHOD_ARCHIVE_BROTLICOMMON})
if(ECHOD_SANITIZE OR archives MATCHES NOTFOUND)
  return()
endif()

echod_build_info(echod_build_info_static ON)

add_executable(echod_static EXCLUDE_FROM_ALL $<TARGET_OBJECTS:echod_main> cmake/fmt_static.cc)
get_property(layers GLOBAL PROPERTY ECHOD_LAYERS)
add_dependencies(echod_static ${layers})
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_FILE:\\1>")
# The map says which archives were used: packaging/sbom.
target_link_options(echod_static PRIVATE -static-pie LINKER:--gc-sections
                    LINKER:-Map=echod_static.map)
target_link_libraries(echod_static PRIVATE
  -Wl,--start-group ${layers} echod_build_info_static -Wl,--end-group ${archives})
