/// safetensors, the file format of Hugging Face (https://github.com/huggingface/safetensors): named tensors and a few
/// strings.
///
/// 8 bytes, the header's length n, little-endian | n bytes, the header in JSON, filled up with spaces | data to the end
/// header: {"__metadata__": {STRING: STRING, ...}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
/// ...}
///
/// Offsets count from the end of the header; the tensors, row-major and little-endian, cover the data without gaps or
/// overlaps. Needs nlohmann-json: component `json`, target tenure::json.
#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../core/compiled.hpp"
#include "../core/tensor.hpp"
#include "file.hpp"

namespace tenure { inline namespace TENURE_ABI {

static_assert(std::endian::native == std::endian::little, "safetensors are read and written as they lie in memory");

/// What the elements of a stored tensor are; booleans are bytes of 0 and 1. `other` are those that can't be read: a file
/// may have some that nobody asks for (F8_E4M3, C64, …).
enum class DataType { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64, other };

/// A tensor in a file.
struct StoredTensor {
  std::string name;
  DataType type{};
  std::vector<Index> extents;  ///< rather than a Shape, for a file may hold empty tensors and ranks above 5
  std::uint64_t begin = 0;     ///< of its bytes, counted from the end of the header
  std::uint64_t end = 0;
  std::string type_name = {};  ///< of DataType::other, as the file has it

  std::string describe() const;
};

namespace detail {

struct DataTypeInfo {
  std::string_view name;
  unsigned size;  // bytes of an element
};
inline constexpr DataTypeInfo data_types[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                                              {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                                              {"U64", 8},  {"I64", 8},  {"F64", 8}};
/// Not of DataType::other.
constexpr const DataTypeInfo& info(DataType type) noexcept { return data_types[static_cast<std::size_t>(type)]; }

template <class T>
constexpr DataType data_type_of() noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 8 ? DataType::f64 : DataType::f32;
  } else {
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1:
        return is_signed ? DataType::i8 : DataType::u8;
      case 2:
        return is_signed ? DataType::i16 : DataType::u16;
      case 4:
        return is_signed ? DataType::i32 : DataType::u32;
      default:
        return is_signed ? DataType::i64 : DataType::u64;
    }
  }
}

/// Elements that are stored as they are but have no type of C++ of that size.
struct Float16 {
  std::uint16_t bits;
  explicit operator float() const noexcept {
    const std::uint32_t magnitude = bits & 0x7FFFu;
    const float sign = bits >> 15 ? -1.0f : 1.0f;
    if (magnitude < 0x0400) return sign * static_cast<float>(magnitude) * 0x1p-24f;  // denormal
    // The exponent's bias is 127 rather than 15; infinities and NaN have the largest.
    const std::uint32_t bias = magnitude < 0x7C00 ? 112u : 224u;
    return sign * std::bit_cast<float>((magnitude << 13) + (bias << 23));
  }
};
struct BFloat16 {
  std::uint16_t bits;
  explicit operator float() const noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

/// Calls f with a value of the C++ type that holds an element.
template <class F>
void visit_element_type(DataType type, F&& f) {
  switch (type) {
    case DataType::boolean:
    case DataType::u8:
      return f(std::uint8_t{});
    case DataType::i8:
      return f(std::int8_t{});
    case DataType::u16:
      return f(std::uint16_t{});
    case DataType::i16:
      return f(std::int16_t{});
    case DataType::f16:
      return f(Float16{});
    case DataType::bf16:
      return f(BFloat16{});
    case DataType::u32:
      return f(std::uint32_t{});
    case DataType::i32:
      return f(std::int32_t{});
    case DataType::f32:
      return f(float{});
    case DataType::u64:
      return f(std::uint64_t{});
    case DataType::i64:
      return f(std::int64_t{});
    case DataType::f64:
      return f(double{});
    case DataType::other:
      return;
  }
}

[[gnu::cold]] inline FileError tensor_error(const std::string& path, std::string_view name, const Text& expected,
                                            const Text& got) {
  return FileError(path + ", tensor \"" + std::string(name) + '"', expected, got);
}

}  // namespace detail

/// A safetensors file that is open for reading. The header is read and checked at once, data when asked for.
class SafetensorsReader {
 public:
  /// The reference implementation's limit.
  static constexpr std::uint64_t max_header_size = 100'000'000;

  /// @throws FileError for a file that can't be read or is not valid in any respect; it names the tensor, if one is at
  /// fault
  explicit SafetensorsReader(std::string path);

  const std::string& path() const noexcept { return file_.path(); }
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  /// In the order of their data.
  const std::vector<StoredTensor>& tensors() const noexcept { return tensors_; }

  /// Null when there is none of that name.
  const StoredTensor* find(std::string_view name) const noexcept {
    const auto place = index_.find(name);
    return place == index_.end() ? nullptr : &tensors_[place->second];
  }

  /// @throws FileError when there is none of that name, or its shape is not one that a Tensor can have (rank 0 to 5,
  /// extents of at least 1)
  Shape shape(std::string_view name) const;

  /// A tensor by name. Floating point of any width is given as float or double, the nearest value or an infinity;
  /// stored integers and booleans as any integer type that holds their values. @throws FileError for other types,
  /// integers that T can't hold, and as shape()
  template <class T>
  [[gnu::cold]] Tensor<T> read(std::string_view name) const {
    Tensor<T> tensor = Tensor<T>::uninitialized(shape(name));
    read(name, tensor.view());
    return tensor;
  }

