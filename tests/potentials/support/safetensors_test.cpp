#include "potentials/support/safetensors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "md/errors.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

/// What reading these bytes says.
std::string error_of(const std::string& bytes) {
  return error_of_file(bytes, [](const std::string& path) { const Safetensors read(path); });
}

std::string error_of(const std::string& header, const std::string& data) {
  return error_of(safetensors_bytes(header, data));
}

TEST(Safetensors, ReadsEveryFloatingTypeExactly) {
  const std::string header =
      R"({"__metadata__":{"arch":"painn"},
          "d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
          "f":{"dtype":"F32","shape":[1,2],"data_offsets":[16,24]},
          "h":{"dtype":"F16","shape":[4],"data_offsets":[24,32]},
          "b":{"dtype":"BF16","shape":[2],"data_offsets":[32,36]},
          "i":{"dtype":"I64","shape":[],"data_offsets":[36,44]},
          "e":{"dtype":"F32","shape":[0],"data_offsets":[44,44]}})";
  const std::string data = raw({0.1, -3e300}) + raw({0.1f, 1e-40f}) +
                           raw<std::uint16_t>({0x3c00, 0xc500, 0x0001, 0x7bff}) +
                           raw<std::uint16_t>({0x3f80, 0xc040}) + raw<std::int64_t>({7});
  const TemporaryFile file(safetensors_bytes(header, data));
  const Safetensors read(file.path());
  EXPECT_EQ(read.tensors().size(), 6u);
  EXPECT_EQ(read.metadata("arch"), "painn");
  EXPECT_EQ(read.metadata("none"), "");
  EXPECT_EQ(read.values("d", {2}), (std::vector<double>{0.1, -3e300}));
  EXPECT_EQ(read.values("f", {1, 2}), (std::vector<double>{0.1f, 1e-40f}));
  EXPECT_EQ(read.values("h", {4}), (std::vector<double>{1, -5, std::ldexp(1, -24), 65504}));
  EXPECT_EQ(read.values("b", {2}), (std::vector<double>{1, -3}));
  EXPECT_TRUE(read.values("e", {0}).empty());
  EXPECT_EQ(read.tensor("i").size(), 1);
  EXPECT_THROW(read.values("i", {}), InputError);
  EXPECT_THROW(read.values("d", {2, 1}), InputError);
  EXPECT_THROW(read.tensor("absent"), InputError);
}

TEST(Safetensors, RefusesNumbersThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    const TemporaryFile file(safetensors_bytes(
        R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", raw({1.0f, bad})));
    const Safetensors read(file.path());
    EXPECT_THROW(read.values("x", {2}), InputError);
  }
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string whole = safetensors_bytes(
      R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", raw({1.0f, 2.0f}));
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_NE(error_of(whole.substr(0, n)), "no error") << n;
  EXPECT_EQ(error_of(whole), "no error");
}

TEST(Safetensors, RefusesHeadersThatLie) {
  const std::string eight(8, '\0');
  const auto expect = [&](const std::string& header, const std::string& part) {
    EXPECT_NE(error_of(header, eight).find(part), std::string::npos) << header << "\n"
                                                                     << error_of(header, eight);
  };
  const std::string x = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  expect(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}})", "'x': its data end at");
  expect(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "'x'");
  expect(R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "needs 12");
  expect(R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "shape");
  expect(R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}})", "shape");
  expect(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}})",
         "too large");
  expect(R"({"x":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", "F33");
  expect(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}})", "data_offsets");
  expect(R"({"x":{"dtype":"F32","shape":[2]}})", "must have dtype");
  expect(R"({"x":)" + x + R"(,"x":)" + x + "}", "stands twice");
  expect(R"({"x":)" + x + R"(,"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "overlaps");
  expect(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "hole");
  expect(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "belong to none");
  expect(R"({"__metadata__":{"a":1},"x":)" + x + "}", "must be a string");
  expect(R"({"__metadata__":[],"x":)" + x + "}", "__metadata__");
  expect(R"({"x":)" + x, "JSON");
  expect(R"([1,2])", "does not begin");
}

TEST(Safetensors, RefusesWhatIsNoFile) {
  EXPECT_THROW(Safetensors("/nonexistent/model.safetensors"), InputError);
  EXPECT_THROW(Safetensors(std::filesystem::temp_directory_path().string()), InputError);
  EXPECT_NE(error_of("PK\x03\x04 this is a zip archive, not weights").find("not a safetensors"),
            std::string::npos);
  std::string huge(16, '\xff');
  EXPECT_NE(error_of(huge).find("not a safetensors"), std::string::npos);
}

}  // namespace
}  // namespace md::test
