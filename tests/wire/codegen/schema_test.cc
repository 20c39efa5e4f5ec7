// What the generator makes of a schema, and how it says what is wrong with one.
#include "wire/codegen/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/codegen/emit.h"
#include "wire/codegen/names.h"

namespace codegen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The problems of a request with these rows, at versions 0-5 of which 3-5 are flexible.
Problems problems_of(const std::string& rows) {
  Problems problems;
  const SchemaFile file = parse_schema(
      "7_thing.json",
      R"({"api": "Thing", "key": 7, "versions": "0-5", "flexible": "3+", "response": [],
                                           "request": [)" +
          rows + "]}",
      problems);
  if (problems.empty()) check_schema(file, problems);
  return problems;
}

SchemaFile parsed(const std::string& text) {
  Problems problems;
  SchemaFile file = parse_schema("7_thing.json", text, problems);
  if (problems.empty()) check_schema(file, problems);
  EXPECT_THAT(problems, ElementsAre());
  return file;
}

TEST(Schema, NamesFileAndFieldOfAProblem) {
  EXPECT_THAT(problems_of(R"(["count", "int33"])"),
              ElementsAre("7_thing.json:ThingRequest.count: unknown type \"int33\""));
}

TEST(Schema, RefusesTextThatIsNotJson) {
  Problems problems;
  parse_schema("7_thing.json", "{", problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], HasSubstr("7_thing.json:"));
}

TEST(Schema, RefusesRowsOfAnotherShape) {
  EXPECT_THAT(problems_of(R"(["count"])"),
              ElementsAre(HasSubstr("a field must be [name, type, versions, fields]")));
  EXPECT_THAT(problems_of(R"({"name": "count"})"), ElementsAre(HasSubstr("a field must be")));
}

TEST(Schema, RefusesVersionsItCannotRead) {
  EXPECT_THAT(problems_of(R"(["count", "int32", "since 3"])"),
              ElementsAre(HasSubstr("cannot read the versions")));
  EXPECT_THAT(problems_of(R"(["count", "int32", "5-3"])"),
              ElementsAre(HasSubstr("cannot read the versions")));
  EXPECT_THAT(problems_of(R"(["count", "int32?x"])"),
              ElementsAre(HasSubstr("cannot read the versions after '?'")));
}

TEST(Schema, RefusesAFieldThatIsInNoVersion) {
  EXPECT_THAT(problems_of(R"(["count", "int32", "6+"])"),
              ElementsAre(HasSubstr("is in no version of the message")));
}

TEST(Schema, RefusesATagInAVersionThatIsNotFlexible) {
  EXPECT_THAT(problems_of(R"(["count", "int32", "2+ tag 0"])"),
              ElementsAre(HasSubstr("is tagged in a version that is not flexible")));
  EXPECT_THAT(problems_of(R"(["count", "int32", "3+ tag 0"])"), ElementsAre());
}

TEST(Schema, RefusesWhatAppearsTwice) {
  EXPECT_THAT(problems_of(R"(["a", "int8"], ["a", "int8"])"),
              ElementsAre(HasSubstr("appears twice")));
  EXPECT_THAT(problems_of(R"(["a", "int8", "3+ tag 1"], ["b", "int8", "3+ tag 1"])"),
              ElementsAre(HasSubstr("uses a tag that another field has")));
  EXPECT_THAT(
      problems_of(R"(["a", "{S}", "", [["x", "int8"]]], ["b", "{S}", "", [["x", "int8"]]])"),
      ElementsAre(HasSubstr("struct S is defined twice")));
}

TEST(Schema, RefusesAStructWithoutFields) {
  EXPECT_THAT(problems_of(R"(["a", "{Missing}"])"),
              ElementsAre(HasSubstr("struct Missing has no fields")));
  EXPECT_THAT(problems_of(R"(["a", "{S}", "", [["x", "[{S}]"]]])"),
              ElementsAre(HasSubstr("struct S has no fields")));
}

TEST(Schema, RefusesNamesThatTheGeneratedCodeCannotUse) {
  EXPECT_THAT(problems_of(R"(["Count", "int32"])"),
              ElementsAre(HasSubstr("is not a snake_case name")));
  EXPECT_THAT(problems_of(R"(["default", "int32"])"), ElementsAre(HasSubstr("uses itself")));
  EXPECT_THAT(problems_of(R"(["v", "int32"])"), ElementsAre(HasSubstr("uses itself")));
}

