# `cmake --install`: PREFIX/bin holds the programs, PREFIX/lib/gvsl the libraries of the LibTorch
# wheel that they load. Programs find them relative to themselves, so that the tree may be moved.
# Debian's own libraries (gRPC, DCMTK, …) are expected on the machine.
if(GVSL_TORCH AND GVSL_TORCH_DIR)
  foreach(library c10 torch_cpu)
    install(FILES ${GVSL_LIB_${library}} DESTINATION lib/gvsl)
  endforeach()
  install(FILES ${GVSL_TORCH_DIR}/lib/libgomp.so.1 ${GVSL_CUDA_STUBS} DESTINATION lib/gvsl)
  if(GVSL_CUDA)
    # After the programs: it asks them what they need. DESTDIR and --prefix are known at install time.
    install(CODE "execute_process(
      COMMAND ${CMAKE_SOURCE_DIR}/deploy/setup/cuda_libraries.sh \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX} ${GVSL_SITE_DIR}
      COMMAND_ERROR_IS_FATAL ANY)")
  endif()
endif()
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY proto/gvsl DESTINATION ${CMAKE_INSTALL_DATADIR}/gvsl/proto FILES_MATCHING PATTERN "*.proto")
