#include "worker/trainer/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/utsname.h>

#include <fstream>
#endif

#include <cstring>

#include "common/text.h"

namespace gvsl::trainer {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

// Zeros where the processor does not know the leaf.
Registers Leaf(unsigned leaf, unsigned sub_leaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, sub_leaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

bool Has(unsigned word, int bit) { return (word >> bit & 1u) != 0; }

std::string Vendor() {
  const Registers r = Leaf(0);
  char name[13] = {};
  std::memcpy(name, &r.b, 4);
  std::memcpy(name + 4, &r.d, 4);
  std::memcpy(name + 8, &r.c, 4);
  return name;
}

}  // namespace

std::string ProcessorModel() {
  const unsigned signature = Leaf(1).a;
  unsigned family = signature >> 8 & 15;
  unsigned model = signature >> 4 & 15;
  if (family == 6 || family == 15) model += (signature >> 16 & 15) << 4;
  if (family == 15) family += signature >> 20 & 255;
  return Concat(Vendor(), "-", family, "-", model);
}

std::string InstructionSets() {
  const unsigned first = Leaf(1).c;
  const Registers seven = Leaf(7);
  const Registers seven_one = Leaf(7, 1);
  const bool avx2 = Has(seven.b, 5) && Has(first, 12);
  const bool core = Has(seven.b, 16) && Has(seven.b, 17) && Has(seven.b, 30) && Has(seven.b, 31);
  if (core) {
    const bool vnni = Has(seven.c, 11);
    const bool bf16 = vnni && Has(seven_one.a, 5);
    const bool fp16 = bf16 && Has(seven.d, 23);
    const bool amx = bf16 && Has(seven.d, 22) && Has(seven.d, 24) && Has(seven.d, 25);
    if (amx && fp16 && Has(seven_one.a, 21)) return "avx512_core_amx_fp16";
    if (amx && fp16) return "avx512_core_amx";
    if (fp16) return "avx512_core_fp16";
    return bf16 ? "avx512_core_bf16" : vnni ? "avx512_core_vnni" : "avx512_core";
  }
  if (avx2) return Has(seven_one.a, 4) ? "avx2_vnni" : "avx2";
  return Has(first, 28) ? "avx" : "sse41";
}

#else

std::string ProcessorModel() {
  utsname machine{};
  ::uname(&machine);
  std::string identification = "unknown";
  std::ifstream("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1") >> identification;
  return Concat(machine.machine, "-", identification);
}

std::string InstructionSets() { return "native"; }

#endif

}  // namespace gvsl::trainer
