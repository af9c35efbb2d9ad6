# CUDA and NCCL as gvsl_cuda and gvsl_nccl, from the wheels beside LibTorch's, else from a toolkit on this
# machine. CMake's own CUDA language is not used: it does not know the wheels' folders, and a few
# kernels need no more than nvcc.
set(GVSL_CUDA_ARCHITECTURES "75;80;86;90;100;120" CACHE STRING "Compute capabilities that kernels are compiled for; the last also as PTX")
set(wheels ${GVSL_SITE_DIR}/nvidia)
find_program(GVSL_NVCC nvcc HINTS ${wheels}/cu13/bin /usr/local/cuda/bin REQUIRED)
get_filename_component(nvcc_bin ${GVSL_NVCC} DIRECTORY)
# PyTorch's own dependencies bring the runtime's headers without those of the compiler, which they need.
find_path(GVSL_CUDA_INCLUDE_DIR crt/host_defines.h
          HINTS ${nvcc_bin}/../include ${wheels}/cu13/include /usr/local/cuda/include REQUIRED)
find_library(GVSL_CUDART_LIBRARY NAMES cudart libcudart.so.13
             HINTS ${wheels}/cu13/lib /usr/local/cuda/lib64 REQUIRED)
find_path(GVSL_NCCL_INCLUDE_DIR nccl.h HINTS ${wheels}/nccl/include /usr/local/cuda/include REQUIRED)
find_library(GVSL_NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS ${wheels}/nccl/lib REQUIRED)

add_library(gvsl_cuda INTERFACE)
target_include_directories(gvsl_cuda SYSTEM INTERFACE ${GVSL_CUDA_INCLUDE_DIR})
target_link_libraries(gvsl_cuda INTERFACE ${GVSL_CUDART_LIBRARY})
add_library(gvsl_nccl INTERFACE)
target_include_directories(gvsl_nccl SYSTEM INTERFACE ${GVSL_NCCL_INCLUDE_DIR})
target_link_libraries(gvsl_nccl INTERFACE ${GVSL_NCCL_LIBRARY} gvsl_cuda)

# The wheels' libraries name each other without a path that the linker knows.
file(GLOB_RECURSE cuda_libraries ${wheels}/*/lib/lib*.so.*)
foreach(library ${cuda_libraries})
  get_filename_component(directory ${library} DIRECTORY)
  list(APPEND cuda_directories ${directory})
endforeach()
list(REMOVE_DUPLICATES cuda_directories)
foreach(directory ${cuda_directories})
  target_link_options(gvsl_cuda INTERFACE -Wl,-rpath-link,${directory})
endforeach()

set(GVSL_NVCC_FLAGS -std=c++20 -O3 --expt-relaxed-constexpr -Xcompiler=-fPIC,-Wall,-Wextra,-Werror -I${CMAKE_SOURCE_DIR}
                    -isystem ${GVSL_CUDA_INCLUDE_DIR})
foreach(architecture ${GVSL_CUDA_ARCHITECTURES})
  list(APPEND GVSL_NVCC_FLAGS
       -gencode=arch=compute_${architecture},code=sm_${architecture})
endforeach()
list(GET GVSL_CUDA_ARCHITECTURES -1 newest)
list(APPEND GVSL_NVCC_FLAGS -gencode=arch=compute_${newest},code=compute_${newest})

# gvsl_cuda_sources(TARGET a.cu ...): kernels as objects of the target, which links CUDA's runtime.
function(gvsl_cuda_sources target)
  foreach(source ${ARGN})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.o)
    get_filename_component(directory ${object} DIRECTORY)
    file(MAKE_DIRECTORY ${directory})
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${GVSL_NVCC} ${GVSL_NVCC_FLAGS} -MD -MF ${object}.d -c
              ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMENT "Building CUDA object ${source}"
      VERBATIM)
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(${target} PRIVATE ${object})
  endforeach()
  target_link_libraries(${target} PUBLIC gvsl_cuda)
endfunction()
