/// Every file in this directory and in TENURE_GOLDEN_DIR against PyTorch's results.
#include "golden.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using namespace tenure::golden;

namespace {

std::vector<std::string> files(const std::filesystem::path& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

struct Errors {
  double of_double, of_float;
};

/// @throws Error for a case that is not known or malformed
Errors run(const std::string& path) {
  Golden golden(path);
  const auto kind = kinds().find(golden.kind);
  if (kind == kinds().end()) {
    std::string known;
    for (const auto& [name, unused] : kinds()) known += (known.empty() ? "" : ", ") + name;
    throw FileError(path, {"a case that is known (", known, ")"}, golden.kind);
  }
  const double of_double = kind->second.run_double(golden);
  golden.check_all_used();
  return {of_double, kind->second.run_float(golden)};
}

bool right(const std::string& path, const Errors& errors) {
  const Kind& kind = kinds().at(Golden(path).kind);
  return errors.of_double <= kind.tolerance_double && errors.of_float <= kind.tolerance_float;
}

/// Runs one file, prints a line about it, and gives whether it is right.
bool passes(const std::string& path) {
  try {
    const Errors errors = run(path);
    std::printf("%-60s double %8.1e  float %8.1e%s\n", std::filesystem::path(path).filename().c_str(), errors.of_double,
                errors.of_float, right(path, errors) ? "" : "  WRONG");
    return right(path, errors);
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return false;
  }
}

}  // namespace

TEST_CASE("golden: our cases agree with PyTorch to 1e-10 in double and 1e-5 in float") {
  const auto paths = files(std::filesystem::path(__FILE__).parent_path());
  CHECK(paths.size() > 60);
  for (const std::string& path : paths) CHECK_MESSAGE(passes(path), path);
}

TEST_CASE("golden: so do those that TENURE_GOLDEN_DIR names") {
  const char* directory = std::getenv("TENURE_GOLDEN_DIR");
  if (!directory || !*directory) return;
  const auto paths = files(directory);
  CHECK_MESSAGE(!paths.empty(), directory, " holds no *.safetensors");
  for (const std::string& path : paths) CHECK_MESSAGE(passes(path), path);
}

TEST_CASE("golden: a wrong result, an unknown case, key, value or tensor fails, and says why") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "case.safetensors";
  const auto write = [&](const std::string& kind, const std::string& config, double out, bool extra = false) {
    SafetensorsWriter writer;
    writer.metadata = {{"case", kind}, {"config", config}};
    writer.add("in.0", Tensor<double>({2}, {1, -2}));
    writer.add("out", Tensor<double>({2}, {out, 0}));
    writer.add("grad_out", Tensor<double>({2}, {3, 4}));
    writer.add("grad_in.0", Tensor<double>({2}, {3, 0}));
    if (extra) writer.add("out.7", Tensor<double>({2}, {0, 0}));
    writer.write(path);
  };
  write("activation", R"({"function": "relu"})", 1);
  CHECK(run(path).of_double == 0);
  CHECK(right(path, run(path)));
  write("activation", R"({"function": "relu"})", 1 + 1e-9);
  CHECK(run(path).of_double > 1e-10);
  CHECK(!right(path, run(path)));
  write("activation", R"({"function": "relu"})", std::nan(""));
  CHECK(!right(path, run(path)));
  const auto fails = [&](const std::string& part) { test::check_throws<FileError>([&] { run(path); }, {path, part}); };
  write("abacus", "{}", 1);
  fails("expected a case that is known (activation, ");
  write("activation", R"({"function": "abacus"})", 1);
  fails("config key \"function\": one of ");
  write("activation", R"({"function": 1})", 1);
  fails("config key \"function\": a string, got 1");
  write("activation", R"({"function": "relu", "beads": 1})", 1);
  fails("config keys that a activation has, got \"beads\": 1");
  write("activation", R"([])", 1);
  fails("a config that is a JSON object");
  write("activation", R"({"function": "relu"})", 1, true);
  fails("tensors that a activation has, got \"out.7\"");
}
