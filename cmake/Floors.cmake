# A floor is a folder and a static library of the same name. Its headers are included as "folder/header.h", and they are
# found only by targets that link the floor: each floor passes on a folder of the build tree that holds one link, to
# itself. So an include of a floor that is not linked does not compile; tests/house proves it.
#
#   floor(db SOURCES task.c … FLOORS base model LIBRARIES PkgConfig::LIBPQ)
function(floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;FLOORS;LIBRARIES" ${ARGN})
  floor_window(${name})
  add_library(${name} STATIC ${FLOOR_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_BINARY_DIR}/floors/${name})
  target_link_libraries(${name} PUBLIC ${FLOOR_FLOORS} PRIVATE ${FLOOR_LIBRARIES})
endfunction()

# The link through which others see the headers of a folder.
function(floor_window name)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/floors/${name})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${CMAKE_BINARY_DIR}/floors/${name}/${name} SYMBOLIC)
endfunction()
