// Voxels of NIfTI's types to numbers. Pure.
#pragma once

#include <span>
#include <vector>

#include "data_loader/nifti_header.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Turns whole voxels of the header's type and byte order (changing `bytes`) into numbers, scaled by
// its slope and intercept; complex ones, both parts of which are scaled, into their magnitude.
// False when scaling makes a finite number into one that float32 does not hold.
using NiftiConverter = bool (*)(std::span<char> bytes, const NiftiHeader& header,
                                std::vector<double>& values);

// COLOR_IMAGE, UNSUPPORTED_DATATYPE.
OrRejection<NiftiConverter> ConverterOf(const NiftiHeader& header);

}  // namespace gvsl::data_loader
