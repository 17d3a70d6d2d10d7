/// What io/safetensors.hpp needs nlohmann-json for, the header of a file, and what need not be compiled in each source
/// file: included at its end, unless compiled apart (core/compiled.hpp), and of use behind it only.
#pragma once

#include <set>

#include "../core/compiled.hpp"
#include "../core/json.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// Takes a header apart while nlohmann-json reads it, so that a hostile one is refused before it is held in memory.
class SafetensorsHeader : public nlohmann::json_sax<nlohmann::ordered_json> {
 public:
  explicit SafetensorsHeader(const std::string& path) : path_(path) {}

  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

  bool key(string_t& key) override {
    key_ = key;
    if (place_ == Place::header) {
      if (!names_.insert(key).second) throw FileError(path_, "each name once", {"\"", key, "\" twice"});
    } else if (place_ == Place::metadata) {
      if (metadata.contains(key)) throw FileError(path_, "each name of metadata once", {"\"", key, "\" twice"});
    } else {
      const unsigned field = key == "dtype" ? 1 : key == "shape" ? 2 : key == "data_offsets" ? 4 : 0;
      if (!field) return fail("dtype, shape and data_offsets", key);
      if (fields_ & field) return fail("each field once", {key, " twice"});
      fields_ |= field;
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::start) return enter(Place::header);
    if (place_ != Place::header) return unexpected("an object");
    if (key_ == "__metadata__") return enter(Place::metadata);
    tensors.emplace_back();
    tensors.back().name = key_;
    fields_ = 0;
    offsets_ = 0;
    return enter(Place::tensor);
  }
  bool end_object() override {
    if (place_ == Place::tensor) {
      if (fields_ != 7) return fail("dtype, shape and data_offsets", "not all of them");
      if (offsets_ != 2) return fail("two data_offsets", {offsets_});
    }
    return enter(Place::header);
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") return unexpected("an array");
    return enter(key_ == "shape" ? Place::shape : Place::offsets);
  }
  bool end_array() override { return enter(Place::tensor); }
  bool string(string_t& value) override {
    if (place_ == Place::metadata) return metadata.emplace(key_, value).second;
    if (place_ != Place::tensor || key_ != "dtype") return unexpected("a string");
    const auto* const type = std::ranges::find(data_types, value, &DataTypeInfo::name);
    tensors.back().type = static_cast<DataType>(type - data_types);
    if (type != std::end(data_types)) return true;
    const bool plain =
        std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_'; });
    if (value.empty() || value.size() > 16 || !plain) return fail("a dtype of letters and digits", "another text");
    tensors.back().type_name = std::move(value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::offsets) {
      if (++offsets_ > 2) return fail("two data_offsets", "more");
      (offsets_ == 1 ? tensors.back().begin : tensors.back().end) = value;
    } else if (place_ == Place::shape) {
      if (value > std::uint64_t{1} << 62) return fail("extents below 2^62", {"a larger one"});
      if (tensors.back().extents.size() == 64) return fail("at most 64 extents", "more");
      tensors.back().extents.push_back(static_cast<Index>(value));
    } else {
      return unexpected("a number");
    }
    return true;
  }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected(text.c_str()); }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::ordered_json::exception& error) override {
    throw FileError(path_, "a header in JSON", error.what());
  }

 private:
  enum class Place { start, header, metadata, tensor, shape, offsets };

  bool enter(Place place) {
    place_ = place;
    return true;
  }
  bool fail(const Text& expected, const Text& got) const {
    throw tensor_error(path_, tensors.back().name, expected, got);
  }
  bool unexpected(const char* got) const {
    switch (place_) {
      case Place::start:
        throw FileError(path_, "a header that is a JSON object", got);
      case Place::header:
        throw FileError(path_, {"an object for \"", key_, "\""}, got);
      case Place::metadata:
        throw FileError(path_, {"metadata that are strings"}, {got, " for \"", key_, "\""});
      case Place::tensor:
        return fail({key_ == "dtype" ? "a string" : "an array", " for ", key_}, got);
      default:
        return fail({"integers from 0 on in ", key_}, got);
    }
  }

  const std::string& path_;
  std::set<std::string> names_;
  std::string key_;
  Place place_ = Place::start;
  unsigned fields_ = 0;  // seen of the current tensor, as bits
  unsigned offsets_ = 0;
};

static_assert(static_cast<std::size_t>(DataType::other) == std::size(data_types));

/// What a file is that is no safetensors file, by its first 8 bytes.
[[gnu::cold]] inline std::string_view kind_of(std::uint64_t beginning) {
  const std::string_view bytes(reinterpret_cast<const char*>(&beginning), 8);
  if (bytes.starts_with("PK\3\4")) return " but a zip archive, as PyTorch's .pt and Keras's .keras are";
  if (bytes.starts_with("\x89HDF")) return " but HDF5, as Keras's .h5 is";
  return "";
}

// Not as numbers of a message, which are signed.
[[gnu::cold]] inline std::string range(const StoredTensor& tensor) {
  return "bytes " + std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
}

}  // namespace detail

