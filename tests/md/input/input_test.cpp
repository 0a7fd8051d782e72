#include "md/input/input.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "md/errors.hpp"

namespace md::test {
namespace {

/// A schema small enough to see through.
Input make_input() {
  return Input(
      {{"system",
        {{"structure", Kind::files, "", "files", ""}, {"replicas", Kind::integer, "1", "", ""}}},
       {"integrator",
        {{"method", Kind::text, "", "which", ""},
         {"time_step", Kind::time, "0.5 fs", "", ""},
         {"temperature", Kind::temperatures, "", "", ""},
         {"friction", Kind::frictions, "1 /ps", "", ""}}},
       {"output",
        {{"every", Kind::steps_or_time, "100", "", ""},
         {"layout", Kind::choice, "separate", "", "separate|packed"},
         {"overwrite", Kind::flag, "no", "", ""}}}});
}

class InputFile : public testing::Test {
 protected:
  InputFile() { std::filesystem::create_directories(folder_); }
  ~InputFile() override { std::filesystem::remove_all(folder_); }
  Input read(const std::string& text) const {
    std::ofstream(path_) << text;
    Input input = make_input();
    input.read_file(path_);
    return input;
  }
  /// What reading this text reports.
  std::string error(const std::string& text) const {
    try {
      read(text);
    } catch (const InputError& e) {
      return e.what();
    }
    return "no error";
  }
  const std::string folder_ =
      testing::TempDir() + "understudy_input_test_" + std::to_string(::getpid());
  const std::string path_ = folder_ + "/run.ini";
};

TEST_F(InputFile, GivesValuesWithoutCommentsAndDefaultsElsewhere) {
  const Input input =
      read("# a comment\n[system]\nreplicas = 16  # copies\n\n[output]\nevery=50 fs\n");
  EXPECT_EQ(input.integer("system.replicas"), 16);
  EXPECT_EQ(input.interval("output.every").time, 50);
  EXPECT_EQ(input.number("integrator.time_step"), 0.5);
  EXPECT_TRUE(input.has("system.replicas"));
  EXPECT_FALSE(input.has("integrator.time_step"));
}

TEST_F(InputFile, PathsAreRelativeToTheFile) {
  const Input input = read("[system]\nstructure = a.xyz, sub/b.xyz, /c.xyz\n");
  EXPECT_EQ(input.files("system.structure"),
            (std::vector<std::string>{folder_ + "/a.xyz", folder_ + "/sub/b.xyz", "/c.xyz"}));
}

TEST_F(InputFile, APathMayHoldCommasQuotesAndNumberSigns) {
  std::ofstream(folder_ + "/2,3-diol.xyz") << "whole\n";
  const Input input = read("[system]\nstructure = 2,3-diol.xyz\n");
  EXPECT_EQ(input.files("system.structure"), (std::vector{folder_ + "/2,3-diol.xyz"}));
  const std::vector<std::string> paths{folder_ + "/a,b.xyz", folder_ + "/c#1.xyz",
                                       folder_ + "/d #2.xyz"};
  const Input quoted = read("[system]\nstructure = 'a,b.xyz', c#1.xyz, \"d #2.xyz\" # last\n");
  EXPECT_EQ(quoted.files("system.structure"), paths);
  EXPECT_EQ(read(quoted.resolved()).files("system.structure"), paths);
}

TEST_F(InputFile, NamesFileLineAndTheNearestName) {
  EXPECT_EQ(error("[system]\nreplcas = 2\n"),
            path_ +
                ":2: system.replcas: no such key; did you mean 'replicas'? there are: structure, "
                "replicas");
  EXPECT_NE(
      error("[sytem]\n").find(path_ + ":1: no section is called [sytem]; did you mean 'system'?"),
      std::string::npos);
  EXPECT_NE(error("[system]\ntime_step = 1\n").find("did you mean integrator.time_step?"),
            std::string::npos);
}

TEST_F(InputFile, ReportsRepeatedKeysWithBothLines) {
  EXPECT_EQ(error("[system]\nreplicas = 1\n\nreplicas = 2\n"),
            path_ + ":4: system.replicas: given again; it stands in line 2 already");
}

TEST_F(InputFile, ReportsLinesThatAreNoKeys) {
  EXPECT_EQ(error("[system]\nreplicas\n"), path_ + ":2: 'replicas' is not of the form key = value");
  EXPECT_EQ(error("[system\n"), path_ + ":1: '[system' lacks its closing ]");
  EXPECT_NE(error("[system]\nreplicas =\n").find(":2: system.replicas: has no value"),
            std::string::npos);
  EXPECT_NE(error("replicas = 1\n").find(path_ + ":1: "), std::string::npos);
}

TEST_F(InputFile, AnErrorOfAValueNamesItsLine) {
  const Input input =
      read("[integrator]\ntime_step = 1 K\n[output]\nlayout = pakced\noverwrite = maybe\n");
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const InputError& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([&] { input.number("integrator.time_step"); }),
            path_ + ":2: integrator.time_step: 'K' is no unit of time; use fs, ps, ns, us");
  EXPECT_EQ(message([&] { input.choice("output.layout"); }),
            path_ +
                ":4: output.layout: 'pakced' is no choice; did you mean 'packed'? there are: "
                "separate, packed");
  EXPECT_EQ(message([&] { input.flag("output.overwrite"); }),
            path_ + ":5: output.overwrite: 'maybe' is neither yes nor no");
}

TEST(Input, TheCommandLineWins) {
  Input input = make_input();
  input.set("system.replicas", "7");
  EXPECT_EQ(input.integer("system.replicas"), 7);
  EXPECT_THROW(input.set("system.replica", "7"), InputError);
}

TEST(Input, SpreadsValuesOverReplicas) {
  Input input = make_input();
  input.set("integrator.temperature", "300 K");
  EXPECT_EQ(input.per_replica("integrator.temperature", 3, 1), std::vector<double>(3, 300));
  input.set("integrator.temperature", "300, 400 K, 500");
  EXPECT_EQ(input.per_replica("integrator.temperature", 3, 1),
            (std::vector<double>{300, 400, 500}));
  EXPECT_THROW(input.per_replica("integrator.temperature", 2, 1), InputError);
  input.set("integrator.temperature", "geometric(300 K, 1200 K)");
  const std::vector<double> ladder = input.per_replica("integrator.temperature", 3, 1);
  EXPECT_DOUBLE_EQ(ladder[0], 300);
  EXPECT_DOUBLE_EQ(ladder[1], 600);
  EXPECT_DOUBLE_EQ(ladder[2], 1200);
  input.set("integrator.temperature", "ladder(300 K, 1200 K)");
  EXPECT_EQ(input.per_replica("integrator.temperature", 4, 2),
            (std::vector<double>{300, 1200, 300, 1200}));
  EXPECT_EQ(input.per_replica("integrator.temperature", 2, 1), std::vector<double>(2, 300));
  input.set("integrator.temperature", "geometric(300 K)");
  EXPECT_THROW(input.per_replica("integrator.temperature", 3, 1), InputError);
  EXPECT_EQ(input.per_replica("integrator.friction", 2, 1), std::vector<double>(2, 1e-3));
}

TEST(Input, NarrowingRefusesKeysOfOthers) {
  Input input = make_input();
  input.set("integrator.friction", "2 /ps");
  try {
    input.narrow("integrator", {{"method", Kind::text, "", "", ""}}, "the integrator 'x'");
    FAIL() << "a key that is not taken must be an error";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(),
                 "command line: integrator.friction: the integrator 'x' takes no such key; there "
                 "are: method");
  }
}

TEST_F(InputFile, WhatIsResolvedReadsBackToTheSame) {
  const Input input = read("[system]\nstructure = a.xyz\n[integrator]\nmethod = langevin\n");
  const Input again = read(input.resolved());
  EXPECT_EQ(again.resolved(), input.resolved());
  EXPECT_EQ(again.text("integrator.time_step"), "0.5 fs");
}

}  // namespace
}  // namespace md::test
