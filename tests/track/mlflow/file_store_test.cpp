#include "tenure/track/mlflow/file_store.hpp"

#include <doctest/doctest.h>

#include <tenure/core/rng.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;

TEST_CASE("a meta.yaml of any content: the store is read, or an error names the file") {
  const test::TemporaryDirectory directory;
  const mlflow::Directory store(directory.path().string());
  const std::filesystem::path experiment = store.experiment("shop");
  const std::string meta = (experiment / "meta.yaml").string(), text = test::read_text(meta);
  CHECK(store.experiment("shop") == experiment);
  const auto refused = [&](const std::string& content) {
    test::write_text(meta, content);
    test::check_throws<FileError>([&] { store.experiment("shop"); }, {meta + ": expected "});
  };
  refused("");
  refused("- a\n");
  refused("text");
  refused("name: [a]\n");
  refused("name: {a: b}\n");
  refused("other: shop\n");
  refused("name: *alias\n");
  refused("name: \"shop");
  refused("a: " + std::string(60'000, '[') + "\n");
  refused("a: " + std::string(60'000, '{') + "\n");
  refused(std::string(60'000, '-') + " a\n");
  std::string nested;
  for (int i = 0; i < 2000; ++i) nested += "- ";
  refused(nested + "a\n");
  refused(std::string(2 << 20, '#'));
  std::filesystem::remove(meta);
  std::filesystem::create_directory(meta);
  test::check_throws<FileError>([&] { store.experiment("shop"); }, {meta + ": expected a regular file"});
  std::filesystem::remove(meta);
  Rng rng(5);
  static constexpr std::string_view parts[] = {"[",      "]",  "{",    "}",      ":",     "-",     "&a ", "*a",
                                               "!!int ", "\n", " ",    "\"",     "'",     "|\n",   ">\n", "? ",
                                               "%",      "@",  "\xFF", "name: ", "---\n", "...\n", "<<: "};
  for (int i = 0; i < 3000; ++i) {
    std::string changed = text;
    for (std::uint64_t n = 1 + rng.below(6); n > 0; --n) {
      changed.insert(rng.below(changed.size() + 1), parts[rng.below(std::size(parts))]);
    }
    test::write_text(meta, changed);
    INFO("meta.yaml: ", changed);
    try {
      store.experiment("shop");
    } catch (const FileError&) {
    } catch (const std::exception& error) {
      FAIL_CHECK("not a FileError: " << error.what());
    }
  }
}

TEST_CASE("names that are no UTF-8 are written so that the store can be read") {
  const test::TemporaryDirectory directory;
  const mlflow::Directory store(directory.path().string());
  const std::filesystem::path experiment = store.experiment("caf\xE9");
  CHECK(test::read_text((experiment / "meta.yaml").string()).find("name: \"caf\\\\xE9\"") != std::string::npos);
}
