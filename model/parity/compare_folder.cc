#include "model/parity/compare_folder.h"

#include <exception>

#include "common/text.h"
#include "model/parity/function_parity.h"
#include "model/parity/golden_folder.h"
#include "model/parity/network_parity.h"

namespace gvsl::model {
namespace {

template <typename Compare>
Status Append(Deviations& rows, const std::string& what, const Compare& compare) {
  try {
    const Deviations more = compare();
    rows.insert(rows.end(), more.begin(), more.end());
    return OkStatus();
  } catch (const std::exception& error) {
    return DataLossError(Concat(what, ": ", error.what()));
  }
}

void NoteUnread(const GoldenFile& file, const std::string& name, FolderComparison& comparison) {
  for (const std::string& tensor : file.Unread()) {
    comparison.not_compared.push_back(JoinPath(name, tensor));
  }
}

}  // namespace

StatusOr<FolderComparison> CompareFolder(FileSystem& files, const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const GoldenFolder folder, OpenGoldenFolder(files, path));
  FolderComparison comparison;
  Deviations& rows = comparison.rows;
  GVSL_RETURN_IF_ERROR(Append(rows, path, [&] { return CompareInputs(folder); }));
  GVSL_ASSIGN_OR_RETURN(const GoldenFile functions, OpenGoldenFile(files, folder, "functions"));
  GVSL_RETURN_IF_ERROR(
      Append(rows, path, [&] { return CompareFunctions(folder, functions, at::kFloat); }));
  NoteUnread(functions, "functions", comparison);
  for (const GoldenCase& the_case : folder.cases) {
    for (const auto& [mode, geometry] : {std::pair("_corrected", Geometry::kCorrected),
                                         std::pair("_reference", Geometry::kReleased)}) {
      const std::string name = the_case.name + mode;
      GVSL_ASSIGN_OR_RETURN(const GoldenFile file, OpenGoldenFile(files, folder, name));
      GVSL_RETURN_IF_ERROR(Append(rows, path, [&, geometry = geometry] {
        return CompareNetwork(folder, file, the_case, geometry, at::kFloat);
      }));
      NoteUnread(file, name, comparison);
    }
  }
  return comparison;
}

}  // namespace gvsl::model
