# One folder is one target or a few; these three functions are the only way targets are made, so that
# every target has the same warnings and sanitizers.
include(GoogleTest)

function(gvsl_common_options target)
  # -Wmissing-field-initializers is off: leaving a field of a designated initializer at its default is
  # how options are written here.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
                                           $<$<BOOL:${GVSL_WERROR}>:-Werror>)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  if(GVSL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${GVSL_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${GVSL_SANITIZE})
  endif()
endfunction()

# gvsl_library(NAME SOURCES a.cc ... [LINK lib ...])
function(gvsl_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  gvsl_common_options(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# gvsl_program(NAME SOURCES main.cc ... [LINK lib ...]): built into build/bin and installed.
function(gvsl_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  gvsl_common_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set_property(GLOBAL APPEND PROPERTY GVSL_PROGRAMS ${name})
endfunction()

# The target `programs` is all of them, without the tests; call it after the last gvsl_program.
function(gvsl_programs_target)
  get_property(programs GLOBAL PROPERTY GVSL_PROGRAMS)
  add_custom_target(programs DEPENDS ${programs})
endfunction()

# gvsl_test(NAME SOURCES a_test.cc ... [LINK lib ...] [LABELS label ...] [TIMEOUT seconds] [SERIAL])
# Every TEST becomes a ctest test of its own, so that the list reads as a specification.
function(gvsl_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  gvsl_common_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()

# gvsl_mpirun_test(NAME RANKS TARGET [argument ...]): the program under mpirun. The launcher's options
# are in the environment, for a test may run as root, and with more ranks than cores.
function(gvsl_mpirun_test name ranks target)
  add_test(NAME ${name} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
                                $<TARGET_FILE:${target}> ${ARGN})
  set_tests_properties(
    ${name} PROPERTIES LABELS mpi TIMEOUT 300 RUN_SERIAL ON ENVIRONMENT
    "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1")
endfunction()

# gvsl_python_tests(PREFIX module): every test method of module.py in this folder is a ctest test of its
# own, "PREFIX.Class: its name"; the names are read from the file, so none is missed. 77 is a skip.
function(gvsl_python_tests prefix module)
  set(file ${CMAKE_CURRENT_SOURCE_DIR}/${module}.py)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} lines REGEX "^class |^    def test_")
  foreach(line ${lines})
    if(line MATCHES "^class ([A-Za-z]+)")
      set(class ${CMAKE_MATCH_1})
    elseif(line MATCHES "def test_([a-z_]+)")
      set(method ${CMAKE_MATCH_1})
      string(REPLACE "_" " " sentence ${method})
      add_test(
        NAME "${prefix}.${class}: ${sentence}"
        COMMAND Python3::Interpreter -B -m unittest ${module}.${class}.test_${method}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
      set_tests_properties("${prefix}.${class}: ${sentence}" PROPERTIES SKIP_RETURN_CODE 77)
    endif()
  endforeach()
endfunction()
