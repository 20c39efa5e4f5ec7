// SIGINT and SIGTERM as a question that a loop asks: a consumer leaves its group before it ends.
#pragma once

namespace cli {

// From now on the signals do not end the program; they are noticed by interrupted().
void watch_for_interrupt();
bool interrupted();

}  // namespace cli
