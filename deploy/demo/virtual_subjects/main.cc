// gvsl-virtual-subjects: some virtual subjects of one real head, with labels whose truth is known.
//   OUTPUT/images/subject-01.nii.gz or subject-01/*.dcm, OUTPUT/labels/subject-01.nii.gz
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "common/file_system.h"
#include "common/text.h"
#include "common/version.h"
#include "data_loader/nifti_file.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/volume_check.h"
#include "deploy/demo/virtual_subjects/dicom_slice_writer.h"
#include "deploy/demo/virtual_subjects/regions.h"
#include "deploy/demo/virtual_subjects/virtual_subject.h"

namespace gvsl::demo {
namespace {

using data_loader::LabelMap;
using data_loader::NiftiType;
using data_loader::RawVolume;
using data_loader::Rejection;

struct Options {
  std::string image = "/usr/share/mricron/templates/ch2.nii.gz";
  std::string labels = "/usr/share/mricron/templates/aal.nii.gz";
  std::string output;
  bool keep_labels = false;
  std::uint32_t count = 12;
  std::uint32_t dicom = 0;
  double spacing = 5;
  DeformationRange range;
  std::uint64_t seed = 1;
};

StatusOr<Head> ReadHead(const Options& options) {
  data_loader::NiftiReader reader;
  auto image = data_loader::ReadVolume(reader, {options.image, {options.image}, "head"});
  if (const auto* rejection = std::get_if<Rejection>(&image)) {
    return InvalidArgumentError(Concat(options.image, ": ", rejection->reason));
  }
  auto labels = data_loader::Guarded([&] { return data_loader::ReadLabelMap(options.labels); });
  if (const auto* rejection = std::get_if<Rejection>(&labels)) {
    return InvalidArgumentError(Concat(options.labels, ": ", rejection->reason));
  }
  Head head{std::get<RawVolume>(std::move(image)), std::get<LabelMap>(std::move(labels))};
  if (!options.keep_labels) {
    for (std::int32_t& label : head.labels.values) label = RegionOfAal(label);
  }
  return head;
}

Status WriteAsDicom(const VirtualSubject& subject, const std::string& name,
                    const std::string& directory) {
  GVSL_RETURN_IF_ERROR(PosixFileSystem().CreateDirectories(directory));
  const auto slices = SlicesOf(subject.grid.size, subject.grid.to_ras, subject.image, name);
  for (const DicomSlice& slice : slices) {
    char file[32];
    std::snprintf(file, sizeof(file), "slice-%03d.dcm", slice.instance_number);
    GVSL_RETURN_IF_ERROR(WriteDicomSlice(slice, JoinPath(directory, file)));
  }
  return OkStatus();
}

Status WriteSubject(const Options& options, const VirtualSubject& subject, std::uint32_t index) {
  char name[32];
  std::snprintf(name, sizeof(name), "subject-%02u", index + 1);
  const std::string images = JoinPath(options.output, "images");
  const std::string labels = JoinPath(options.output, "labels");
  const std::vector<double> label_values(subject.labels.begin(), subject.labels.end());
  GVSL_RETURN_IF_ERROR(data_loader::WriteNifti(JoinPath(labels, Concat(name, ".nii.gz")),
                                               subject.grid.size, subject.grid.to_ras, label_values,
                                               NiftiType::kInt16));
  if (index < options.dicom) {
    const std::string identity = Concat(name, " of seed ", options.seed);
    return WriteAsDicom(subject, identity, JoinPath(images, name));
  }
  const std::vector<double> values(subject.image.begin(), subject.image.end());
  return data_loader::WriteNifti(JoinPath(images, Concat(name, ".nii.gz")), subject.grid.size,
                                 subject.grid.to_ras, values, NiftiType::kInt16);
}

Status Run(const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const Head head, ReadHead(options));
  for (const char* folder : {"images", "labels"}) {
    GVSL_RETURN_IF_ERROR(PosixFileSystem().CreateDirectories(JoinPath(options.output, folder)));
  }
  const auto grid = SubjectGrid(head.image, options.spacing);
  double smallest = 1e9;
  for (std::uint32_t index = 0; index < options.count; ++index) {
    const VirtualSubject subject =
        MakeVirtualSubject(head, grid, options.range, options.seed, index);
    GVSL_RETURN_IF_ERROR(WriteSubject(options, subject, index));
    smallest = std::min(smallest, subject.smallest_jacobian);
    std::cout << "subject " << index + 1 << (index < options.dicom ? " (DICOM)" : "")
              << ": moved by " << subject.displacement_mm << " mm on average, smallest Jacobian "
              << subject.smallest_jacobian << "\n";
  }
  std::cout << options.count << " virtual subjects of " << grid.size[0] << "x" << grid.size[1]
            << "x" << grid.size[2] << " voxels in " << options.output
            << "; every map is invertible: no Jacobian determinant below " << smallest << "\n";
  return OkStatus();
}

}  // namespace
}  // namespace gvsl::demo

int main(int argc, char** argv) {
  gvsl::demo::Options options;
  CLI::App app("Virtual subjects of one real head: seeded, smooth, invertible deformations.");
  app.name("gvsl-virtual-subjects");
  app.set_version_flag("--version", std::string(gvsl::kVersion));
  app.add_option("--image", options.image, "NIfTI of a head")->capture_default_str();
  app.add_option("--labels", options.labels, "its AAL label map")->capture_default_str();
  app.add_flag("--keep-labels", options.keep_labels,
               "take the labels as they are instead of merging AAL's into 12 regions");
  app.add_option("--output", options.output, "gets the folders images and labels")->required();
  app.add_option("--count", options.count, "how many subjects")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--dicom,--dicom-subjects", options.dicom,
                 "so many of them, the first ones, are written as DICOM series")
      ->capture_default_str();
  app.add_option("--spacing", options.spacing, "mm between voxels")
      ->check(CLI::Range(0.5, 50.0))
      ->capture_default_str();
  app.add_option("--rotation", options.range.rotation_degrees, "greatest turn about each axis")
      ->check(CLI::Range(0.0, 45.0))
      ->capture_default_str();
  app.add_option("--translation", options.range.translation_mm,
                 "greatest shift along each axis, mm")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--scale", options.range.scale, "greatest change of size along each axis")
      ->check(CLI::Range(0.0, 0.3))
      ->capture_default_str();
  app.add_option("--push", options.range.push_mm, "greatest local push along each axis, mm")
      ->check(CLI::Range(0.0, 50.0))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "another seed, other subjects")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const gvsl::Status status = gvsl::demo::Run(options);
  if (!status.ok()) std::cerr << "gvsl-virtual-subjects: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
