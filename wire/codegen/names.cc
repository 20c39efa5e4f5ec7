#include "wire/codegen/names.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace codegen {
namespace {

bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_lower(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
char to_upper(char c) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}
char to_lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// The parameters and local variables of the generated functions, then the C++ keywords that a
// protocol might use.
constexpr std::string_view kReserved[] = {
    "in",         "out",       "json",     "v",        "tags",     "encode",   "decode",
    "write_json", "auto",      "bool",     "case",     "char",     "class",    "concept",
    "const",      "continue",  "default",  "delete",   "do",       "double",   "else",
    "enum",       "explicit",  "export",   "extern",   "false",    "float",    "for",
    "friend",     "goto",      "if",       "inline",   "int",      "long",     "module",
    "mutable",    "namespace", "new",      "not",      "operator", "or",       "private",
    "protected",  "public",    "register", "requires", "return",   "short",    "signed",
    "sizeof",     "static",    "struct",   "switch",   "template", "this",     "throw",
    "true",       "try",       "typedef",  "typename", "union",    "unsigned", "using",
    "virtual",    "void",      "volatile", "while",    "xor"};

}  // namespace

std::string camel_case(std::string_view snake) {
  std::string result;
  bool start_of_word = false;
  for (char c : snake) {
    if (c == '_') {
      start_of_word = true;
      continue;
    }
    result += start_of_word ? to_upper(c) : c;
    start_of_word = false;
  }
  return result;
}

std::string pascal_case(std::string_view upper_snake) {
  std::string result;
  bool start_of_word = true;
  for (char c : upper_snake) {
    if (c == '_') {
      start_of_word = true;
      continue;
    }
    result += start_of_word ? to_upper(c) : to_lower(c);
    start_of_word = false;
  }
  return result;
}

bool is_snake_case(std::string_view name) {
  return !name.empty() && is_lower(name.front()) && name.back() != '_' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_pascal_case(std::string_view name) {
  return !name.empty() && is_upper(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_upper(c) || is_lower(c) || is_digit(c); });
}

bool is_reserved_name(std::string_view name) {
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

}  // namespace codegen
