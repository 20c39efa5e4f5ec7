#include <algorithm>

#include "wire/codegen/emit.h"
#include "wire/codegen/names.h"

namespace codegen {
namespace {

constexpr const char* kErrorNote =
    "// Generated from wire/schema/errors.json: change that, not this.\n";
constexpr const char* kApiNote = "// Generated from wire/schema: change that, not this.\n";

std::vector<const SchemaFile*> apis_by_key(const std::vector<SchemaFile>& files) {
  std::vector<const SchemaFile*> apis;
  for (const SchemaFile& file : files) {
    if (!file.api.empty()) apis.push_back(&file);
  }
  std::sort(apis.begin(), apis.end(),
            [](const SchemaFile* a, const SchemaFile* b) { return a->api_key < b->api_key; });
  return apis;
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string flexible_since(const Message& message) {
  return message.flexible_since == kNeverFlexible ? "kNeverFlexible"
                                                  : std::to_string(message.flexible_since);
}

}  // namespace

std::string emit_error_header(const std::vector<ErrorEntry>& errors) {
  std::string text = kErrorNote;
  text += "//\n// The error codes of Kafka's protocol.\n#pragma once\n\n";
  text +=
      "#include <cstdint>\n#include <string_view>\n\nnamespace wire {\n\nenum class ErrorCode : "
      "int16_t {\n";
  for (const ErrorEntry& error : errors) {
    text += "  k" + pascal_case(error.name) + " = " + std::to_string(error.code) + ",\n";
  }
  text += "};\n\n";
  text +=
      "// Kafka's name, \"OFFSET_OUT_OF_RANGE\"; \"UNKNOWN_ERROR_CODE\" for a number that has "
      "none.\n";
  text += "std::string_view error_name(ErrorCode code);\n";
  text += "// One sentence for the client.\nstd::string_view error_message(ErrorCode code);\n";
  text +=
      "// True if the same request may succeed later.\nbool is_retriable(ErrorCode code);\n\n}  // "
      "namespace wire\n";
  return text;
}

std::string emit_error_source(const std::vector<ErrorEntry>& errors) {
  std::string text = kErrorNote;
  text += "#include \"wire/error_code.h\"\n\nnamespace wire {\nnamespace {\n\n";
  text +=
      "struct ErrorInfo {\n  std::string_view name;\n  std::string_view message;\n  bool "
      "retriable;\n};\n\n";
  text +=
      "constexpr ErrorInfo kUnnamed = {\"UNKNOWN_ERROR_CODE\", \"An error code without a name.\", "
      "false};\n\n";
  text += "const ErrorInfo& error_info(ErrorCode code) {\n  switch (code) {\n";
  for (const ErrorEntry& error : errors) {
    text += "    case ErrorCode::k" + pascal_case(error.name) + ": {\n";
    text += "      static constexpr ErrorInfo kInfo = {" + quoted(error.name) + ", " +
            quoted(error.message) + ", " + (error.retriable ? "true" : "false") +
            "};\n      return kInfo;\n    }\n";
  }
  text += "  }\n  return kUnnamed;\n}\n\n}  // namespace\n\n";
  text += "std::string_view error_name(ErrorCode code) { return error_info(code).name; }\n\n";
  text += "std::string_view error_message(ErrorCode code) { return error_info(code).message; }\n\n";
  text +=
      "bool is_retriable(ErrorCode code) { return error_info(code).retriable; }\n\n}  // namespace "
      "wire\n";
  return text;
}

std::string emit_api_key_header(const std::vector<SchemaFile>& files) {
  std::string text = kApiNote;
  text +=
      "#pragma once\n\n#include <cstdint>\n\nnamespace wire {\n\nenum class ApiKey : int16_t {\n";
  for (const SchemaFile* api : apis_by_key(files)) {
    text += "  k" + api->api + " = " + std::to_string(api->api_key) + ",\n";
  }
  return text + "};\n\n}  // namespace wire\n";
}

std::string emit_api_table(const std::vector<SchemaFile>& files) {
  std::string text = kApiNote;
  text +=
      "#include \"wire/api_key.h\"\n#include \"wire/message.h\"\n\nnamespace wire {\nnamespace "
      "{\n\n";
  text += "constexpr ApiInfo kApis[] = {\n";
  for (const SchemaFile* api : apis_by_key(files)) {
    const Message& request = api->messages.front();
    std::string listeners;
    for (const std::string& listener : api->listeners) {
      if (!listeners.empty()) listeners += " | ";
      listeners += listener == "broker" ? "kBrokerListener" : "kControllerListener";
    }
    text += "    {ApiKey::k" + api->api + ", " + quoted(api->api) + ", " +
            std::to_string(request.versions.min) + ", " + std::to_string(request.versions.max) +
            ", " + flexible_since(request) + ", " + (listeners.empty() ? "0" : listeners) + "},\n";
  }
  return text +
         "};\n\n}  // namespace\n\nstd::span<const ApiInfo> all_apis() { return kApis; }\n\n}  // "
         "namespace wire\n";
}

std::string emit_registry(const std::vector<SchemaFile>& files) {
  std::string includes;
  std::string rows;
  for (const SchemaFile& file : files) {
    includes += "#include \"wire/" + file.folder + "/" + file.stem + ".h\"\n";
    for (const Message& message : file.messages) {
      rows += "    message_info<" + message.name + ">(MessageKind::" + message.kind + "),\n";
    }
  }
  return std::string(kApiNote) + "#include \"wire/message_registry.h\"\n\n" + includes +
         "#include \"wire/message_registry_entry.h\"\n\nnamespace wire {\n"
         "namespace {\n\nconstexpr MessageInfo kMessages[] = {\n" +
         rows +
         "};\n\n}  // namespace\n\nstd::span<const MessageInfo> message_registry() { return "
         "kMessages; }\n\n}  // namespace wire\n";
}

}  // namespace codegen
