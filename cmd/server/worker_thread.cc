#include "cmd/server/worker_thread.h"

#include <pthread.h>
#include <signal.h>

namespace server {

void begin_worker_thread(const char* name) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), name);
}

}  // namespace server
