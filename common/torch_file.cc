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

}  // namespace

StatusOr<TorchFile> TorchFile::Parse(std::string_view archive) {
  GVSL_ASSIGN_OR_RETURN(const Zip zip, OpenZip(archive));
  GVSL_ASSIGN_OR_RETURN(const std::string folder, FolderOf(zip.get()));
  EntryReader entries(zip.get(), archive.size());
  if (entries.Has(folder + "byteorder")) {
    GVSL_ASSIGN_OR_RETURN(const std::string order, entries.Read(folder + "byteorder"));
    if (order != "little") return InvalidArgumentError(Concat("bytes are in the order ", order));
  }
  GVSL_ASSIGN_OR_RETURN(const std::string stream, entries.Read(folder + "data.pkl"));
  GVSL_ASSIGN_OR_RETURN(const Pickle pickle, ReadPickle(stream));
  GVSL_ASSIGN_OR_RETURN(const PickleDict* dict, StateDict(*pickle.root));
  TorchFile file;
  for (const auto& [key, value] : dict->items) {
    const auto* name = key->As<std::string>();
    if (name == nullptr) return InvalidArgumentError("a key of the state-dict is no text");
    GVSL_ASSIGN_OR_RETURN(const Tensor tensor, TensorOf(*name, *value));
    auto storage = file.storages_.find(tensor.storage);
    if (storage == file.storages_.end()) {
      GVSL_ASSIGN_OR_RETURN(std::string bytes,
                            entries.Read(Concat(folder, "data/", tensor.storage)));
      storage = file.storages_.emplace(tensor.storage, std::move(bytes)).first;
    }
    TensorView view{.dtype = tensor.dtype, .shape = tensor.shape, .bytes = {}};
    const std::uint64_t size = DTypeSize(tensor.dtype);
    const std::uint64_t count = std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                                std::uint64_t{1}, std::multiplies<>());
    const std::uint64_t held = storage->second.size() / size;
    if (tensor.offset < 0 || static_cast<std::uint64_t>(tensor.offset) > held ||
        count > held - static_cast<std::uint64_t>(tensor.offset)) {
      return DataLossError(Concat("tensor ", *name, " goes beyond its storage"));
    }
    view.bytes = std::string_view(storage->second)
                     .substr(static_cast<std::uint64_t>(tensor.offset) * size, count * size);
    if (!file.tensors_.emplace(*name, view).second) {
      return DataLossError(Concat("tensor ", *name, " occurs twice"));
    }
  }
  return file;
}

namespace {

// Pickle, protocol 2, as torch.save writes it.
class PickleWriter {
 public:
  void Op(char op) { text_ += op; }
  void Global(const std::string& module, const std::string& name) {
    text_ += "c" + module + "\n" + name + "\n";
  }
  void Text(const std::string& text) {
    text_ += 'X';
    Append(static_cast<std::uint32_t>(text.size()));
    text_ += text;
  }
  void Number(std::int64_t value) {
    text_ += "\x8a\x08";
    Append(value);
  }
  void Tuple(const std::vector<std::int64_t>& values) {
    Op('(');
    for (const std::int64_t value : values) Number(value);
    Op('t');
  }
  void EmptyOrderedDict() {
    Global("collections", "OrderedDict");
    text_ += ")R";
  }
  const std::string& text() const { return text_; }

 private:
  template <typename T>
  void Append(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  std::string text_ = "\x80\x02";
};

std::string StorageName(DType dtype) {
  return dtype == DType::kF64 ? "DoubleStorage" : "FloatStorage";
}

std::vector<std::int64_t> DenseStrides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t k = shape.size(); k-- > 1;) strides[k - 1] = strides[k] * shape[k];
  return strides;
}

void WriteTensor(PickleWriter& pickle, const std::string& storage, const TensorView& view) {
  pickle.Global("torch._utils", "_rebuild_tensor_v2");
  pickle.Op('(');
  pickle.Op('(');
  pickle.Text("storage");
  pickle.Global("torch", StorageName(view.dtype));
  pickle.Text(storage);
  pickle.Text("cpu");
  pickle.Number(view.ElementCount());
  pickle.Op('t');
  pickle.Op('Q');
  pickle.Number(0);  // offset
  pickle.Tuple(view.shape);
  pickle.Tuple(DenseStrides(view.shape));
  pickle.Op('\x89');  // requires_grad: False
  pickle.EmptyOrderedDict();
  pickle.Op('t');
  pickle.Op('R');
}

// `bytes` must stay until the archive is closed.
Status AddEntry(zip_t* archive, const std::string& name, std::string_view bytes) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return InternalError(Concat("archive: ", zip_strerror(archive)));
  }
  const auto entry = static_cast<zip_uint64_t>(index);
  zip_set_file_compression(archive, entry, ZIP_CM_STORE, 0);
  // Equal tensors give equal archives.
  zip_file_set_dostime(archive, entry, 0, (1 << 5) | 1, 0);
  return OkStatus();
}

StatusOr<std::string> BytesOf(zip_source_t* source) {
  if (zip_source_open(source) != 0) return InternalError("archive: cannot be read back");
  zip_source_seek(source, 0, SEEK_END);
  std::string bytes(static_cast<std::size_t>(zip_source_tell(source)), '\0');
  zip_source_seek(source, 0, SEEK_SET);
  const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (count != static_cast<zip_int64_t>(bytes.size())) {
    return InternalError("archive: cannot be read back");
  }
  return bytes;
}

}  // namespace

StatusOr<std::string> MakeTorchFile(
    const std::vector<std::pair<std::string, TensorView>>& tensors) {
  PickleWriter pickle;
  pickle.EmptyOrderedDict();
  pickle.Op('(');
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const auto& [name, view] = tensors[k];
    if (view.dtype != DType::kF32 && view.dtype != DType::kF64) {
      return InvalidArgumentError(Concat("tensor ", name, " is ", DTypeName(view.dtype)));
    }
    pickle.Text(name);
    WriteTensor(pickle, std::to_string(k), view);
  }
  pickle.Op('u');
  pickle.Op('.');

  zip_error_t error;
  zip_error_init(&error);
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> target(
      zip_source_buffer_create(nullptr, 0, 0, &error), zip_source_free);
  if (!target) return InternalError(ErrorText(error));
  Zip archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
  if (!archive) return InternalError(ErrorText(error));
  zip_source_keep(target.get());  // the archive has the other reference
  GVSL_RETURN_IF_ERROR(AddEntry(archive.get(), "archive/data.pkl", pickle.text()));
  GVSL_RETURN_IF_ERROR(AddEntry(archive.get(), "archive/byteorder", "little"));
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    GVSL_RETURN_IF_ERROR(
        AddEntry(archive.get(), Concat("archive/data/", k), tensors[k].second.bytes));
  }
  GVSL_RETURN_IF_ERROR(AddEntry(archive.get(), "archive/version", "3\n"));
  if (zip_close(archive.get()) != 0) {
    return InternalError(Concat("archive: ", zip_strerror(archive.get())));
  }
  static_cast<void>(archive.release());
  return BytesOf(target.get());
}

}  // namespace gvsl