TEST(Schema, RefusesDefaultsThatTheTypeCannotHave) {
  EXPECT_THAT(problems_of(R"(["a", "string=null"])"),
              ElementsAre(HasSubstr("null as default but is not nullable")));
  EXPECT_THAT(problems_of(R"(["a", "[int32]=5"])"),
              ElementsAre(HasSubstr("only numbers, bool and null")));
  EXPECT_THAT(problems_of(R"(["a", "int32=many"])"),
              ElementsAre(HasSubstr("cannot have the default \"many\"")));
}

TEST(Schema, SharesAStructDefinedInAnEarlierRow) {
  const SchemaFile file =
      parsed(R"({"api": "Thing", "key": 7, "versions": "0-5", "response": [], "request": [
      ["first", "[{Part}]", "", [["index", "int32"]]],
      ["second", "[{Part}]"]]})");
  EXPECT_EQ(file.messages[0].structs.size(), 1u);
}

TEST(EmitHeader, DeclaresPlainStructsWithKafkasDefaults) {
  const SchemaFile file = parsed(R"({"api": "Thing", "key": 7, "versions": "0-5", "flexible": "3+",
      "doc": "A thing.", "response": [["error_code", "error"]], "request": [
      ["limit", "int64=-1", "2+"],
      ["rack", "string?=null", "3+ tag 0"],
      ["host", "string?"],
      ["parts", "[{Part}]?=null", "", [["index", "int32"]]]]})");
  const std::string header = emit_header(file);
  EXPECT_THAT(header, HasSubstr("// A thing.\n"));
  EXPECT_THAT(header, HasSubstr("static constexpr ApiKey kApiKey = ApiKey::kThing;"));
  EXPECT_THAT(header, HasSubstr("static constexpr int16_t kFlexibleSince = 3;"));
  EXPECT_THAT(header, HasSubstr("  int64_t limit = -1;  // v2+\n"));
  EXPECT_THAT(header, HasSubstr("  std::optional<std::string> rack;  // v3+, tag 0\n"));
  EXPECT_THAT(header, HasSubstr("  std::optional<std::string> host = std::string();\n"));
  EXPECT_THAT(header, HasSubstr("  std::optional<std::vector<Part>> parts;\n"));
  EXPECT_THAT(header, HasSubstr("  ErrorCode error_code = ErrorCode::kNone;\n"));
}

TEST(EmitSource, WritesOneLineAField) {
  const SchemaFile file = parsed(
      R"({"api": "Thing", "key": 7, "versions": "0-5", "flexible": "3+", "response": [], "request": [
      ["old_name", "string", "0-2"],
      ["id", "uuid", "3+"],
      ["host", "string?2+"],
      ["limit", "int64=-1", "4+ tag 1"],
      ["rack", "string?=null", "3+ tag 0"],
      ["parts", "[{Part}]", "", [["index", "int32"], ["name", "string"]]]]})");
  const std::string source = emit_source(file);
  EXPECT_THAT(source, HasSubstr("void ThingRequest::encode(Writer& out, int16_t v) const {\n"
                                "  out.set_flexible(v >= 3);\n"
                                "  if (v <= 2) out.write(old_name);\n"
                                "  if (v >= 3) out.write(id);\n"
                                "  out.write(host, v >= 2);\n"
                                "  out.write_array(parts, v);\n"
                                "  TaggedFields tags;\n"
                                "  if (v >= 3 && rack.has_value()) tags.add(0).write(rack);\n"
                                "  if (v >= 4 && limit != -1) tags.add(1).write(limit);\n"
                                "  out.write_tags(tags);\n"
                                "}\n"));
  // The smallest Part is an int32, an empty compact string and an empty set of tags.
  EXPECT_THAT(source, HasSubstr("  in.read_array(parts, v, 6);\n"));
  EXPECT_THAT(source,
              HasSubstr("      case 1:\n        if (v >= 4) in.read(limit);\n        break;\n"));
  EXPECT_THAT(source, HasSubstr("  if (v <= 2) json.field(\"oldName\", old_name);\n"));
}

TEST(Names, AreSpelledAsKafkaDoes) {
  EXPECT_EQ(camel_case("v3_and_below_topics"), "v3AndBelowTopics");
  EXPECT_EQ(pascal_case("OFFSET_OUT_OF_RANGE"), "OffsetOutOfRange");
}

}  // namespace
}  // namespace codegen
