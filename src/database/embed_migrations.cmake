# cmake -DDIRECTORY=... -DOUTPUT=... -P embed_migrations.cmake
# Writes one C++ source with every NNNN_name.sql of DIRECTORY/sqlite and DIRECTORY/postgresql, in order; the numbers must
# be 1, 2, 3 ... and both engines must have the same files.
file(GLOB files RELATIVE ${DIRECTORY}/sqlite ${DIRECTORY}/sqlite/*.sql)
file(GLOB others RELATIVE ${DIRECTORY}/postgresql ${DIRECTORY}/postgresql/*.sql)
list(SORT files)
list(SORT others)
if(NOT files STREQUAL others)
  message(FATAL_ERROR "${DIRECTORY}: sqlite has ${files}, postgresql has ${others}; both need the same steps")
endif()
set(rows "")
set(expected 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  set(words ${CMAKE_MATCH_2})
  string(REGEX REPLACE "^0+" "" number "${number}")
  math(EXPR expected "${expected} + 1")
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "${file}: number ${expected} is missing or there twice")
  endif()
  file(READ ${DIRECTORY}/sqlite/${file} sqlite)
  file(READ ${DIRECTORY}/postgresql/${file} postgresql)
  string(APPEND rows "    Migration{${number}, \"${words}\", R\"pier_sql(${sqlite})pier_sql\", "
                     "R\"pier_sql(${postgresql})pier_sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include <array>\n\n#include <pier/database/migration.hpp>\n\nnamespace pier::database {\n\n"
  "std::span<const Migration> embedded_migrations() {\n  static constexpr std::array kMigrations{\n${rows}  };\n"
  "  return kMigrations;\n}\n\n}  // namespace pier::database\n")
