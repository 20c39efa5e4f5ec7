// CMake refuses a library without sources: this stands in for a level that has only headers so far.
