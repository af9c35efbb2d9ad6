// What the processor says of itself, or what its hypervisor lets through: what numerical libraries
// choose their kernels and their blocking by.
#pragma once

#include <string>

namespace gvsl::trainer {

// "GenuineIntel-6-207": vendor, family and model. Where there is no CPUID, the machine's name and
// its main identification register.
std::string ProcessorModel();
// The highest set that oneDNN knows by name and that is offered: "avx512_core_fp16". Where there is
// no CPUID, "native".
std::string InstructionSets();

}  // namespace gvsl::trainer
