#include "data_loader/ingest_journal.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "common/json_number.h"
#include "common/json_text.h"
#include "data_loader/rejection_json.h"

namespace gvsl::data_loader {
namespace {

using Json = nlohmann::json;

constexpr int kFormatVersion = 1;

// Names of files are bytes; JSON is UTF-8.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json WithFile(const Rejection& rejection) {
  Json json = ToJsonObject(rejection);
  if (!rejection.file.empty()) json["file"] = rejection.file;
  return json;
}

Rejection FromJsonWithFile(const Json& json) {
  Rejection rejection = RejectionFromJson(json);
  rejection.file = json.value("file", "");
  return rejection;
}

Json PartToJson(const DatasetPart& part) {
  return {{"volume", ToJsonObject(part.entry)},
          {"subject_key", part.subject_key},
          {"bytes", part.bytes},
          {"sha256", part.sha256}};
}

DatasetPart PartFromJson(const Json& json) {
  return {VolumeFromJson(json.at("volume")), json.at("subject_key").get<std::string>(), "",
          WholeNumber<std::uint64_t>(json.at("bytes")), json.at("sha256").get<std::string>()};
}

IngestOutcome OutcomeFromJson(const Json& json) {
  IngestOutcome outcome;
  outcome.source = json.at("source").get<std::string>();
  outcome.fingerprint = json.at("fingerprint").get<std::string>();
  if (json.contains("part")) {
    outcome.part = PartFromJson(json["part"]);
    for (const Json& warning : json.at("warnings")) {
      outcome.warnings.push_back(FromJsonWithFile(warning));
    }
  } else {
    outcome.rejection = FromJsonWithFile(json.at("rejected"));
  }
  if (json.contains("label_rejected")) {
    outcome.label_rejection = FromJsonWithFile(json["label_rejected"]);
  }
  return outcome;
}

void TakeHead(const Json& json, IngestJournal& journal) {
  if (WholeNumber<int>(json.at("journal")) != kFormatVersion) {
    throw std::invalid_argument("version");
  }
  journal.options = json.at("options").get<std::string>();
  journal.key = json.at("key").get<std::string>();
}

void TakeLine(const Json& json, IngestJournal& journal) {
  if (journal.options.empty()) {
    TakeHead(json, journal);
  } else if (json.contains("source")) {
    IngestOutcome outcome = OutcomeFromJson(json);
    std::string source = outcome.source;
    journal.outcomes.insert_or_assign(std::move(source), std::move(outcome));
  } else if (json.contains("arranged")) {
    journal.arranged = json["arranged"].get<std::string>();
    journal.shards.clear();
  } else if (json.contains("shard")) {
    journal.shards.push_back(ShardFromJson(json["shard"]));
  } else {
    journal.published = json.at("published").get<std::string>();
    journal.asked = json.at("asked").get<std::string>();
  }
}

}  // namespace

IngestJournal ParseJournal(std::string_view text) {
  IngestJournal journal;
  for (;;) {
    const std::size_t end = text.find('\n', journal.whole_bytes);
    if (end == std::string_view::npos) return journal;
    const auto json = ParseJson(text.substr(journal.whole_bytes, end - journal.whole_bytes));
    if (!json.ok()) return journal;
    try {
      TakeLine(*json, journal);
    } catch (const std::exception&) {
      return journal;
    }
    journal.whole_bytes = end + 1;
  }
}

std::string HeadLine(const std::string& options, const std::string& key) {
  return Line({{"journal", kFormatVersion}, {"options", options}, {"key", key}});
}

std::string OutcomeLine(const IngestOutcome& outcome) {
  Json json = {{"source", outcome.source}, {"fingerprint", outcome.fingerprint}};
  if (outcome.part) {
    json["part"] = PartToJson(*outcome.part);
    json["warnings"] = Json::array();
    for (const Rejection& warning : outcome.warnings) json["warnings"].push_back(WithFile(warning));
  } else {
    json["rejected"] = WithFile(outcome.rejection);
  }
  if (outcome.label_rejection) json["label_rejected"] = WithFile(*outcome.label_rejection);
  return Line(json);
}

std::string ArrangedLine(const std::string& digest) { return Line({{"arranged", digest}}); }

std::string ShardLine(const ShardEntry& shard) { return Line({{"shard", ToJsonObject(shard)}}); }

std::string PublishedLine(const std::string& report_sha256, const std::string& asked) {
  return Line({{"published", report_sha256}, {"asked", asked}});
}

}  // namespace gvsl::data_loader
