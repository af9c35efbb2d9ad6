// What an ingestion that was ended left for the next one.
#include "data_loader/ingest_journal.h"

#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunJournal(Bytes bytes) {
  using namespace data_loader;
  const IngestJournal journal = ParseJournal(TextOf(bytes));
  Demand(journal.whole_bytes <= bytes.size(), "more whole lines than there are bytes");
  const IngestJournal again = ParseJournal(TextOf(bytes).substr(0, journal.whole_bytes));
  Demand(again.whole_bytes == journal.whole_bytes, "whole lines that make no sense alone");
  Demand(again.outcomes.size() == journal.outcomes.size(), "other outcomes of the same lines");
  for (const auto& [source, outcome] : journal.outcomes) {
    const std::string text = HeadLine("options", "key") + OutcomeLine(outcome);
    Demand(ParseJournal(text).outcomes.size() == 1, "an outcome that cannot be written");
  }
  return 0;
}

}  // namespace gvsl::fuzz
