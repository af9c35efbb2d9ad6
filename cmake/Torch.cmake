# LibTorch as gvsl_torch: from the official wheel (GVSL_TORCH_DIR), else from find_package(Torch).
# The wheel's include folder carries old copies of Protobuf and fmt; -idirafter keeps them behind
# the system's.
add_library(gvsl_torch INTERFACE)
set(GVSL_TORCH_LIBRARIES c10 torch_cpu)
if(GVSL_CUDA)
  list(APPEND GVSL_TORCH_LIBRARIES c10_cuda torch_cuda)
  # Nothing names a symbol of it: it registers its kernels when it is loaded.
  target_link_options(gvsl_torch INTERFACE -Wl,--no-as-needed)
endif()
if(GVSL_TORCH_DIR)
  foreach(library ${GVSL_TORCH_LIBRARIES})
    find_library(GVSL_LIB_${library} ${library} PATHS ${GVSL_TORCH_DIR}/lib NO_DEFAULT_PATH REQUIRED)
    add_library(gvsl_torch_${library} SHARED IMPORTED)
    set_target_properties(gvsl_torch_${library} PROPERTIES IMPORTED_LOCATION ${GVSL_LIB_${library}})
    target_link_libraries(gvsl_torch INTERFACE gvsl_torch_${library})
  endforeach()
  target_compile_options(
    gvsl_torch
    INTERFACE "SHELL:-idirafter ${GVSL_TORCH_DIR}/include"
              "SHELL:-idirafter ${GVSL_TORCH_DIR}/include/torch/csrc/api/include")
  # libtorch_cpu.so needs two small libraries of the CUDA runtime wheels, beside the torch folder.
  get_filename_component(GVSL_SITE_DIR ${GVSL_TORCH_DIR} DIRECTORY)
  file(GLOB_RECURSE GVSL_CUDA_STUBS ${GVSL_SITE_DIR}/nvidia/*/lib/libcudart.so.*
       ${GVSL_SITE_DIR}/nvidia/*/lib/libcupti.so.*)
  foreach(stub ${GVSL_CUDA_STUBS})
    get_filename_component(directory ${stub} DIRECTORY)
    target_link_options(gvsl_torch INTERFACE -Wl,-rpath-link,${directory})
    list(APPEND GVSL_TORCH_RPATHS ${directory})
  endforeach()
  list(APPEND GVSL_TORCH_RPATHS ${GVSL_TORCH_DIR}/lib)
  list(REMOVE_DUPLICATES GVSL_TORCH_RPATHS)
else()
  find_package(Torch 2.6 REQUIRED)
  target_link_libraries(gvsl_torch INTERFACE ${TORCH_LIBRARIES})
  target_include_directories(gvsl_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
endif()
if(GVSL_CUDA)
  include(Cuda)
endif()
