// The crash matrix: a scripted workload, stopped at every call that changes the disk, in each of three ways.
//
//   fail     the call answers EIO, the workload stops; then the process, or (every second call) the machine, goes down
//   stop     the power goes at the call; what was not synced is gone
//   tear     the power goes at the call; everything written is there, of the last write only the first half
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

// Returns the number of calls that the script makes.
inline int64_t run_crash_matrix(const std::function<std::unique_ptr<CrashWorkload>()>& make) {
  const wire::ManualClock clock;
  const auto attempt = [&](Fault fault, int64_t call, bool lose) {
    FaultyFileSystem files(clock);
    const auto workload = make();
    files.plan(fault, call);
    workload->run(files);
    const int64_t calls = files.calls();
    lose ? files.lose_unsynced() : files.keep_all();
    workload->check(files);
    if (::testing::Test::HasFailure()) return calls;
    files.lose_unsynced();
    workload->check(files);
    return calls;
  };

  const int64_t calls = attempt(Fault::kNone, 0, false);
  for (int64_t call = 1; call <= calls; ++call) {
    for (const Fault fault : {Fault::kFail, Fault::kStop, Fault::kTear}) {
      const bool lose = fault == Fault::kStop || (fault == Fault::kFail && call % 2 == 0);
      const std::string way = fault == Fault::kFail   ? "failed"
                              : fault == Fault::kStop ? "power cut"
                                                      : "torn";
      SCOPED_TRACE("call " + std::to_string(call) + " of " + std::to_string(calls) + ", " + way);
      attempt(fault, call, lose);
      // One broken call says enough.
      if (::testing::Test::HasFailure()) return calls;
    }
  }
  return calls;
}

}  // namespace storage::testing
