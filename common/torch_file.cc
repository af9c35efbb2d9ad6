#include "common/torch_file.h"

#include <zip.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "common/pickle.h"
#include "common/text.h"

namespace gvsl {
namespace {

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Zip = std::unique_ptr<zip_t, ZipDiscard>;

std::string ErrorText(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

// Reads `bytes` in place.
StatusOr<Zip> OpenZip(std::string_view bytes) {
  if (bytes.starts_with("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20")) {
    return InvalidArgumentError(
        "the format that torch.save wrote before PyTorch 1.6: load it there and save it again");
  }
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return DataLossError(ErrorText(error));
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    zip_source_free(source);
    return DataLossError(Concat("no file of torch.save: ", ErrorText(error)));
  }
  return Zip(archive);
}

// Entries may share bytes of the archive and unpack to more than it holds; torch.save stores each
// once and as it is. So all that is read may be as large as the archive, and no larger.
class EntryReader {
 public:
  EntryReader(zip_t* archive, std::size_t archive_bytes)
      : archive_(archive), left_(archive_bytes) {}

  bool Has(const std::string& name) const {
    return zip_name_locate(archive_, name.c_str(), 0) >= 0;
  }

  StatusOr<std::string> Read(const std::string& name) {
    zip_stat_t stat;
    if (zip_stat(archive_, name.c_str(), 0, &stat) != 0) {
      return DataLossError(Concat("the archive has no ", name));
    }
    if (stat.size > left_) return DataLossError(Concat(name, " is larger than the archive"));
    left_ -= stat.size;
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
        zip_fopen(archive_, name.c_str(), 0), zip_fclose);
    if (!file) return DataLossError(Concat(name, ": ", zip_strerror(archive_)));
    std::string bytes(stat.size, '\0');
    const zip_int64_t count = zip_fread(file.get(), bytes.data(), bytes.size());
    // Only the read that meets the end compares the checksum.
    char beyond = 0;
    if (count < 0 || static_cast<std::uint64_t>(count) != stat.size ||
        zip_fread(file.get(), &beyond, 1) != 0) {
      return DataLossError(Concat(name, " is damaged"));
    }
    return bytes;
  }

 private:
  zip_t* archive_;
  std::uint64_t left_;
};

// torch.save names the archive's folder after its file.
StatusOr<std::string> FolderOf(zip_t* archive) {
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t k = 0; k < count; ++k) {
    const std::string name = zip_get_name(archive, static_cast<zip_uint64_t>(k), 0);
    if (name.ends_with("/data.pkl"))
      return name.substr(0, name.size() - std::string("data.pkl").size());
  }
  return InvalidArgumentError("no file of torch.save: the archive has no data.pkl");
}

std::optional<DType> StorageType(const std::string& global) {
  if (global == "torch.FloatStorage") return DType::kF32;
  if (global == "torch.DoubleStorage") return DType::kF64;
  if (global == "torch.HalfStorage") return DType::kF16;
  if (global == "torch.BFloat16Storage") return DType::kBF16;
  if (global == "torch.LongStorage") return DType::kI64;
  if (global == "torch.IntStorage") return DType::kI32;
  if (global == "torch.ByteStorage") return DType::kU8;
  return std::nullopt;
}

// What _rebuild_tensor_v2 is told.
struct Tensor {
  std::string storage;
  DType dtype = DType::kF32;
  std::int64_t offset = 0;  // elements
  std::vector<std::int64_t> shape;
};

