#include "potentials/orb/orb_model.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "md/errors.hpp"
#include "potentials/orb/orb_network.hpp"
#include "tests/potentials/orb/orb_cases.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

using orb::OrbModel;

/// Of the published Orb-v2, and of its smaller members with fewer steps.
OrbModel published(int steps) {
  OrbModel model;
  model.channels = 256;
  model.hidden = 512;
  model.steps = steps;
  model.n_species = 119;
  model.n_references = 118;
  model.head_hidden = {{"energy", 256}, {"forces", 256}, {"stress", 256}};
  return model;
}

TEST(OrbModel, HasTwentyFiveMillionParametersAtThePublishedSize) {
  EXPECT_EQ(published(15).n_parameters(), 25'213'601);
  EXPECT_EQ(published(15).n_parameters() - published(14).n_parameters(), 1'576'962);
}

TEST(OrbModel, ReadsItsSizesFromTheShapes) {
  const OrbModel model = OrbModel::read(Safetensors(orb_small));
  EXPECT_EQ(model.channels, 64);
  EXPECT_EQ(model.hidden, 128);
  EXPECT_EQ(model.steps, 2);
  EXPECT_EQ(model.cutoff, 6);
  EXPECT_TRUE(model.has_stress());
  EXPECT_EQ(model.n_parameters(), 305'927);
}

/// The message of the InputError that reading these bytes must throw.
std::string error_of(const EditableSafetensors& edited) {
  return error_of_file(edited.bytes(), [](const std::string& path) {
    const Safetensors file(path);
    orb::Network<float>(file, OrbModel::read(file));
  });
}

void expect_error(const EditableSafetensors& edited, const std::string& part) {
  const std::string message = error_of(edited);
  EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
}

void set_number(EditableSafetensors& edited, const std::string& tensor, int index, float value) {
  const std::size_t at = edited.header[tensor]["data_offsets"][0];
  std::memcpy(edited.data.data() + at + 4 * index, &value, 4);
}

TEST(OrbModel, RefusesAMissingTensorUnlessNothingNeedsIt) {
  const EditableSafetensors whole(orb_small);
  EXPECT_EQ(error_of(whole), "no error");
  for (const auto& [name, entry] : whole.header.items()) {
    if (name == "__metadata__") continue;
    EditableSafetensors edited = whole;
    edited.remove(name);
    const bool needless =
        name.starts_with("model._decoder.") || name.ends_with("num_batches_tracked");
    // Without its first matrix there is no stress head.
    if (needless || name == "heads.stress.mlp.NN-0.weight")
      EXPECT_EQ(error_of(edited), "no error") << name;
    else if (name.starts_with("model.gnn_stacks.1."))
      expect_error(edited, name);  // stack 1 still counts: some of it is there
    else
      expect_error(edited, "'" + name + "': is missing");
  }
}

TEST(OrbModel, RunsWithoutAStressHead) {
  EditableSafetensors edited(orb_small);
  for (const char* part : {"mlp.NN-0.weight", "mlp.NN-0.bias", "mlp.NN-1.weight", "mlp.NN-1.bias"})
    edited.remove(std::string("heads.stress.") + part);
  const TemporaryFile path(edited.bytes());
  EXPECT_FALSE(OrbModel::read(Safetensors(path.path())).has_stress());
  EXPECT_EQ(error_of(edited), "no error");
}

TEST(OrbModel, RefusesTensorsThatDoNotBelongToTheTrunk) {
  const std::string four(4, '\0');
  EditableSafetensors edited(orb_small);
  edited.add("heads.confidence.mlp.NN-0.bias", "F32", {1}, four);
  EXPECT_EQ(error_of(edited), "no error");
  for (const char* name : {"model.charge_embedding.weight", "model.gnn_stacks.one.bias", "pair.a",
                           "model.gnn_stacks.0._edge_mlp.mlp.NN-3.bias"}) {
    EditableSafetensors more = edited;
    more.add(name, "F32", {1}, four);
    expect_error(more, std::string(name) + "': does not belong");
  }
  edited.add("model.gnn_stacks.3._send_attn.bias", "F32", {1}, four);  // stack 2 is not there
  expect_error(edited, "model.gnn_stacks.2.");
}

TEST(OrbModel, RefusesWrongShapesAndNumbers) {
  const EditableSafetensors whole(orb_small);
  EditableSafetensors edited = whole;
  edited.header["model.gnn_stacks.1._node_mlp.mlp.NN-0.weight"]["shape"] = {192, 128};
  expect_error(edited, "has the shape [192, 128]; it must be [128, 192]");
  edited = whole;
  edited.header["model._encoder._edge_fn.mlp.NN-0.weight"]["shape"] = {64, 46};
  expect_error(edited, "has 46 columns");
  edited = whole;
  set_number(edited, "model.gnn_stacks.0._edge_mlp.mlp.NN-0.weight", 7,
             std::numeric_limits<float>::quiet_NaN());
  expect_error(edited, "element 7 is not a finite number");
  edited = whole;
  set_number(edited, "heads.forces.normalizer.bn.running_var", 0, -1);
  expect_error(edited, "must not be below zero");
  edited = whole;
  edited.header["__metadata__"]["energy_unit"] = "hartree";
  expect_error(edited, "must be eV");
  edited = whole;
  edited.header["__metadata__"]["elements"] = "H,118";
  expect_error(edited, "117");
}

TEST(OrbModel, TakesReferenceEnergiesAsARowToo) {
  EditableSafetensors edited(orb_small);
  edited.header[orb::reference_tensor]["shape"] = {1, 118};
  EXPECT_EQ(error_of(edited), "no error");
}

/// `tensor` of the shape [rows, parts x width] with every part (or, for a bias, all) followed by
/// `more` zeros, and `more_rows` rows of zeros at the end.
void widen(EditableSafetensors& edited, const std::string& tensor, int more_rows, int parts,
           int more) {
  const auto shape = edited.header[tensor]["shape"].get<std::vector<std::int64_t>>();
  const std::size_t begin = edited.header[tensor]["data_offsets"][0];
  const int rows = static_cast<int>(shape[0]), columns = shape.size() > 1 ? shape[1] : 1;
  const int width = columns / parts;
  std::string bytes;
  for (int k = 0; k < rows * parts; ++k) {
    bytes += edited.data.substr(begin + std::size_t{4} * k * width, std::size_t{4} * width);
    bytes += std::string(std::size_t{4} * more, '\0');
  }
  const int new_columns = columns + parts * more;
  bytes += std::string(std::size_t{4} * more_rows * new_columns, '\0');
  std::vector<std::int64_t> now{rows + more_rows};
  if (shape.size() > 1) now.push_back(new_columns);
  edited.remove(tensor);
  edited.add(tensor, "F32", now, bytes);
}

// 5 hidden channels more that are zero behind their activation change nothing: ssp(0) = 0. 133 is
// no multiple of a vector.
TEST(OrbModel, TakesAnyNumberOfHiddenChannels) {
  EditableSafetensors edited(orb_small);
  std::vector<std::string> blocks = {"model._encoder._node_fn", "model._encoder._edge_fn"};
  for (const char* stack : {"0", "1"})
    for (const char* mlp : {"._node_mlp", "._edge_mlp"})
      blocks.push_back(std::string("model.gnn_stacks.") + stack + mlp);
  for (const std::string& block : blocks) {
    widen(edited, block + ".mlp.NN-0.weight", 5, 1, 0);
    widen(edited, block + ".mlp.NN-0.bias", 5, 1, 0);
    widen(edited, block + ".mlp.NN-1.weight", 5, 1, 5);
    widen(edited, block + ".mlp.NN-1.bias", 5, 1, 0);
    widen(edited, block + ".mlp.NN-2.weight", 0, 1, 5);
  }
  const TemporaryFile path(edited.bytes());
  const Safetensors file(path.path());
  const OrbModel model = OrbModel::read(file);
  EXPECT_EQ(model.hidden, 133);
  orb::Network<double> network(file, model);
  Stream stream(Device{}, 1);
  const OrbCase& c = orb_cases().at("water5");
  const int first_atom[2] = {0, c.size()};
  const auto& p = network.evaluate(c.graph, c.structure.numbers.data(), first_atom, stream);
  EXPECT_NEAR(p.interaction[0], c.interaction, 1e-10);
}

}  // namespace
}  // namespace md::test
