// What every thread beside the broker's shard begins with.
#pragma once

namespace server {

// Names this thread (at most 15 characters count) and leaves signals to the broker's shard.
void begin_worker_thread(const char* name);

}  // namespace server