  /// The same into memory that is there, which is left as it is unless the shapes agree. @throws FileError
  template <class T>
  void read(std::string_view name, View<T> out) const;

 private:
  const StoredTensor& get(std::string_view name) const;
  /// Sizes that follow from shapes, and tensors that lie one behind the other from the first byte to the last.
  void check();

  /// Reads and converts piece by piece.
  template <class Stored, class T>
  void read_as(const StoredTensor& tensor, View<T> out) const {
    constexpr bool integral = std::is_integral_v<Stored>;
    if constexpr (integral != std::is_integral_v<T>) {
      throw detail::tensor_error(path(), tensor.name, integral ? "floating point numbers" : "integers",
                                 tensor.describe());
    } else {
      constexpr Index chunk = 4096;
      Stored stored[chunk];
      for (Index begin = 0; begin < out.size(); begin += chunk) {
        const Index count = (std::min)(chunk, out.size() - begin);
        file_.read(data_begin_ + tensor.begin + static_cast<std::uint64_t>(begin) * sizeof(Stored), stored,
                   static_cast<std::size_t>(count) * sizeof(Stored));
        for (Index i = 0; i < count; ++i) {
          if constexpr (integral) {
            if (!std::in_range<T>(stored[i])) {
              throw detail::tensor_error(path(), tensor.name, {"integers of at most ", sizeof(T), " bytes"},
                                         {std::to_string(stored[i])});
            }
          }
          if constexpr (std::is_class_v<Stored>) {
            out.data()[begin + i] = static_cast<T>(static_cast<float>(stored[i]));
          } else {
            out.data()[begin + i] = static_cast<T>(stored[i]);
          }
        }
      }
    }
  }

  InputFile file_;
  std::uint64_t data_begin_ = 0;
  std::map<std::string, std::string> metadata_;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// Collects tensors and writes them to a safetensors file, laid out as the reference implementation does: the widest
/// elements first, so that all are aligned, then by name.
class SafetensorsWriter {
 public:
  /// Written as the header's `__metadata__`, in UTF-8.
  std::map<std::string, std::string> metadata;

  /// Refers to the values, which must stay until write(). @throws ValueError for a name that was there or is reserved
  template <class T>
  [[gnu::cold]] void add(const std::string& name, View<const T> values) {
    add(name, values, nullptr);
  }
  template <class T>
  [[gnu::cold]] void add(const std::string& name, const Tensor<T>& values) {
    add(name, values.view(), nullptr);
  }
  /// Keeps a temporary.
  template <class T>
  [[gnu::cold]] void add(const std::string& name, Tensor<T>&& values) {
    const auto owner = std::make_shared<const Tensor<T>>(std::move(values));
    add(name, owner->view(), owner);
  }

  /// Writes all that was added, in the place of a file that is there once it is complete (OutputFile).
  /// @throws FileError; names and metadata that are not UTF-8 are among its reasons
  void write(const std::string& path) const;

 private:
  struct Entry {
    StoredTensor tensor;
    const void* data;
    std::size_t bytes;
    std::shared_ptr<const void> owner;
  };

  template <class T>
  void add(const std::string& name, View<const T> values, std::shared_ptr<const void> owner) {
    if (values.empty()) throw ValueError("safetensors", {"a tensor with elements for \"", name, "\""}, "an empty one");
    if (name == "__metadata__") throw ValueError("safetensors", "a tensor's name", "the reserved \"__metadata__\"");
    StoredTensor tensor{name, detail::data_type_of<T>(), {values.shape().begin(), values.shape().end()}};
    const auto bytes = static_cast<std::size_t>(values.size()) * sizeof(T);
    if (!entries_.emplace(name, Entry{std::move(tensor), values.data(), bytes, std::move(owner)}).second) {
      throw ValueError("safetensors", "each name once", {'"' + name + "\" twice"});
    }
  }

  std::string header(const std::string& path, const std::vector<const Entry*>& order) const;

  std::map<std::string, Entry> entries_;
};

template <class T>
[[gnu::cold]] void SafetensorsReader::read(std::string_view name, View<T> out) const {
  const StoredTensor& tensor = get(name);
  if (shape(name) != out.shape()) throw detail::tensor_error(path(), name, {"shape ", out.shape()}, {shape(name)});
  if (tensor.type == DataType::other) {
    throw detail::tensor_error(path(), name, "numbers of 8 bits or more, real ones of at least 16", tensor.describe());
  }
  if (tensor.type == detail::data_type_of<T>()) {
    return file_.read(data_begin_ + tensor.begin, out.data(), tensor.end - tensor.begin);
  }
  detail::visit_element_type(tensor.type, [&](auto element) { read_as<decltype(element)>(tensor, out); });
}

#if defined(TENURE_COMPILED_JSON)
TENURE_TEMPLATE_JSON void SafetensorsReader::read(std::string_view, View<float>) const;
TENURE_TEMPLATE_JSON void SafetensorsReader::read(std::string_view, View<double>) const;
#endif

}}  // namespace tenure::TENURE_ABI

#if !defined(TENURE_COMPILED_JSON)
#include "safetensors_inl.hpp"
#endif
