# cmake -DDIRECTORY=... -DOUTPUT=... -P embed_migrations.cmake
# Writes one C++ source with every NNNN_name.sql of DIRECTORY, in order; the numbers must be 1, 2, 3 ...
file(GLOB files ${DIRECTORY}/*.sql)
list(SORT files)
set(rows "")
set(expected 0)
foreach(path IN LISTS files)
  get_filename_component(name ${path} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${path}: a migration is named NNNN_name.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  set(words ${CMAKE_MATCH_2})
  string(REGEX REPLACE "^0+" "" number "${number}")
  math(EXPR expected "${expected} + 1")
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "${path}: number ${expected} is missing or there twice")
  endif()
  file(READ ${path} sql)
  string(APPEND rows "    Migration{${number}, \"${words}\", R\"pier_sql(${sql})pier_sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include <array>\n\n#include <pier/database/migration.hpp>\n\nnamespace pier::database {\n\n"
  "std::span<const Migration> embedded_migrations() {\n  static constexpr std::array kMigrations{\n${rows}  };\n"
  "  return kMigrations;\n}\n\n}  // namespace pier::database\n")
