#include "common/pickle.h"

#include <bit>
#include <cstring>
#include <map>
#include <optional>

#include "common/text.h"

namespace gvsl {
namespace {

// Instructions by their names in Python's pickletools.
enum Op : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kShortBinUnicode = 0x8c,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

class Machine {
 public:
  explicit Machine(std::string_view stream) : rest_(stream), budget_(64 * stream.size() + 4096) {}

  StatusOr<Pickle> Run() {
    while (true) {
      const auto op = Number<std::uint8_t>();
      if (!op) return Early();
      if (*op == kStop) break;
      GVSL_RETURN_IF_ERROR(Execute(*op));
    }
    if (stack_.size() != 1 || !stack_[0]) return DataLossError("the pickle holds no single object");
    made_.root = stack_[0];
    return std::move(made_);
  }

 private:
  static Status Early() { return DataLossError("the pickle ends early"); }
  // What calls copy; a state-dict's are short.
  Status Charge(std::size_t units) {
    if (units > budget_) return InvalidArgumentError("the pickle repeats itself without end");
    budget_ -= units;
    return OkStatus();
  }
  static Status Senseless() { return DataLossError("the pickle makes no sense"); }

  template <typename T>
  std::optional<T> Number() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::optional<std::string> Bytes(std::uint64_t count) {
    if (rest_.size() < count) return std::nullopt;
    std::string bytes(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return bytes;
  }

  std::optional<std::string> Line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string line(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return line;
  }

  Status Push(PickleValue value) {
    made_.values.push_back(std::make_unique<PickleValue>(std::move(value)));
    stack_.push_back(made_.values.back().get());
    return OkStatus();
  }
  template <typename T>
  Status PushNumber() {
    const auto value = Number<T>();
    return value ? Push({static_cast<std::int64_t>(*value)}) : Early();
  }
  template <typename Length>
  Status PushText() {
    const auto length = Number<Length>();
    const auto text = length ? Bytes(*length) : std::nullopt;
    return text ? Push({*text}) : Early();
  }

  // Null: a mark lies on top, or nothing.
  PickleRef Pop() {
    if (stack_.empty()) return nullptr;
    PickleRef top = stack_.back();
    stack_.pop_back();
    return top;
  }

  // Everything above the last mark.
  std::optional<std::vector<PickleRef>> PopToMark() {
    for (std::size_t k = stack_.size(); k-- > 0;) {
      if (stack_[k]) continue;
      std::vector<PickleRef> items(stack_.begin() + static_cast<std::ptrdiff_t>(k) + 1,
                                   stack_.end());
      stack_.resize(k);
      return items;
    }
    return std::nullopt;
  }

  Status MakeTuple(std::size_t count) {
    PickleSequence tuple;
    for (std::size_t k = 0; k < count; ++k) {
      PickleRef item = Pop();
      if (!item) return Senseless();
      tuple.items.insert(tuple.items.begin(), item);
    }
    return Push({std::move(tuple)});
  }

  Status AppendTo(const std::vector<PickleRef>& items) {
    if (stack_.empty() || !stack_.back()) return Senseless();
    auto* list = std::get_if<PickleSequence>(&stack_.back()->is);
    if (list == nullptr) return Senseless();
    list->items.insert(list->items.end(), items.begin(), items.end());
    return OkStatus();
  }

  Status SetItems(const std::vector<PickleRef>& items) {
    if (stack_.empty() || !stack_.back() || items.size() % 2 != 0) return Senseless();
    auto* dict = std::get_if<PickleDict>(&stack_.back()->is);
    if (auto* call = std::get_if<PickleCall>(&stack_.back()->is)) dict = &call->items;
    if (dict == nullptr) return Senseless();
    for (std::size_t k = 0; k < items.size(); k += 2) {
      dict->items.emplace_back(items[k], items[k + 1]);
    }
    return OkStatus();
  }

  Status Call() {
    const PickleRef arguments = Pop(), function = Pop();
    if (!arguments || !function) return Senseless();
    const auto* tuple = arguments->As<PickleSequence>();
    const auto* global = function->As<PickleGlobal>();
    if (tuple == nullptr || global == nullptr) return Senseless();
    GVSL_RETURN_IF_ERROR(Charge(tuple->items.size() + global->name.size()));
    return Push({PickleCall{.function = global->name, .arguments = tuple->items, .items = {}}});
  }

  Status Remember(std::optional<std::uint64_t> key) {
    if (!key) return Early();
    if (stack_.empty() || !stack_.back()) return Senseless();
    memo_[*key] = stack_.back();
    return OkStatus();
  }

  Status Recall(std::optional<std::uint64_t> key) {
    if (!key) return Early();
    const auto found = memo_.find(*key);
    if (found == memo_.end()) return Senseless();
    stack_.push_back(found->second);
    return OkStatus();
  }

  Status PushGlobal() {
    const auto module = Line();
    const auto name = module ? Line() : std::nullopt;
    return name ? Push({PickleGlobal{Concat(*module, ".", *name)}}) : Early();
  }

  Status PushStackGlobal() {
    const PickleRef name = Pop(), module = Pop();
    if (!name || !module || name->As<std::string>() == nullptr ||
        module->As<std::string>() == nullptr) {
      return Senseless();
    }
    GVSL_RETURN_IF_ERROR(
        Charge(module->As<std::string>()->size() + name->As<std::string>()->size()));
    return Push({PickleGlobal{Concat(*module->As<std::string>(), ".", *name->As<std::string>())}});
  }

  // Little-endian two's complement of a length of its own.
  template <typename Length>
  Status PushLong() {
    const auto length = Number<Length>();
    const auto bytes = length ? Bytes(*length) : std::nullopt;
    if (!bytes) return Early();
    if (bytes->size() > 8) return Push({PickleOpaque{}});
    std::uint64_t value = 0;
    const bool negative =
        !bytes->empty() && (static_cast<unsigned char>(bytes->back()) & 0x80) != 0;
    if (negative) value = ~std::uint64_t{0};
    std::memcpy(&value, bytes->data(), bytes->size());
    return Push({static_cast<std::int64_t>(value)});
  }

  Status PushFloat() {
    const auto bits = Number<std::uint64_t>();
    if (!bits) return Early();
    return Push({std::bit_cast<double>(__builtin_bswap64(*bits))});
  }

  Status OnePopped(PickleRef item, Status (Machine::*then)(const std::vector<PickleRef>&)) {
    return item ? (this->*then)({item}) : Senseless();
  }
  Status AllPopped(Status (Machine::*then)(const std::vector<PickleRef>&)) {
    const auto items = PopToMark();
    return items ? (this->*then)(*items) : Senseless();
  }

  Status Execute(std::uint8_t op) {
    switch (op) {
      case kProto:
        return Number<std::uint8_t>() ? OkStatus() : Early();
      case kFrame:
        return Number<std::uint64_t>() ? OkStatus() : Early();
      case kMark:
        stack_.push_back(nullptr);
        return OkStatus();
      case kPop:
        return Pop() ? OkStatus() : Senseless();
      case kNone:
        return Push({PickleNone{}});
      case kNewTrue:
        return Push({true});
      case kNewFalse:
        return Push({false});
      case kBinInt:
        return PushNumber<std::int32_t>();
      case kBinInt1:
        return PushNumber<std::uint8_t>();
      case kBinInt2:
        return PushNumber<std::uint16_t>();
      case kLong1:
        return PushLong<std::uint8_t>();
      case kLong4:
        return PushLong<std::uint32_t>();
      case kBinFloat:
        return PushFloat();
      case kBinUnicode:
        return PushText<std::uint32_t>();
      case kShortBinUnicode:
        return PushText<std::uint8_t>();
      case kEmptyDict:
        return Push({PickleDict{}});
      case kEmptyList:
      case kEmptyTuple:
        return Push({PickleSequence{}});
      case kTuple1:
        return MakeTuple(1);
      case kTuple2:
        return MakeTuple(2);
      case kTuple3:
        return MakeTuple(3);
      case kTuple: {
        auto items = PopToMark();
        return items ? Push({PickleSequence{*std::move(items)}}) : Senseless();
      }
      case kAppend:
        return OnePopped(Pop(), &Machine::AppendTo);
      case kAppends:
        return AllPopped(&Machine::AppendTo);
      case kSetItem: {
        PickleRef value = Pop(), key = Pop();
        return key && value ? SetItems({key, value}) : Senseless();
      }
      case kSetItems:
        return AllPopped(&Machine::SetItems);
      case kGlobal:
        return PushGlobal();
      case kStackGlobal:
        return PushStackGlobal();
      case kReduce:
      case kNewObj:
        return Call();
      case kBuild:  // attributes of an object, such as a state-dict's _metadata
        return Pop() && !stack_.empty() ? OkStatus() : Senseless();
      case kBinPersId: {
        PickleRef id = Pop();
        return id ? Push({PicklePersistent{id}}) : Senseless();
      }
      case kBinPut:
        return Remember(Number<std::uint8_t>());
      case kLongBinPut:
        return Remember(Number<std::uint32_t>());
      case kMemoize:
        return Remember(memo_.size());
      case kBinGet:
        return Recall(Number<std::uint8_t>());
      case kLongBinGet:
        return Recall(Number<std::uint32_t>());
      default:
        return InvalidArgumentError(
            Concat("the pickle has an instruction that no state-dict needs (", int{op}, ")"));
    }
  }

  std::string_view rest_;
  std::size_t budget_;
  Pickle made_;
  std::vector<PickleRef> stack_;  // null: a mark
  std::map<std::uint64_t, PickleRef> memo_;
};

}  // namespace

StatusOr<Pickle> ReadPickle(std::string_view stream) { return Machine(stream).Run(); }

}  // namespace gvsl
