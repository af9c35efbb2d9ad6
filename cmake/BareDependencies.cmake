# What trains, on a machine where nothing can be installed: GVSL_DEPS is a folder that was filled from
# apt's packages elsewhere (CONTRIBUTING.md has the lines). Nothing outside it is looked for.
#   include/nlohmann/  include/openssl/  lib/libcrypto.a  googletest/ (its sources)
if(GVSL_SERVICE)
  message(FATAL_ERROR "GVSL_DEPS holds what trains alone: it needs GVSL_SERVICE=OFF (--preset bare)")
endif()
foreach(part include/nlohmann/json.hpp include/openssl/evp.h include/openssl/configuration.h
             lib/libcrypto.a googletest/CMakeLists.txt)
  if(NOT EXISTS ${GVSL_DEPS}/${part})
    message(FATAL_ERROR "GVSL_DEPS: ${GVSL_DEPS}/${part} is missing; CONTRIBUTING.md says how to fill it")
  endif()
endforeach()

add_library(gvsl_nlohmann_json INTERFACE)
target_include_directories(gvsl_nlohmann_json SYSTEM INTERFACE ${GVSL_DEPS}/include)
add_library(nlohmann_json::nlohmann_json ALIAS gvsl_nlohmann_json)

# Its SHA-256 alone is used. Linked statically: the machine need not have the same OpenSSL, or any.
add_library(OpenSSL::Crypto STATIC IMPORTED GLOBAL)
set_target_properties(
  OpenSSL::Crypto
  PROPERTIES IMPORTED_LOCATION ${GVSL_DEPS}/lib/libcrypto.a
             INTERFACE_INCLUDE_DIRECTORIES ${GVSL_DEPS}/include
             INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")

set(INSTALL_GTEST OFF CACHE BOOL "" FORCE)
add_subdirectory(${GVSL_DEPS}/googletest ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)
