#include <cstdint>

#include "common/stored_zip.h"
#include "common/text.h"
#include "common/torch_file.h"

namespace gvsl {
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

StatusOr<std::string> PickleOf(const NamedViews& tensors) {
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
  return pickle.text();
}

}  // namespace

Status WriteTorchFile(const NamedViews& tensors, const TakePiece& take) {
  GVSL_ASSIGN_OR_RETURN(const std::string pickle, PickleOf(tensors));
  StoredZip archive(take);
  GVSL_RETURN_IF_ERROR(archive.Add("archive/data.pkl", pickle));
  GVSL_RETURN_IF_ERROR(archive.Add("archive/byteorder", "little"));
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    GVSL_RETURN_IF_ERROR(archive.Add(Concat("archive/data/", k), tensors[k].second.bytes));
  }
  GVSL_RETURN_IF_ERROR(archive.Add("archive/version", "3\n"));
  return archive.Finish();
}

}  // namespace gvsl
