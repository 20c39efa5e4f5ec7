// The crash matrix: a scripted workload, stopped at every call that changes the disk, in each of four ways.
//
//   failed         the call answers EIO, the workload stops; then the process, or (every second call) the machine, goes down
//   power cut      the power goes at the call; what was not synced is gone
//   partial loss   the same, but some of what was not synced is there
//   torn           the power goes at the call; everything written is there, of the last write only the first half (every
//                  second time with zeros for the rest)
//
// After each the workload opens what is left and checks it, twice: with another power cut in between, because a recovery
// may be cut short as well.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "storage/fs/faulty_file_system.h"
#include "wire/base/clock.h"

namespace storage::testing {

class CrashWorkload {
 public:
  virtual ~CrashWorkload() = default;
  // The script.  Stops at the first error; notes what was acknowledged, and what might be there besides.
  virtual void run(FaultyFileSystem& files) = 0;
  // Opens what the disk holds (nothing of run() may still be in use) and compares it with the notes.
  virtual void check(FaultyFileSystem& files) = 0;
};

struct CrashMatrix {
  std::function<std::unique_ptr<CrashWorkload>()> make;
  // The calls to stop at: from `first` on, every `stride`th.
  int64_t first = 1;
  int64_t stride = 1;
  // Whether a check has failed so far.
  std::function<bool()> failed = ::testing::Test::HasFailure;

  // Returns the number of calls that the script makes.
  int64_t run() const;

 private:
  enum class Way { kNone, kFailed, kPowerCut, kPartialLoss, kTorn };
  static const char* name_of(Way way) {
    return way == Way::kFailed        ? "failed"
           : way == Way::kPowerCut    ? "power cut"
           : way == Way::kPartialLoss ? "partial loss"
                                      : "torn";
  }
  int64_t attempt(Way way, int64_t call) const;
};

inline int64_t CrashMatrix::attempt(Way way, int64_t call) const {
  const wire::ManualClock clock;
  FaultyFileSystem files(clock);
  const auto workload = make();
  files.plan(way == Way::kNone     ? Fault::kNone
             : way == Way::kFailed ? Fault::kFail
             : way == Way::kTorn   ? Fault::kTear
                                   : Fault::kStop,
             call);
  workload->run(files);
  const int64_t calls = files.calls();
  if (way == Way::kPowerCut || (way == Way::kFailed && call % 2 == 0)) {
    files.lose_unsynced();
  } else if (way == Way::kPartialLoss) {
    files.lose_some_unsynced(static_cast<uint64_t>(call));
  } else if (way == Way::kTorn) {
    files.keep_all();
  } else {
    files.plan(Fault::kNone, 0);
    files.resume();  // the page cache outlives the process
  }
  workload->check(files);
  if (failed()) return calls;
  files.lose_unsynced();
  workload->check(files);
  return calls;
}

inline int64_t CrashMatrix::run() const {
  const int64_t calls = attempt(Way::kNone, 0);
  for (int64_t call = first; call <= calls; call += stride) {
    for (const Way way : {Way::kFailed, Way::kPowerCut, Way::kPartialLoss, Way::kTorn}) {
      if (failed()) return calls;  // one broken call says enough
      SCOPED_TRACE("call " + std::to_string(call) + " of " + std::to_string(calls) + ", " +
                   name_of(way));
      attempt(way, call);
    }
  }
  return calls;
}

}  // namespace storage::testing
