# Unity builds: the sources of a folder are compiled as one, so that what they all include is read and
# instantiated once. Building all takes half of the time so; building again after a change of one
# source takes longer. It is for builds that are made to run the tests once, and for clang-tidy.
#
# The names in unnamed namespaces must therefore differ within a folder. A source still includes what it
# uses: the presets `clang` and `plain` compile each on its own.
set(ECHOD_UNITY OFF CACHE STRING "Compile the sources of a folder as one: OFF, TESTS (the tests'), ALL")

# echod_unity(TARGET): one compilation for each folder of its sources.
function(echod_unity TARGET)
  get_target_property(sources ${TARGET} SOURCES)
  foreach(source ${sources})
    get_filename_component(source ${source} ABSOLUTE)
    get_filename_component(folder ${source} DIRECTORY)
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER "${folder}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
