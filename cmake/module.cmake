# portrait_module(NAME DEPS modules... LIBS libraries...): src/NAME/*.c as one static library pt_NAME.
# A new file in the folder needs no change here. A folder without sources makes no library.

add_library(pt_flags INTERFACE)
target_include_directories(pt_flags INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../include)
target_compile_definitions(pt_flags INTERFACE _GNU_SOURCE PORTRAIT_VERSION="${PROJECT_VERSION}")
# -ffp-contract=off: the same bits on every machine; no -march: SIMD is chosen at run time.
target_compile_options(pt_flags INTERFACE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
                       -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -ffp-contract=off
                       $<$<NOT:$<CONFIG:Debug>>:-O2>)
if(PORTRAIT_WERROR)
  target_compile_options(pt_flags INTERFACE -Werror)
endif()
if(PORTRAIT_SANITIZE)
  target_compile_options(pt_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer)
  target_link_options(pt_flags INTERFACE -fsanitize=address,undefined)
endif()

function(portrait_module name)
  cmake_parse_arguments(M "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
  if(NOT sources)
    add_library(pt_${name} INTERFACE)
    return()
  endif()
  add_library(pt_${name} STATIC ${sources})
  target_include_directories(pt_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(pt_${name} PUBLIC pt_flags ${M_LIBS})
  foreach(dep ${M_DEPS})
    target_link_libraries(pt_${name} PUBLIC pt_${dep})
  endforeach()
endfunction()

function(portrait_program name)
  cmake_parse_arguments(M "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE pt_flags)
  foreach(dep ${M_DEPS})
    target_link_libraries(${name} PRIVATE pt_${dep})
  endforeach()
endfunction()

# portrait_embed(MODULE NAME FILE): the bytes of FILE as `const unsigned char pt_NAME[]` and their number pt_NAME_n.
function(portrait_embed module name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  file(READ ${PROJECT_SOURCE_DIR}/${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  file(WRITE ${source}.new "/* ${file} */\n#include <stddef.h>\nextern const unsigned char pt_${name}[];\n\
extern const size_t pt_${name}_n;\nconst unsigned char pt_${name}[] = {${hex}};\nconst size_t pt_${name}_n = ${bytes};\n")
  configure_file(${source}.new ${source} COPYONLY)
  target_sources(pt_${module} PRIVATE ${source})
endfunction()
