#include <tenure/report/process.hpp>

#include "../message.hpp"

using namespace tenure;
using namespace tenure::report;

TEST_CASE("run_process: gives the program its input and keeps what it wrote") {
  const auto result = run_process({"sh", "-c", "tr a-z A-Z; echo trouble >&2"}, "a text");
  REQUIRE(result);
  CHECK(result->success);
  CHECK(result->output == "A TEXT");
  CHECK(result->errors == "trouble\n");
}

TEST_CASE("run_process: more than a pipe holds goes through, in both directions") {
  const std::string input(3'000'000, 'x');
  const auto result = run_process({"cat"}, input);
  REQUIRE(result);
  CHECK(result->output == input);
}

TEST_CASE("run_process: arguments are not read by a shell") {
  const auto result = run_process({"echo", "$HOME; `id` > file"}, "");
  REQUIRE(result);
  CHECK(result->output == "$HOME; `id` > file\n");
}

TEST_CASE("run_process: tells how a program ended") {
  const auto ending = [](const char* script) {
    const auto result = run_process({"sh", "-c", script}, "");
    REQUIRE(result);
    CHECK(!result->success);
    return result->ending;
  };
  CHECK(ending("exit 3") == "exit status 3");
  CHECK(ending("kill -9 $$") == "signal 9");
}

TEST_CASE("run_process: a program that does not end is ended") {
  const auto result = run_process({"sleep", "60"}, "", std::chrono::milliseconds(50));
  REQUIRE(result);
  CHECK(!result->success);
  CHECK(result->ending == "no end after 50 ms");
}

TEST_CASE("run_process: a program that is not there is no error, one that can't be run is") {
  CHECK(!run_process({"no-such-program-of-tenure"}, ""));
  test::check_throws<Error>([] { run_process({"/etc"}, ""); }, {"/etc", "to be able to run it"});
}
