// The schema files in memory: what parse.cc reads, check.cc judges and the emitters write out as
// C++.
//
// One file describes one API (a request and a response), one record, or the key and value of a
// coordinator's record.  The format is described in wire/schema/README.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codegen {

inline constexpr int kNoLimit = 32767;        // the upper end of "3+"
inline constexpr int kNeverFlexible = 32767;  // a flexible_since that no version reaches

// An inclusive range of versions.
struct Versions {
  int min = 0;
  int max = kNoLimit;

  bool covers(const Versions& other) const { return min <= other.min && max >= other.max; }
  bool contains(int version) const { return version >= min && version <= max; }
};

enum class Kind {
  kBool,
  kInt8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kFloat64,
  kUuid,
  kError,  // int16 on the wire, wire::ErrorCode in C++
  kString,
  kLegacyString,  // a string whose length is an int16 even in flexible versions
  kBytes,
  kRecords,  // bytes on the wire; kept apart because the JSON form gives only their size
  kStruct,
};

struct Field {
  std::string name;  // snake_case
  Kind kind = Kind::kBool;
  std::string struct_name;  // when kStruct
  bool is_array = false;
  std::optional<Versions> nullable;  // versions in which the value may be null
  std::string default_value;         // as written in the schema; empty for the type's own zero
  Versions versions;
  std::optional<int> tag;
};

struct Struct {
  std::string name;
  std::vector<Field> fields;
};

// One encodable message: becomes one C++ struct, with its inner structs nested in it.
struct Message {
  std::string name;
  std::string key;   // the C++ value of kApiKey; empty if the message has none
  std::string kind;  // the C++ name of its MessageKind
  Versions versions;
  int flexible_since = kNeverFlexible;
  std::vector<Field> fields;
  std::vector<Struct> structs;  // each after those it contains

  const Struct* find_struct(std::string_view struct_name) const;
};

struct SchemaFile {
  std::string path;  // relative to the schema folder, for errors and comments
  std::string
      folder;        // "api", "metadata", "coordinator" or "control": where the generated files go
  std::string stem;  // name of the generated files without extension
  std::string doc;
  std::vector<Message> messages;

  // Only of APIs.
  std::string api;
  int api_key = -1;
  std::vector<std::string> listeners;
};

struct ErrorEntry {
  int code = 0;
  std::string name;
  std::string message;
  bool retriable = false;
};

// What is wrong with the schemas, one line each: "file:field: message".
using Problems = std::vector<std::string>;

// Parses the file's text.  What cannot be understood is added to `problems`.
SchemaFile parse_schema(std::string_view path, std::string_view text, Problems& problems);
std::vector<ErrorEntry> parse_errors(std::string_view path, std::string_view text,
                                     Problems& problems);

// Judges what parsed well: names, tags and versions that contradict each other.
void check_schema(const SchemaFile& file, Problems& problems);

}  // namespace codegen
