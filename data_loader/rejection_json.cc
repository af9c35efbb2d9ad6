#include "data_loader/rejection_json.h"

#include <nlohmann/json.hpp>

namespace gvsl::data_loader {

nlohmann::json ToJsonObject(const Rejection& rejection) {
  return {{"code", rejection.code}, {"reason", rejection.reason}};
}

nlohmann::json ToJsonArray(const std::vector<Rejection>& rejections) {
  nlohmann::json json = nlohmann::json::array();
  for (const Rejection& rejection : rejections) json.push_back(ToJsonObject(rejection));
  return json;
}

Rejection RejectionFromJson(const nlohmann::json& json) {
  return {json.at("code").get<std::string>(), json.at("reason").get<std::string>(), ""};
}

std::vector<Rejection> RejectionsFromJson(const nlohmann::json& json) {
  std::vector<Rejection> rejections;
  for (const auto& rejection : json) rejections.push_back(RejectionFromJson(rejection));
  return rejections;
}

}  // namespace gvsl::data_loader
