# One compiler setting for every target: C17, all warnings are errors, sanitizers by option.
option(HANDOVER_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(HANDOVER_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(HANDOVER_UNJOURNALED "Send without the journal, to measure what it costs; loses and doubles records" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wcast-qual -Wundef -Wpointer-arith -Wno-format-zero-length
  -Werror -fno-omit-frame-pointer -fstack-protector-strong -include ${CMAKE_SOURCE_DIR}/base/banned.h)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(HANDOVER_UNJOURNALED)
  add_compile_definitions(HANDOVER_UNJOURNALED)
endif()
if(HANDOVER_SANITIZE OR HANDOVER_FUZZ)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
if(HANDOVER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
