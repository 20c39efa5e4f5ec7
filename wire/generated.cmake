# schema/*.json -> ${CMAKE_BINARY_DIR}/generated/wire/: one header and one source per API or record, and a few tables.
# Sets wire_generated_sources; the target wire_generated stands for the files being there and up to date.
set(schema_dir "${CMAKE_CURRENT_SOURCE_DIR}/schema")
set(generated_dir "${CMAKE_BINARY_DIR}/generated")

file(GLOB api_schemas RELATIVE "${schema_dir}" CONFIGURE_DEPENDS schema/[0-9]*.json)
file(GLOB record_schemas RELATIVE "${schema_dir}" CONFIGURE_DEPENDS
  schema/metadata/*.json schema/coordinator/*.json schema/control/*.json)

set(message_headers)
set(message_sources)
foreach(schema ${api_schemas} ${record_schemas})
  # 12_heartbeat.json -> api/heartbeat, metadata/topic_record.json -> metadata/topic_record
  string(REGEX REPLACE "^[0-9]+_(.*)\\.json$" "api/\\1" stem "${schema}")
  string(REGEX REPLACE "\\.json$" "" stem "${stem}")
  list(APPEND message_headers "${generated_dir}/wire/${stem}.h")
  list(APPEND message_sources "${generated_dir}/wire/${stem}.cc")
endforeach()
set(table_sources
  "${generated_dir}/wire/error_code.cc"
  "${generated_dir}/wire/api_table.cc"
  "${generated_dir}/wire/message_registry.cc")
set(table_headers
  "${generated_dir}/wire/error_code.h"
  "${generated_dir}/wire/api_key_values.h")

# The files are byproducts of a stamp, and written only when their text changes: touching one schema rebuilds one API.
list(TRANSFORM api_schemas PREPEND "${schema_dir}/")
list(TRANSFORM record_schemas PREPEND "${schema_dir}/")
add_custom_command(
  OUTPUT "${generated_dir}/codegen.stamp"
  BYPRODUCTS ${message_headers} ${message_sources} ${table_headers} ${table_sources}
  COMMAND kafka_codegen "${schema_dir}" "${generated_dir}"
  COMMAND ${CMAKE_COMMAND} -E touch "${generated_dir}/codegen.stamp"
  DEPENDS kafka_codegen ${api_schemas} ${record_schemas} "${schema_dir}/errors.json"
  COMMENT "Generating the messages of the protocol"
  VERBATIM)
add_custom_target(wire_generated DEPENDS "${generated_dir}/codegen.stamp")

# Small files for the reader, a few large ones for the compiler: 12 to a unit is a third of the time.
add_library(wire_messages OBJECT ${message_sources})
set_target_properties(wire_messages PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
target_link_libraries(wire_messages PRIVATE odradek_options)
add_dependencies(wire_messages wire_generated)

# It includes every message, for tools and logs; nothing of it is on a hot path.
set_source_files_properties("${generated_dir}/wire/message_registry.cc" PROPERTIES
  COMPILE_OPTIONS $<$<CONFIG:Release>:-O1> SKIP_PRECOMPILE_HEADERS ON)

set(wire_generated_sources ${table_sources} $<TARGET_OBJECTS:wire_messages>)
