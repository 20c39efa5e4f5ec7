#include "storage/kv/boot_mark.h"

namespace storage {
namespace {

constexpr std::string_view kClean = "clean\n";

wire::Status write_mark(FileSystem& files, const std::string& folder, std::string_view end) {
  std::string text = files.boot_id() + "\n";
  text += end;
  return replace_file(files, join_path(folder, kBootMarkFile), wire::Bytes::adopt(std::move(text)));
}

}  // namespace

bool nothing_lost(FileSystem& files, const std::string& folder) {
  const auto mark = read_file(files, join_path(folder, kBootMarkFile));
  if (!mark.ok()) return false;
  const std::string_view text = mark->view();
  if (text.ends_with("\n" + std::string(kClean))) return true;
  const std::string boot = files.boot_id();
  return !boot.empty() && text == boot + "\n";
}

wire::Status mark_in_use(FileSystem& files, const std::string& folder) {
  return write_mark(files, folder, {});
}

wire::Status mark_clean(FileSystem& files, const std::string& folder) {
  return write_mark(files, folder, kClean);
}

}  // namespace storage
