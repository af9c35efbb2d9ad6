// A process that nobody launched has OpenMPI start a daemon, whose folder lies in one that all such
// processes share, and that the last to end removes: also while another begins. So each test has a
// folder of its own. Under mpirun the launcher's stays.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace {

class SessionFolder {
 public:
  SessionFolder() {
    if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr) return;
    std::string pattern = std::filesystem::temp_directory_path() / "gvsl-mpi-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return;
    path_ = pattern;
    ::setenv("OMPI_MCA_orte_tmpdir_base", path_.c_str(), 1);
  }
  ~SessionFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::string path_;
};

const SessionFolder session_folder;

}  // namespace