std::optional<std::vector<std::int64_t>> Numbers(const PickleValue& value) {
  const auto* sequence = value.As<PickleSequence>();
  if (sequence == nullptr) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const PickleValue* item : sequence->items) {
    const auto* number = item->As<std::int64_t>();
    if (number == nullptr) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool IsDense(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  if (shape.size() != strides.size()) return false;
  std::int64_t expected = 1;
  for (std::size_t k = shape.size(); k-- > 0;) {
    if (shape[k] < 0 || shape[k] > (std::int64_t{1} << 40) / expected) return false;
    if (shape[k] > 1 && strides[k] != expected) return false;
    expected *= std::max<std::int64_t>(shape[k], 1);
  }
  return true;
}

StatusOr<Tensor> TensorOf(const std::string& name, const PickleValue& value) {
  const auto wrong = [&name](const std::string& what) {
    return InvalidArgumentError(Concat("tensor ", name, ": ", what));
  };
  const auto* call = value.As<PickleCall>();
  if (call != nullptr && call->function == "torch._utils._rebuild_parameter" &&
      !call->arguments.empty()) {
    call = call->arguments[0]->As<PickleCall>();
  }
  if (call == nullptr) return wrong("is no tensor");
  if (call->function != "torch._utils._rebuild_tensor_v2" || call->arguments.size() < 4) {
    return wrong(Concat("is made by ", call->function, ", which is not understood"));
  }
  const auto* persistent = call->arguments[0]->As<PicklePersistent>();
  const auto* id = persistent == nullptr ? nullptr : persistent->id->As<PickleSequence>();
  const auto* offset = call->arguments[1]->As<std::int64_t>();
  const auto shape = Numbers(*call->arguments[2]), strides = Numbers(*call->arguments[3]);
  if (id == nullptr || id->items.size() < 3 || offset == nullptr || !shape || !strides) {
    return wrong("is described in a way that is not understood");
  }
  const auto* kind = id->items[1]->As<PickleGlobal>();
  const auto* key = id->items[2]->As<std::string>();
  const auto dtype = kind == nullptr ? std::nullopt : StorageType(kind->name);
  if (!dtype || key == nullptr) {
    return wrong(Concat("lies in a ", kind == nullptr ? "storage" : kind->name,
                        ", which is not understood"));
  }
  if (!IsDense(*shape, *strides)) return wrong("is not dense and row-major");
  return Tensor{.storage = *key, .dtype = *dtype, .offset = *offset, .shape = *shape};
}

const PickleDict* DictOf(const PickleValue& value) {
  if (const auto* call = value.As<PickleCall>()) {
    return call->function == "collections.OrderedDict" ? &call->items : nullptr;
  }
  return value.As<PickleDict>();
}

// The state-dict itself, or the one that a checkpoint dictionary holds.
StatusOr<const PickleDict*> StateDict(const PickleValue& root) {
  const PickleDict* dict = DictOf(root);
  if (dict == nullptr) return InvalidArgumentError("the file holds no dictionary of tensors");
  for (const auto& [key, value] : dict->items) {
    const auto* name = key->As<std::string>();
    if (name == nullptr || (*name != "state_dict" && *name != "model")) continue;
    if (const PickleDict* inner = DictOf(*value)) return inner;
  }
  return dict;
}

StatusOr<std::string> PickleOf(EntryReader& entries, const std::string& folder) {
  if (entries.Has(folder + "byteorder")) {
    GVSL_ASSIGN_OR_RETURN(const std::string order, entries.Read(folder + "byteorder"));
    if (order != "little") return InvalidArgumentError(Concat("bytes are in the order ", order));
  }
  return entries.Read(folder + "data.pkl");
}

// Several tensors may share one storage.
StatusOr<std::string_view> StorageOf(const Tensor& tensor, EntryReader& entries,
                                     const std::string& folder,
                                     std::map<std::string, std::string>& storages) {
  auto storage = storages.find(tensor.storage);
  if (storage == storages.end()) {
    GVSL_ASSIGN_OR_RETURN(std::string bytes, entries.Read(Concat(folder, "data/", tensor.storage)));
    storage = storages.emplace(tensor.storage, std::move(bytes)).first;
  }
  return storage->second;
}

StatusOr<TensorView> ViewOf(const std::string& name, const Tensor& tensor,
                            std::string_view storage) {
  const std::uint64_t size = DTypeSize(tensor.dtype);
  const std::uint64_t held = storage.size() / size;
  const std::uint64_t count = std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                              std::uint64_t{1}, std::multiplies<>());
  const auto offset = static_cast<std::uint64_t>(tensor.offset);
  if (tensor.offset < 0 || offset > held || count > held - offset) {
    return DataLossError(Concat("tensor ", name, " goes beyond its storage"));
  }
  return TensorView{tensor.dtype, tensor.shape, storage.substr(offset * size, count * size)};
}

}  // namespace

StatusOr<TorchFile> TorchFile::Parse(std::string_view archive) {
  GVSL_ASSIGN_OR_RETURN(const Zip zip, OpenZip(archive));
  GVSL_ASSIGN_OR_RETURN(const std::string folder, FolderOf(zip.get()));
  EntryReader entries(zip.get(), archive.size());
  GVSL_ASSIGN_OR_RETURN(const std::string stream, PickleOf(entries, folder));
  GVSL_ASSIGN_OR_RETURN(const Pickle pickle, ReadPickle(stream));
  GVSL_ASSIGN_OR_RETURN(const PickleDict* dict, StateDict(*pickle.root));
  TorchFile file;
  for (const auto& [key, value] : dict->items) {
    const auto* name = key->As<std::string>();
    if (name == nullptr) return InvalidArgumentError("a key of the state-dict is no text");
    GVSL_ASSIGN_OR_RETURN(const Tensor tensor, TensorOf(*name, *value));
    GVSL_ASSIGN_OR_RETURN(const std::string_view storage,
                          StorageOf(tensor, entries, folder, file.storages_));
    GVSL_ASSIGN_OR_RETURN(const TensorView view, ViewOf(*name, tensor, storage));
    if (!file.tensors_.emplace(*name, view).second) {
      return DataLossError(Concat("tensor ", *name, " occurs twice"));
    }
  }
  return file;
}

}  // namespace gvsl
