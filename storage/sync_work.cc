#include "storage/sync_work.h"

namespace storage {

void SyncWork::run() {
  const auto run_all = [this]() -> wire::Status {
    // Data before names: a new segment must not be found beside an old one that lacks its end.
    for (auto& file : sync_) {
      if (auto status = file->sync(); !status) return status;
      // Of a file deleted meanwhile this may be the last holder: it is for this thread to wait until
      // the file system has taken the blocks back.
      file.reset();
    }
    for (const std::string& directory : directories_) {
      if (auto status = files_->sync_directory(directory); !status) return status;
    }
    for (const auto& [path, content] : replace_) {
      if (auto status = replace_file(*files_, path, content); !status) return status;
    }
    return {};
  };
  result_ = run_all();
}

}  // namespace storage