/// "F32 of shape (2, 3)"
[[gnu::cold]] TENURE_JSON_INLINE std::string StoredTensor::describe() const {
  std::string text;
  Text({type == DataType::other ? std::string_view(type_name) : detail::info(type).name, " of shape ",
        Piece(extents.data(), static_cast<Index>(extents.size()))})
      .append_to(text);
  return text;
}

[[gnu::cold]] TENURE_JSON_INLINE SafetensorsReader::SafetensorsReader(std::string path) : file_(std::move(path)) {
  if (file_.size() < 8) {
    throw FileError(this->path(), "at least 8 bytes", {file_.size(), ": not a safetensors file"});
  }
  std::uint64_t header_size = 0;
  file_.read(0, &header_size, 8);
  if (header_size > max_header_size) {
    throw FileError(this->path(), {"a header of at most ", max_header_size, " bytes"},
                    {std::to_string(header_size), ": not a safetensors file", detail::kind_of(header_size)});
  }
  if (header_size > file_.size() - 8) {
    throw FileError(this->path(), {"a header of ", header_size, " bytes"},
                    {file_.size() - 8, " in the file: not a safetensors file, or not all of one"});
  }
  data_begin_ = 8 + header_size;
  std::string header(header_size, '\0');
  file_.read(8, header.data(), header_size);
  if (!header.starts_with('{'))
    throw FileError(this->path(), "a header that begins with {", "none: not a safetensors file");
  detail::SafetensorsHeader handler(this->path());
  nlohmann::ordered_json::sax_parse(header, &handler);
  metadata_ = std::move(handler.metadata);
  tensors_ = std::move(handler.tensors);
  check();
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

[[gnu::cold]] TENURE_JSON_INLINE Shape SafetensorsReader::shape(std::string_view name) const {
  const StoredTensor& tensor = get(name);
  if (tensor.extents.size() > static_cast<std::size_t>(Shape::max_rank) ||
      std::ranges::find(tensor.extents, 0) != tensor.extents.end()) {
    throw detail::tensor_error(path(), name, "a rank of at most 5 and extents of at least 1", tensor.describe());
  }
  return Shape(tensor.extents.data(), static_cast<Index>(tensor.extents.size()));
}

[[gnu::cold]] TENURE_JSON_INLINE const StoredTensor& SafetensorsReader::get(std::string_view name) const {
  if (const StoredTensor* const tensor = find(name)) return *tensor;
  throw FileError(path(), {"a tensor \"", name, "\""}, "none of that name");
}

[[gnu::cold]] TENURE_JSON_INLINE void SafetensorsReader::check() {
  std::ranges::sort(tensors_, [](const StoredTensor& a, const StoredTensor& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  const std::uint64_t size = file_.size() - data_begin_;
  std::uint64_t next = 0;
  for (const StoredTensor& tensor : tensors_) {
    if (tensor.begin > tensor.end || tensor.end > size) {
      throw detail::tensor_error(path(), tensor.name, {"data_offsets in order and within ", size, " bytes"},
                                 detail::range(tensor));
    }
    const bool sized = tensor.type != DataType::other;
    std::uint64_t bytes = sized ? detail::info(tensor.type).size : 0;
    bool overflow = false;
    for (const Index extent : tensor.extents) overflow |= __builtin_mul_overflow(bytes, extent, &bytes);
    if (sized && (overflow || bytes != tensor.end - tensor.begin)) {
      throw detail::tensor_error(path(), tensor.name, {"the bytes of ", tensor.describe()}, detail::range(tensor));
    }
    if (tensor.begin != next) {
      throw detail::tensor_error(path(), tensor.name, {"data from byte ", next, ", where the tensor before it ends,"},
                                 {detail::range(tensor), tensor.begin < next ? ", an overlap" : ", a gap"});
    }
    next = tensor.end;
  }
  if (next != size) throw FileError(path(), {"data of ", next, " bytes"}, {size, ", of which no tensor has the rest"});
}

[[gnu::cold]] TENURE_JSON_INLINE void SafetensorsWriter::write(const std::string& path) const {
  std::vector<const Entry*> order;
  for (const auto& [name, entry] : entries_) order.push_back(&entry);
  std::ranges::stable_sort(order, [](const Entry* a, const Entry* b) {
    return detail::info(a->tensor.type).size > detail::info(b->tensor.type).size;
  });
  const std::string header = this->header(path, order);
  const std::uint64_t header_size = header.size();
  OutputFile file(path);
  file.write(&header_size, 8);
  file.write(header.data(), header.size());
  for (const Entry* entry : order) file.write(entry->data, entry->bytes);
  file.commit();
}

[[gnu::cold]] TENURE_JSON_INLINE std::string SafetensorsWriter::header(const std::string& path,
                                                                       const std::vector<const Entry*>& order) const
    try {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const Entry* entry : order) {
    json[entry->tensor.name] = {{"dtype", detail::info(entry->tensor.type).name},
                                {"shape", entry->tensor.extents},
                                {"data_offsets", {offset, offset + entry->bytes}}};
    offset += entry->bytes;
  }
  std::string text = json.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data are aligned
  return text;
} catch (const nlohmann::ordered_json::exception& error) {
  throw FileError(path, "names and metadata in UTF-8", error.what());
}

}}  // namespace tenure::TENURE_ABI
