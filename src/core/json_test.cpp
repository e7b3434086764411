#include <gtest/gtest.h>

#include <pier/core/json.hpp>

namespace pier {
namespace {

json::object object(std::string_view text) {
  return parse_json(text).value().as_object();
}

TEST(ParseJsonTest, TakesWholeTextsOnly) {
  EXPECT_TRUE(parse_json(R"({"a":[1,2.5,"x",null,true]})"));
  EXPECT_TRUE(parse_json(" 1 \n"));
  for (const auto* text : {"", " ", "{", "[1", "[1,]", "{} {}", "{}x", "\"a", "nul", "tru", "01", "1.", "\"\xff\"",
                           "\"\xed\xa0\x80\"", "{\"a\":}", "/*c*/1", "NaN", "-"}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(parse_json(std::string_view("1\0", 2)));
  EXPECT_NE(parse_json("{\"a\": x}").error().message.find("near byte 6"), std::string::npos);
}

TEST(ParseJsonTest, BoundsDepth) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(parse_json(nested(32)));
  EXPECT_FALSE(parse_json(nested(33)));
  EXPECT_FALSE(parse_json(std::string(1000000, '[')));
  EXPECT_TRUE(parse_json(nested(3), 3));
  EXPECT_FALSE(parse_json(nested(4), 3));
}

TEST(JsonMembersTest, GettersGiveTheValue) {
  const auto o =
      object(R"({"s":"x","i":-5,"u":9223372036854775808,"w":3.0,"d":2.5,"b":true,"o":{"k":1},"a":[1,2],"n":null})");
  EXPECT_EQ(get_string(o, "s").value(), "x");
  EXPECT_EQ(get_int(o, "i").value(), -5);
  EXPECT_EQ(get_int(o, "w").value(), 3);
  EXPECT_EQ(get_double(o, "d").value(), 2.5);
  EXPECT_EQ(get_double(o, "i").value(), -5.0);
  EXPECT_EQ(get_double(o, "u").value(), 9223372036854775808.0);
  EXPECT_TRUE(get_bool(o, "b").value());
  EXPECT_EQ(get_object(o, "o").value().size(), 1U);
  EXPECT_EQ(get_array(o, "a").value().size(), 2U);
}

TEST(JsonMembersTest, ErrorsNameTheKey) {
  const auto o = object(R"({"s":"x","u":9223372036854775808,"d":2.5,"n":null,"e":1e300,"b":1})");
  const auto says = [](const auto& result, std::string_view key) {
    return !result && result.error().code == ErrorCode::kInvalidArgument &&
           result.error().message.find('"' + std::string(key) + '"') != std::string::npos;
  };
  EXPECT_TRUE(says(get_string(o, "gone"), "gone"));
  EXPECT_TRUE(says(get_string(o, "d"), "d"));
  EXPECT_TRUE(says(get_string(o, "n"), "n"));
  EXPECT_TRUE(says(get_int(o, "s"), "s"));
  EXPECT_TRUE(says(get_int(o, "d"), "d"));
  EXPECT_TRUE(says(get_int(o, "u"), "u"));
  EXPECT_TRUE(says(get_int(o, "e"), "e"));
  EXPECT_TRUE(says(get_double(o, "s"), "s"));
  EXPECT_TRUE(says(get_bool(o, "b"), "b"));
  EXPECT_TRUE(says(get_object(o, "s"), "s"));
  EXPECT_TRUE(says(get_array(o, "gone"), "gone"));
}

TEST(JsonMembersTest, DefaultsStandInForAbsentNullAndMistyped) {
  const auto o = object(R"({"s":"x","i":7,"d":2.5,"b":false,"n":null})");
  EXPECT_EQ(string_or(o, "s", "y"), "x");
  EXPECT_EQ(int_or(o, "i", 1), 7);
  EXPECT_EQ(double_or(o, "d", 1), 2.5);
  EXPECT_FALSE(bool_or(o, "b", true));
  for (const auto* key : {"n", "gone"}) {
    EXPECT_EQ(string_or(o, key, "y"), "y");
    EXPECT_EQ(int_or(o, key, 1), 1);
    EXPECT_EQ(double_or(o, key, 1.5), 1.5);
    EXPECT_TRUE(bool_or(o, key, true));
  }
  EXPECT_EQ(string_or(o, "i", "y"), "y");
  EXPECT_EQ(int_or(o, "d", 1), 1);
  EXPECT_EQ(double_or(o, "s", 1.5), 1.5);
  EXPECT_TRUE(bool_or(o, "i", true));
}

TEST(PrettyJsonTest, IndentsByTwo) {
  const auto value = parse_json(R"({"a":[1,{"b":2.5}],"e":{},"f":[],"q\"":"\n","w":25.0,"n":null})").value();
  EXPECT_EQ(pretty_json(value), R"({
  "a": [
    1,
    {
      "b": 2.5
    }
  ],
  "e": {},
  "f": [],
  "q\"": "\n",
  "w": 25.0,
  "n": null
})");
  EXPECT_EQ(parse_json(pretty_json(value)).value(), value);
  EXPECT_EQ(pretty_json(json::value(1.0 / 0.0)), "null");
}

}  // namespace
}  // namespace pier
