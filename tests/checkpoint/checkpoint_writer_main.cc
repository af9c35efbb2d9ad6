// Writes checkpoints as fast as it can until somebody kills it: checkpoint_writer DIRECTORY. Goes
// on from the newest one. Prints one line for each that was answered.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/checkpoint/checkpoint_fixture.h"

namespace gvsl::checkpoint {
namespace {

int Run(const std::string& directory) {
  SystemClock clock;
  CheckpointStore store(PosixFileSystem(), clock, directory, {.keep_last = 2, .keep_every = 50});
  FakeTraining training;
  if (!store.Prepare(kTestJob).ok()) return 1;
  const auto loaded = store.LoadNewest();
  if (!loaded.ok()) return 2;
  const std::uint64_t begin = loaded->has_value() ? (*loaded)->manifest.step : 0;
  if (!store.ForgetLineageBeyond(begin).ok()) return 3;
  training.TrainTo(begin);
  training.lineage().Trim(begin);
  for (std::uint64_t step = begin + 1;; ++step) {
    if (!TrainAndWrite(store, training, step).ok()) return 4;
    const std::string line = std::to_string(step) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 5;
  }
}

}  // namespace
}  // namespace gvsl::checkpoint

int main(int argc, char** argv) { return argc == 2 ? gvsl::checkpoint::Run(argv[1]) : 64; }
