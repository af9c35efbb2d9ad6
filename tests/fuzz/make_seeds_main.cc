// gvsl-fuzz-seeds FOLDER: the seeds of every target, a folder each.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "gvsl-fuzz-seeds FOLDER\n";
    return 2;
  }
  try {
    for (const auto& target : gvsl::fuzz::kTargets) {
      const std::filesystem::path folder = std::filesystem::path(argv[1]) / target.name;
      std::filesystem::create_directories(folder);
      for (const auto& [name, bytes] : gvsl::fuzz::SeedsOf(target.name)) {
        std::ofstream file(folder / name, std::ios::binary);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!file.flush()) throw std::runtime_error("write " + name);
      }
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
