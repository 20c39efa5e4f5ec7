// The mark in a store's folder by which the next start knows whether anything may be missing.
//
// A store that writes without syncing keeps everything when its process dies, and loses what it
// pleases when the machine does: RocksDB then opens on what is there and does not miss what its
// older logs have lost.  So the folder says which run of the machine wrote to it last, and whether
// all of it was synced in the end.
//
//   <folder>/BOOT    boot id, newline; "clean", newline, if it was closed and synced
#pragma once

#include <string>

#include "storage/fs/file_system.h"

namespace storage {

inline constexpr std::string_view kBootMarkFile = "BOOT";

// Whether everything that was written to the folder is there.
bool nothing_lost(FileSystem& files, const std::string& folder);
// Before the first write of a process.  REQUIRES: what the folder holds is complete.
wire::Status mark_in_use(FileSystem& files, const std::string& folder);
// After the last one.  REQUIRES: everything was synced.
wire::Status mark_clean(FileSystem& files, const std::string& folder);

}  // namespace storage
