#include "coordinator/log_reader.h"

#include "common/text.h"

namespace gvsl::coordinator {
namespace {
constexpr std::size_t kMessageBytes = 64 << 10;
}  // namespace

StatusOr<std::vector<v1::LogLines>> LogReader::Next(bool unfinished) {
  std::vector<v1::LogLines> lines;
  for (const std::string& worker : logs_.Workers(job_uid_)) {
    if (!worker_.empty() && worker != worker_) continue;
    std::uint64_t& offset = offsets_.try_emplace(worker, since_offset_).first->second;
    while (true) {
      GVSL_ASSIGN_OR_RETURN(std::string text, logs_.Read(job_uid_, worker, offset, kMessageBytes));
      const std::size_t end = text.rfind('\n');
      const bool keep_all = unfinished || text.size() == kMessageBytes;
      if (end != std::string::npos) {
        text.resize(end + 1);
      } else if (!keep_all) {
        break;
      } else if (text.size() == kMessageBytes) {
        text.resize(CutUtf8(text, kMessageBytes - 1).size());
      }
      if (text.empty()) break;
      v1::LogLines& message = lines.emplace_back();
      message.set_worker(worker);
      message.set_offset(offset);
      offset += text.size();
      message.set_text(CleanUtf8(std::move(text)));
    }
  }
  return lines;
}

}  // namespace gvsl::coordinator
