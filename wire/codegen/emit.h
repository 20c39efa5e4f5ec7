// Schemas as C++ text.
#pragma once

#include <string>
#include <vector>

#include "wire/codegen/schema.h"

namespace codegen {

// wire/<folder>/<stem>.h and .cc
std::string emit_header(const SchemaFile& file);
std::string emit_source(const SchemaFile& file);

// wire/error_code.h and .cc
std::string emit_error_header(const std::vector<ErrorEntry>& errors);
std::string emit_error_source(const std::vector<ErrorEntry>& errors);

// wire/api_key_values.h: the enumeration; wire/api_table.cc: what is known about each API.
std::string emit_api_key_header(const std::vector<SchemaFile>& files);
std::string emit_api_table(const std::vector<SchemaFile>& files);

// wire/message_registry.cc: every message behind one interface.
std::string emit_registry(const std::vector<SchemaFile>& files);

}  // namespace codegen
