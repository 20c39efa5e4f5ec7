// Preloaded into the broker of a chaos run: writes down how much of each file has been brought to the disk, so that
// chaos.py can play a power cut, which a kill -9 is not: the page cache outlives a process.
//
// The file $ODRADEK_SYNCED gets a line `device inode size` for each fdatasync or fsync that has succeeded.
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using SyncCall = int (*)(int);

int sync_and_note(SyncCall real, int fd) {
  struct stat before;
  const bool known = ::fstat(fd, &before) == 0;
  const int result = real(fd);
  if (result != 0 || !known) return result;
  static const char* const path = std::getenv("ODRADEK_SYNCED");
  static const int notes =
      path == nullptr ? -1 : ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  char line[80];
  const int length = std::snprintf(
      line, sizeof(line), "%llu %llu %lld\n", static_cast<unsigned long long>(before.st_dev),
      static_cast<unsigned long long>(before.st_ino), static_cast<long long>(before.st_size));
  // Without its line the bytes count as lost: a run may fail for it, never pass.
  if (notes >= 0) (void)!::write(notes, line, static_cast<size_t>(length));
  return result;
}

template <typename Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int fdatasync(int fd) {
  static const auto real = next<SyncCall>("fdatasync");
  return sync_and_note(real, fd);
}

extern "C" int fsync(int fd) {
  static const auto real = next<SyncCall>("fsync");
  return sync_and_note(real, fd);
}
