// kafka_codegen SCHEMA_FOLDER OUTPUT_FOLDER: turns the schemas into the C++ of the wire level.
//
// A file is touched only if its text changes, so that editing one schema rebuilds one API.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "wire/codegen/emit.h"
#include "wire/codegen/schema.h"

namespace {

namespace fs = std::filesystem;
using codegen::Problems;
using codegen::SchemaFile;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool write_if_changed(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read_file(path) == text) return true;
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "kafka_codegen: cannot write %s\n", path.c_str());
  return !out.fail();
}

std::vector<SchemaFile> load_schemas(const fs::path& folder, Problems& problems) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = fs::relative(entry.path(), folder);
    if (entry.path().extension() == ".json" && path != "errors.json") paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SchemaFile> files;
  std::map<std::string, std::string> owners;
  for (const std::string& path : paths) {
    files.push_back(codegen::parse_schema(path, read_file(folder / path), problems));
    if (problems.empty()) codegen::check_schema(files.back(), problems);
    for (const auto& message : files.back().messages) {
      const auto [owner, is_new] = owners.emplace(message.name, path);
      if (!is_new)
        problems.push_back(path + ":" + message.name + ": is also defined in " + owner->second);
    }
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: kafka_codegen SCHEMA_FOLDER OUTPUT_FOLDER\n");
    return 2;
  }
  const fs::path schema_folder = argv[1];
  const fs::path wire = fs::path(argv[2]) / "wire";

  Problems problems;
  const auto errors =
      codegen::parse_errors("errors.json", read_file(schema_folder / "errors.json"), problems);
  const std::vector<SchemaFile> files = load_schemas(schema_folder, problems);
  for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  if (!problems.empty()) return 1;

  bool written = write_if_changed(wire / "error_code.h", codegen::emit_error_header(errors)) &&
                 write_if_changed(wire / "error_code.cc", codegen::emit_error_source(errors)) &&
                 write_if_changed(wire / "api_key_values.h", codegen::emit_api_key_header(files)) &&
                 write_if_changed(wire / "api_table.cc", codegen::emit_api_table(files)) &&
                 write_if_changed(wire / "message_registry.cc", codegen::emit_registry(files));
  for (const SchemaFile& file : files) {
    const fs::path stem = wire / file.folder / file.stem;
    written = written && write_if_changed(fs::path(stem) += ".h", codegen::emit_header(file)) &&
              write_if_changed(fs::path(stem) += ".cc", codegen::emit_source(file));
  }
  return written ? 0 : 1;
}
