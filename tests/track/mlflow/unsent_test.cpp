/// Files of what waits to be sent that a stranger made.
#include "tenure/track/mlflow/unsent.hpp"

#include <doctest/doctest.h>

#include "../../json_mutator.hpp"
#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "tenure/track/mlflow/outbox.hpp"

using namespace tenure;

namespace {

mlflow::Unsent example() {
  mlflow::Unsent unsent{
      .url = "http://127.0.0.1:9", .run = {"shop", "run", "me", "0a1b", 1}, .run_id = "ab", .operations = {}};
  unsent.operations = {{.metrics = {{"loss", 0.5, 1, 0}, {"r2", std::nan(""), 2, 1}},
                        .params = {{"epochs", "3"}},
                        .tags = {{"mlflow.user", "me"}}},
                       {.kind = mlflow::Operation::artifact, .target = "model/MLmodel", .contents = "text"},
                       {.kind = mlflow::Operation::model_version, .target = "model", .model = "shop"},
                       {.kind = mlflow::Operation::finish, .status = RunStatus::interrupted, .time = 3}};
  return unsent;
}

/// A run's directory with a file, beside a secret.
struct Place {
  test::TemporaryDirectory directory;
  std::string run = directory / "run", file = directory / "run/mlflow-unsent.jsonl";

  Place() {
    std::filesystem::create_directory(run);
    test::write_text(directory / "run/report.html", "<p>");
    test::write_text(directory / "secret", "secret");
  }
  void write_with(const std::string& artifact, const std::string& url = "http://127.0.0.1:9") const {
    mlflow::Unsent unsent = example();
    unsent.url = url;
    unsent.write(file);
    const nlohmann::ordered_json line{{"artifact", "a"}, {"file", artifact}, {"contents", ""}};
    AppendedFile(file).write(line.dump() + "\n");
  }
};

}  // namespace

TEST_CASE("what waits comes back as it was") {
  const Place place;
  mlflow::Unsent written = example();
  written.operations.push_back(
      {.kind = mlflow::Operation::artifact, .target = "r", .file = place.directory / "run/report.html"});
  written.write(place.file);
  const mlflow::Unsent read = mlflow::Unsent::read(place.file);
  CHECK(read.url == written.url);
  CHECK(read.run.experiment == "shop");
  CHECK(read.run_id == "ab");
  REQUIRE(read.operations.size() == 5);
  CHECK(read.operations[0].metrics[0].value == 0.5);
  CHECK(is_nan(read.operations[0].metrics[1].value));
  CHECK(read.operations[0].params[0].value == "3");
  CHECK(read.operations[1].contents == "text");
  CHECK(read.operations[2].model == "shop");
  CHECK(read.operations[3].status == RunStatus::interrupted);
  CHECK(std::filesystem::equivalent(read.operations[4].file, place.directory / "run/report.html"));
  // Also where the run's directory has moved.
  std::filesystem::rename(place.run, place.directory / "moved");
  const std::string moved = mlflow::Unsent::read(place.directory / "moved/mlflow-unsent.jsonl").operations[4].file;
  CHECK(std::filesystem::equivalent(moved, place.directory / "moved/report.html"));
}

TEST_CASE("files of other directories are not sent, by whatever path they are named") {
  const Place place;
  const std::string secret = place.directory / "secret";
  std::filesystem::create_symlink(secret, place.directory / "run/link");
  std::filesystem::create_directory_symlink(place.directory.path(), place.directory / "run/up");
  std::filesystem::create_directory(place.directory / "run-2");
  test::write_text(place.directory / "run-2/file", "");
  for (const std::string& path :
       {secret, std::string("/etc/passwd"), std::string("../secret"), std::string("link"), std::string("up/secret"),
        std::string("a/../../secret"), place.directory / "run-2/file"}) {
    place.write_with(path);
    test::check_throws<FileError>([&] { mlflow::Unsent::read(place.file); },
                                  {"mlflow-unsent.jsonl, line 6, file: expected a file in "});
  }
  place.write_with(".");
  test::check_throws<FileError>([&] { mlflow::Unsent::read(place.file); }, {"line 6, file: expected a regular file"});
  for (const std::string& path :
       {std::string("report.html"), std::string("./report.html"), place.directory / "run/report.html"}) {
    place.write_with(path);
    CHECK(mlflow::Unsent::read(place.file).operations.size() == 5);
  }
  place.write_with(secret);
  CHECK(mlflow::Unsent::read(place.file, {place.directory.path().string()}).operations.size() == 5);
}

TEST_CASE("who the user is is told to no server that the file alone names") {
  const Place place;
  place.write_with("report.html", "http://127.0.0.1:9");
  const auto sending = [&](const mlflow::SendOptions& options) {
    return message_of<Error>([&] { mlflow::send_unsent(place.file, options); });
  };
  const std::string refused =
      "MLflow: expected to be told the server that may have the user's name, password or token "
      "(--mlflow), got none but the file's, http://127.0.0.1:9";
  CHECK(sending({.http = {.token = "t"}}) == refused);
  CHECK(sending({.http = {.user = "u", .password = "p"}}) == refused);
  CHECK(sending({.http = {.token = "t"}, .known_url = "http://127.0.0.1:99"}) == refused);
  CHECK(sending({.http = {.token = "t"}, .known_url = "http://127.0.0.1:9.evil.org"}) == refused);
  for (const mlflow::SendOptions& options : {mlflow::SendOptions{},
                                             {.http = {.token = "t"}, .url = "http://127.0.0.1:9"},
                                             {.http = {.token = "t"}, .known_url = "http://127.0.0.1:9/"}}) {
    CHECK(sending(options).find("127.0.0.1") != std::string::npos);  // nobody is there
    CHECK(sending(options) != refused);
  }
}

TEST_CASE("a file of any content is read or refused by line and key") {
  const Place place;
  example().write(place.file);
  std::vector<nlohmann::ordered_json> lines;
  const std::string text = test::read_text(place.file);
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(nlohmann::ordered_json::parse(text.substr(begin, end - begin)));
  }
  test::JsonMutator mutated(3);
  int read = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::size_t which = static_cast<std::size_t>(i) % lines.size();
    std::string changed;
    for (std::size_t l = 0; l < lines.size(); ++l) changed += (l == which ? mutated(lines[l]) : lines[l].dump()) + "\n";
    test::write_text(place.file, changed);
    INFO("file: ", changed);
    try {
      mlflow::Unsent::read(place.file);
      ++read;
    } catch (const FileError& error) {
      ++refused;
    } catch (const std::exception& error) {
      FAIL_CHECK("not a FileError: " << error.what());
    }
  }
  CHECK(read > 100);
  CHECK(refused > 1000);
  test::write_text(place.file, text + std::string(300'000, '[') + "\n");
  test::check_throws<FileError>([&] { mlflow::Unsent::read(place.file); },
                                {"line 6: expected JSON of at most 64 levels"});
  test::write_text(place.file, "");
  test::check_throws<FileError>([&] { mlflow::Unsent::read(place.file); },
                                {"expected what waits to be sent to MLflow, got no line"});
}
