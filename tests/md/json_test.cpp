#include "md/json.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "md/errors.hpp"

namespace md::test {
namespace {

TEST(Json, WritesMembersInTheirOrder) {
  Json json{{"b", 1}, {"a", {{"x", 0.1}, {"y", std::nan("")}}}, {"list", std::vector<int>{1, 2}}};
  json["a"]["z"] = true;
  json["text"] = "\"1\"\n";
  json.erase("b");
  EXPECT_EQ(json.dump(), R"({"a":{"x":0.1,"y":null,"z":true},"list":[1,2],"text":"\"1\"\n"})");
  EXPECT_EQ(Json::array({Json::object(), Json::array(), 2.0}).dump(), "[{},[],2.0]");
}

TEST(Json, ReadsWhatItWrites) {
  const std::string text = R"({"z":-1,"a":[1,2.5,{"b":null}],"large":18446744073709551615})";
  const Json json = Json::parse(text);
  EXPECT_EQ(json.dump(), text);
  EXPECT_EQ(json.at("z").integer(), -1);
  EXPECT_FALSE(json.at("z").is_natural());
  EXPECT_TRUE(json.at("large").is_natural());
  EXPECT_EQ(Json::parse("[1, 2.5]").numbers(), (std::vector<double>{1, 2.5}));
}

TEST(Json, NullForWhatIsNoJson) {
  for (const char* const text : {"", "{", "[1,]", "{\"a\":1} 2", "nan"}) {
    const Json json = Json::parse(text);
    EXPECT_FALSE(json.is_object() || json.is_array()) << text;
  }
}

TEST(Json, NamesAMemberThatStandsTwice) {
  std::string repeated;
  Json::parse(R"([{"a":1},{"a":{"a":2}}])", &repeated);
  EXPECT_EQ(repeated, "");
  Json::parse(R"({"a":1,"b":{"c":1,"c":1}})", &repeated);
  EXPECT_EQ(repeated, "c");
}

TEST(Json, RefusesTheWrongKind) {
  const Json json = Json::parse(R"({"a":"text"})");
  EXPECT_THROW(json.at("b"), InputError);
  EXPECT_THROW(json.at("a").number(), InputError);
  EXPECT_THROW(json.at("a").integer(), InputError);
  EXPECT_THROW(json.at("a").numbers(), InputError);
  EXPECT_THROW(json.text(), InputError);
}

}  // namespace
}  // namespace md::test
