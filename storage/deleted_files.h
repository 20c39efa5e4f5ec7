// A segment's files under their last names, until file.delete.delay.ms is over.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/fs/file_system.h"

namespace storage {

struct DeletedFiles {
  std::vector<std::string> paths;  // the data file's first
  std::shared_ptr<File> data;      // if it was open

  // Blocks.  What cannot be removed is found, and removed, at the next start.
  void remove(FileSystem& files) {
    for (const std::string& path : paths) {
      (void)remove_in_steps(files, path, std::exchange(data, nullptr));
    }
  }
};

}  // namespace storage
