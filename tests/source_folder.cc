#include "tests/source_folder.h"

std::string source_folder() {
  return ODRADEK_SOURCE_DIR;
}
