#pragma once

#include <string>

// The root of the sources that a test program was built from, where its golden files are.  In a file of its own, so that
// clones in different folders compile all other files alike.
std::string source_folder();
