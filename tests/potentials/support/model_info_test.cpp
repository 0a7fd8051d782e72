#include "potentials/support/model_info.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/text.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

const std::string source = MD_SOURCE_DIR;

bool has_line(const std::string& text, const std::string& name, const std::string& value) {
  for (const std::string& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (!words.empty() && words.front() == name && trim(line.substr(name.size())) == value)
      return true;
  }
  return false;
}

TEST(ModelInfo, DescribesTheShippedStudent) {
  const std::string path = source + "/inputs/models/student.safetensors";
  const std::string text = describe_model(path);
  EXPECT_TRUE(has_line(text, "architecture:", "painn")) << text;
  EXPECT_TRUE(has_line(text, "parameters:", "577427")) << text;
  EXPECT_TRUE(has_line(text, "cutoff:", "5 A")) << text;
  EXPECT_TRUE(has_line(text, "elements:", "H, C, N, O")) << text;
  EXPECT_TRUE(has_line(text, "units:", "eV, angstrom")) << text;
  EXPECT_TRUE(has_line(text, "teacher:", "ANI-2x (8 networks), wB97X/6-31G(d)")) << text;
  EXPECT_TRUE(has_line(text, "repulsion:", "zbl")) << text;
  EXPECT_TRUE(has_line(text, "SHA-256:", sha256_of_file(path))) << text;
  // 128 x 128 + 128 + 384 x 128 + 384 of one interaction.
  EXPECT_TRUE(has_line(text, "rep.interactions.2", "66048")) << text;
  EXPECT_TRUE(has_line(text, "rep.embedding", "1152")) << text;
}

TEST(ModelInfo, KnowsFilesWithoutMetadataByTheirTensors) {
  EditableSafetensors edited(source + "/tests/data/painn_small.safetensors");
  edited.header.erase("__metadata__");
  const TemporaryFile file(edited.bytes());
  const std::string text = describe_model(file.path());
  EXPECT_TRUE(has_line(text, "architecture:", "painn")) << text;
  EXPECT_TRUE(has_line(text, "parameters:", "31051")) << text;
  EXPECT_TRUE(has_line(text, "teacher:", "not recorded")) << text;
}

TEST(ModelInfo, DescribesAnImportedStudent) {
  const std::string data = MD_SHARED_DATA;
  if (!std::filesystem::exists(data + "/seed_student.safetensors"))
    GTEST_SKIP() << data << " is not there";
  const std::string seed = describe_model(data + "/seed_student.safetensors");
  EXPECT_TRUE(has_line(seed, "architecture:", "seed-student")) << seed;
  // The exported file lacks the last 3x3 matrix, which never reaches the energy.
  EXPECT_TRUE(has_line(seed, "parameters:", "427283")) << seed;
}

TEST(ModelInfo, DescribesAnOrbModel) {
  const std::string orb = describe_model(source + "/tests/data/orb_v2_small.safetensors");
  EXPECT_TRUE(has_line(orb, "architecture:", "orb-v2")) << orb;
  EXPECT_TRUE(has_line(orb, "size:", "64 channels, 128 hidden, 2 steps")) << orb;
  EXPECT_TRUE(has_line(orb, "cutoff:", "6 A")) << orb;
  EXPECT_TRUE(has_line(orb, "parameters:", "305927")) << orb;
  EXPECT_TRUE(has_line(orb, "elements:", "H to Ts")) << orb;
  EXPECT_TRUE(has_line(orb, "model.atom_emb", "7616")) << orb;  // 119 x 64
  // 64 x 64 + 64, 64 + 1, and 118 reference energies; statistics of the normaliser do not count.
  EXPECT_TRUE(has_line(orb, "heads.energy", "4343")) << orb;
}

TEST(ModelInfo, RefusesWhatIsNoModel) {
  const TemporaryFile text("just some text, long enough", ".txt");
  const TemporaryFile unknown(safetensors_bytes(
      R"({"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", std::string(4, '\0')));
  for (const std::string& path : {text.path(), unknown.path(), std::string("/nonexistent.ts")})
    EXPECT_THROW(describe_model(path), InputError) << path;
}

}  // namespace
}  // namespace md::test
